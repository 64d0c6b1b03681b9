//! Rotating the encryption key while people use the server: both keys open, the current one seals, and a job wraps what the older ones wrap.

use chrono::TimeDelta;
use serde_json::json;

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::vault::{self, VaultError};

/// As many at once, in a transaction of their own.
const PART: i32 = 500;
/// Parts of one run.
const PARTS: usize = 20;
/// How often it is looked whether there is something to do.
const EVERY: TimeDelta = TimeDelta::hours(1);

/// Wraps what older keys wrap by the current one, and puts itself in again: at once while there is more. Killed in the middle, it goes on where it was.
pub async fn rewrap_keys(deps: &Deps, op: &Op) -> Result<(), VaultError> {
    let (mut after, mut done, mut unreadable, mut has_more) = (None, 0, 0, true);
    for _ in 0..PARTS {
        let mut tx = deps.begin(op).await?;
        let part = vault::rewrap_part(&mut tx, deps, after, PART).await?;
        tx.commit().await?;
        (done, unreadable) = (done + part.done, unreadable + part.unreadable);
        if part.last.is_none() {
            has_more = false;
            break;
        }
        after = part.last;
    }
    let mut tx = deps.begin(op).await?;
    if done > 0 {
        let detail = json!({ "to": deps.vault.keyring().current().id(), "keys": done, "unreadable": unreadable });
        audit::append(&mut tx, deps, op, Event::of_installation(Action::KeysRewrapped).with(detail));
    }
    let wait = if has_more { TimeDelta::seconds(1) } else { EVERY };
    enqueue(&mut tx, Job::RewrapKeys.at(deps.now() + wait))?;
    tx.commit().await?;
    if unreadable > 0 {
        tracing::error!(unreadable, "data keys are wrapped by a key that this server does not have; /admin/keys names it");
    }
    Ok(())
}
