//! Pages of a builder.

mod bookings;
mod checklist;
mod connect;
mod dashboard;
mod detail;
mod offers;
mod reconciliation;
mod session;
mod way_in;

pub use bookings::{bookings, bookings_wants};
pub use connect::{connect, connect_wants};
pub use dashboard::{dashboard, dashboard_wants};
pub use detail::{booking, booking_wants, cancel};
pub use offers::{offers_wants, profile, sessions};
pub use reconciliation::{reconciliation, reconciliation_wants};
pub use session::session;
