//! Days and wall clocks of the stand-ins' people.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// When clocks in `zone` show this time.
pub(crate) fn local(date: NaiveDate, hour: u32, minute: u32, zone: Tz) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    zone.from_local_datetime(&date.and_time(time)).earliest().map_or_else(|| date.and_time(time).and_utc(), |at| at.to_utc())
}

/// A month behind and ahead of `now`.
pub(crate) fn days(now: DateTime<Utc>, zone: Tz) -> impl Iterator<Item = NaiveDate> {
    (now.with_timezone(&zone).date_naive() - Days::new(30)).iter_days().take(61)
}
