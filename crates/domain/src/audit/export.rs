//! The whole log as a file that anybody can check with the public key alone.

use serde_json::json;
use transparency_log::Hash;
use transparency_log::export::{FORMAT, Line, Sealed};
use transparency_log::hash::LENGTH;
use transparency_log::tile::WIDTH;

use super::store::{self, EventRow};
use super::{Action, AuditError, Event, append, origin};
use crate::base::{Deps, Op};

/// Tiles of one look into the database.
const TILES: i32 = 16;

/// Begins an export on behalf of an admin, which is itself an entry. `None`: nothing is sealed yet.
pub async fn begin_export(deps: &Deps, op: &Op) -> Result<Option<Reading>, AuditError> {
    let Some(reading) = Reading::begin(deps).await? else { return Ok(None) };
    let event = Event { subject: op.user(), ..Event::of_installation(Action::AuditExported) }.with(json!({ "entries": reading.size() }));
    let mut tx = deps.begin(op).await?;
    append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(Some(reading))
}

/// A log that is read to its end, a piece at a time. Its size is that of its newest checkpoint when reading began.
#[derive(Debug)]
pub struct Reading {
    deps: Deps,
    origin: String,
    successions: Vec<String>,
    checkpoints: Vec<String>,
    size: u64,
    /// The next entry to be read.
    at: u64,
}

impl Reading {
    /// From the beginning. `None`: nothing is sealed yet.
    pub async fn begin(deps: &Deps) -> Result<Option<Self>, AuditError> {
        let checkpoints = store::checkpoints(&deps.database).await?;
        let Some((size, _)) = checkpoints.last() else { return Ok(None) };
        let (size, origin) = (*size, origin(deps).await?);
        // After the heads: whatever key signed one of them has followed by now.
        let successions = super::successions(deps).await?;
        let checkpoints = checkpoints.into_iter().map(|(_, note)| note).collect();
        Ok(Some(Self { deps: deps.clone(), origin, successions, checkpoints, size, at: 0 }))
    }

    /// How many entries there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Which key followed which, as notes.
    pub fn successions(&self) -> impl Iterator<Item = &str> {
        self.successions.iter().map(String::as_str)
    }

    /// Its signed heads, as notes, the smaller first.
    pub(super) fn checkpoints(&self) -> impl Iterator<Item = &str> {
        self.checkpoints.iter().map(String::as_str)
    }

    /// What comes before the entries: what it is, which key followed which, and its signed heads.
    pub fn head(&self) -> impl Iterator<Item = Line> + '_ {
        let log = Line::Log { format: FORMAT.to_owned(), origin: self.origin.clone(), size: self.size };
        let successions = self.successions().map(|note| Line::Succession(note.to_owned()));
        std::iter::once(log).chain(successions).chain(self.checkpoints().map(|note| Line::Checkpoint(note.to_owned())))
    }

    /// The next entries; none at the end. An entry that is not there any more comes as its hash alone.
    pub async fn next(&mut self) -> Result<Vec<Sealed>, AuditError> {
        if self.at >= self.size {
            return Ok(Vec::new());
        }
        let end = self.size.min(self.at + u64::try_from(TILES).unwrap_or_default() * WIDTH);
        let count = i32::try_from(end - self.at).unwrap_or(i32::MAX);
        let (rows, leaves) =
            futures::try_join!(store::sealed(&self.deps.database, self.at, count), store::leaves(&self.deps.database, self.at, TILES))?;
        let mut rows = rows.iter().peekable();
        let mut entries = Vec::with_capacity(rows.len());
        for place in self.at..end {
            let offset = usize::try_from(place - self.at).unwrap_or(usize::MAX).saturating_mul(LENGTH);
            let Some(hash) = leaves.get(offset..offset + LENGTH).and_then(|bytes| Hash::from_bytes(bytes).ok()) else { break };
            let row = rows.next_if(|row: &&EventRow| row.place == i64::try_from(place).ok());
            entries.push(sealed(place, hash, row));
        }
        self.at = end;
        Ok(entries)
    }
}

fn sealed(place: u64, hash: Hash, row: Option<&EventRow>) -> Sealed {
    let found = row.and_then(EventRow::sealed);
    let (entry, opened) = found.map_or((None, None), |(entry, opened)| (Some(entry), opened));
    Sealed::new(place, hash, entry.as_ref(), opened.as_ref().map(|(salt, personal)| (salt, personal)))
}
