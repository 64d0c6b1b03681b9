//! Files made for the purpose, each with one thing that clients get wrong.

use super::{Steps, read};
use crate::calendar::{Change, RemoteEvent, Span, UnreadableReason, Window};

fn window() -> Window {
    Window { starts_at: "2026-11-01T00:00:00Z".parse().unwrap(), ends_at: "2026-12-01T00:00:00Z".parse().unwrap() }
}

fn events(lines: &str) -> (Vec<RemoteEvent>, usize) {
    let data = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{}END:VCALENDAR\r\n", lines.replace('\n', "\r\n"));
    let entries = read("/a.ics", &data, chrono_tz::Europe::Paris, window(), &["noor@example.com".to_owned()], &Steps::of_page());
    let events = entries.changes.into_iter().filter_map(|change| match change {
        Change::Upsert(event) => Some(event),
        Change::Remove { .. } | Change::RemoveResource { .. } => None,
    });
    (events.collect(), entries.unreadable.len())
}

fn event(lines: &str) -> RemoteEvent {
    let (mut events, unreadable) = events(&format!("BEGIN:VEVENT\nUID:a\n{lines}END:VEVENT\n"));
    assert_eq!((events.len(), unreadable), (1, 0));
    events.remove(0)
}

fn timed(start: &str, end: &str) -> Span {
    Span::Timed { starts_at: start.parse().unwrap(), ends_at: end.parse().unwrap() }
}

#[test]
fn a_floating_time_is_in_the_calendars_own_zone() {
    let event = event("DTSTART:20261110T090000\nDTEND:20261110T100000\n");
    assert_eq!(event.span, timed("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"));
}

#[test]
fn a_windows_zone_name_is_understood() {
    let event = event("DTSTART;TZID=Pacific Standard Time:20261110T090000\nDURATION:PT30M\n");
    assert_eq!(event.span, timed("2026-11-10T17:00:00Z", "2026-11-10T17:30:00Z"));
}

#[test]
fn a_whole_day_stays_a_date_also_when_its_end_is_missing_or_equal() {
    let day = Span::AllDay { start: "2026-11-10".parse().unwrap(), end: "2026-11-11".parse().unwrap() };
    assert_eq!(event("DTSTART;VALUE=DATE:20261110\n").span, day);
    assert_eq!(event("DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261110\n").span, day);
}

#[test]
fn without_an_end_a_timed_event_takes_no_time() {
    assert_eq!(event("DTSTART:20261110T090000Z\n").span, timed("2026-11-10T09:00:00Z", "2026-11-10T09:00:00Z"));
}

#[test]
fn a_series_keeps_its_local_hour_skips_exceptions_and_follows_overrides() {
    let (events, unreadable) = events(
        "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20261020T090000\nDTEND;TZID=Europe/Paris:20261020T100000\nRRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;TZID=Europe/Paris:20261110T090000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Paris:20261103T090000\nDTSTART;TZID=Europe/Paris:20261103T150000\nDTEND;TZID=Europe/Paris:20261103T160000\nEND:VEVENT\n",
    );
    assert_eq!(unreadable, 0);
    let mut spans: Vec<Span> = events.into_iter().map(|event| event.span).collect();
    spans.sort_by_key(|span| format!("{span:?}"));
    assert_eq!(spans, [timed("2026-11-03T14:00:00Z", "2026-11-03T15:00:00Z"), timed("2026-11-17T08:00:00Z", "2026-11-17T09:00:00Z")]);
}

