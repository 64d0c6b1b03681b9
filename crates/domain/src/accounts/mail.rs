//! Whose account an address is, for mails that anybody may ask for.

use super::{AccountError, Email, store};
use crate::base::{Deps, Tx, act_as, present_lookup};
use crate::limits::{self, Limit};

/// The account of `email`, with a transaction that acts as its owner. `None`: no such account, no address, or too many mails went there
/// already. The caller answers the same in every case.
pub(super) async fn recipient(deps: &Deps, email: &str) -> Result<Option<(Tx, store::Credentials)>, AccountError> {
    let Ok(email) = Email::parse(email) else { return Ok(None) };
    let hash = deps.vault.lookup().hash("email", email.for_lookup().as_bytes());
    if limits::take(deps, Limit::MailsToAddress, &hash).await?.is_err() {
        return Ok(None);
    }
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let Some(found) = store::find_by_email(&mut tx, &hash).await? else { return Ok(None) };
    act_as(&mut tx, found.id).await?;
    Ok(Some((tx, found)))
}
