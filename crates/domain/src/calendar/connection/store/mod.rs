//! SQL of connections and their calendars, a file a table.

pub(in crate::calendar) mod calendars;
pub(in crate::calendar) mod connections;
