//! A CalDAV server that means harm: what it answers is as large as it may be, and costs no more than what a person has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use domain::calendar::{self, CaldavForm, MAX_CALENDARS};
use domain::testing::World;
use providers::calendar::{CalendarSource, Credentials};
use sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::{ConnectionId, UserId};

use crate::support::{sync, view, world};

/// What was asked: method and body.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a str,
}

/// A server whose answers are `answer`'s, each the members of a multistatus.
async fn serve(answer: impl Fn(&Asked<'_>) -> String + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(one(stream, Arc::clone(&answer)));
        }
    });
    origin
}

async fn one(mut stream: tokio::net::TcpStream, answer: Arc<impl Fn(&Asked<'_>) -> String>) {
    let mut text = String::new();
    let (mut buffer, mut wanted) = ([0; 8_192], None);
    while wanted.is_none_or(|wanted| text.len() < wanted) {
        let Ok(count @ 1..) = stream.read(&mut buffer).await else { return };
        text += std::str::from_utf8(&buffer[..count]).unwrap();
        wanted = text.find("\r\n\r\n").map(|head| {
            let lower = text[..head].to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse::<usize>().ok());
            head + 4 + length.unwrap_or(0)
        });
    }
    let mut words = text.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    let members = answer(&Asked { method, path, body });
    let xml = format!(r#"<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{members}</multistatus>"#);
    let head =
        format!("HTTP/1.1 207 Multi-Status\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n", xml.len());
    let _ = stream.write_all((head + &xml).as_bytes()).await;
}

fn member(href: &str, properties: &str) -> String {
    format!("<response><href>{href}</href><propstat><prop>{properties}</prop><status>HTTP/1.1 200 OK</status></propstat></response>")
}

const CALENDAR: &str = "<resourcetype><collection/><c:calendar/></resourcetype><displayname>Work</displayname>";

/// The way from the address to `/cal/`, or to as many calendars as are wanted.
fn discovery(asked: &Asked<'_>, owners: usize, calendars: usize) -> Option<String> {
    if asked.method != "PROPFIND" {
        return None;
    }
    if asked.body.contains("current-user-principal") {
        return Some(member(asked.path, "<current-user-principal><href>/me/</href></current-user-principal>"));
    }
    if asked.body.contains("calendar-home-set") {
        let owners = (0..owners).fold(String::new(), |all, number| all + &format!("<href>mailto:{number}@example.com</href>"));
        let home = "<c:calendar-home-set><href>/home/</href></c:calendar-home-set>";
        return Some(member(asked.path, &format!("{home}<c:calendar-user-address-set>{owners}</c:calendar-user-address-set>")));
    }
    if asked.path == "/home/" {
        return Some((0..calendars).map(|number| member(&format!("/cal/{number}/"), CALENDAR)).collect());
    }
    None
}

fn event(href: &str, rule: &str) -> String {
    let data = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{href}\r\nDTSTART:20261124T100000Z\r\nDTEND:20261124T101500Z\r\n{rule}END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    member(href, &format!("<getetag>1</getetag><c:calendar-data>{data}</c:calendar-data>"))
}

async fn connect(world: &World, user: UserId, server: &str) -> ConnectionId {
    let form = CaldavForm { server: server.to_owned(), username: "noor".to_owned(), password: "app-password".to_owned().into() };
    calendar::connect_caldav(&world.deps, &world.as_user(user), form).await.unwrap()
}

/// Somebody who is connected to it.
async fn connected(server: &str) -> (World, Sandbox, UserId, ConnectionId) {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor, server).await;
    (world, sandbox, noor, connection)
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.behind().await).await.unwrap()
}

#[tokio::test]
async fn an_account_has_so_many_calendars_and_addresses_and_no_more() {
    let server = serve(|asked| discovery(asked, 2_000, 2_000).unwrap_or_default()).await;
    let (world, _sandbox) = world().await;
    let credentials =
        Credentials::Basic { server: server.parse().unwrap(), username: "noor".to_owned(), password: "app-password".to_owned().into() };
    let calendars = world.deps.providers.caldav.calendars(&credentials).await.unwrap();
    assert_eq!(calendars.len(), MAX_CALENDARS);
    assert_eq!(calendars.iter().map(|calendar| calendar.owners.len()).max(), Some(50));
}

