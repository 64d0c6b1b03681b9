//! Availability: what is taken, what is open, and what nobody knows, as pages, scripts and feeds see it.
//!
//! Owns:      calendar_feeds
//! May touch: base, vault, audit, accounts, api_keys, limits, scheduling, calendar/connection, calendar/push, calendar/health, calendar/sync
//! Never:     change what a calendar says; show a calendar that could not be read as free
//! Start at:  page.rs for what a page reads in one statement, capacity.rs for how a day's capacity is made

mod agenda;
mod capacity;
mod events;
mod feed;
mod free_busy;
mod held;
mod overview;
mod page;
mod range;
mod status;
mod store;
mod visitor;

pub use agenda::{Day, Entry, Lane, Piece};
pub use capacity::{Capacity, Certainty, Interval, Kind, Line, Rules, Stretch, union};
pub use events::{EventPayload, MAX_DAYS, events};
pub use feed::{end_feed, feed, feed_address, make_feed};
pub use free_busy::{BusyPayload, Taken, free_busy, taken};
pub use overview::{CalendarView, ConnectionView, Overview};
pub use page::{Look, Page, Part, Visit, Wanted, read_page};
pub use range::Titles;
pub use status::{StatusCapacity, StatusConnection, StatusPayload, status};
pub use visitor::{Entrance, read_entered};
