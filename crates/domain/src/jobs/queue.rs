//! Puts a job in, inside the transaction that makes it necessary.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Job, Lane};
use crate::base::Tx;

/// The one task name in the queue; the payload says which job.
pub(super) const TASK: &str = "kairos";

/// How and when.
#[derive(Debug, Clone)]
pub struct Enqueue {
    /// What to do.
    pub job: Job,
    /// Not before this moment; `None` is at once.
    pub run_at: Option<DateTime<Utc>>,
    /// Who works on it.
    pub lane: Lane,
}

impl From<Job> for Enqueue {
    fn from(job: Job) -> Self {
        Self { lane: job.lane(), job, run_at: None }
    }
}

impl Job {
    /// Not before `run_at`.
    pub const fn at(self, run_at: DateTime<Utc>) -> Enqueue {
        Enqueue { lane: self.lane(), job: self, run_at: Some(run_at) }
    }
}

impl Enqueue {
    /// Among those that failed the last time.
    pub const fn as_retry(mut self) -> Self {
        self.lane = Lane::Retries;
        self
    }

    /// The job for a statement of a verb's own that puts it in with everything else it does: what `kairos_enqueue` takes.
    pub(crate) fn entry(&self) -> Result<Value, sqlx::Error> {
        let Self { job, run_at, lane } = self;
        let flags: Vec<&str> = lane.flag().into_iter().collect();
        let payload = serde_json::to_value(job).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        Ok(serde_json::json!({
            "identifier": TASK,
            "payload": payload,
            "queue_name": job.serial_key(),
            "run_at": run_at,
            "job_key": job.unique_key(),
            "flags": flags,
        }))
    }
}

/// Puts a job in with the commit of `tx`: it exists if and only if that commits. A waiting job of the same unique key is moved instead.
pub fn enqueue(tx: &mut Tx, what: impl Into<Enqueue>) -> Result<(), sqlx::Error> {
    tx.follow_up("kairos_enqueue", &what.into().entry()?);
    Ok(())
}
