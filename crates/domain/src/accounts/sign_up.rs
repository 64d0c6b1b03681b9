//! A new account. The answer is the same whether the address has one already or not; the difference is told by mail.

use chrono_tz::Tz;
use secrecy::SecretString;
use types::UserId;

use super::{AccountError, Email, Hasher, PasswordProblem, link, link_request, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx, act_as, present_lookup};
use crate::jobs::{self, Job, LinkPurpose};
use crate::limits::{self, Limit};
use crate::vault::{PersonKey, Place};

/// What somebody typed.
#[derive(Debug)]
pub struct SignUp {
    /// 1 to 100 characters.
    pub name: String,
    /// An address.
    pub email: String,
    /// 8 to 100 characters, not a common one.
    pub password: SecretString,
    /// Their zone, when their browser told it.
    pub zone: Option<String>,
}

/// What is not acceptable, by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpProblem {
    /// The name.
    Name,
    /// The address.
    Email,
    /// The password.
    Password(PasswordProblem),
}

/// Whether a name is one: 1 to 100 characters, none of them a control character.
pub(super) fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

/// Makes the account and mails a link that confirms the address. Without the link nobody gets in.
pub async fn sign_up(deps: &Deps, op: &Op, hasher: &Hasher, form: SignUp) -> Result<(), AccountError> {
    // Before anything is judged or hashed: a stranger fills neither the queue of hashes nor somebody's mailbox.
    limits::take_for_client(deps, op, Limit::NewPasswordsFromAddress).await??;
    let (name, email) = (form.name.trim().to_owned(), Email::parse(&form.email));
    let mut problems = Vec::new();
    if !is_name(&name) {
        problems.push(SignUpProblem::Name);
    }
    if email.is_err() {
        problems.push(SignUpProblem::Email);
    }
    if let Err(problem) = hasher.check(&form.password, &[&name, &form.email]).await? {
        problems.push(SignUpProblem::Password(problem));
    }
    let (Ok(email), true) = (email, problems.is_empty()) else { return Err(AccountError::Invalid(problems)) };

    limits::take_for_client(deps, op, Limit::AccountMailsFromAddress).await??;
    let email_hash = email.lookup_hash(deps);
    let may_mail = limits::take(deps, op, Limit::MailsToAddress, &link_request::mails_of("sign_up", &email_hash)).await?.is_ok();
    // Hashed before it is known whether it is needed, so that both answers take as long.
    let hash = hasher.hash(&form.password).await?;
    if !may_mail {
        // Told to nobody: that so many mails went to an address is its owner's own affair.
        return Ok(());
    }
    let zone = form.zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    let user = UserId(deps.new_id());

    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &email_hash).await?;
    if let Some(existing) = store::find_by_email(&mut tx, &email_hash).await? {
        return repeat(deps, op, tx, existing.id).await;
    }
    act_as(&mut tx, user).await?;
    let row = store::NewUser { id: user, email_hash: &email_hash, password_hash: &hash, zone, now: deps.now() };
    if !insert(&mut tx, deps, &row, &name, &email).await? {
        // Somebody else took the address between the look and the insert.
        tx.rollback().await?;
        let mut tx = deps.database.begin(None).await?;
        present_lookup(&mut tx, &email_hash).await?;
        return match store::find_by_email(&mut tx, &email_hash).await? {
            Some(existing) => repeat(deps, op, tx, existing.id).await,
            None => Ok(()),
        };
    }
    let op = op.as_user(user);
    link::make_in(&mut tx, deps, user, LinkPurpose::VerifyEmail).await?;
    audit::append(&mut tx, deps, &op, Event::done(Action::UserSignedUp, user, user.0));
    tx.commit().await?;
    Ok(())
}

/// Makes the account with its key, and what is sealed under it. `false`: the address is taken.
pub(in crate::accounts) async fn insert(
    tx: &mut Tx,
    deps: &Deps,
    row: &store::NewUser<'_>,
    name: &str,
    email: &Email,
) -> Result<bool, AccountError> {
    if !store::insert_user(tx, row).await? {
        return Ok(false);
    }
    let key = PersonKey::make_in(tx, deps, row.id).await?;
    let seal = |column, text: &str| key.seal(Place::new("users", column, row.id.0), text.as_bytes(), &*deps.chance);
    store::update_identity(tx, row.id, &seal("name_sealed", name), &seal("email_sealed", email.as_str())).await?;
    Ok(true)
}

async fn repeat(deps: &Deps, op: &Op, mut tx: Tx, user: UserId) -> Result<(), AccountError> {
    jobs::enqueue(&mut tx, Job::SendAlreadySignedUp { user })?;
    audit::append(&mut tx, deps, op, Event::done(Action::UserSignUpRepeated, user, user.0));
    tx.commit().await?;
    Ok(())
}
