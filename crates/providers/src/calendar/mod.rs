//! What every calendar provider can do, and the one form their answers take.

mod push;
mod source;
mod types;

pub use push::{Channel, ChannelRequest, PushError, PushSource, Renewal};
pub use source::{CalendarSource, SourceError};
pub use types::{
    CalendarRef, Change, ChangePage, Credentials, Cursor, MAX_CALENDARS, Next, RemoteCalendar, RemoteEvent, Span, Unreadable,
    UnreadableReason, Window,
};
