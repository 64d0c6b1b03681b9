//! SQL of `audit_key_successions`.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::base::Tx;

/// That a key followed another.
pub(in crate::audit) struct NewSuccession<'a> {
    pub size: u64,
    pub old_key: &'a str,
    pub new_key: &'a str,
    pub note: &'a str,
    pub now: DateTime<Utc>,
}

/// `false`: the log has grown, or another replica was quicker.
pub(in crate::audit) async fn succeed(tx: &mut Tx, new: NewSuccession<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select kairos_succeed_audit_key($1, $2, $3, $4, $5) as "is_done!""#,
        i64::try_from(new.size).unwrap_or(i64::MAX),
        new.old_key,
        new.new_key,
        new.note,
        new.now
    )
    .fetch_one(&mut **tx)
    .await
}

/// One as it is kept.
pub(in crate::audit) struct SuccessionRow {
    pub new_key: String,
    pub note: String,
}

/// Which key followed which, the first first.
pub(in crate::audit) async fn successions(executor: impl PgExecutor<'_>) -> Result<Vec<SuccessionRow>, sqlx::Error> {
    sqlx::query_as!(SuccessionRow, "select new_key, note from audit_key_successions order by size, followed_at").fetch_all(executor).await
}
