//! Webhooks: what Stripe and Calendly told, written down before it is answered, and once each.
//!
//! Owns:      webhook_deliveries
//! May touch: base, vault, jobs, booking
//! Never:     believe a delivery: what it is about is read back; keep what is personal
//! Start at:  receive.rs

mod catch_up;
mod open;
mod receive;
mod store;

pub use catch_up::catch_up;
pub use open::open_delivery;
pub(crate) use open::reopen_in;
pub use receive::{Delivery, Source, Verdict, receive};

/// Why a delivery was not taken or acted on.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The booking it is about could not be brought on.
    #[error(transparent)]
    Booking(#[from] crate::booking::BookingError),
    /// Stripe could not be asked.
    #[error(transparent)]
    Stripe(#[from] providers::stripe::StripeError),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
