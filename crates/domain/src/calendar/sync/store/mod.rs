//! SQL of events and of the log of syncs, a file a table.

pub(in crate::calendar) mod events;
pub(in crate::calendar) mod logs;
