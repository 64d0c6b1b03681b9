//! A builder's page as everybody sees it, and the times at which a session can begin.
//!
//! A time is offered if Calendly offers it, nobody holds or has it here, and the builder's own calendars say that it is free. Where a calendar could
//! not be read, nobody knows: such a time is left out, and the page says so.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::json;

use super::BookingError;
use crate::base::{Deps, list};
use crate::calendar::{self, Entrance, Interval, Page, Part};
use crate::offers::{PageRow, Sellable, SessionTypeRow, SessionTypeView};
use crate::scheduling::{FRESH, HORIZON, NOTICE};

/// What was read so long ago is nothing that a time can be sold by.
const TOO_OLD: TimeDelta = TimeDelta::minutes(15);

/// What `kairos_shop` returns.
#[derive(Debug, Deserialize)]
struct ShopRows {
    page: Option<PageRow>,
    #[serde(deserialize_with = "list")]
    sessions: Vec<SessionTypeRow>,
    account: Option<AccountRow>,
    times: Option<TimesRow>,
    #[serde(deserialize_with = "list")]
    taken: Vec<TakenRow>,
}

#[derive(Debug, Deserialize)]
struct AccountRow {
    failed_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct TimesRow {
    read_at: DateTime<Utc>,
    starts: Vec<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct TakenRow {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// Why nothing can be booked just now. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paused {
    /// The builder closed it, or Calendly does not offer it any more.
    NotOffered,
    /// No money can be taken here.
    NoPayments,
    /// Calendly cannot be asked.
    SchedulingUnknown {
        /// Since when.
        since: Option<DateTime<Utc>>,
    },
    /// A calendar of the builder cannot be read.
    CalendarUnknown {
        /// Since when.
        since: Option<DateTime<Utc>>,
    },
}

/// A time at which a session can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When.
    pub starts_at: DateTime<Utc>,
}

/// The openings of one day, in the viewer's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotDay {
    /// Which.
    pub date: NaiveDate,
    /// In order.
    pub slots: Vec<Slot>,
    /// Whether there may be more: of some hours nobody knows.
    pub has_unknown: bool,
}

/// A builder's page.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Who they are.
    pub page: PageRow,
    /// What can be booked, the cheapest first.
    pub sessions: Vec<SessionTypeView>,
    /// Their zone.
    pub zone: Tz,
    /// Whether money can be taken here.
    pub has_stripe: bool,
}

/// The page of one session.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// Whose it is.
    pub page: PageRow,
    /// What is sold.
    pub session: SessionTypeView,
    /// The builder's zone.
    pub zone: Tz,
    /// Why nothing can be booked, if so.
    pub paused: Option<Paused>,
    /// When Calendly was last asked; `None`: never.
    pub read_at: Option<DateTime<Utc>>,
    /// When it can begin, in order.
    pub slots: Vec<Slot>,
    /// When nobody knows whether it could.
    pub unknown: Vec<Slot>,
}

impl Shop {
    /// What the page of a builder is read with; with `session`, that of one session.
    pub fn part(session: Option<&str>) -> Part {
        Part::new("shop", json!({ "session": session }))
    }

    /// Reads the page of a builder. `None`: there is none at this address.
    pub async fn read(deps: &Deps, slug: &str) -> Result<Option<Self>, BookingError> {
        let now = deps.now();
        let entered = calendar::read_entered(deps, &Entrance::Shop(slug.to_owned()), &Self::part(None), (now, now)).await?;
        Ok(entered.and_then(|(page, _)| page.part(|rows: ShopRows| Self::open(&page, rows))).flatten())
    }

    fn open(page: &Page, rows: ShopRows) -> Option<Self> {
        let sessions = rows.sessions.iter().filter_map(SessionTypeRow::view).filter(|session| session.sellable == Sellable::Yes).collect();
        Some(Self { page: rows.page?, sessions, zone: page.zoned().zone, has_stripe: page.deps().providers.stripe.is_some() })
    }
}

