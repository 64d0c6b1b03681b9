//! A copy of what is kept of somebody: every table of the data map that says so, with what was encrypted opened. It is written while it is sent, a part
//! at a time, and kept nowhere.

use serde_json::{Map, Value, json};
use types::UserId;

use super::map::{Exported, TableMap, every_table};
use super::{PrivacyError, store};
use crate::audit::{self, Action, Event};
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

/// A copy that is being written.
pub struct Export {
    deps: Deps,
    op: Op,
    user: UserId,
    key: PersonKey,
    tables: std::vec::IntoIter<&'static TableMap>,
    current: Option<(&'static TableMap, Option<String>, bool)>,
    step: Step,
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
        audit::append(&mut tx, deps, op, Event::done(Action::PrivacyExported, user, user.0)).await?;
        tx.commit().await?;
        let tables: Vec<&TableMap> = every_table().filter(|table| table.exported == Exported::Yes && table.owner().is_some()).collect();
        Ok(Self { deps: deps.clone(), op: op.clone(), user, key, tables: tables.into_iter(), current: None, step: Step::Head })
    }

    /// The next part of the text; `None`: that was all.
    pub async fn next(&mut self) -> Result<Option<String>, PrivacyError> {
        match self.step {
            Step::Head => {
                self.step = Step::Tables;
                let head = json!({ "format": "kairos-export", "version": 1, "made_at": self.deps.now() }).to_string();
                Ok(Some(head.trim_end_matches('}').to_owned()))
            }
            Step::Tables => self.rows().await.map(Some),
            Step::Tail => {
                self.step = Step::Done;
                let mut tx = self.deps.begin(&self.op).await?;
                let bought = store::bought(&mut tx, self.user, self.deps.now()).await?;
                tx.rollback().await?;
                Ok(Some(format!(",\n\"bought\": {}}}\n", bought["bookings"])))
            }
            Step::Done => Ok(None),
        }
    }

    /// Some rows of the table that is read, or the beginning of the next one.
    async fn rows(&mut self) -> Result<String, PrivacyError> {
        let Some((table, after, is_first)) = self.current.take() else {
            let Some(table) = self.tables.next() else {
                self.step = Step::Tail;
                return Ok(String::new());
            };
            self.current = Some((table, None, true));
            return Ok(format!(",\n\"{}\": [", table.name));
        };
        let (Some(owner), key) = (table.owner(), table.key()) else { return Ok("]".to_owned()) };
        let mut tx = self.deps.begin(&self.op).await?;
        let rows = store::own_rows(&mut tx, self.user, table.name, owner, key.unwrap_or(owner), after.as_deref(), PART).await?;
        tx.rollback().await?;
        let is_whole = key.is_none() || rows.len() < usize::try_from(PART).unwrap_or(usize::MAX);
        let last = key.and_then(|key| rows.last()?.get(key)?.as_str().map(str::to_owned));
        let mut text = String::new();
        for (number, row) in rows.into_iter().enumerate() {
            text.push_str(if is_first && number == 0 { "\n" } else { ",\n" });
            text.push_str(&self.open(table, row).to_string());
        }
        if is_whole {
            text.push(']');
        } else {
            self.current = Some((table, last, false));
        }
        Ok(text)
    }

    /// A row without hashes and secrets, and with what was sealed opened.
    fn open(&self, table: &TableMap, row: Value) -> Value {
        let id = table.place(&row);
        let Value::Object(columns) = row else { return Value::Null };
        let mut open = Map::new();
        for (column, value) in columns {
            if column.ends_with("_hash") || column == "salt" || column == "commitment" || LEFT_OUT.contains(&column.as_str()) {
                continue;
            }
            let Some(name) = column.strip_suffix("_sealed") else {
                open.insert(column, value);
                continue;
            };
            let sealed = value.as_str().and_then(|text| hex::decode(text.strip_prefix("\\x")?).ok());
            let place = table.personal.iter().find(|(known, _)| *known == column).zip(id);
            let plain = sealed.zip(place).and_then(|(sealed, ((column, _), id))| {
                let plain = self.key.open(Place::new(table.name, column, id), &sealed).ok()?;
                let text = String::from_utf8(plain.to_vec()).ok()?;
                Some(serde_json::from_str::<Value>(&text).ok().filter(Value::is_object).unwrap_or(Value::String(text)))
            });
            open.insert(name.to_owned(), plain.unwrap_or(Value::Null));
        }
        Value::Object(open)
    }
}
