//! What a page reads: one statement, of one moment.
//!
//! The statement finds the person behind a session and returns the rows of the page, except where the rows that this replica holds are the
//! present ones (docs/adr/0016). Days are days of the person's zone, which is not known before: a wider stretch is asked for and cut here.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value;
use types::{ConnectionId, Role, UserId};

use super::held::{Held, Holding};
use super::store::{self, Asked, ConnectionPart, PageRows};
use crate::accounts::{Identity, Person, SecurityRows, SecurityView, Seen, Viewer, Zoned};
use crate::api_keys::{ApiKeyRows, ApiKeyView};
use crate::audit::{self, AuditPage, EntryPage, Event};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::sync::EventRow;
use crate::scheduling::{CalendlyView, SchedulingRows};
use crate::vault::{PersonKey, VaultError};

/// No zone is further from UTC, with an hour for days that clock changes make longer.
const FARTHEST_ZONE: TimeDelta = TimeDelta::hours(15);
/// How far back the history of a connection's health is shown.
const HEALTH: TimeDelta = TimeDelta::days(30);

/// Something that only admins see: `kairos_admin_page` reads it, after it has written the entry that somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What it is called there.
    pub which: &'static str,
    /// What it is given there.
    pub arguments: Value,
    /// An email address that is searched for: it is given on as `email_hash`.
    pub email: Option<String>,
    /// The entry.
    pub event: Event,
}

/// Something on a page that rooms above this one made: `kairos_part` reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called there.
    pub which: &'static str,
    /// What it is given there.
    pub arguments: Value,
}

impl Part {
    /// What is called so there, given this.
    pub const fn new(which: &'static str, arguments: Value) -> Self {
        Self { which, arguments }
    }
}

/// How much of it a page needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Days from today on, in the person's zone, at least one.
    pub days: u64,
    /// Other days: from one date up to, not including, another.
    pub others: Option<(NaiveDate, NaiveDate)>,
    /// Events between two instants.
    pub between: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// At most how many syncs of each connection.
    pub runs: i32,
    /// One connection more closely.
    pub connection: Option<ConnectionId>,
    /// The feed's address.
    pub feed: bool,
    /// Who is, was, or tried to be signed in.
    pub security: bool,
    /// The person's API keys.
    pub api_keys: bool,
    /// The builder's account at Calendly.
    pub scheduling: bool,
    /// What an admin sees of the audit log.
    pub audit: Option<audit::Wanted>,
    /// What an admin looks at besides the log.
    pub look: Option<Look>,
    /// What a room above this one made.
    pub part: Option<Part>,
}

impl Wanted {
    /// Today, and the last sync of each connection.
    pub const FRAME: Self = Self {
        days: 1,
        others: None,
        between: None,
        runs: 1,
        connection: None,
        feed: false,
        security: false,
        api_keys: false,
        scheduling: false,
        audit: None,
        look: None,
        part: None,
    };

    /// Whether the rows may be held until they change: what only some pages need is not.
    fn may_be_held(&self) -> bool {
        *self == Self { days: self.days, ..Self::FRAME }
    }

    /// The stretch of the days from today on, in whatever zone; the same all through a day of UTC.
    fn stretch(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = now.date_naive().and_time(NaiveTime::MIN).and_utc();
        let days = TimeDelta::days(i64::try_from(self.days.clamp(1, 400)).unwrap_or(1));
        (midnight - TimeDelta::days(1) - FARTHEST_ZONE, midnight + days + TimeDelta::days(1) + FARTHEST_ZONE)
    }

    /// The stretch of the other days, or of the instants.
    fn other_stretch(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let of_dates = self.others.map(|(first, last)| {
            let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
            (midnight(first) - FARTHEST_ZONE, midnight(last) + FARTHEST_ZONE)
        });
        of_dates.or(self.between)
    }
}

/// Who asked, and what they may see.
#[derive(Debug)]
pub struct Visit {
    /// Who.
    pub identity: Identity,
    /// The page; `None` for somebody who is not signed in.
    pub page: Option<Page>,
}

