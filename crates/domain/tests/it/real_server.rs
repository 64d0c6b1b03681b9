//! A CalDAV server that nobody here wrote, with a calendar it hangs on.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use domain::base::ReadingLimits;
use domain::calendar::{self, CaldavForm, Wanted};
use domain::testing::{World, WorldOptions};
use types::{ConnectionStatus, HealthReason};

use crate::support::{sync, view};

const CALENDARS: usize = 110;
/// The one that holds a rule of a billion instances, in the middle of the others.
const ENDLESS: usize = 60;

/// Radicale with the account `noor`, ended when dropped.
struct Radicale {
    process: Child,
    origin: String,
    _folder: tempfile::TempDir,
}

impl Drop for Radicale {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Radicale {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = folder.path();
        std::fs::write(at.join("users"), "noor:app-password-1\n").unwrap();
        let (users, collections) = (at.join("users"), at.join("collections"));
        let config = format!(
            "[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 40\n[auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {}\n[logging]\nlevel = critical\n",
            users.display(),
            collections.display()
        );
        std::fs::write(at.join("config"), config).unwrap();
        for number in 0..CALENDARS {
            fill(&collections, number);
        }
        let home = std::env::var("HOME").unwrap_or_default();
        let python = std::env::var("CALDAV_PYTHON").unwrap_or_else(|_| format!("{home}/.cache/kairos/caldav/bin/python"));
        // Threads take turns more often, so that the one that never ends does not make the test as slow as a person's server would be.
        let run = "import sys; sys.setswitchinterval(0.0001); from radicale.__main__ import run; run()";
        let mut radicale = Command::new(python);
        radicale.args(["-c", run, "--config"]).arg(at.join("config")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = radicale.spawn().unwrap();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        Self { process, origin: format!("http://localhost:{port}"), _folder: folder }
    }
}

/// One calendar with one event today, or one that begins each second since 1970.
fn fill(collections: &Path, number: usize) {
    let folder = collections.join(format!("collection-root/noor/calendar-{number:03}"));
    std::fs::create_dir_all(&folder).unwrap();
    let properties = format!(r#"{{"tag": "VCALENDAR", "D:displayname": "Calendar {number:03}"}}"#);
    std::fs::write(folder.join(".Radicale.props"), properties).unwrap();
    let times = if number == ENDLESS {
        "DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:FREQ=SECONDLY"
    } else {
        "DTSTART:20261124T130000Z\r\nDTEND:20261124T133000Z"
    };
    let event = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//made for the test//EN\r\nBEGIN:VEVENT\r\nUID:event-{number}\r\nDTSTAMP:20261101T000000Z\r\n{times}\r\nSUMMARY:Event {number}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    std::fs::write(folder.join("event.ics"), event).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_on_one_of_a_hundred_and_ten_calendars_keeps_none_of_the_others_from_being_read() {
    let radicale = Radicale::start().await;
    let reading = ReadingLimits { calendar: Duration::from_secs(4), ..ReadingLimits::default() };
    let world = World::new(WorldOptions { reading, ..WorldOptions::default() }).await;
    let noor = world.person("noor@example.com").await;
    let form = CaldavForm { server: radicale.origin.clone(), username: "noor".to_owned(), password: "app-password-1".to_owned().into() };
    let connection = calendar::connect_caldav(&world.deps, &world.as_user(noor), form).await.unwrap();
    let all: Vec<_> = view(&world, noor).await.calendars.iter().map(|calendar| calendar.id).collect();
    assert_eq!(all.len(), CALENDARS);
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &all).await.unwrap();
    sync(&world, noor, connection).await;
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    let (read, waiting): (Vec<_>, Vec<_>) = shown.calendars.iter().partition(|calendar| calendar.last_sync_at == Some(world.deps.now()));
    assert_eq!((read.len(), waiting.len()), (CALENDARS - 1, 1));
    let hanging = waiting[0];
    assert_eq!(hanging.name.as_deref(), Some("Calendar 060"));
    assert_eq!((hanging.last_sync_at, hanging.reason), (None, Some(HealthReason::ProviderDown)));
    assert!(hanging.next_attempt_at.is_some_and(|at| at > world.deps.now()), "it has its own next attempt");
    assert!(read.iter().all(|calendar| calendar.reason.is_none()), "no neighbour is blamed");
    assert_eq!(shown.status, ConnectionStatus::Degraded);
    // What the others say is busy, and no minute is free as long as one is unknown.
    let (from, to) = (world.deps.now(), world.deps.now() + TimeDelta::days(7));
    let page = world.page(noor, &Wanted { between: Some((from, to)), ..Wanted::FRAME }).await;
    let told = serde_json::to_value(calendar::free_busy(&page, from, to)).unwrap();
    let stretches = told.as_array().or_else(|| told["busy"].as_array()).unwrap();
    let unknown: Vec<_> = stretches.iter().filter(|stretch| stretch["state"] == "unknown").collect();
    assert_eq!((unknown.len(), unknown[0]["calendars"].clone()), (1, serde_json::json!(["Calendar 060"])));
    let length = |stretch: &serde_json::Value| {
        let at = |name: &str| stretch[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        at("ends_at") - at("starts_at")
    };
    assert_eq!(length(unknown[0]), to - from, "from the first minute to the last");
    assert!(stretches.iter().any(|stretch| stretch["state"] == "busy"));
}
