//! Whose data may have got out, and what is kept of each by the data map: what is needed to tell them (GDPR, article 34).

use std::collections::HashMap;

use serde_json::json;
use types::{IncidentId, UserId};
use uuid::Uuid;

use super::{IncidentError, store};
use crate::accounts;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::privacy::every_table;
use crate::vault::{DataKeyRow, PersonKey};

/// People that are read at once.
const PART: i32 = 200;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedPerson {
    /// Who.
    pub user: UserId,
    /// Their address; `None`: it cannot be read.
    pub email: Option<String>,
    /// How many rows of each table of [`Affected::tables`], in that order.
    pub rows: Vec<i64>,
}

/// The list, while it is read.
pub struct Affected {
    deps: Deps,
    op: Op,
    incident: IncidentId,
    /// Each table that is somebody's: its name, the column that says whose, and what it is called.
    tables: Vec<(&'static str, &'static str, &'static str)>,
    after: Option<Uuid>,
    is_over: bool,
}

impl std::fmt::Debug for Affected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Affected")
    }
}

impl Affected {
    /// Begins it, and writes down that somebody took it.
    ///
    /// # Errors
    /// [`IncidentError::NotFound`]: no breach was noted for this incident.
    pub async fn begin(deps: &Deps, op: &Op, incident: IncidentId) -> Result<Self, IncidentError> {
        let mut tx = deps.begin(op).await?;
        store::open(&mut tx).await?;
        let scope = store::breach_scope(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
        let event = Event::of_installation(Action::AffectedListed).on(incident.0).with(json!({ "scope": scope }));
        audit::append(&mut tx, deps, op, event);
        tx.commit().await?;
        let tables = every_table().filter(|table| !table.personal.is_empty());
        let tables = tables.filter_map(|table| Some((table.name, table.owner()?, table.what))).collect();
        Ok(Self { deps: deps.clone(), op: op.clone(), incident, tables, after: None, is_over: false })
    }

    /// What the counts of each person are of.
    pub fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.tables.iter().map(|(_, _, what)| *what)
    }

    /// The next of them; `None`: that were all.
    pub async fn next(&mut self) -> Result<Option<Vec<AffectedPerson>>, IncidentError> {
        if self.is_over {
            return Ok(None);
        }
        let mut tx = self.deps.begin(&self.op).await?;
        store::open(&mut tx).await?;
        let found = store::affected(&mut tx, self.incident, self.after, PART).await?;
        let people: Vec<Uuid> = found.iter().map(|row| row.user.0).collect();
        let (names, owners): (Vec<&str>, Vec<&str>) = self.tables.iter().map(|(name, owner, _)| (*name, *owner)).unzip();
        let counts: HashMap<(Uuid, String), i64> = store::count_rows(&mut tx, &people, &names, &owners).await?;
        tx.rollback().await?;
        self.after = people.last().copied();
        self.is_over = found.len() < usize::try_from(PART).unwrap_or_default();
        let people = found.into_iter().map(|row| {
            let count = |name: &&str| counts.get(&(row.user.0, (*name).to_owned())).copied().unwrap_or_default();
            AffectedPerson { user: row.user, rows: names.iter().map(count).collect(), email: row.address(&self.deps) }
        });
        Ok(Some(people.collect()))
    }
}

/// As the database has it.
pub(super) struct AffectedRow {
    pub user: UserId,
    pub email_sealed: Vec<u8>,
    /// `None`: it was destroyed.
    pub key: Option<DataKeyRow>,
}

impl AffectedRow {
    fn address(&self, deps: &Deps) -> Option<String> {
        let key = PersonKey::unwrap(deps, self.user, self.key.as_ref()?).ok()?;
        accounts::open_identity(&key, self.user, &[], &self.email_sealed).1
    }
}