/// What was read of one person, all of it as it was at one moment.
#[derive(Debug)]
pub struct Page {
    pub(super) deps: Deps,
    pub(super) user: UserId,
    pub(super) now: DateTime<Utc>,
    pub(super) zoned: Zoned,
    pub(super) held: Arc<Held>,
    /// Events of the other stretch.
    pub(super) others: Vec<EventRow>,
    pub(super) connection: ConnectionPart,
    pub(super) feed_token_sealed: Option<Vec<u8>>,
    pub(super) security: Option<SecurityRows>,
    pub(super) api_keys: Option<ApiKeyRows>,
    pub(super) scheduling: Option<SchedulingRows>,
    pub(super) here: Option<Vec<u8>>,
    pub(super) identity: Identity,
    pub(super) audit: Option<audit::Read>,
    pub(super) looked: Option<String>,
    pub(super) part: Option<String>,
    pub(super) key: OnceLock<Result<PersonKey, String>>,
}

/// Reads what `wanted` says on behalf of `viewer`: one statement. `op` is the request, for the entry that somebody looked at the audit log.
pub async fn read_page(deps: &Deps, op: &Op, viewer: &Viewer, wanted: &Wanted) -> Result<Visit, CalendarError> {
    let now = deps.now();
    let (from, to) = wanted.stretch(now);
    let session = match viewer {
        Viewer::Session(hash) if wanted.may_be_held() => Some(*hash),
        _ => None,
    };
    let holding = Holding::look(deps, session, (from, to));
    let event = wanted.audit.as_ref().map(audit::Wanted::event).or_else(|| wanted.look.as_ref().map(|look| look.event.clone()));
    let asked = Asked {
        now,
        known: holding.known(),
        from,
        to,
        runs: wanted.runs,
        others: wanted.other_stretch(),
        connection: wanted.connection,
        health_since: now - HEALTH,
        feed: wanted.feed,
        security: wanted.security,
        api_keys: wanted.api_keys,
        scheduling: wanted.scheduling,
        audit: wanted.audit.as_ref(),
        look: wanted.look.as_ref(),
        part: wanted.part.as_ref(),
        entry: event.as_ref().map(|event| {
            let mut entry = audit::entry(deps, op, event);
            entry["needs_second_factor"] = deps.settings.admins_need_second_factor.into();
            entry
        }),
    };
    let found = store::read_page(deps, op, viewer, &asked).await?;
    if let (Some(event), true) = (&event, found.audit.is_some() || found.looked.is_some()) {
        audit::told(op, event);
    }
    let Some(user) = found.identity.user else { return Ok(Visit { identity: found.identity, page: None }) };
    let Some(held) = holding.or_read(deps, found.rows) else { return Ok(Visit { identity: Identity::default(), page: None }) };
    let page = Page {
        deps: deps.clone(),
        user,
        now,
        zoned: held.rows.person.zoned(),
        held,
        others: found.others,
        connection: found.connection,
        feed_token_sealed: found.feed_token_sealed,
        security: found.security,
        api_keys: found.api_keys,
        scheduling: found.scheduling,
        here: op.address_pseudonym.clone(),
        identity: found.identity.clone(),
        audit: found.audit,
        looked: found.looked,
        part: found.part,
        key: OnceLock::new(),
    };
    Ok(Visit { identity: found.identity, page: Some(page) })
}

impl Page {
    /// Whose.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What they may do.
    pub fn roles(&self) -> &[Role] {
        &self.identity.roles
    }

    /// Whether a code is asked for when they sign in.
    pub const fn has_second_factor(&self) -> bool {
        self.identity.has_second_factor
    }

    /// Who is, was, or tried to be signed in.
    pub fn security(&self) -> Option<SecurityView> {
        let host = self.deps.settings.public_url.split("://").nth(1).unwrap_or_default();
        self.security.as_ref().map(|rows| {
            rows.open(
                &self.person(),
                self.key().ok(),
                self.here.as_deref(),
                host,
                Seen { now: self.now, is_proved: self.identity.is_proved(self.now) },
            )
        })
    }

    /// The person's API keys, newest first.
    pub fn api_keys(&self) -> Option<Vec<ApiKeyView>> {
        self.api_keys.as_ref().map(|rows| rows.open(self.key().ok()))
    }

    /// The builder's account at Calendly, if that was asked for; inside, if one is connected.
    pub fn scheduling(&self) -> Option<Option<CalendlyView>> {
        self.scheduling.as_ref().map(|rows| rows.open(self.user, self.key().ok()))
    }