#[tokio::test]
async fn a_token_of_a_megabyte_is_not_kept_and_the_calendar_is_read_all_the_same() {
    let server = serve(|asked| {
        discovery(asked, 1, 1).unwrap_or_else(|| match (asked.method, asked.body.contains("sync-token")) {
            ("PROPFIND", true) => member(asked.path, &format!("<sync-token>{}</sync-token>", "x".repeat(1 << 20))),
            _ => event("/cal/0/a.ics", ""),
        })
    })
    .await;
    let (world, _sandbox, noor, connection) = connected(&server).await;
    for _ in 0..2 {
        sync(&world, noor, connection).await;
        assert_eq!(count(&world, "select count(*) from calendar_events").await, 1);
        assert_eq!(count(&world, "select count(*) from calendars where sync_token is not null").await, 0);
        world.clock.advance(TimeDelta::minutes(20));
    }
}

#[tokio::test]
async fn resources_that_nobody_asked_for_are_not_read() {
    let server = serve(|asked| {
        discovery(asked, 1, 1).unwrap_or_else(|| {
            if asked.body.contains("calendar-multiget") {
                let others: String = (0..300).map(|number| event(&format!("/cal/0/{number}.ics"), "RRULE:FREQ=HOURLY\r\n")).collect();
                // Twice as well.
                event("/cal/0/a.ics", "") + &others + &event("/cal/0/a.ics", "RRULE:FREQ=HOURLY\r\n")
            } else {
                member("/cal/0/a.ics", "<getetag>1</getetag>")
            }
        })
    })
    .await;
    let (world, _sandbox, noor, connection) = connected(&server).await;
    sync(&world, noor, connection).await;
    assert_eq!(count(&world, "select count(*) from calendar_events").await, 1);
}

#[tokio::test]
async fn a_page_of_series_brings_so_many_occurrences_and_says_that_there_were_more() {
    let server = serve(|asked| {
        discovery(asked, 1, 1).unwrap_or_else(|| {
            let one = |number: usize| (format!("/cal/0/{number}.ics"), "RRULE:FREQ=HOURLY\r\n");
            let resources = (0..50).map(one);
            if asked.body.contains("calendar-multiget") {
                resources.map(|(href, rule)| event(&href, rule)).collect()
            } else {
                resources.map(|(href, _)| member(&href, "<getetag>1</getetag>")).collect()
            }
        })
    })
    .await;
    let (world, _sandbox, noor, connection) = connected(&server).await;
    sync(&world, noor, connection).await;
    assert_eq!(count(&world, "select count(*) from calendar_events").await, 20_000);
    assert!(view(&world, noor).await.calendars[0].unreadable_count() > 0);
}

#[tokio::test]
async fn a_list_of_changes_without_end_is_left_and_the_calendar_read_anew() {
    let rounds = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rounds);
    let server = serve(move |asked| {
        discovery(asked, 1, 1).unwrap_or_else(|| {
            if asked.body.contains("<sync-collection") {
                let piece = counted.fetch_add(1, Ordering::Relaxed);
                let hrefs: String =
                    (0..5_000).map(|number| member(&format!("/cal/0/{piece}-{number}.ics"), "<getetag>1</getetag>")).collect();
                let cut = "<response><href>/cal/0/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>";
                format!("{hrefs}{cut}<sync-token>{piece}</sync-token>")
            } else if asked.method == "PROPFIND" {
                member(asked.path, "<sync-token>first</sync-token>")
            } else {
                event("/cal/0/a.ics", "")
            }
        })
    })
    .await;
    let (world, _sandbox, noor, connection) = connected(&server).await;
    sync(&world, noor, connection).await;
    world.clock.advance(TimeDelta::minutes(20));
    sync(&world, noor, connection).await;
    assert_eq!(rounds.load(Ordering::Relaxed), 5, "20,000 names are more than enough");
    assert_eq!(count(&world, "select count(*) from calendar_events").await, 1);
}
