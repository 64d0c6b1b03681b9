//! From wall clocks to instants, by one rule everywhere.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

/// The instant at which clocks in `zone` show this date and time; the rule for skipped and repeated times is
/// [`providers::zone::civil_instant`]'s.
pub fn civil_instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    providers::zone::civil_instant(date.and_time(time), zone)
}
