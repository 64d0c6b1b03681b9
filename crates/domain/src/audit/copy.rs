//! Keeps signed heads where whoever can change the database cannot reach them: once an hour, by mail once a day.

use chrono::TimeDelta;
use providers::checkpoint_copies::CopyError;

use super::{AuditError, store};
use crate::base::{Deps, security_event};
use crate::jobs::{Job, enqueue};

/// Between two copies.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Between two mails.
const MAIL_EVERY: TimeDelta = TimeDelta::hours(23);

/// Copies the newest checkpoint to every destination, asks for a mail when one is due, and puts itself in for the next hour.
pub async fn copy_checkpoint(deps: &Deps) -> Result<(), AuditError> {
    let copies = &deps.providers.copies;
    if let Some((size, note)) = newest(deps).await? {
        if let Some(folder) = &copies.folder {
            copied(deps, "folder", size, copies.keep_in_folder(folder, size, &note).await).await?;
        }
        if let Some(address) = &copies.address {
            copied(deps, "address", size, copies.keep_at_address(address, size, &note).await).await?;
        }
    }
    let last_mail = store::last_copy(&deps.database, "mail").await?;
    let is_due = copies.mail_to.is_some() && last_mail.is_none_or(|(_, at)| deps.now() - at >= MAIL_EVERY);
    let mut tx = deps.database.begin(None).await?;
    if is_due {
        enqueue(&mut tx, Job::MailCheckpoint)?;
    }
    enqueue(&mut tx, Job::CopyCheckpoint.at(deps.now() + EVERY))?;
    tx.commit().await?;
    Ok(())
}

/// What was kept elsewhere so far: all of the folder, the last of the address. What cannot be read is said, and is no sign that the log was changed.
pub(super) async fn kept_checkpoints(deps: &Deps) -> Result<Vec<String>, AuditError> {
    let copies = &deps.providers.copies;
    let mut found = Vec::new();
    let unreadable = |destination: &'static str, error: CopyError| {
        security_event("audit_copy_unreadable", "medium");
        tracing::error!(destination, %error, "the log was not compared with what was kept of it");
    };
    if let Some(folder) = &copies.folder {
        copies.kept_in_folder(folder).await.map_or_else(|error| unreadable("folder", error), |notes| found.extend(notes));
    }
    if let Some(address) = &copies.address
        && let Some((size, _)) = store::last_copy(&deps.database, "address").await?
    {
        copies.kept_at_address(address, size).await.map_or_else(|error| unreadable("address", error), |note| found.push(note));
    }
    Ok(found)
}

/// The name of the log, the size and the text of its newest checkpoint, for whoever mails it.
pub async fn newest_checkpoint(deps: &Deps) -> Result<Option<(String, u64, String)>, AuditError> {
    let Some((size, note)) = newest(deps).await? else { return Ok(None) };
    Ok(Some((super::origin(deps).await?, size, note)))
}

async fn newest(deps: &Deps) -> Result<Option<(u64, String)>, sqlx::Error> {
    let mut lent = deps.database.lend().await?;
    let found = store::newest_checkpoint(&mut *lent).await?;
    lent.keep();
    Ok(found)
}

/// Remembers that it was mailed, or was not.
pub async fn checkpoint_mailed(deps: &Deps, size: u64, is_sent: bool) -> Result<(), AuditError> {
    copied(deps, "mail", size, if is_sent { Ok(()) } else { Err(CopyError::Refused) }).await
}

async fn copied(deps: &Deps, destination: &'static str, size: u64, kept: Result<(), CopyError>) -> Result<(), AuditError> {
    if let Err(error) = kept {
        let severity = if error == CopyError::Differs { "high" } else { "medium" };
        security_event("audit_copy_failed", severity);
        tracing::error!(destination, size, %error, "a checkpoint of the audit log was not kept");
    }
    let failure = kept.err().map(|error| error.to_string());
    store::record_copy(&deps.database, destination, size, failure.as_deref(), deps.now()).await?;
    Ok(())
}
