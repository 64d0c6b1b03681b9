//! The person's whole calendar as a file, at an address that is its own password and can be taken back.

use chrono::{NaiveTime, TimeDelta};
use providers::calendar::Span;
use providers::ical::{FileEvent, write};
use secrecy::ExposeSecret;
use types::UserId;

use super::CalendarError;
use super::range::{self, Titles};
use super::store::feeds;
use crate::accounts;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Reading, civil_instant, present_lookup};
use crate::vault::{PersonKey, Place};

/// How far back and ahead the file reaches, in days; no further than what is read.
const PAST: u64 = 30;
const DAYS: u64 = PAST + 91;

/// How every UID of a person's feed ends. Events that end so are Kairos' own words come back to the same person, and are not read. Keyed,
/// so that nobody else can write an event that is overlooked.
pub(super) fn uid_suffix(deps: &Deps, user: UserId) -> String {
    format!("@{}.feed.kairos", hexadecimal(&deps.vault.lookup().hash("feed uid", user.0.as_bytes())))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn place(user: UserId) -> Place {
    Place::new("calendar_feeds", "token_sealed", user.0)
}

fn hash(deps: &Deps, token: &str) -> [u8; 32] {
    deps.vault.lookup().hash("calendar feed", token.as_bytes())
}

/// The address, if there is one and it can be read.
pub async fn feed_address(deps: &Deps, reading: &mut Reading) -> Result<Option<String>, CalendarError> {
    let user = reading.user();
    let Some(sealed) = feeds::sealed_token(&mut reading.tx, user).await? else { return Ok(None) };
    let Ok(key) = reading.key().await? else { return Ok(None) };
    let token = key.open_secret(place(user), &sealed)?;
    Ok(Some(format!("{}/feed/{}.ics", deps.settings.public_url, token.expose_secret())))
}

/// Makes the feed, or gives it a new address; the old one ends at once.
pub async fn make_feed(deps: &Deps, op: &Op) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let token = deps.chance.secret_text();
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let sealed = key.seal(place(user), token.expose_secret().as_bytes(), &*deps.chance);
    feeds::upsert(&mut tx, user, &hash(deps, token.expose_secret()), &sealed, deps.now()).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::FeedMade, user, user.0)).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the feed. Ending none is no error.
pub async fn end_feed(deps: &Deps, op: &Op) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let was_there = feeds::delete(&mut tx, user).await?;
    let detail = serde_json::json!({ "was_there": was_there });
    audit::append(&mut tx, deps, op, Event::done(Action::FeedEnded, user, user.0).with(detail)).await?;
    tx.commit().await?;
    Ok(())
}

/// The file behind an address; `None` when there is no such address any more.
pub async fn feed(deps: &Deps, op: &Op, token: &str) -> Result<Option<String>, CalendarError> {
    let hash = hash(deps, token);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let owner = feeds::owner(&mut tx, &hash).await?;
    tx.rollback().await?;
    let Some(user) = owner else { return Ok(None) };
    let Some(mut reading) = deps.read(&op.as_user(user)).await? else { return Ok(None) };
    let Some(person) = accounts::load_zoned(&mut reading).await? else { return Ok(None) };
    let now = reading.now();
    let first = person.date(now) - TimeDelta::days(PAST.try_into().unwrap_or(30));
    let range = range::read(&mut reading, person, Titles::Opened, first, DAYS).await?;
    let suffix = uid_suffix(deps, user);
    let mut events: Vec<FileEvent> = range
        .events
        .iter()
        .map(|event| FileEvent {
            // The key stays the same however often the calendar is read anew.
            uid: format!("{}{suffix}", hexadecimal(&event.row.event_key)),
            span: match event.row.dates {
                Some((start, end)) => Span::AllDay { start, end },
                None => Span::Timed { starts_at: event.row.starts_at, ends_at: event.row.ends_at },
            },
            title: event.title.clone().unwrap_or_else(|| "Busy".to_owned()),
            busy: event.row.busy,
            tentative: event.row.tentative,
        })
        .collect();
    // What is not known is written as an entry too: a program that shows nothing there would show it as free.
    let whole = first.checked_add_days(chrono::Days::new(DAYS)).and_then(|last| {
        let at = |date| civil_instant(date, NaiveTime::MIN, person.zone);
        super::capacity::Interval::new(at(first).max(now), at(last))
    });
    for source in &range.sources {
        for interval in whole.into_iter().flat_map(|whole| source.unknown(whole)) {
            events.push(FileEvent {
                uid: format!("unknown-{}-{}{suffix}", source.calendar, interval.starts_at.timestamp()),
                span: Span::Timed { starts_at: interval.starts_at, ends_at: interval.ends_at },
                title: format!("Not known: {}", source.name),
                busy: true,
                tentative: true,
            });
        }
    }
    Ok(Some(write("Kairos", now, &events)))
}
