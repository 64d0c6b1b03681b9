//! Pages of what is sold: a builder's public page, one session on it, and a booking for its client.

mod booking;
mod cancel;
mod own;
mod policy;
mod questions;
mod session;
mod shop;
mod timeline;

pub use booking::booking;
pub use cancel::cancel;
pub use own::{own_booking, own_booking_wants, own_bookings, own_bookings_wants};
pub(super) use policy::{PolicyRibbon, policies};
pub use questions::ANSWERS;
pub use session::session;
pub use shop::shop;
pub(super) use timeline::{Money, Timeline, status_badge};
