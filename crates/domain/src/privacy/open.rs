//! Whether everything opens that is sealed under somebody's key, by the data map.

use super::PrivacyError;
use super::map::every_table;
use super::own_rows::{Cursor, sealed};
use crate::base::{Deps, Op};
use crate::vault::{Opened, PersonKey, Place, VaultError};

/// Under the keys of those who booked; and what is gone in a week, large, and can be made anew.
const ELSEWHERE: [&str; 2] = ["bookings", "privacy_archive_parts"];

/// Opens all of it, and keeps none. Whoever was forgotten meanwhile has nothing; where their key is missing, nothing of theirs opens.
pub async fn open_everything(deps: &Deps, op: &Op) -> Result<Opened, PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let mut opened = Opened::default();
    let mut tx = deps.begin(op).await?;
    let key = match PersonKey::load_in(&mut tx, deps, user).await {
        Ok(key) => Some(key),
        Err(VaultError::NoDataKey) => return Ok(opened),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(_) => None,
    };
    tx.rollback().await?;
    for table in every_table()
        .filter(|table| !ELSEWHERE.contains(&table.name) && table.personal.iter().any(|(column, _)| column.ends_with("_sealed")))
    {
        let mut cursor = Cursor::new(table);
        while let Some(rows) = cursor.next(deps, op, user).await? {
            for row in &rows {
                let Some(id) = table.place(row) else { continue };
                for (column, _) in table.personal.iter().filter(|(column, _)| column.ends_with("_sealed")) {
                    if let Some(sealed) = row.get(column).and_then(sealed) {
                        let opens = key.as_ref().is_some_and(|key| key.open(Place::new(table.name, column, id), &sealed).is_ok());
                        opened.count(table.name, column, id, opens);
                    }
                }
            }
        }
    }
    Ok(opened)
}
