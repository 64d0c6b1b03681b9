//! Bookings in lists: a builder's, and those that somebody made as a client. And what came in.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::json;
use types::{Attention, BookingId, BookingStatus, Currency, Money};

use super::client::Client;
use super::view::ClientRow;
use crate::base::{Deps, list};
use crate::calendar::{Page, Part};
use crate::offers::{OffersRows, OffersView};

/// As many as are shown at once.
const MOST: usize = 50;

#[derive(Debug, Deserialize)]
struct BookingsRows {
    #[serde(deserialize_with = "list")]
    bookings: Vec<LineRow>,
}

#[derive(Debug, Deserialize)]
struct LineRow {
    id: BookingId,
    status: BookingStatus,
    attention: Option<Attention>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    title: String,
    price: i64,
    currency: Currency,
    refunded: Option<i64>,
    client_id: types::ClientId,
    master_key_id: String,
    #[serde(deserialize_with = "crate::base::bytea")]
    wrapped: Vec<u8>,
    #[serde(deserialize_with = "crate::base::bytea")]
    client_sealed: Vec<u8>,
}

/// A booking in a builder's list.
#[derive(Debug, Clone)]
pub struct BookingLine {
    /// Its id.
    pub id: BookingId,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it needs somebody.
    pub attention: Option<Attention>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What it is.
    pub title: String,
    /// What it costs.
    pub price: Money,
    /// What went back, or is to.
    pub refunded: Option<Money>,
    /// Who bought it; `None`: forgotten, or the key is missing.
    pub client: Option<Client>,
}

impl LineRow {
    fn open(self, deps: &Deps) -> BookingLine {
        let row = ClientRow::new(self.client_id, self.master_key_id, self.wrapped, self.client_sealed);
        BookingLine {
            id: self.id,
            status: self.status,
            attention: self.attention,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            title: self.title,
            price: Money::new(self.price, self.currency),
            refunded: self.refunded.filter(|minor| *minor > 0).map(|minor| Money::new(minor, self.currency)),
            client: row.open(deps, self.id).map(|(client, _)| client),
        }
    }
}

impl BookingsRows {
    fn open(self, deps: &Deps) -> (Vec<BookingLine>, bool) {
        let has_more = self.bookings.len() > MOST;
        (self.bookings.into_iter().take(MOST).map(|row| row.open(deps)).collect(), has_more)
    }
}

/// Which of a builder's bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingFilter {
    /// `next`, `past`, `attention` or `all`.
    pub which: &'static str,
    /// Not before this day of theirs.
    pub from: Option<NaiveDate>,
    /// Not after this one.
    pub to: Option<NaiveDate>,
    /// Those that follow this one.
    pub after: Option<BookingId>,
}

impl BookingFilter {
    /// Every name there is for `which`.
    pub const WHICH: [&'static str; 4] = ["next", "past", "attention", "all"];
}

/// A builder's bookings.
#[derive(Debug, Clone)]
pub struct BookingsView {
    /// Those of this page.
    pub bookings: Vec<BookingLine>,
    /// Whether others follow.
    pub has_more: bool,
}

impl BookingsView {
    /// What a page asks for: by when they begin, what is ahead the next one first, all else the latest.
    pub fn part(filter: BookingFilter) -> Part {
        let BookingFilter { which, from, to, after } = filter;
        Part::new("bookings", json!({ "which": which, "from": from, "to": to, "after": after }))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|rows: BookingsRows| {
            let (bookings, has_more) = rows.open(page.deps());
            Self { bookings, has_more }
        })
    }
}

/// What came in and went back in one month, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub month: NaiveDate,
    /// What was paid.
    pub paid: Money,
    /// What went back.
    pub returned: Money,
}

#[derive(Debug, Deserialize)]
struct MonthRow {
    currency: Currency,
    month: NaiveDate,
    paid: i64,
    returned: i64,
}

#[derive(Debug, Deserialize)]
struct DashboardRows {
    next: BookingsRows,
    attention: BookingsRows,
    #[serde(deserialize_with = "list")]
    revenue: Vec<MonthRow>,
    offers: OffersRows,
}

/// What a builder sees first.
#[derive(Debug, Clone)]
pub struct DashboardView {
    /// The next sessions.
    pub next: Vec<BookingLine>,
    /// Those that need somebody.
    pub attention: Vec<BookingLine>,
    /// What came in, by currency and month.
    pub revenue: Vec<Month>,
    /// What they offer, and what is missing.
    pub offers: OffersView,
}

impl DashboardView {
    /// What a page asks for.
    pub fn part() -> Part {
        Part::new("dashboard", json!({}))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|rows: DashboardRows| Self {
            next: rows.next.open(page.deps()).0,
            attention: rows.attention.open(page.deps()).0,
            revenue: rows
                .revenue
                .iter()
                .map(|row| Month {
                    month: row.month,
                    paid: Money::new(row.paid, row.currency),
                    returned: Money::new(row.returned, row.currency),
                })
                .collect(),
            offers: OffersView::open(page, &rows.offers),
        })
    }
}

#[derive(Debug, Deserialize)]
struct OwnRows {
    #[serde(deserialize_with = "list")]
    bookings: Vec<OwnRow>,
}

#[derive(Debug, Deserialize)]
struct OwnRow {
    id: BookingId,
    status: BookingStatus,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    title: String,
    price: i64,
    currency: Currency,
    builder: Option<String>,
    refunded: Option<i64>,
}

/// A booking in the list of whoever bought it.
#[derive(Debug, Clone)]
pub struct OwnBookingLine {
    /// Its id.
    pub id: BookingId,
    /// Where it stands.
    pub status: BookingStatus,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What it is.
    pub title: String,
    /// With whom.
    pub builder: Option<String>,
    /// What it costs.
    pub price: Money,
    /// What went back, or is to.
    pub refunded: Option<Money>,
}

/// What somebody bought.
#[derive(Debug, Clone)]
pub struct OwnBookingsView {
    /// The latest first.
    pub bookings: Vec<OwnBookingLine>,
}

impl OwnBookingsView {
    /// What a page asks for.
    pub fn part() -> Part {
        Part::new("own_bookings", json!({}))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|rows: OwnRows| Self {
            bookings: rows
                .bookings
                .into_iter()
                .map(|row| OwnBookingLine {
                    id: row.id,
                    status: row.status,
                    starts_at: row.starts_at,
                    ends_at: row.ends_at,
                    title: row.title,
                    builder: row.builder,
                    price: Money::new(row.price, row.currency),
                    refunded: row.refunded.filter(|minor| *minor > 0).map(|minor| Money::new(minor, row.currency)),
                })
                .collect(),
        })
    }
}
