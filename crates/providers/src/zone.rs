//! Names of time zones, and from wall clocks to instants by one rule everywhere.

use calcard::common::timezone::Tz as Named;
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The IANA zone of a name: IANA's own, Windows' ("Pacific Standard Time"), or one of the forms calendar programs make of them.
/// `None` for a name nobody knows.
pub fn named(name: &str) -> Option<Tz> {
    match name.trim().parse::<Named>() {
        Ok(Named::Tz(zone)) => Some(zone),
        Ok(Named::Fixed(_) | Named::Floating) | Err(()) => None,
    }
}

/// The instant at which clocks in `zone` show this date and time. A time that a clock change skips is read with the offset
/// from before the change (so it lands as far after the gap as it was into it); of a repeated time the first is meant
/// (RFC 5545, 3.3.5).
pub fn civil_instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => {
            // No zone skips more than a day; before the gap the offset is the old one.
            let before = (1..=104).find_map(|quarters| {
                let back = TimeDelta::minutes(15 * quarters);
                zone.from_local_datetime(&local.checked_sub_signed(back)?).latest()?.to_utc().checked_add_signed(back)
            });
            before.unwrap_or_else(|| local.and_utc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: Tz) -> String {
        civil_instant(text.parse().unwrap(), zone).to_rfc3339()
    }

    #[test]
    fn a_skipped_time_lands_after_the_gap_and_a_repeated_one_is_the_first() {
        let paris = chrono_tz::Europe::Paris;
        assert_eq!(at("2026-03-29T02:30:00", paris), "2026-03-29T01:30:00+00:00");
        assert_eq!(at("2026-10-25T02:30:00", paris), "2026-10-25T00:30:00+00:00");
        // Midnight itself is skipped in Beirut.
        assert_eq!(at("2026-03-29T00:00:00", chrono_tz::Asia::Beirut), "2026-03-28T22:00:00+00:00");
        // A whole day is skipped in Samoa.
        assert_eq!(at("2011-12-30T12:00:00", chrono_tz::Pacific::Apia), "2011-12-30T22:00:00+00:00");
    }

    /// Every change of every zone's clocks since 1970, by asking for the offset day by day and then halving.
    fn transitions(zone: Tz) -> Vec<(DateTime<Utc>, i32, i32)> {
        use chrono::Offset;
        let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        let mut found = Vec::new();
        let mut at: DateTime<Utc> = "1970-01-01T00:00:00Z".parse().unwrap();
        let end: DateTime<Utc> = "2038-01-01T00:00:00Z".parse().unwrap();
        while at < end {
            let next = at + TimeDelta::days(7);
            if offset(at) != offset(next) {
                let (mut low, mut high) = (at, next);
                while high - low > TimeDelta::seconds(1) {
                    let middle = low + (high - low) / 2;
                    if offset(middle) == offset(low) { low = middle } else { high = middle }
                }
                found.push((high, offset(low), offset(high)));
            }
            at = next;
        }
        found
    }

    #[test]
    fn around_every_clock_change_since_1970_in_every_zone_the_rule_holds() {
        let mut changes = 0;
        for zone in chrono_tz::TZ_VARIANTS {
            for (at, before, after) in transitions(zone) {
                changes += 1;
                let jump = TimeDelta::seconds(i64::from(after - before));
                let local_before = (at + TimeDelta::seconds(before.into())).naive_utc();
                if jump > TimeDelta::zero() {
                    // The first skipped time and the last: as far after the gap as they are into it.
                    for into in [TimeDelta::zero(), jump - TimeDelta::seconds(1)] {
                        assert_eq!(civil_instant(local_before + into, zone), at + into, "{zone} {at}");
                    }
                } else {
                    // The first repeated time is the one that comes first.
                    let repeated = local_before + jump;
                    assert_eq!(civil_instant(repeated, zone), at + jump, "{zone} {at}");
                }
                // Outside of the change a civil time and its instant are the same thing.
                for away in [TimeDelta::hours(-30), TimeDelta::hours(30)] {
                    let instant = at + away;
                    let local = instant.with_timezone(&zone).naive_local();
                    if let LocalResult::Single(_) = zone.from_local_datetime(&local) {
                        assert_eq!(civil_instant(local, zone), instant, "{zone} {at}");
                    }
                }
            }
        }
        assert!(changes > 20_000, "{changes} changes were looked at");
    }
}
