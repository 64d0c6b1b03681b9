//! Rows that are held until they change, by whatever names who is shown them: a session, or the address of a page.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::capacity::{Interval, union};
use super::page::Page;
use super::range::Titles;
use super::store::PageRows;
use crate::base::Deps;
use crate::vault::LookupHash;

/// Rows, and for which stretch of time they have the events.
#[derive(Debug)]
pub(super) struct Held {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    pub(super) rows: PageRows,
    /// When the person is busy, worked out when it is first asked for.
    busy: OnceLock<Vec<Interval>>,
}

/// What is held of somebody, before the database is asked whether it is the present one.
pub(super) struct Holding {
    place: Option<LookupHash>,
    stretch: (DateTime<Utc>, DateTime<Utc>),
    held: Option<Arc<Held>>,
}

impl Holding {
    /// What is held at `place` for all of a stretch. Without a place nothing is held, and nothing will be.
    pub fn look(deps: &Deps, place: Option<LookupHash>, stretch: (DateTime<Utc>, DateTime<Utc>)) -> Self {
        let held = place.and_then(|place| deps.rows.get::<Held>(&place)).filter(|held| held.from <= stretch.0 && held.to >= stretch.1);
        Self { place, stretch, held }
    }

    /// The version of it: with it the rows are not asked for.
    pub fn known(&self) -> Option<Uuid> {
        self.held.as_ref().map(|held| held.rows.version)
    }

    /// The rows that were read with how many bytes they were, which are held from now on; without any, those that are held. `None`: there are none.
    pub fn or_read(self, deps: &Deps, read: Option<(PageRows, usize)>) -> Option<Arc<Held>> {
        let Some((rows, bytes)) = read else { return self.held };
        let (from, to) = self.stretch;
        let held = Arc::new(Held { from, to, rows, busy: OnceLock::new() });
        if let Some(place) = self.place {
            deps.rows.put(place, Arc::clone(&held), bytes);
        }
        Some(held)
    }
}

impl Page {
    /// When the person is busy within the stretch of the frame, in order and free of overlaps. It does not depend on the present moment, so it is held
    /// with the rows that it is made from.
    pub(super) fn busy(&self) -> &[Interval] {
        self.held.busy.get_or_init(|| {
            let events = self.range_between(self.held.from, self.held.to, Titles::LeftSealed).events;
            union(events.iter().filter(|event| event.row.busy).filter_map(|event| Interval::new(event.row.starts_at, event.row.ends_at)))
        })
    }
}
