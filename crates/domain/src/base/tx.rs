//! A transaction that carries who is asking, and ends in one round trip with what follows from it.
//!
//! The audit entry and the jobs of a change are only said here, and sent with its commit: a statement each would be a round trip each, and would
//! hold the locks of the change for as long. docs/adr/0030.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::runtime::Handle;

use super::lent::Lent;

/// A rollback that takes longer is the connection's end, which rolls back as well.
const PATIENCE: Duration = Duration::from_secs(10);

/// A transaction that carries who is asking. Dropped without `commit`, also in the middle of a statement or of its own beginning, it leaves
/// nothing, and its connection goes to nobody else before that. Dropped in the middle of `commit` it is whole or nothing.
#[derive(Debug)]
pub struct Tx {
    /// `None` once it is over.
    lent: Option<Lent>,
    /// Statements for the commit, each with its semicolon.
    follow_ups: Vec<String>,
}

impl Tx {
    /// Begins one with these statements, the first of which is `begin`.
    pub(super) async fn begin(lent: Lent, statements: String) -> Result<Self, sqlx::Error> {
        // Made before it is begun: whoever does not wait for the answer drops what rolls it back.
        let mut tx = Self { lent: Some(lent), follow_ups: Vec::new() };
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// Calls `function(jsonb)` of the database right before the commit, in the order in which this is called. Statements of the transaction do
    /// not see what it does; its errors are those of the commit, which then does not happen.
    pub(crate) fn follow_up(&mut self, function: &'static str, argument: &Value) {
        // In hexadecimal, which holds nothing that SQL could mistake, however the database reads strings.
        let argument = hex::encode(argument.to_string());
        self.follow_ups.push(format!("select {function}(convert_from(decode('{argument}', 'hex'), 'UTF8')::jsonb);"));
    }

    /// Makes it durable, with what follows from it.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        // To `commit` alone a transaction in which a statement failed answers that it was rolled back, and no error.
        let follow_ups = if self.follow_ups.is_empty() { "select;".to_owned() } else { self.follow_ups.concat() };
        self.end(follow_ups + "commit").await
    }

    /// Undoes it.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.end("rollback".to_owned()).await
    }

    async fn end(&mut self, statements: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut **self).await?;
        // All settings were local to it, so nothing is left for whoever has the connection next.
        if let Some(lent) = self.lent.take() {
            lent.keep();
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    #[expect(clippy::expect_used, reason = "only what consumes a transaction ends it")]
    fn deref(&self) -> &PgConnection {
        self.lent.as_ref().expect("a transaction that is not over")
    }
}

impl DerefMut for Tx {
    #[expect(clippy::expect_used, reason = "only what consumes a transaction ends it")]
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.lent.as_mut().expect("a transaction that is not over")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return lent.close() };
        runtime.spawn(async move {
            // Somebody may have gone away in the middle of a statement: the pool tests what comes back to it.
            if !matches!(tokio::time::timeout(PATIENCE, sqlx::raw_sql("rollback").execute(&mut *lent)).await, Ok(Ok(_))) {
                lent.close();
            }
        });
    }
}
