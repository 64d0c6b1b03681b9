//! What a builder sees of their account at Calendly.

use super::Refusal;
use chrono::{DateTime, Utc};
use providers::calendly::CalendlyAccount;
use serde::Deserialize;
use types::UserId;
use uuid::Uuid;

use super::{Offer, account_place, offer_place};
use crate::base::{bytea, list};
use crate::vault::PersonKey;

/// What `kairos_scheduling` returns.
#[derive(Debug, Deserialize)]
pub(crate) struct SchedulingRows {
    account: Option<AccountRow>,
    #[serde(deserialize_with = "list")]
    event_types: Vec<EventTypeRow>,
}

#[derive(Debug, Deserialize)]
struct AccountRow {
    #[serde(deserialize_with = "bytea")]
    account_sealed: Vec<u8>,
    connected_at: DateTime<Utc>,
    read_at: DateTime<Utc>,
    failed_since: Option<DateTime<Utc>>,
    failure: Option<String>,
    is_by_consent: bool,
}

/// An event type as it is kept.
#[derive(Debug, Deserialize)]
pub(crate) struct EventTypeRow {
    id: Uuid,
    #[serde(deserialize_with = "bytea")]
    offer_sealed: Vec<u8>,
    minutes: i32,
    refusal: Option<String>,
}

/// An account at Calendly.
#[derive(Debug, Clone)]
pub struct CalendlyView {
    /// Whose it is there; `None` when the key to that is missing.
    pub name: Option<String>,
    /// Their address there.
    pub email: Option<String>,
    /// Their page there.
    pub scheduling_url: Option<String>,
    /// Since when it is connected.
    pub connected_at: DateTime<Utc>,
    /// When it was last read whole.
    pub read_at: DateTime<Utc>,
    /// Whether it was opened by consent, and not by a token made by hand.
    pub is_by_consent: bool,
    /// What keeps it from being read, if something does.
    pub failing: Option<Failing>,
    /// What can be booked there, by name.
    pub event_types: Vec<EventTypeView>,
}

/// Reads that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why, as the database keeps it.
    pub because: String,
}

/// Something that can be booked there.
#[derive(Debug, Clone)]
pub struct EventTypeView {
    /// Its id here.
    pub id: Uuid,
    /// What it is called; `None` when the key to that is missing.
    pub name: Option<String>,
    /// How long it takes, in minutes.
    pub minutes: i32,
    /// Why it cannot be sold here; `None`: it can.
    pub refusal: Option<Refusal>,
}

impl SchedulingRows {
    /// With what `key` opens. `None`: no account is connected.
    pub fn open(&self, user: UserId, key: Option<&PersonKey>) -> Option<CalendlyView> {
        let row = self.account.as_ref()?;
        let account = key
            .and_then(|key| key.open(account_place(user), &row.account_sealed).ok())
            .and_then(|plain| serde_json::from_slice::<CalendlyAccount>(&plain).ok());
        let mut event_types: Vec<EventTypeView> = self.event_types.iter().map(|row| row.open(key)).collect();
        event_types.sort_by(|one, other| one.name.cmp(&other.name));
        Some(CalendlyView {
            name: account.as_ref().map(|account| account.name.clone()),
            email: account.as_ref().map(|account| account.email.clone()),
            // An address that Calendly wrote: it becomes a link only if it is one to a page.
            scheduling_url: account.map(|account| account.scheduling_url).filter(|url| url.starts_with("https://")),
            connected_at: row.connected_at,
            read_at: row.read_at,
            is_by_consent: row.is_by_consent,
            failing: row.failed_since.zip(row.failure.clone()).map(|(since, because)| Failing { since, because }),
            event_types,
        })
    }
}

impl EventTypeRow {
    /// With what `key` opens.
    pub(crate) fn open(&self, key: Option<&PersonKey>) -> EventTypeView {
        let plain = key.and_then(|key| key.open(offer_place(self.id), &self.offer_sealed).ok());
        EventTypeView {
            id: self.id,
            name: plain.and_then(|plain| serde_json::from_slice::<Offer>(&plain).ok()).map(|offer| offer.name),
            minutes: self.minutes,
            refusal: Refusal::ALL.into_iter().find(|refusal| self.refusal.as_deref() == Some(refusal.as_str())),
        }
    }
}
