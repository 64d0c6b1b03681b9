//! One booking, as its page shows it: to its client by the link or by their account, or to its builder.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};
use types::{
    Attention, BookingId, BookingStatus, Cause, ClientId, Currency, Money, PaymentStatus, RefundReason, RefundStatus, SessionTypeId, Tax,
};

use super::book::AtCalendly;
use super::{BookingError, cancel, client, entrance, store};
use crate::base::{Deps, bytea, list, optional_bytea};
use crate::calendar::{self, Page, Part};
use crate::offers::{PageRow, Policy};
use crate::vault::DataKeyRow;

/// What `kairos_booking` returns.
#[derive(Debug, Deserialize)]
pub(super) struct BookingRows {
    booking: Option<Row>,
    client: Option<ClientRow>,
    page: Option<PageRow>,
    #[serde(deserialize_with = "list")]
    changes: Vec<ChangeView>,
    #[serde(deserialize_with = "list")]
    payments: Vec<PaymentRow>,
    #[serde(deserialize_with = "list")]
    refunds: Vec<RefundRow>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: BookingId,
    builder_id: types::UserId,
    session_type_id: SessionTypeId,
    status: BookingStatus,
    attention: Option<Attention>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    held_until: DateTime<Utc>,
    title: String,
    price: i64,
    currency: Currency,
    tax: Tax,
    policy: String,
    policy_version: i32,
    client_zone: String,
    #[serde(deserialize_with = "optional_bytea")]
    calendly_sealed: Option<Vec<u8>>,
    times_moved: i32,
    session_slug: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ClientRow {
    id: ClientId,
    master_key_id: String,
    #[serde(deserialize_with = "bytea")]
    wrapped: Vec<u8>,
    #[serde(deserialize_with = "bytea")]
    client_sealed: Vec<u8>,
}

impl ClientRow {
    pub(super) const fn new(id: ClientId, master_key_id: String, wrapped: Vec<u8>, client_sealed: Vec<u8>) -> Self {
        Self { id, master_key_id, wrapped, client_sealed }
    }

    pub(super) fn open(self, deps: &Deps, booking: BookingId) -> Option<(client::Client, crate::vault::PersonKey)> {
        let key = DataKeyRow { id: self.id.0, master_key_id: self.master_key_id, wrapped: self.wrapped };
        client::open(deps, &store::ClientRow { id: self.id, key, client_sealed: self.client_sealed }, booking).ok()
    }
}

/// Something that happened to it.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangeView {
    /// When.
    pub happened_at: DateTime<Utc>,
    /// What.
    pub what: String,
    /// Who, or what, did it.
    pub cause: Cause,
    /// Amounts and times.
    pub detail: Value,
}

#[derive(Debug, Deserialize)]
struct PaymentRow {
    status: PaymentStatus,
    currency: Currency,
    payment_intent_id: Option<String>,
    paid_amount: Option<i64>,
    tax_amount: Option<i64>,
    card_brand: Option<String>,
    card_last4: Option<String>,
    risk_level: Option<String>,
    dispute_status: Option<String>,
    paid_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct RefundRow {
    amount: i64,
    currency: Currency,
    reason: RefundReason,
    status: RefundStatus,
    failure: Option<String>,
    changed_at: DateTime<Utc>,
}

/// What was paid.
#[derive(Debug, Clone)]
pub struct PaymentView {
    /// How much.
    pub amount: Money,
    /// How much of that is tax.
    pub tax: Money,
    /// When.
    pub paid_at: Option<DateTime<Utc>>,
    /// With which card: its brand and last four digits.
    pub card: Option<String>,
    /// What Radar thought of it.
    pub risk_level: Option<String>,
    /// How a dispute of it stands.
    pub dispute: Option<String>,
    /// What Stripe calls it.
    pub reference: Option<String>,
}

/// Money that went back, or is to.
#[derive(Debug, Clone)]
pub struct RefundView {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why it failed.
    pub failure: Option<String>,
    /// Since when it stands so.
    pub changed_at: DateTime<Utc>,
}

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewpoint {
    /// The client's.
    Client,
    /// The builder's.
    Builder,
}

/// One booking.
#[derive(Debug, Clone)]
pub struct BookingView {
    /// Its id.
    pub id: BookingId,
    /// Whose it is.
    pub builder: types::UserId,
    /// Who sells it.
    pub page: Option<PageRow>,
    /// The session it is one of.
    pub session_type: SessionTypeId,
    /// The same in its address.
    pub session_slug: String,
    /// Who bought it; `None`: forgotten, or the key is missing.
    pub client: Option<client::Client>,
    /// Their zone.
    pub client_zone: Tz,
    /// The builder's zone, where it is known.
    pub builder_zone: Option<Tz>,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it needs somebody.
    pub attention: Option<Attention>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Until when it is held.
    pub held_until: DateTime<Utc>,
    /// What it is.
    pub title: String,
    /// What it costs.
    pub price: Money,
    /// How tax stands to that.
    pub tax: Tax,
    /// What comes back.
    pub policy: Option<&'static Policy>,
    /// How often it was moved.
    pub times_moved: i32,
    /// What was paid.
    pub payment: Option<PaymentView>,
    /// Whether money is on its way to us.
    pub is_pending: bool,
    /// What went back, the newest first.
    pub refunds: Vec<RefundView>,
    /// What happened, the newest first.
    pub changes: Vec<ChangeView>,
    /// What comes back to the client who cancels now; `None`: it cannot be cancelled by them.
    pub quote: Option<Money>,
    /// What is left of what was paid.
    pub left: Option<Money>,
    /// Where the client moves it.
    pub reschedule_url: Option<String>,
    /// Where the client picks a time.
    pub pick_url: Option<String>,
}

impl BookingView {
    /// What a page asks for: of a builder's own, by its id.
    pub fn part(booking: Option<BookingId>) -> Part {
        Part::new("booking", json!({ "booking": booking.unwrap_or(BookingId(uuid::Uuid::nil())) }))
    }

