//! Times, lengths and counts in words. 24 hours, a true minus or "to", the zone named by whoever needs it.

use chrono::{DateTime, NaiveDate, Offset, TimeDelta, Utc};
use chrono_tz::{OffsetName, Tz};

/// `09:30`.
pub fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M").to_string()
}

/// In UTC to the second: `09:30:05`, of another day `3 Dec 09:30:05`.
pub fn second(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if at.date_naive() == now.date_naive() { at.format("%H:%M:%S") } else { at.format("%-d %b %H:%M:%S") }.to_string()
}

/// `09:30 to 10:15`.
pub fn span(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    format!("{} to {}", clock(from, zone), until(from, to, zone))
}

/// An end; midnight of the next day is `24:00`, a later day is named.
pub fn until(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let (start, end) = (from.with_timezone(&zone), to.with_timezone(&zone));
    if end.time() == chrono::NaiveTime::MIN && Some(end.date_naive()) == start.date_naive().succ_opt() {
        return "24:00".to_owned();
    }
    if end.date_naive() == start.date_naive() { clock(to, zone) } else { end.format("%H:%M on %-d %b").to_string() }
}

/// `2 h 15`, `45 min`, `3 h 00`.
pub fn length(minutes: i64) -> String {
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {:02}", minutes / 60, minutes % 60) }
}

/// `Thursday 26 November`.
pub fn long_date(date: NaiveDate) -> String {
    date.format("%A %-d %B").to_string()
}

/// `Thu 26`.
pub fn short_date(date: NaiveDate) -> String {
    date.format("%a %-d").to_string()
}

/// `Lisbon, WET (UTC+0)`.
pub fn zone_name(zone: Tz, at: DateTime<Utc>) -> String {
    let city = zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
    let local = at.with_timezone(&zone);
    let seconds = local.offset().fix().local_minus_utc();
    let sign = if seconds < 0 { '−' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let offset = if minutes == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{minutes:02}") };
    match local.offset().abbreviation().filter(|name| name.chars().all(char::is_alphabetic)) {
        Some(name) if name == city => format!("{city} ({offset})"),
        Some(name) => format!("{city}, {name} ({offset})"),
        None => format!("{city} ({offset})"),
    }
}

/// `40 seconds ago`, `3 minutes ago`, then the clock, then the date.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let passed = now - at;
    let counted = |number: i64, unit: &str| format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" });
    if passed < TimeDelta::seconds(2) {
        return "just now".to_owned();
    }
    if passed < TimeDelta::minutes(1) {
        return counted(passed.num_seconds(), "second");
    }
    if passed < TimeDelta::hours(1) {
        return counted(passed.num_minutes(), "minute");
    }
    moment(at, now, zone)
}

/// `at 08:12` on the same day, else `on 16 Nov at 14:05`.
pub fn moment(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let (then, today) = (at.with_timezone(&zone), now.with_timezone(&zone));
    if then.date_naive() == today.date_naive() {
        format!("at {}", then.format("%H:%M"))
    } else {
        then.format("on %-d %b at %H:%M").to_string()
    }
}

/// For `datetime` attributes.
pub fn machine(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// `10,000`.
pub fn count(number: i64) -> String {
    let digits = number.abs().to_string();
    let grouped: Vec<String> = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    format!("{}{}", if number < 0 { "−" } else { "" }, grouped.join(","))
}

/// `one event`, `3 events`.
pub fn counted(number: i64, one: &str, many: &str) -> String {
    if number == 1 { format!("one {one}") } else { format!("{} {many}", count(number)) }
}

/// With a capital at the beginning.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A share of the whole as an SVG length: `12.5%`.
#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
pub fn percent(part: TimeDelta, whole: TimeDelta) -> String {
    let share = part.num_seconds() as f64 / whole.num_seconds().max(1) as f64 * 100.0;
    let text = format!("{share:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn lengths_and_counts_read_as_people_say_them() {
        assert_eq!((length(45), length(135), length(180)), ("45 min".to_owned(), "2 h 15".to_owned(), "3 h 00".to_owned()));
        assert_eq!((count(10_000), count(999), count(1_234_567)), ("10,000".to_owned(), "999".to_owned(), "1,234,567".to_owned()));
        assert_eq!(counted(1, "event", "events"), "one event");
    }

    #[test]
    fn a_zone_is_named_with_city_short_name_and_offset() {
        assert_eq!(zone_name(chrono_tz::Europe::Lisbon, at("2026-11-26T11:42:00Z")), "Lisbon, WET (UTC+0)");
        assert_eq!(zone_name(chrono_tz::Asia::Kolkata, at("2026-11-26T11:42:00Z")), "Kolkata, IST (UTC+5:30)");
        assert_eq!(zone_name(chrono_tz::America::New_York, at("2026-11-26T11:42:00Z")), "New York, EST (UTC−5)");
        assert_eq!(zone_name(chrono_tz::UTC, at("2026-11-26T11:42:00Z")), "UTC (UTC+0)");
    }

    #[test]
    fn the_end_of_a_day_is_24_and_not_0() {
        let zone = chrono_tz::UTC;
        assert_eq!(span(at("2026-11-26T00:00:00Z"), at("2026-11-27T00:00:00Z"), zone), "00:00 to 24:00");
        assert_eq!(span(at("2026-11-26T22:00:00Z"), at("2026-11-27T01:00:00Z"), zone), "22:00 to 01:00 on 27 Nov");
    }

    #[test]
    fn age_is_relative_for_an_hour_and_then_a_clock_and_then_a_date() {
        let (now, zone) = (at("2026-11-26T11:42:00Z"), chrono_tz::UTC);
        assert_eq!(ago(at("2026-11-26T11:41:20Z"), now, zone), "40 seconds ago");
        assert_eq!(ago(at("2026-11-26T11:39:00Z"), now, zone), "3 minutes ago");
        assert_eq!(ago(at("2026-11-26T08:12:00Z"), now, zone), "at 08:12");
        assert_eq!(ago(at("2026-11-16T14:05:00Z"), now, zone), "on 16 Nov at 14:05");
    }
}
