//! What an admin does to a job that does not get on.

use super::recurring::RECURRING;
use crate::base::Tx;

/// Tries it again now, as often as any job. Its kind; `None`: it is gone, or under way.
pub(crate) async fn rerun_in(tx: &mut Tx, job: i64) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"update graphile_worker._private_jobs set attempts = 0, run_at = now(), last_error = null, updated_at = now()
           where id = $1 and locked_at is null returning coalesce(payload->>'job', 'unknown') as "job!""#,
        job
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Takes it out of the queue. Its kind; `None`: it is gone, or under way, or of a kind that puts itself in again and would not be back.
pub(crate) async fn remove_in(tx: &mut Tx, job: i64) -> Result<Option<String>, sqlx::Error> {
    let recurring: Vec<String> = RECURRING.iter().map(|job| job.name().to_owned()).collect();
    sqlx::query_scalar!(
        r#"delete from graphile_worker._private_jobs
           where id = $1 and locked_at is null and coalesce(payload->>'job', '') <> all($2)
           returning coalesce(payload->>'job', 'unknown') as "job!""#,
        job,
        &recurring
    )
    .fetch_optional(&mut **tx)
    .await
}