    /// The audit log, as an admin sees it.
    pub fn audit(&self) -> Option<&AuditPage> {
        match &self.audit {
            Some(audit::Read::Entries(page)) => Some(page),
            _ => None,
        }
    }

    /// One entry of the audit log, as an admin sees it.
    pub fn audit_entry(&self) -> Option<&EntryPage> {
        match &self.audit {
            Some(audit::Read::Entry(page)) => Some(page),
            _ => None,
        }
    }

    /// What an admin looked at, as `read` understands it. `None`: it is not there, or nobody looked.
    pub fn looked<T>(&self, read: impl FnOnce(&Deps, &str) -> Result<T, serde_json::Error>) -> Option<T> {
        let found = read(&self.deps, self.looked.as_deref()?);
        found.inspect_err(|error| tracing::error!(%error, "what an admin looked at is not understood")).ok()
    }

    /// What a room above this one made, as `read` understands it. `None`: it was not asked for.
    pub(crate) fn part<R: serde::de::DeserializeOwned, T>(&self, read: impl FnOnce(R) -> T) -> Option<T> {
        let found = serde_json::from_str(self.part.as_deref()?);
        found.inspect_err(|error| tracing::error!(%error, "a part of a page is not understood")).ok().map(read)
    }

    /// The one present moment of all that is shown.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The person's zone and hours.
    pub const fn zoned(&self) -> &Zoned {
        &self.zoned
    }

    /// The date it is for the person.
    pub fn today(&self) -> NaiveDate {
        self.zoned.date(self.now)
    }

    /// The person.
    pub fn person(&self) -> Person {
        self.held.rows.person.open(self.user, self.key().ok(), self.zoned.clone())
    }

    pub(super) fn rows(&self) -> &PageRows {
        &self.held.rows
    }

    /// Every event that was read, some perhaps twice.
    pub(super) fn event_rows(&self) -> impl Iterator<Item = &EventRow> {
        self.held.rows.events.iter().chain(&self.others)
    }

    pub(crate) const fn deps(&self) -> &Deps {
        &self.deps
    }

    /// The person's key, unwrapped when it is first needed, or the fingerprint of the master key that is missing for it.
    pub(crate) fn key(&self) -> Result<&PersonKey, &str> {
        let unwrap = || {
            let row = self.held.rows.data_key.as_ref().ok_or(VaultError::NoDataKey);
            row.and_then(|row| PersonKey::unwrap(&self.deps, self.user, row)).map_err(|error| match error {
                VaultError::KeyMissing { key_id } => key_id,
                error => {
                    tracing::warn!(%error, "a person's key cannot be used");
                    "unknown".to_owned()
                }
            })
        };
        self.key.get_or_init(unwrap).as_ref().map_err(String::as_str)
    }
}

#[cfg(feature = "testing")]
impl Page {
    /// The version of what is shown, and all of it as text, for tests that compare.
    pub fn told(&self) -> (uuid::Uuid, String) {
        let rows = &self.held.rows;
        let mut events: Vec<String> = rows.events.iter().map(|event| format!("{event:?}")).collect();
        events.sort_unstable();
        let text =
            format!("{:?} {:?} {:?} {:?} {:?} {events:?}", rows.person, rows.data_key, rows.connections, rows.calendars, rows.sync_logs);
        (rows.version, text)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_zone_its_days_lie_within_the_stretch_that_is_asked_for(seconds in 1_000_000_000..2_000_000_000_i64, days in 1..43_u64, zone in 0..TZ_VARIANTS.len()) {
            let (now, zone) = (DateTime::from_timestamp(seconds, 0).unwrap(), TZ_VARIANTS[zone]);
            let wanted = Wanted { days, ..Wanted::FRAME };
            let (from, to) = wanted.stretch(now);
            let first = now.with_timezone(&zone).date_naive();
            let midnight = |date: NaiveDate| crate::base::civil_instant(date, NaiveTime::MIN, zone);
            let last = first + chrono::Days::new(days);
            prop_assert!(from <= midnight(first) && midnight(last) <= to);
            let (from, to) = Wanted { others: Some((first, last)), ..Wanted::FRAME }.other_stretch().unwrap();
            prop_assert!(from <= midnight(first) && midnight(last) <= to);
        }
    }
}