impl SessionPage {
    /// Reads the page of one session. `None`: there is none at this address.
    pub async fn read(deps: &Deps, slug: &str, session: &str) -> Result<Option<(Page, Self)>, BookingError> {
        let now = deps.now();
        let by = Entrance::Shop(slug.to_owned());
        let stretch = (now - TimeDelta::days(1), now + HORIZON + TimeDelta::days(1));
        let Some((page, _)) = calendar::read_entered(deps, &by, &Shop::part(Some(session)), stretch).await? else { return Ok(None) };
        let found = page.part(|rows: ShopRows| Self::open(&page, rows, session)).flatten();
        Ok(found.map(|found| (page, found)))
    }

    /// Whether Calendly is to be asked again before this is shown.
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.session.event_type.is_some() && self.read_at.is_none_or(|read_at| now - read_at > FRESH)
    }

    fn open(page: &Page, rows: ShopRows, slug: &str) -> Option<Self> {
        let session = rows.sessions.iter().filter_map(SessionTypeRow::view).find(|session| session.slug == slug)?;
        let now = page.now();
        let length = TimeDelta::minutes(i64::from(session.minutes));
        // One that begins at the end of it ends after it.
        let taken = calendar::taken(page, now, now + HORIZON + length);
        let booked = calendar::union(rows.taken.iter().filter_map(|row| Interval::new(row.starts_at, row.ends_at)));
        let (mut slots, mut unknown) = (Vec::new(), Vec::new());
        for starts_at in rows.times.iter().flat_map(|times| &times.starts).copied().filter(|at| *at >= now + NOTICE) {
            let Some(whole) = Interval::new(starts_at, starts_at + length) else { continue };
            match () {
                () if whole.meets(&booked) || whole.meets(&taken.busy) => {}
                () if whole.meets(&taken.unknown) => unknown.push(Slot { starts_at }),
                () => slots.push(Slot { starts_at }),
            }
        }
        let failed_since = rows.account.as_ref().and_then(|account| account.failed_since);
        let paused = match () {
            () if page.deps().providers.stripe.is_none() => Some(Paused::NoPayments),
            () if session.sellable != Sellable::Yes || rows.account.is_none() => Some(Paused::NotOffered),
            () if failed_since.is_some() || rows.times.as_ref().is_none_or(|times| now - times.read_at > TOO_OLD) => {
                Some(Paused::SchedulingUnknown { since: failed_since })
            }
            () if slots.is_empty() && !unknown.is_empty() => Some(Paused::CalendarUnknown { since: taken.unknown_since }),
            () => None,
        };
        if paused.is_some() {
            slots.clear();
        }
        let read_at = rows.times.map(|times| times.read_at);
        Some(Self { page: rows.page?, session, zone: page.zoned().zone, paused, read_at, slots, unknown })
    }

    /// The openings by day in a zone, from the first day that has any, with the days between.
    pub fn days(&self, zone: Tz) -> Vec<SlotDay> {
        let date = |slot: &Slot| slot.starts_at.with_timezone(&zone).date_naive();
        let mut days: Vec<SlotDay> = Vec::new();
        let mut all: Vec<(NaiveDate, Option<Slot>)> = self.slots.iter().map(|slot| (date(slot), Some(*slot))).collect();
        all.extend(self.unknown.iter().map(|slot| (date(slot), None)));
        all.sort_by_key(|(date, slot)| (*date, slot.map(|slot| slot.starts_at)));
        for (date, slot) in all {
            while let Some(next) = days.last().and_then(|last| last.date.succ_opt()).filter(|next| *next < date) {
                days.push(SlotDay { date: next, slots: Vec::new(), has_unknown: false });
            }
            if days.last().is_none_or(|last| last.date != date) {
                days.push(SlotDay { date, slots: Vec::new(), has_unknown: false });
            }
            if let Some(day) = days.last_mut() {
                day.has_unknown |= slot.is_none();
                day.slots.extend(slot);
            }
        }
        days
    }
}
