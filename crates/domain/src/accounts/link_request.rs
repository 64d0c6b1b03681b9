//! Mails that anybody may ask for, to an address that may or may not have an account. Both are the same work: as many statements, one
//! entry and one job, so that neither the answer nor its time says which it was.

use super::{AccountError, Email, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, present_lookup};
use crate::jobs::{self, Job, LinkPurpose};
use crate::limits::{self, Limit};

/// What mails to an address are counted by. Each kind for itself: whoever asks for mails that are not sent, such as a confirmation of what is
/// confirmed, must not use up those that let the owner in again.
pub(super) fn mails_of(kind: &str, email_hash: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), email_hash].concat()
}

/// Has a link mailed to the account of `email` for which `wanted` holds.
///
/// # Errors
/// [`AccountError::TooOften`] when this client asked too often. That too many mails went to the address already is not told.
pub(super) async fn request(
    deps: &Deps,
    op: &Op,
    email: &str,
    purpose: LinkPurpose,
    action: Action,
    wanted: impl Fn(&store::Credentials) -> bool,
) -> Result<(), AccountError> {
    limits::take_for_client(deps, op, Limit::AccountMailsFromAddress).await??;
    let Ok(email) = Email::parse(email) else { return Ok(()) };
    let hash = email.lookup_hash(deps);
    if limits::take(deps, op, Limit::MailsToAddress, &mails_of(purpose.as_str(), &hash)).await?.is_err() {
        return Ok(());
    }
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let found = store::find_by_email(&mut tx, &hash).await?.filter(wanted).map(|found| found.id);
    let event = Event {
        action,
        outcome: Outcome::Succeeded,
        subject: found,
        resource: found.map(|user| user.0),
        detail: serde_json::json!({ "has_account": found.is_some() }),
    };
    audit::append(&mut tx, deps, op, event);
    jobs::enqueue(&mut tx, Job::MakeLink { user: found, purpose })?;
    tx.commit().await?;
    Ok(())
}
