//! Once a day: what is past its time, so that somebody hears of it. What is found is an entry in the audit log, and a rule makes an incident of it.

use chrono::TimeDelta;
use serde_json::json;
use types::CheckKind;

use super::{lifetime, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// How often.
const EVERY: TimeDelta = TimeDelta::hours(24);

/// Looks, writes down what it found, and puts itself in again.
pub async fn look_after(deps: &Deps, op: &Op) -> Result<(), sqlx::Error> {
    let now = deps.now();
    let mut tx = deps.begin(op).await?;
    let last = store::last_ended(&mut tx, CheckKind::Look).await?;
    // A start puts it in anew, and twice a day is once too often.
    if let Some(due) = last.map(|last| last + EVERY).filter(|due| *due > now) {
        enqueue(&mut tx, Job::LookAfter.at(due))?;
        tx.commit().await?;
        return Ok(());
    }
    let requests = store::overdue_requests(&mut tx, now).await?;
    if requests > 0 {
        let event = Event::of_installation(Action::PrivacyOverdue).ending(Outcome::Failed).with(json!({ "requests": requests }));
        audit::append(&mut tx, deps, op, event);
    }
    let known = store::known_secrets(&mut tx).await?;
    // One on its way out was followed already.
    let is_in_use = |purpose: &str, fingerprint: &str| deps.settings.secret(purpose, fingerprint).is_some_and(|secret| secret.is_current);
    let overdue: Vec<&str> = known
        .iter()
        .filter(|(purpose, fingerprint, since)| is_in_use(purpose, fingerprint) && *since + lifetime(purpose) <= now)
        .map(|(purpose, ..)| purpose.as_str())
        .collect();
    if !overdue.is_empty() {
        let event = Event::of_installation(Action::SecretOverdue).ending(Outcome::Failed).with(json!({ "secrets": overdue }));
        audit::append(&mut tx, deps, op, event);
    }
    store::insert_done(&mut tx, deps.new_id(), CheckKind::Look, now, requests == 0 && overdue.is_empty(), &json!({})).await?;
    enqueue(&mut tx, Job::LookAfter.at(now + EVERY))?;
    tx.commit().await?;
    Ok(())
}
