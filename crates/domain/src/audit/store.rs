//! SQL of the audit log.

use serde_json::Value;

use crate::base::Tx;

/// Appends one entry, an object with a key a column.
pub(super) async fn append(tx: &mut Tx, entry: &Value) -> Result<(), sqlx::Error> {
    sqlx::query!("select kairos_append_audit($1)", entry).execute(&mut **tx).await?;
    Ok(())
}
