//! Takes one from a bucket, or says how long to wait.

use std::time::Duration;

use chrono::TimeDelta;
use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;

use crate::base::{Deps, Op, Tx};

/// What is limited. Each is a bucket per key that holds a number and refills evenly over a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Syncs that a person asks for, of all their connections together.
    SyncsOfPerson,
    /// Passwords a person tries at other people's servers.
    PasswordsOfPerson,
    /// Consents that a person begins at providers.
    ConsentsOfPerson,
    /// Passwords tried for one account from one address.
    SignInsAtAccountFromAddress,
    /// Passwords tried for one account from anywhere.
    SignInsAtAccount,
    /// Passwords tried from one address.
    SignInsFromAddress,
    /// Passwords tried for one account from a browser that signed in to it before.
    SignInsFromKnownDevice,
    /// Codes of the second factor that are tried for one person.
    CodesOfPerson,
    /// Passwords that somebody who is signed in tries at their own account.
    PasswordsAtOwnAccount,
    /// Passwords tried at one account of somebody else's server, by anybody here.
    PasswordsAtServer,
    /// New passwords that one client has judged and hashed.
    NewPasswordsFromAddress,
    /// Sign-ups and mails with links that one client asks for, to whatever addresses.
    AccountMailsFromAddress,
    /// Mails with links that anybody can have sent to one address, each kind for itself.
    MailsToAddress,
    /// Pushes from one address that prove nothing.
    UnverifiedWebhooksFromAddress,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 14] = [
        Self::SyncsOfPerson,
        Self::PasswordsOfPerson,
        Self::SignInsAtAccountFromAddress,
        Self::SignInsAtAccount,
        Self::SignInsFromAddress,
        Self::SignInsFromKnownDevice,
        Self::PasswordsAtServer,
        Self::PasswordsAtOwnAccount,
        Self::CodesOfPerson,
        Self::NewPasswordsFromAddress,
        Self::ConsentsOfPerson,
        Self::AccountMailsFromAddress,
        Self::MailsToAddress,
        Self::UnverifiedWebhooksFromAddress,
    ];

    /// How many at once, and in how many minutes as many come back.
    const fn rule(self) -> (i32, i32) {
        match self {
            Self::SyncsOfPerson | Self::ConsentsOfPerson => (20, 10),
            Self::PasswordsOfPerson => (10, 10),
            Self::SignInsAtAccountFromAddress | Self::SignInsFromKnownDevice | Self::PasswordsAtOwnAccount => (10, 15),
            Self::PasswordsAtServer | Self::AccountMailsFromAddress => (20, 60),
            // Wide enough that one place cannot use it up; where several do, the owner's own browsers are exempt from it.
            Self::SignInsAtAccount | Self::UnverifiedWebhooksFromAddress => (100, 60),
            Self::SignInsFromAddress | Self::NewPasswordsFromAddress => (100, 15),
            Self::MailsToAddress => (5, 60),
            // Of a million codes three are right at a time: who has the password needs more than a year to guess one, and is seen doing it.
            Self::CodesOfPerson => (5, 10),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::SyncsOfPerson => "limit: syncs of person",
            Self::PasswordsOfPerson => "limit: passwords of person",
            Self::ConsentsOfPerson => "limit: consents of person",
            Self::NewPasswordsFromAddress => "limit: new passwords from address",
            Self::SignInsAtAccountFromAddress => "limit: sign-ins at account from address",
            Self::SignInsAtAccount => "limit: sign-ins at account",
            Self::SignInsFromAddress => "limit: sign-ins from address",
            Self::SignInsFromKnownDevice => "limit: sign-ins from known device",
            Self::PasswordsAtServer => "limit: passwords at server",
            Self::PasswordsAtOwnAccount => "limit: passwords at own account",
            Self::CodesOfPerson => "limit: codes of person",
            Self::AccountMailsFromAddress => "limit: account mails from address",
            Self::MailsToAddress => "limit: mails to address",
            Self::UnverifiedWebhooksFromAddress => "limit: unverified webhooks from address",
        }
    }
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too often; again in {} s", wait.as_secs())]
pub struct TooOften {
    /// When one may be taken again, in whole seconds.
    pub wait: Duration,
}

/// Takes one from the bucket of `key`. The outer error is the database's.
pub async fn take(deps: &Deps, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    let mut lent = deps.database.lend().await?;
    let taken = ask(&mut *lent, deps, limit, key).await?;
    lent.keep();
    Ok(taken)
}

/// The same for whoever sent the request, as far as that is known. Commands have no client.
pub async fn take_for_client(deps: &Deps, op: &Op, limit: Limit) -> Result<Result<(), TooOften>, sqlx::Error> {
    match op.address_pseudonym.as_deref() {
        Some(client) => take(deps, limit, client).await,
        None => Ok(Ok(())),
    }
}

/// The same in the transaction of what is limited: taken only if that is done.
pub(crate) async fn take_in(tx: &mut Tx, deps: &Deps, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    ask(&mut **tx, deps, limit, key).await
}

async fn ask(executor: impl PgExecutor<'_>, deps: &Deps, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    let (burst, minutes) = limit.rule();
    let span = interval(TimeDelta::minutes(minutes.into()));
    let step = interval(TimeDelta::minutes(minutes.into()) / burst);
    let bucket = deps.vault.lookup().hash(limit.label(), key);
    let wait = sqlx::query_scalar!("select kairos_take($1, $2, $3, $4)", &bucket[..], deps.now(), step, span).fetch_one(executor).await?;
    Ok(match wait {
        None => Ok(()),
        Some(wait) => {
            metrics::counter!("limits_reached_total", "limit" => limit.label()).increment(1);
            let seconds = u64::try_from(wait.microseconds).unwrap_or_default().div_ceil(1_000_000).max(1);
            Err(TooOften { wait: Duration::from_secs(seconds) })
        }
    })
}

fn interval(length: TimeDelta) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: length.num_microseconds().unwrap_or(i64::MAX) }
}
