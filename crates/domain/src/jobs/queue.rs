//! Puts a job in, inside the transaction that makes it necessary.

use chrono::{DateTime, Utc};

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
}

impl From<Job> for Enqueue {
    fn from(job: Job) -> Self {
        Self { job, run_at: None }
    }
}

impl Job {
    /// Not before `run_at`.
    pub const fn at(self, run_at: DateTime<Utc>) -> Enqueue {
        Enqueue { job: self, run_at: Some(run_at) }
    }
}

/// Puts a job in. It exists if and only if `tx` commits; a waiting job of the same unique key is moved instead.
pub async fn enqueue(tx: &mut Tx, what: impl Into<Enqueue>) -> Result<(), sqlx::Error> {
    let Enqueue { job, run_at } = what.into();
    let flags: Vec<String> = (job.lane() == Lane::Mail).then(|| Lane::Mail.as_str().to_owned()).into_iter().collect();
    let payload = serde_json::to_value(&job).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "select id from graphile_worker.add_job(identifier => $1, payload => $2::jsonb::json, queue_name => $3, run_at => $4, job_key => $5, flags => $6)",
        TASK,
        payload,
        job.serial_key(),
        run_at,
        job.unique_key(),
        &flags as &[String]
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
