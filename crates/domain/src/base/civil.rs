//! From wall clocks to instants, by one rule everywhere.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The instant at which clocks in `zone` show this date and time. A time that a clock change skips is read with the offset
/// from before the change (so it lands as far after the gap as it was into it); of a repeated time the first is meant
/// (RFC 5545, 3.3.5).
pub fn civil_instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => {
            // No zone skips more than a day; an hour-and-more before the gap the offset is the old one.
            let before = (1..=48).find_map(|half_hours| {
                let earlier = local - TimeDelta::minutes(30 * half_hours);
                zone.from_local_datetime(&earlier).latest().map(|at| at.to_utc() + TimeDelta::minutes(30 * half_hours))
            });
            before.unwrap_or_else(|| local.and_utc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: Tz) -> DateTime<Utc> {
        let local: chrono::NaiveDateTime = text.parse().unwrap();
        civil_instant(local.date(), local.time(), zone)
    }

    #[test]
    fn a_skipped_time_lands_after_the_gap_and_a_repeated_one_is_the_first() {
        let paris = chrono_tz::Europe::Paris;
        assert_eq!(at("2026-03-29T02:30:00", paris).to_rfc3339(), "2026-03-29T01:30:00+00:00");
        assert_eq!(at("2026-10-25T02:30:00", paris).to_rfc3339(), "2026-10-25T00:30:00+00:00");
        // Midnight itself is skipped in Beirut.
        assert_eq!(at("2026-03-29T00:00:00", chrono_tz::Asia::Beirut).to_rfc3339(), "2026-03-28T22:00:00+00:00");
    }
}
