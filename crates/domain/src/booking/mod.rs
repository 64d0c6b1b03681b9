//! Booking: a session that somebody buys, from the time that is held for them to the day it took place, or to the money that went back.
//!
//! Owns:      booking_clients, bookings, booking_changes, booking_drifts
//! May touch: base, vault, jobs, audit, limits, accounts, scheduling, offers, calendar, payments
//! Never:     sell a time twice, or one of which nobody knows whether it is free; ask a provider inside a transaction; confirm what is not paid
//! Start at:  machine.rs for what can happen, hold.rs and settle.rs for how
//!
//! Every step that needs a provider is a job that looks first where things stand there: run again after a crash it ends in the same state.

mod answers;
mod book;
mod cancel;
mod change;
mod checkout;
mod client;
mod drift;
mod export;
mod finish;
mod hold;
mod letter;
mod link;
mod list;
mod machine;
mod moved;
mod no_show;
mod open;
mod reconcile;
mod refund;
mod release;
mod settle;
mod shop;
mod store;
mod view;

use crate::calendar::CalendarError;
use crate::limits::TooOften;
use crate::payments::PaymentError;
use crate::scheduling::SchedulingError;
use crate::vault::VaultError;

pub use answers::AnswerProblem;
pub use book::book_at_calendly;
pub use cancel::{cancel, cancel_at_calendly, quote};
pub use checkout::pay;
pub use client::Client;
pub use drift::{DriftLine, ReconciliationView};
pub use export::export;
pub use finish::finish;
pub use hold::{HoldForm, HoldProblem, Taken, hold};
pub use letter::{BookingMail, Letter, letter};
pub use link::{entrance, link};
pub use list::{BookingFilter, BookingLine, BookingsView, DashboardView, Month, OwnBookingLine, OwnBookingsView};
pub use machine::{Happening, NotNow, after, changes};
pub use moved::{calendly_keys, follow_calendly};
pub use no_show::{set_no_show, tell_no_show};
pub(crate) use open::open_clients;
pub use providers::calendly::{Answer, Question, QuestionKind};
pub(crate) use reconcile::{clear_calendly, list_unsettled};
pub use reconcile::{compare, compare_everything, compare_now, reconcile, repair};
pub use refund::{give_back, retry_refund, send_refund};
pub use release::release;
pub use settle::{come_back, dispute, mirror, settle};
pub use shop::{Paused, SessionPage, Shop, Slot, SlotDay};
pub use view::{BookingView, ChangeView, PaymentView, RefundView, Viewpoint};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum BookingError {
    /// Not there, or not theirs.
    #[error("no such booking")]
    NotFound,
    /// What was typed is not right; each field with why.
    #[error("not to be booked so")]
    Form(Vec<HoldProblem>),
    /// The time is not free, or not any more.
    #[error("the time is taken")]
    Taken(Taken),
    /// It is not in the state for it.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// Too many holds.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// Calendly.
    #[error(transparent)]
    Scheduling(#[from] SchedulingError),
    /// Money.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The builder's calendars.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Less would come back than the page said.
    #[error("less comes back than was said")]
    QuoteChanged,
    /// It is no amount.
    #[error("no amount")]
    Amount(types::PriceError),
    /// The payment is disputed: until that is over nothing is given back.
    #[error("the payment is disputed")]
    Disputed,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The table could not be written.
    #[error("the table could not be written")]
    Export,
    /// What is kept cannot be written or read.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
