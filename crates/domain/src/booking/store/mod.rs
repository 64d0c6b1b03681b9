//! SQL of bookings, a file a table.

mod bookings;
mod changes;
mod clients;
mod drifts;

pub(in crate::booking) use bookings::*;
pub(in crate::booking) use changes::*;
pub(in crate::booking) use clients::*;
pub(in crate::booking) use drifts::*;
