//! A person's connections with their calendars and last syncs, as the settings pages show them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use types::{CalendarId, ConnectionId, ConnectionStatus, HealthReason, Provider};

use super::agenda::{self, Day};
use super::page::Page;
use super::range::Titles;
use super::store::{CalendarListing, ConnectionListing};
use crate::calendar::connection::place;
use crate::calendar::health::HealthChange;
use crate::calendar::push::{ChangeDelivery, change_delivery};
use crate::calendar::sync::LogView;
use crate::vault::Place;

/// One connection.
#[derive(Debug, Clone)]
pub struct ConnectionView {
    /// The id.
    pub id: ConnectionId,
    /// Where.
    pub provider: Provider,
    /// The account's name there; `None` when the key to it is missing.
    pub account: Option<String>,
    /// The server, for CalDAV.
    pub server: Option<String>,
    /// How it is.
    pub status: ConnectionStatus,
    /// Why it is not healthy.
    pub reason: Option<HealthReason>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Failures in a row.
    pub attempts: i32,
    /// When it is tried again by itself.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was last read to the end.
    pub last_sync_at: Option<DateTime<Utc>>,
    /// When it was connected.
    pub created_at: DateTime<Utc>,
    /// Its calendars, the main one first.
    pub calendars: Vec<CalendarView>,
    /// The last syncs, newest first.
    pub logs: Vec<LogView>,
    /// Fingerprint of the key that is missing, if one is.
    pub missing_key: Option<String>,
}

/// One calendar.
#[derive(Debug, Clone)]
pub struct CalendarView {
    /// The id.
    pub id: CalendarId,
    /// Its name; `None` when the key to it is missing.
    pub name: Option<String>,
    /// Whether it counts.
    pub selected: bool,
    /// Whether it is the main one.
    pub is_primary: bool,
    /// Whether titles can be read.
    pub can_read_details: bool,
    /// What is wrong with it alone.
    pub reason: Option<HealthReason>,
    /// When it is tried again, if it failed alone.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was last read.
    pub last_sync_at: Option<DateTime<Utc>>,
    /// Entries that could not be read, by reason.
    pub unreadable: Vec<(String, i64)>,
}

impl CalendarView {
    /// How many entries could not be read.
    pub fn unreadable_count(&self) -> i64 {
        self.unreadable.iter().map(|(_, count)| count).sum()
    }
}

/// Days and connections together.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The days, in order.
    pub days: Vec<Day>,
    /// The connections, oldest first.
    pub connections: Vec<ConnectionView>,
}

impl Page {
    /// `count` days from `first` on. They must be among those the page was read for.
    pub fn days(&self, first: NaiveDate, count: u64, titles: Titles) -> Vec<Day> {
        let range = self.range(first, count, titles);
        first.iter_days().zip(0..count).map(|(date, _)| agenda::make(&range, date)).collect()
    }

    /// The one day it is now.
    pub fn day(&self, titles: Titles) -> Day {
        let (range, today) = (self.range(self.today(), 1, titles), self.today());
        agenda::make(&range, today)
    }

    /// The person's connections, oldest first.
    pub fn connections(&self) -> Vec<ConnectionView> {
        let rows = self.rows();
        let mut logs: HashMap<ConnectionId, Vec<LogView>> = HashMap::new();
        for log in &rows.sync_logs {
            logs.entry(log.connection_id).or_default().push(log.clone());
        }
        rows.connections.iter().map(|row| self.view(row, logs.remove(&row.id).unwrap_or_default())).collect()
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Option<String> {
        self.key().ok()?.open_text(place, sealed).ok()
    }

    fn view(&self, row: &ConnectionListing, logs: Vec<LogView>) -> ConnectionView {
        let calendars = self.rows().calendars.iter().filter(|calendar| calendar.connection_id == row.id).map(|row| self.calendar(row));
        ConnectionView {
            id: row.id,
            provider: row.provider,
            account: self.open(place("account_sealed", row.id), &row.account_sealed),
            server: row.server_url_sealed.as_ref().and_then(|sealed| self.open(place("server_url_sealed", row.id), sealed)),
            status: row.status,
            reason: row.health_reason,
            since: row.health_since,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_sync_at: row.last_sync_at,
            created_at: row.created_at,
            calendars: calendars.collect(),
            logs,
            missing_key: self.key().err().map(str::to_owned),
        }
    }

    fn calendar(&self, row: &CalendarListing) -> CalendarView {
        let entries = row.unreadable.as_array().into_iter().flatten();
        CalendarView {
            id: row.id,
            name: self.open(Place::new("calendars", "name_sealed", row.id.0), &row.name_sealed),
            selected: row.selected,
            is_primary: row.is_primary,
            can_read_details: row.can_read_details,
            reason: row.health_reason,
            next_attempt_at: row.next_attempt_at,
            last_sync_at: row.last_sync_at,
            unreadable: entries.filter_map(|entry| Some((entry["reason"].as_str()?.to_owned(), entry["count"].as_i64()?))).collect(),
        }
    }

    /// Since when the app password of the connection that was asked for is kept; `None`: it has none.
    pub fn password_given_at(&self) -> Option<DateTime<Utc>> {
        self.connection.password_given_at
    }

    /// How the connection that was asked for was in the last thirty days, oldest first.
    pub fn health(&self) -> &[HealthChange] {
        &self.connection.health
    }

    /// How changes of the connection that was asked for come to be known.
    pub fn change_delivery(&self, connection: &ConnectionView) -> ChangeDelivery {
        let counting: Vec<_> = connection.calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
        let state = (connection.provider, connection.status, connection.attempts);
        change_delivery(self.deps(), state, &counting, &self.connection.channels, self.now())
    }
}