#[test]
fn what_is_free_declined_or_cancelled_does_not_block() {
    assert!(!event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nTRANSP:TRANSPARENT\n").busy);
    assert!(!event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:Noor@example.com\n").busy);
    assert!(event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com\n").busy);
    assert_eq!(events("BEGIN:VEVENT\nUID:a\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nSTATUS:CANCELLED\nEND:VEVENT\n").0.len(), 0);
}

#[test]
fn a_broken_entry_is_counted_and_the_others_are_read() {
    let (events, unreadable) = events(
        "BEGIN:VEVENT\nUID:a\nSUMMARY:No start\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nEND:VEVENT\n",
    );
    assert_eq!((events.len(), unreadable), (1, 1));
}

/// The times of everything that was read, in order.
fn spans(lines: &str) -> Vec<Span> {
    let (events, unreadable) = events(lines);
    assert_eq!(unreadable, 0);
    let mut spans: Vec<Span> = events.into_iter().map(|event| event.span).collect();
    spans.sort_by_key(|span| format!("{span:?}"));
    spans
}

fn reasons(lines: &str) -> Vec<UnreadableReason> {
    let data = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", lines.replace('\n', "\r\n"));
    let entries = read("/a.ics", &data, chrono_tz::Europe::Paris, window(), &[], &Steps::of_page());
    entries.unreadable.into_iter().map(|entry| entry.reason).collect()
}

#[test]
fn an_instance_moved_into_the_window_from_outside_is_seen_and_one_moved_out_is_not() {
    let series = "BEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nRRULE:FREQ=MONTHLY;COUNT=12\nEND:VEVENT\n";
    let moved = |id: &str, to: &str| {
        format!("BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:{id}T090000Z\nDTSTART:{to}T110000Z\nDTEND:{to}T120000Z\nEND:VEVENT\n")
    };
    let into = format!("{series}{}", moved("20260305", "20261120"));
    assert_eq!(
        spans(&into),
        [timed("2026-11-05T09:00:00Z", "2026-11-05T10:00:00Z"), timed("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z")]
    );
    let out = format!("{series}{}", moved("20261105", "20270301"));
    assert_eq!(spans(&out), []);
}

#[test]
fn a_changed_instance_without_its_master_counts() {
    let alone = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261105T090000Z\nDTSTART:20261106T090000Z\nDTEND:20261106T100000Z\nEND:VEVENT\n";
    assert_eq!(spans(alone), [timed("2026-11-06T09:00:00Z", "2026-11-06T10:00:00Z")]);
}

#[test]
fn this_and_future_moves_everything_after_it() {
    let lines = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20261103T090000\nDTEND;TZID=Europe/Paris:20261103T100000\nRRULE:FREQ=WEEKLY;COUNT=4\nEND:VEVENT\n\
                 BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20261117T090000\nDTSTART;TZID=Europe/Paris:20261118T140000\nDTEND;TZID=Europe/Paris:20261118T143000\nEND:VEVENT\n";
    assert_eq!(
        spans(lines),
        [
            timed("2026-11-03T08:00:00Z", "2026-11-03T09:00:00Z"),
            timed("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"),
            timed("2026-11-18T13:00:00Z", "2026-11-18T13:30:00Z"),
            timed("2026-11-25T13:00:00Z", "2026-11-25T13:30:00Z"),
        ]
    );
}

#[test]
fn exdate_and_recurrence_id_mean_the_same_instant_in_whatever_zone_they_are_written() {
    let lines = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=America/New_York:20261103T090000\nDTEND;TZID=America/New_York:20261103T100000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261104T140000Z\nEXDATE;VALUE=DATE:20261105\nEND:VEVENT\n\
                 BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Paris:20261106T150000\nSTATUS:CANCELLED\nDTSTART;TZID=Europe/Paris:20261106T150000\nEND:VEVENT\n";
    assert_eq!(spans(lines), [timed("2026-11-03T14:00:00Z", "2026-11-03T15:00:00Z")]);
}

#[test]
fn rdates_add_instances_and_several_stand_on_one_line() {
    let lines = "BEGIN:VEVENT\nUID:a\nDTSTART:20261102T090000Z\nDTEND:20261102T093000Z\nRDATE:20261105T100000Z,20261109T110000Z\nRDATE;VALUE=PERIOD:20261112T120000Z/PT1H\nRDATE;VALUE=PERIOD;TZID=Europe/Paris:20261113T100000/20261113T123000\nEND:VEVENT\n";
    assert_eq!(
        spans(lines),
        [
            timed("2026-11-02T09:00:00Z", "2026-11-02T09:30:00Z"),
            timed("2026-11-05T10:00:00Z", "2026-11-05T10:30:00Z"),
            timed("2026-11-09T11:00:00Z", "2026-11-09T11:30:00Z"),
            // Those that say how long they last, last so long.
            timed("2026-11-12T12:00:00Z", "2026-11-12T13:00:00Z"),
            timed("2026-11-13T09:00:00Z", "2026-11-13T11:30:00Z"),
        ]
    );
}

#[test]
fn an_until_written_as_a_date_takes_that_whole_day_in() {
    let lines = |until: &str| {
        format!(
            "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Asia/Tokyo:20261102T090000\nDTEND;TZID=Asia/Tokyo:20261102T100000\nRRULE:FREQ=DAILY;UNTIL={until}\nEND:VEVENT\n"
        )
    };
    assert_eq!(spans(&lines("20261104")).len(), 3);
    assert_eq!(spans(&lines("20261104T000000Z")).len(), 3, "nine in the morning in Tokyo is midnight in UTC");
    assert_eq!(spans(&lines("20261103T235959Z")).len(), 2);
}

#[test]
fn a_day_long_duration_ends_at_the_same_hour_over_a_clock_change_and_24_hours_do_not() {
    // Paris puts its clocks back in the night to 25 October 2026; the window is moved there by the zone of the calendar.
    let read = |length: &str| {
        let data = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Paris:20261024T120000\r\nDURATION:{length}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let window = Window { starts_at: "2026-10-01T00:00:00Z".parse().unwrap(), ends_at: "2026-11-01T00:00:00Z".parse().unwrap() };
        match read("/a", &data, chrono_tz::UTC, window, &[], &Steps::of_page()).changes.remove(0) {
            Change::Upsert(event) => event.span,
            Change::Remove { .. } | Change::RemoveResource { .. } => panic!("an event"),
        }
    };
    assert_eq!(read("P1D"), timed("2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z"));
    assert_eq!(read("PT24H"), timed("2026-10-24T10:00:00Z", "2026-10-25T10:00:00Z"));
}

#[test]
fn an_hour_that_a_clock_change_skips_loses_no_occurrence() {
    let data = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Paris:20260327T023000\r\nDTEND;TZID=Europe/Paris:20260327T030000\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let window = Window { starts_at: "2026-03-01T00:00:00Z".parse().unwrap(), ends_at: "2026-04-01T00:00:00Z".parse().unwrap() };
    let entries = read("/a", data, chrono_tz::UTC, window, &[], &Steps::of_page());
    let starts: Vec<String> = entries
        .changes
        .into_iter()
        .map(|change| match change {
            Change::Upsert(RemoteEvent { span: Span::Timed { starts_at, .. }, .. }) => starts_at.format("%d %H:%M").to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(starts, ["27 01:30", "28 01:30", "29 01:30", "30 00:30"]);
}

#[test]
fn a_zone_that_only_the_file_knows_is_followed_through_its_own_changes() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011104T020000\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nEND:STANDARD\n\
                BEGIN:DAYLIGHT\nDTSTART:16010311T020000\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    let event = |day: &str| {
        format!(
            "{zone}BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Customized Time Zone:{day}T090000\nDTEND;TZID=Customized Time Zone:{day}T100000\nEND:VEVENT\n"
        )
    };
    // Clocks go back on 1 November 2026 at two.
    assert_eq!(spans(&event("20261031")), []);
    assert_eq!(spans(&event("20261102")), [timed("2026-11-02T14:00:00Z", "2026-11-02T15:00:00Z")]);
}

#[test]
fn a_zone_nobody_knows_is_counted_and_read_on_the_calendars_own_clock() {
    let lines =
        "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Middle-earth/Shire:20261110T090000\nDTEND;TZID=Middle-earth/Shire:20261110T100000\nEND:VEVENT\n";
    assert_eq!(reasons(lines), [UnreadableReason::UnknownZone]);
    assert_eq!(events(lines).0[0].span, timed("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"));
}

#[test]
fn every_broken_entry_has_its_reason() {
    let with = |lines: &str| reasons(&format!("BEGIN:VEVENT\nUID:a\n{lines}END:VEVENT\n"));
    assert_eq!(with("SUMMARY:x\n"), [UnreadableReason::MissingStart]);
    assert_eq!(with("DTSTART:20261340T090000Z\n"), [UnreadableReason::InvalidTime]);
    assert_eq!(with("DTSTART:20261110T090000Z\nDTEND:20261110T080000Z\n"), [UnreadableReason::InvalidTime]);
    assert_eq!(with("DTSTART:20261110T090000Z\nDURATION:soon\n"), [UnreadableReason::InvalidTime]);
    assert_eq!(with("DTSTART:20261110T090000Z\nRRULE:FREQ=NEVER\n"), [UnreadableReason::InvalidRule]);
    assert_eq!(with("DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY\n"), [UnreadableReason::TooMany]);
    assert_eq!(with("DTSTART:20100101T000000Z\nRRULE:FREQ=HOURLY\n"), [UnreadableReason::TooMany]);
}

#[test]
fn a_rule_that_names_no_day_is_given_up_at_once_and_a_flood_is_cut() {
    let with = |lines: &str| events(&format!("BEGIN:VEVENT\nUID:a\n{lines}END:VEVENT\n"));
    let all_months = "BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12";
    for rule in [
        format!("FREQ=SECONDLY;{all_months};BYSETPOS=2"),
        format!("FREQ=HOURLY;{all_months};BYSETPOS=2"),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".to_owned(),
    ] {
        let (events, _) = with(&format!("DTSTART:20260101T000000Z\nRRULE:{rule}\n"));
        assert!(events.len() <= 1, "{rule}");
    }
    let rdates: Vec<String> =
        (0..9_000).map(|minute| format!("202611{:02}T{:02}{:02}00Z", 1 + minute / 600, minute / 60 % 10, minute % 60)).collect();
    let (events, unreadable) =
        with(&format!("DTSTART:20261101T000000Z\nDTEND:20261101T000100Z\nSUMMARY:{}\nRDATE:{}\n", "x".repeat(5_000), rdates.join(",")));
    assert!(events.len() <= 6_000 && unreadable == 1, "{} and {unreadable}", events.len());
    assert!(events.iter().all(|event| event.title.as_ref().unwrap().len() <= 300));
}

#[test]
fn a_daily_series_that_began_long_ago_is_still_seen() {
    let lines = "BEGIN:VEVENT\nUID:a\nDTSTART:19900101T090000Z\nDTEND:19900101T091500Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    assert_eq!(spans(lines).len(), 30);
}

#[test]
fn lines_folded_in_the_middle_of_a_letter_and_bare_line_feeds_are_read() {
    let mut data = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nSUMMARY:Caf".to_vec();
    data.extend_from_slice(b"\xc3\r\n \xa9 au lait\nEND:VEVENT\nEND:VCALENDAR\n");
    let text = super::unfold(&data);
    let Change::Upsert(event) = read("/a", &text, chrono_tz::UTC, window(), &[], &Steps::of_page()).changes.remove(0) else {
        panic!("an event")
    };
    assert_eq!(event.title.as_deref(), Some("Café au lait"));
}

#[test]
fn two_events_in_one_file_are_two() {
    let lines = "BEGIN:VEVENT\nUID:a\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nEND:VEVENT\n";
    let (events, _) = events(lines);
    assert_ne!(events[0].key, events[1].key);
}

/// Each of the 86,400 seconds of each day.
fn every_second() -> String {
    let list = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    format!("BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={};BYMINUTE={};BYSECOND={}", list(24), list(60), list(60))
}

#[test]
fn a_name_of_a_megabyte_is_refused_and_not_copied_for_every_occurrence() {
    let series = |uid: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20261101T000000Z\r\nDTEND:20261101T001000Z\r\nRRULE:FREQ=HOURLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let long = "x".repeat(200_000);
    for (name, data) in [("/a".to_owned(), series(&long)), (format!("/{long}"), series("a"))] {
        let entries = read(&name, &data, chrono_tz::UTC, window(), &[], &Steps::of_page());
        assert_eq!(entries.changes, []);
        assert_eq!(entries.unreadable.iter().map(|entry| entry.reason).collect::<Vec<_>>(), [UnreadableReason::Malformed]);
    }
    assert_eq!(read("/a", &series("a"), chrono_tz::UTC, window(), &[], &Steps::of_page()).changes.len(), 720);
}

#[test]
fn an_event_that_ends_where_clocks_do_costs_itself_and_not_its_neighbour() {
    let last = (chrono::NaiveDate::MAX - chrono::NaiveDate::from_ymd_opt(2026, 11, 10).unwrap()).num_days();
    for days in [last, last - 1, 5_000_000, 4_000_000_000] {
        for start in ["DTSTART;TZID=America/New_York:20261110T220000", "DTSTART:20261110T220000Z", "DTSTART;VALUE=DATE:20261110"] {
            let lines = format!(
                "BEGIN:VEVENT\nUID:a\n{start}\nDURATION:P{days}D\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261111T090000Z\nDTEND:20261111T100000Z\nEND:VEVENT\n"
            );
            let (events, unreadable) = events(&lines);
            assert_eq!((events.len(), unreadable), (1, 1), "{days} {start}");
        }
    }
}

/// `count` events, each of which asks for more than anybody ever needs.
fn bomb(count: usize, event: impl Fn(usize) -> String) -> String {
    let events: String = (0..count).map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

#[test]
fn a_small_file_that_asks_for_endless_work_gets_a_bounded_amount_of_it() {
    let event = |number: usize, rule: &str| {
        format!("BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART:19700101T000000Z\r\nDTEND:19700101T003000Z\r\nRRULE:{rule}\r\nEND:VEVENT\r\n")
    };
    let files = [
        ("hourly for decades, many times", bomb(5_000, |number| event(number, "FREQ=HOURLY"))),
        ("daily for decades, many times", bomb(5_000, |number| event(number, "FREQ=DAILY"))),
        ("days that never come", bomb(5_000, |number| event(number, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"))),
        ("more occurrences than are kept", bomb(5_000, |number| event(number, "FREQ=HOURLY").replace("19700101", "20261101"))),
        (
            "every second of a year, for one instance",
            bomb(5_000, |number| event(number, &format!("FREQ=YEARLY;COUNT=1;{}", every_second()))),
        ),
        (
            "a leap day that is a Monday since the year 1",
            bomb(5_000, |number| event(number, "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO").replace("19700101", "00010101")),
        ),
        (
            "zones of every second of a year",
            bomb(5_000, |number| {
                format!(
                    "BEGIN:VTIMEZONE\r\nTZID:Z{number}\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nRRULE:FREQ=YEARLY;COUNT=1;{}\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
                    every_second()
                )
            }),
        ),
        (
            "excluded dates without end",
            bomb(1, |number| {
                let dates = vec!["20261101T000000Z"; 30_000].join(",");
                event(number, "FREQ=DAILY")
                    .replace("END:VEVENT", &format!("EXDATE:{dates}\r\nEXDATE:{dates}\r\nEXDATE:{dates}\r\nEND:VEVENT"))
            }),
        ),
        (
            "zones that change every hour",
            bomb(50, |number| {
                format!(
                    "BEGIN:VTIMEZONE\r\nTZID:Z{number}\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nRRULE:FREQ=HOURLY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
                ) + &event(number, "FREQ=HOURLY")
            }),
        ),
    ];
    for (name, file) in files {
        let steps = Steps::of_page();
        let all = steps.left();
        let entries = read("/bomb", &file, chrono_tz::UTC, window(), &[], &steps);
        let taken = all - steps.left();
        assert!(taken <= 120_000, "{name}: {taken} steps");
        assert!(entries.changes.len() <= 6_000, "{name}: {} events", entries.changes.len());
        assert!(
            entries.unreadable.iter().any(|entry| entry.reason == UnreadableReason::TooMany),
            "{name}: it is said that not all was read"
        );
    }
}

#[test]
fn a_page_of_such_files_leaves_the_rest_unread_and_says_so() {
    let file = bomb(5, |number| format!("BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART:19700101T000000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"));
    let steps = Steps::of_page();
    for _ in 0..60 {
        read("/bomb", &file, chrono_tz::UTC, window(), &[], &steps);
    }
    assert_eq!(steps.left(), 0);
    let last = read("/last", &file, chrono_tz::UTC, window(), &[], &steps);
    assert!(!last.unreadable.is_empty(), "what was not looked at is not simply absent");
}
