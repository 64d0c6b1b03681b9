//! A copy of what is kept of somebody as one JSON document, for programs: written while it is sent, a part at a time, and kept nowhere.

use serde_json::json;

use super::map::TableMap;
use super::own_rows::OwnRows;
use super::{PrivacyError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::vault::PersonKey;

/// A copy that is being written.
pub struct Export {
    own: OwnRows,
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
        let own = OwnRows { deps: deps.clone(), op: op.clone(), user, key };
        Ok(Self { own, tables: OwnRows::tables().into_iter(), current: None, step: Step::Head })
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
                let mut tx = self.own.deps.begin(&self.own.op).await?;
                let bought = store::bought(&mut tx, self.own.user, self.own.deps.now()).await?;
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
        let part = self.own.part(table, after.as_deref()).await?;
        let mut text = String::new();
        for (number, row) in part.rows.iter().enumerate() {
            text.push_str(if is_first && number == 0 { "\n" } else { ",\n" });
            text.push_str(&json!(row).to_string());
        }
        match part.next {
            None => text.push(']'),
            next => self.current = Some((table, next, false)),
        }
        Ok(text)
    }
}
