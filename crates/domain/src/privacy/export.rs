//! A copy of what is kept of somebody as one JSON document, for programs: written while it is sent, a part at a time, and kept nowhere.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use types::ConnectionId;

use super::map::{TableMap, every_table};
use super::own_rows::{Cursor, OwnRows};
use super::{PrivacyError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar;
use crate::vault::PersonKey;

/// A copy that is being written.
pub struct Export {
    own: OwnRows,
    tables: std::vec::IntoIter<&'static TableMap>,
    /// The table that is read, and whether none of its rows was written yet.
    current: Option<(Cursor, bool)>,
    step: Step,
    only: Option<OneConnection>,
}

/// Of one connection, and not of all.
struct OneConnection {
    id: String,
    /// Its calendars, as far as they were read.
    calendars: HashSet<String>,
}

impl OneConnection {
    /// Tables that have something of it, in their order.
    const TABLES: [&str; 5] = ["calendar_connections", "calendars", "calendar_events", "calendar_sync_logs", "calendar_health"];

    fn has(&mut self, table: &str, row: &Map<String, Value>) -> bool {
        let is = |column: &str, wanted: &str| row.get(column).and_then(Value::as_str) == Some(wanted);
        match table {
            "calendar_connections" => is("id", &self.id),
            "calendar_events" => row.get("calendar_id").and_then(Value::as_str).is_some_and(|calendar| self.calendars.contains(calendar)),
            _ => {
                let is_its = is("connection_id", &self.id);
                if is_its && table == "calendars" {
                    self.calendars.extend(row.get("id").and_then(|id| id.as_str().map(str::to_owned)));
                }
                is_its
            }
        }
    }
}

enum Step {
    Head,
    Tables,
    Tail,
    Done,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export")
    }
}

impl Export {
    /// Begins one, and writes down that somebody took it.
    pub async fn begin(deps: &Deps, op: &Op) -> Result<Self, PrivacyError> {
        let user = op.user().ok_or(PrivacyError::NotFound)?;
        let mut tx = deps.begin(op).await?;
        let key = PersonKey::load_in(&mut tx, deps, user).await?;
        audit::append(&mut tx, deps, op, Event::done(Action::PrivacyExported, user, user.0));
        tx.commit().await?;
        let own = OwnRows { deps: deps.clone(), op: op.clone(), user, key };
        Ok(Self { own, tables: OwnRows::tables().into_iter(), current: None, step: Step::Head, only: None })
    }

    /// The same of one connection to a calendar: what it is, its calendars, their events and its health.
    pub async fn of_connection(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<Self, PrivacyError> {
        let mut tx = deps.begin(op).await?;
        let is_theirs = calendar::has_connection(&mut tx, connection).await?;
        tx.rollback().await?;
        if !is_theirs {
            return Err(PrivacyError::NotFound);
        }
        let tables: Vec<_> = OneConnection::TABLES.iter().filter_map(|name| every_table().find(|table| table.name == *name)).collect();
        let only = OneConnection { id: connection.to_string(), calendars: HashSet::new() };
        Ok(Self { tables: tables.into_iter(), only: Some(only), ..Self::begin(deps, op).await? })
    }

    /// The next part of the text; `None`: that was all.
    pub async fn next(&mut self) -> Result<Option<String>, PrivacyError> {
        match self.step {
            Step::Head => {
                self.step = Step::Tables;
                let head = json!({ "format": "kairos-export", "version": 1, "made_at": self.own.deps.now() }).to_string();
                Ok(Some(head.trim_end_matches('}').to_owned()))
            }
            Step::Tables => self.rows().await.map(Some),
            Step::Tail => {
                self.step = Step::Done;
                if self.only.is_some() {
                    return Ok(Some("}\n".to_owned()));
                }
                let mut tx = self.own.deps.begin(&self.own.op).await?;
                let bought = store::bought(&mut tx, self.own.user).await?;
                tx.rollback().await?;
                Ok(Some(format!(",\n\"bought\": {bought}}}\n")))
            }
            Step::Done => Ok(None),
        }
    }

    /// Some rows of the table that is read, or the beginning of the next one.
    async fn rows(&mut self) -> Result<String, PrivacyError> {
        let Some((mut cursor, mut is_first)) = self.current.take() else {
            let Some(table) = self.tables.next() else {
                self.step = Step::Tail;
                return Ok(String::new());
            };
            self.current = Some((Cursor::new(table), true));
            return Ok(format!(",\n\"{}\": [", table.name));
        };
        let Some(rows) = self.own.next(&mut cursor).await? else { return Ok("]".to_owned()) };
        let mut text = String::new();
        for row in &rows {
            if self.only.as_mut().is_none_or(|only| only.has(cursor.table.name, row)) {
                text.push_str(if is_first { "\n" } else { ",\n" });
                text.push_str(&json!(row).to_string());
                is_first = false;
            }
        }
        self.current = Some((cursor, is_first));
        Ok(text)
    }
}