    /// What a page asks for: of somebody's own as a client, by its id.
    pub fn own_part(booking: Option<BookingId>) -> Part {
        // An address that names none is answered as one that is somebody else's.
        Part::new("own_bookings", json!({ "booking": booking.unwrap_or(BookingId(uuid::Uuid::nil())) }))
    }

    /// Reads the page of a booking by the link to it. `None`: it opens nothing.
    pub async fn read(deps: &Deps, token: &str) -> Result<Option<Self>, BookingError> {
        let now = deps.now();
        let part = Part::new("booking", json!({}));
        let Some((page, _)) = calendar::read_entered(deps, &entrance(deps, token), &part, (now, now)).await? else { return Ok(None) };
        Ok(Self::of(&page).map(|view| Self { builder_zone: Some(page.zoned().zone), ..view }))
    }

    /// The path of the link to it, for somebody who may see it as its client.
    pub fn own_link(&self, page: &Page) -> String {
        format!("/bookings/{}", super::link::token(page.deps(), self.id))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|rows: Option<BookingRows>| Self::open(page.deps(), page.now(), rows?)).flatten()
    }

    fn open(deps: &Deps, now: DateTime<Utc>, rows: BookingRows) -> Option<Self> {
        let row = rows.booking?;
        let opened = rows.client.and_then(|client| client.open(deps, row.id));
        let at_calendly = opened.as_ref().map(|(_, key)| AtCalendly::open(key, row.id, row.calendly_sealed.as_deref())).unwrap_or_default();
        let client = opened.map(|(client, _)| client);
        let pick_url = at_calendly.pick_url.filter(|_| row.status == BookingStatus::Paid);
        let policy = Policy::find(&row.policy, row.policy_version);
        let paid = rows.payments.iter().find(|payment| payment.status == PaymentStatus::Paid);
        let payment = paid.and_then(|payment| {
            let card = payment.card_brand.as_deref().zip(payment.card_last4.as_deref());
            Some(PaymentView {
                amount: Money::new(payment.paid_amount?, payment.currency),
                tax: Money::new(payment.tax_amount.unwrap_or_default(), payment.currency),
                paid_at: payment.paid_at,
                card: card.map(|(brand, last4)| format!("{} ending {last4}", capital(brand))),
                risk_level: payment.risk_level.clone(),
                dispute: payment.dispute_status.clone(),
                reference: payment.payment_intent_id.clone(),
            })
        });
        let refunds: Vec<RefundView> = rows.refunds.into_iter().map(RefundView::from).collect();
        let counts = |refund: &&RefundView| !matches!(refund.status, RefundStatus::Failed | RefundStatus::Canceled);
        let back = Money::new(refunds.iter().filter(counts).map(|refund| refund.amount.minor).sum(), row.currency);
        let paid = payment.as_ref().map(|payment| payment.amount);
        let is_open = match row.status {
            BookingStatus::Held | BookingStatus::AwaitingPayment | BookingStatus::Paid => true,
            BookingStatus::Confirmed => row.starts_at > now,
            _ => false,
        };
        let nothing = Money::new(0, row.currency);
        let quote = policy.filter(|_| is_open).map(|policy| match paid {
            None => nothing,
            Some(paid) => cancel::quote(policy, row.status, paid, back, row.starts_at, now),
        });
        Some(Self {
            id: row.id,
            builder: row.builder_id,
            page: rows.page,
            session_type: row.session_type_id,
            session_slug: row.session_slug,
            client_zone: row.client_zone.parse().unwrap_or(Tz::UTC),
            builder_zone: None,
            status: row.status,
            attention: row.attention,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            held_until: row.held_until,
            title: row.title,
            price: Money::new(row.price, row.currency),
            tax: row.tax,
            policy,
            times_moved: row.times_moved,
            left: paid.map(|paid| Money::new(paid.minor - back.minor, paid.currency)),
            payment,
            is_pending: rows.payments.iter().any(|payment| payment.status == PaymentStatus::Pending),
            refunds,
            changes: rows.changes,
            quote,
            reschedule_url: at_calendly.reschedule_url.filter(|_| row.status == BookingStatus::Confirmed && row.starts_at > now),
            pick_url: pick_url.map(|url| with_reference(&url, row.id, client.as_ref())),
            client,
        })
    }
}

/// The link with what Calendly says again: which booking it is for, and what they said already, so that they need not say it twice.
pub(super) fn with_reference(url: &str, booking: BookingId, client: Option<&client::Client>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("utm_source", "kairos").append_pair("utm_content", &booking.to_string());
    if let Some(client) = client {
        query.append_pair("name", &client.name).append_pair("email", &client.email);
        for said in &client.answers {
            query.append_pair(&format!("a{}", said.position + 1), &said.answer);
        }
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{}", query.finish())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl From<RefundRow> for RefundView {
    fn from(row: RefundRow) -> Self {
        Self {
            amount: Money::new(row.amount, row.currency),
            reason: row.reason,
            status: row.status,
            failure: row.failure,
            changed_at: row.changed_at,
        }
    }
}
