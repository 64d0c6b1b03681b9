//! Somebody's rows of each table of the data map, a part at a time, with what was encrypted opened: what a copy is made of.

use serde_json::{Map, Value};
use types::UserId;

use super::map::{Exported, TableMap, every_table};
use super::{PrivacyError, store};
use crate::base::{Deps, Op};
use crate::vault::{PersonKey, Place};

/// Rows that are read at once.
pub(super) const PART: i32 = 1_000;
/// Columns that would let others in, or that only this program understands.
const LEFT_OUT: [&str; 7] = [
    "password_sealed",
    "access_token_sealed",
    "refresh_token_sealed",
    "token_sealed",
    // Who booked: theirs, and not the builder's to take along.
    "client_sealed",
    "calendly_sealed",
    "credential_sealed",
];

/// Rows of one person.
pub(super) struct OwnRows {
    pub deps: Deps,
    pub op: Op,
    pub user: UserId,
    pub key: PersonKey,
}

/// Some of them.
pub(super) struct Part {
    /// Opened, without hashes and secrets.
    pub rows: Vec<Map<String, Value>>,
    /// After which the next ones come; `None`: there are no more.
    pub next: Option<String>,
}

/// Whether a column is in a copy, and what it is called there.
pub(super) fn shown(column: &str) -> Option<&str> {
    let is_left_out = column.ends_with("_hash") || column == "salt" || column == "commitment" || LEFT_OUT.contains(&column);
    (!is_left_out).then(|| column.strip_suffix("_sealed").unwrap_or(column))
}

impl OwnRows {
    /// Every table that has something of somebody which is theirs to take along.
    pub fn tables() -> Vec<&'static TableMap> {
        every_table().filter(|table| table.exported == Exported::Yes && table.owner().is_some()).collect()
    }

    /// Rows of a table after a key.
    pub async fn part(&self, table: &TableMap, after: Option<&str>) -> Result<Part, PrivacyError> {
        let Some(owner) = table.owner() else { return Ok(Part { rows: Vec::new(), next: None }) };
        let key = table.key();
        let mut tx = self.deps.begin(&self.op).await?;
        let rows = store::own_rows(&mut tx, self.user, table.name, owner, key.unwrap_or(owner), after, PART).await?;
        tx.rollback().await?;
        let is_whole = rows.len() < usize::try_from(PART).unwrap_or(usize::MAX);
        let next = key.filter(|_| !is_whole).and_then(|key| rows.last()?.get(key)?.as_str().map(str::to_owned));
        Ok(Part { rows: rows.into_iter().map(|row| self.open(table, row)).collect(), next })
    }

    /// A row without hashes and secrets, and with what was sealed opened.
    fn open(&self, table: &TableMap, row: Value) -> Map<String, Value> {
        let id = table.place(&row);
        let mut open = Map::new();
        let Value::Object(columns) = row else { return open };
        for (column, value) in columns {
            let Some(name) = shown(&column) else { continue };
            if name == column {
                open.insert(column, value);
                continue;
            }
            let sealed = value.as_str().and_then(|text| hex::decode(text.strip_prefix("\\x")?).ok());
            let place = table.personal.iter().find(|(known, _)| *known == column).zip(id);
            let plain = sealed.zip(place).and_then(|(sealed, ((column, _), id))| {
                let plain = self.key.open(Place::new(table.name, column, id), &sealed).ok()?;
                let text = String::from_utf8(plain.to_vec()).ok()?;
                Some(serde_json::from_str::<Value>(&text).ok().filter(Value::is_object).unwrap_or(Value::String(text)))
            });
            open.insert(name.to_owned(), plain.unwrap_or(Value::Null));
        }
        open
    }
}
