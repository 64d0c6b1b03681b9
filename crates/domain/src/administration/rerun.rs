//! A job that failed is tried again now, or given up for good; what came in is acted on once more.

use serde_json::json;
use uuid::Uuid;

use super::AdministrationError;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs;
use crate::webhooks;

/// Tries it again now, with all its tries before it. `NotFound`: it is gone, or under way.
pub async fn rerun_job(deps: &Deps, op: &Op, job: i64) -> Result<(), AdministrationError> {
    let mut tx = deps.begin(op).await?;
    let kind = jobs::rerun_in(&mut tx, job).await?.ok_or(AdministrationError::NotFound)?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::JobRerun).with(json!({ "number": job, "job": kind })));
    tx.commit().await?;
    Ok(())
}

/// Takes it out of the queue. `NotFound`: it is gone, under way, or one that puts itself in again and would not be back.
pub async fn remove_job(deps: &Deps, op: &Op, job: i64) -> Result<(), AdministrationError> {
    let mut tx = deps.begin(op).await?;
    let kind = jobs::remove_in(&mut tx, job).await?.filter(|kind| !jobs::recurs(kind)).ok_or(AdministrationError::NotFound)?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::JobRemoved).with(json!({ "number": job, "job": kind })));
    tx.commit().await?;
    Ok(())
}

/// Has a delivery acted on once more: what is done looks first how things stand. `NotFound`: it is gone, or nothing is done about its kind.
pub async fn rerun_delivery(deps: &Deps, op: &Op, delivery: Uuid) -> Result<(), AdministrationError> {
    let mut tx = deps.begin(op).await?;
    if !webhooks::reopen_in(&mut tx, delivery).await? {
        return Err(AdministrationError::NotFound);
    }
    let event = Event::of_installation(Action::DeliveryRerun).on(delivery);
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(())
}
