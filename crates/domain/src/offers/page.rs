//! What a builder sees of what they offer.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{Currency, Money, SessionTypeId, Tax};
use uuid::Uuid;

use super::Policy;
use crate::base::list;
use crate::calendar::{Page, Part};
use crate::scheduling::{EventTypeRow, EventTypeView, Question, Refusal};

/// What `kairos_offers` returns.
#[derive(Debug, Deserialize)]
pub(crate) struct OffersRows {
    page: Option<PageRow>,
    #[serde(deserialize_with = "list")]
    sessions: Vec<SessionTypeRow>,
    account: Option<AccountRow>,
    #[serde(deserialize_with = "list")]
    event_types: Vec<EventTypeRow>,
    calendars: i64,
}

/// A builder's page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PageRow {
    /// The part of the address that names them.
    pub slug: String,
    /// What they are called there.
    pub name: String,
    /// What they say of themselves.
    pub about: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AccountRow {
    pub failed_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SessionTypeRow {
    pub id: SessionTypeId,
    slug: String,
    title: String,
    description: String,
    minutes: i32,
    price: i64,
    currency: Currency,
    tax: Tax,
    policy: String,
    policy_version: i32,
    is_open: bool,
    makes_invoice: bool,
    questions: Vec<Question>,
    event_type: Option<Uuid>,
    event_minutes: Option<i32>,
    refusal: Option<String>,
}

/// Whether a session can be booked, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sellable {
    /// It can.
    Yes,
    /// Its event type is not at Calendly any more.
    EventTypeGone,
    /// Calendly does not let its event type be sold any more.
    Refused(Refusal),
    /// It takes another time there than was sold.
    OtherLength {
        /// As many minutes.
        there: i32,
    },
}

/// A kind of session.
#[derive(Debug, Clone)]
pub struct SessionTypeView {
    /// Its id.
    pub id: SessionTypeId,
    /// The part of its address that names it.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// What the client gets.
    pub description: String,
    /// How long it takes.
    pub minutes: i32,
    /// What it costs.
    pub price: Money,
    /// How tax stands to that.
    pub tax: Tax,
    /// What comes back.
    pub policy: &'static Policy,
    /// Whether it is open for booking.
    pub is_open: bool,
    /// Whether Stripe makes an invoice of it.
    pub makes_invoice: bool,
    /// What whoever books it is asked.
    pub questions: Vec<Question>,
    /// The event type at Calendly, while there is one.
    pub event_type: Option<Uuid>,
    /// Whether it can be booked.
    pub sellable: Sellable,
}

/// An event type that a session can be made of.
pub type OfferedEventType = EventTypeView;

/// What a builder offers, and what is missing before it can be sold.
#[derive(Debug, Clone)]
pub struct OffersView {
    /// Their page, once they have made it.
    pub page: Option<PageRow>,
    /// Their sessions: those that are open first.
    pub sessions: Vec<SessionTypeView>,
    /// Whether an account at Calendly is connected.
    pub has_account: bool,
    /// Since when it cannot be read.
    pub account_failed_since: Option<DateTime<Utc>>,
    /// What can be booked there, by name.
    pub event_types: Vec<OfferedEventType>,
    /// How many calendars say when they are busy.
    pub calendars: i64,
    /// Whether money can be taken here.
    pub has_stripe: bool,
    /// Whether it is real.
    pub is_live: bool,
}

impl SessionTypeRow {
    pub(crate) fn view(&self) -> Option<SessionTypeView> {
        let refusal = Refusal::ALL.into_iter().find(|refusal| self.refusal.as_deref() == Some(refusal.as_str()));
        let sellable = match (self.event_minutes, refusal) {
            (None, _) => Sellable::EventTypeGone,
            (Some(_), Some(refusal)) => Sellable::Refused(refusal),
            (Some(there), None) if there != self.minutes => Sellable::OtherLength { there },
            (Some(_), None) => Sellable::Yes,
        };
        Some(SessionTypeView {
            id: self.id,
            slug: self.slug.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            minutes: self.minutes,
            price: Money::new(self.price, self.currency),
            tax: self.tax,
            // One that is in the database is in the list: `policies` are never taken out of it.
            policy: Policy::find(&self.policy, self.policy_version)?,
            is_open: self.is_open,
            makes_invoice: self.makes_invoice,
            questions: self.questions.clone(),
            event_type: self.event_type,
            sellable,
        })
    }
}

impl OffersView {
    /// What a page asks for.
    pub fn part() -> Part {
        Part::new("offers", serde_json::json!({}))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|rows: OffersRows| Self::open(page, &rows))
    }

    pub(crate) fn open(page: &Page, rows: &OffersRows) -> Self {
        let stripe = page.deps().providers.stripe.as_ref();
        let mut event_types: Vec<EventTypeView> = rows.event_types.iter().map(|row| row.open(page.key().ok())).collect();
        event_types.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            page: rows.page.clone(),
            sessions: rows.sessions.iter().filter_map(SessionTypeRow::view).collect(),
            has_account: rows.account.is_some(),
            account_failed_since: rows.account.as_ref().and_then(|account| account.failed_since),
            event_types,
            calendars: rows.calendars,
            has_stripe: stripe.is_some(),
            is_live: stripe.is_some_and(providers::stripe::Stripe::is_live),
        }
    }
}
