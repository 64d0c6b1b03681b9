//! Checks the whole log as it is in the database: each entry against its leaf, the leaves against every signed head, also those kept elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use transparency_log::{Finding, Verifier};
use uuid::Uuid;

use super::export::Reading;
use super::{Action, AuditError, Event, Outcome, append, signing_key, store};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{Job, enqueue};

/// One that was asked for so long ago and has not ended is not waited for.
const ONE_AT_A_TIME: TimeDelta = TimeDelta::hours(1);

/// Asks for it, unless one is under way; a job does it, and the page of the log shows how far it is.
pub async fn request_verification(deps: &Deps, op: &Op) -> Result<(), AuditError> {
    let id = deps.new_id();
    let mut tx = deps.begin(op).await?;
    if store::is_being_verified(&mut tx, deps.now() - ONE_AT_A_TIME).await? {
        return Ok(());
    }
    store::insert_verification(&mut tx, id, deps.now()).await?;
    append(&mut tx, deps, op, Event { subject: op.user(), ..Event::of_installation(Action::AuditVerificationRequested) });
    enqueue(&mut tx, Job::VerifyAudit { verification: id })?;
    tx.commit().await?;
    Ok(())
}

/// Whether the log was whole the last time that all of it was checked since a moment; `None`: it was not checked since.
pub(crate) async fn is_whole_since(tx: &mut Tx, since: DateTime<Utc>) -> Result<Option<bool>, sqlx::Error> {
    store::was_whole(tx, since).await
}

/// Does it, from the beginning also when a worker died in the middle.
pub async fn verify(deps: &Deps, op: &Op, verification: Uuid) -> Result<(), AuditError> {
    // Before the log is read, so that none of it is of what was sealed since.
    let kept = super::copy::kept_checkpoints(deps).await?;
    let sealed = store::sealed_so_far(&deps.database).await?.map(|(_, size)| size);
    let Some(mut reading) = Reading::begin(deps).await? else {
        // Without a head nothing is proved, unless nothing was ever sealed.
        let is_lost = sealed.is_some() || !kept.is_empty();
        return end(deps, op, verification, Checked::default(), is_lost.then_some(Finding::NoCheckpoint)).await;
    };
    let key = signing_key(deps, reading.origin())?.verifier().clone();
    store::verification_began(&deps.database, verification, reading.size(), &key.fingerprint(), deps.now()).await?;
    let mut verifier = Verifier::new(key);
    let mut found = compare(deps, Some(verification), &kept, &mut reading, &mut verifier).await?;
    let checked = Checked { entries: verifier.checked(), erased: verifier.erased(), kept: kept.len() };
    if found.is_none() {
        found = verifier.finish().err();
    }
    // More may have been sealed since; less was not.
    if found.is_none()
        && let Some(size) = sealed.filter(|size| *size > reading.size())
    {
        found = Some(Finding::CutOff { entries: reading.size(), size });
    }
    end(deps, op, verification, checked, found).await
}

/// The same for whoever waits for it, without writing anything down and by the log's own heads alone: one that came back from a copy is shorter than what
/// is kept elsewhere. How many entries there are, and what is wrong.
pub async fn inspect(deps: &Deps) -> Result<(u64, Option<String>), AuditError> {
    let Some(mut reading) = Reading::begin(deps).await? else { return Ok((0, None)) };
    let mut verifier = Verifier::new(signing_key(deps, reading.origin())?.verifier().clone());
    let mut found = compare(deps, None, &[], &mut reading, &mut verifier).await?;
    let checked = verifier.checked();
    if found.is_none() {
        found = verifier.finish().err();
    }
    Ok((checked, found.map(|finding| finding.to_string())))
}

/// What comes before the entries: which key followed which, then every head, those that were kept elsewhere first.
fn heads(reading: &Reading, kept: &[String], verifier: &mut Verifier) -> Result<(), Finding> {
    reading.successions().try_for_each(|note| verifier.succession(note))?;
    kept.iter().try_for_each(|note| verifier.kept_checkpoint(note))?;
    reading.checkpoints().try_for_each(|note| verifier.checkpoint(note))
}

async fn compare(
    deps: &Deps,
    verification: Option<Uuid>,
    kept: &[String],
    reading: &mut Reading,
    verifier: &mut Verifier,
) -> Result<Option<Finding>, AuditError> {
    if let Err(finding) = heads(reading, kept, verifier) {
        return Ok(Some(finding));
    }
    loop {
        let entries = reading.next().await?;
        if entries.is_empty() {
            return Ok(None);
        }
        if let Some(finding) = entries.iter().find_map(|entry| verifier.entry(entry).err()) {
            return Ok(Some(finding));
        }
        if let Some(verification) = verification {
            store::verification_reached(&deps.database, verification, verifier.checked()).await?;
        }
    }
}

/// How much was compared.
#[derive(Default)]
struct Checked {
    entries: u64,
    /// Of people who are not known any more.
    erased: u64,
    /// Checkpoints that were kept elsewhere.
    kept: usize,
}

async fn end(deps: &Deps, op: &Op, verification: Uuid, checked: Checked, found: Option<Finding>) -> Result<(), AuditError> {
    let mut tx = deps.begin(op).await?;
    let text = found.map(|finding| finding.to_string());
    store::verification_finished(&mut tx, verification, checked.entries, checked.erased, text.as_deref(), deps.now()).await?;
    let outcome = if found.is_some() { Outcome::Failed } else { Outcome::Succeeded };
    let event = Event::of_installation(Action::AuditVerified)
        .ending(outcome)
        .with(serde_json::json!({ "checked": checked.entries, "erased": checked.erased, "kept": checked.kept, "finding": text }));
    append(&mut tx, deps, op, event);
    tx.commit().await?;
    if found.is_some() {
        crate::base::security_event("audit_log_changed", "high");
        tracing::error!(finding = text, "the audit log is not as it was signed");
    }
    Ok(())
}
