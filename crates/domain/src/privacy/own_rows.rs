//! Somebody's rows of each table of the data map, a part at a time: what a copy is made of.

use serde_json::{Map, Value};
use types::UserId;

use super::map::{Exported, TableMap, every_table};
use super::{PrivacyError, store};
use crate::base::{Deps, Op};
use crate::vault::{PersonKey, Place};

/// Rows that are read at once.
const PART: i32 = 1_000;
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

/// How far a table of somebody's is read.
pub(super) struct Cursor {
    pub table: &'static TableMap,
    after: Option<String>,
    is_over: bool,
}

/// Whether a column is in a copy, and what it is called there.
pub(super) fn shown(column: &str) -> Option<&str> {
    let is_left_out = column.ends_with("_hash") || column == "salt" || column == "commitment" || LEFT_OUT.contains(&column);
    (!is_left_out).then(|| column.strip_suffix("_sealed").unwrap_or(column))
}

/// What is sealed in a column, as `to_jsonb` writes it.
pub(super) fn sealed(value: &Value) -> Option<Vec<u8>> {
    hex::decode(value.as_str()?.strip_prefix("\\x")?).ok()
}

impl Cursor {
    /// At the beginning. A table that is nobody's by itself has no rows of anybody's.
    pub const fn new(table: &'static TableMap) -> Self {
        Self { table, after: None, is_over: false }
    }

    /// The next rows, as they are kept; `None`: that was all.
    pub async fn next(&mut self, deps: &Deps, op: &Op, user: UserId) -> Result<Option<Vec<Value>>, PrivacyError> {
        let Some(owner) = self.table.owner().filter(|_| !self.is_over) else { return Ok(None) };
        let key = self.table.key();
        let mut tx = deps.begin(op).await?;
        let rows = store::own_rows(&mut tx, user, self.table.name, owner, key.unwrap_or(owner), self.after.as_deref(), PART).await?;
        tx.rollback().await?;
        self.after = key.and_then(|key| rows.last()?.get(key)?.as_str().map(str::to_owned));
        self.is_over = self.after.is_none() || rows.len() < usize::try_from(PART).unwrap_or(usize::MAX);
        Ok(Some(rows))
    }
}

impl OwnRows {
    /// Every table that has something of somebody which is theirs to take along.
    pub fn tables() -> Vec<&'static TableMap> {
        every_table().filter(|table| table.exported == Exported::Yes && table.owner().is_some()).collect()
    }

    /// The next rows of a table without hashes and secrets, and with what was sealed opened; `None`: that was all.
    pub async fn next(&self, cursor: &mut Cursor) -> Result<Option<Vec<Map<String, Value>>>, PrivacyError> {
        let rows = cursor.next(&self.deps, &self.op, self.user).await?;
        Ok(rows.map(|rows| rows.into_iter().map(|row| self.open(cursor.table, row)).collect()))
    }

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
            let place = table.personal.iter().find(|(known, _)| *known == column).zip(id);
            let plain = sealed(&value).zip(place).and_then(|(sealed, ((column, _), id))| {
                let plain = self.key.open(Place::new(table.name, column, id), &sealed).ok()?;
                let text = String::from_utf8(plain.to_vec()).ok()?;
                Some(serde_json::from_str::<Value>(&text).ok().filter(Value::is_object).unwrap_or(Value::String(text)))
            });
            open.insert(name.to_owned(), plain.unwrap_or(Value::Null));
        }
        open
    }
}
