//! The person's whole calendar as a file, at an address that is its own password and can be taken back.

use chrono::{NaiveTime, TimeDelta};
use providers::calendar::Span;
use providers::ical::{Availability, FileEvent, write};
use secrecy::ExposeSecret;
use types::UserId;

use super::capacity::Interval;
use super::page::{self, Page, Wanted};
use super::range::Titles;
use super::store;
use crate::accounts::Viewer;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, civil_instant, present_lookup};
use crate::calendar::CalendarError;
use crate::calendar::sync::{hexadecimal, uid_suffix};
use crate::vault::{PersonKey, Place};

/// How far back and ahead the file reaches; no further than what is read.
const PAST: TimeDelta = TimeDelta::days(30);
const FUTURE: TimeDelta = TimeDelta::days(91);

fn place(user: UserId) -> Place {
    Place::new("calendar_feeds", "token_sealed", user.0)
}

fn hash(deps: &Deps, token: &str) -> [u8; 32] {
    deps.vault.lookup().hash("calendar feed", token.as_bytes())
}

/// The address, if there is one and it can be read. The page must have been read for it.
pub fn feed_address(page: &Page) -> Option<String> {
    let token = page.key().ok()?.open_secret(place(page.user()), page.feed_token_sealed.as_deref()?).ok()?;
    Some(format!("{}/feed/{}.ics", page.deps().settings.public_url, token.expose_secret()))
}

/// Makes the feed, or gives it a new address; the old one ends at once.
pub async fn make_feed(deps: &Deps, op: &Op) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let token = deps.chance.secret_text();
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let sealed = key.seal(place(user), token.expose_secret().as_bytes(), &*deps.chance);
    store::upsert_feed(&mut tx, user, &hash(deps, token.expose_secret()), &sealed, deps.now()).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::FeedMade, user, user.0));
    tx.commit().await?;
    Ok(())
}

/// Ends the feed. Ending none is no error.
pub async fn end_feed(deps: &Deps, op: &Op) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let was_there = store::delete_feed(&mut tx, user).await?;
    let detail = serde_json::json!({ "was_there": was_there });
    audit::append(&mut tx, deps, op, Event::done(Action::FeedEnded, user, user.0).with(detail));
    tx.commit().await?;
    Ok(())
}

/// The file behind an address; `None` when there is no such address any more.
pub async fn feed(deps: &Deps, token: &str) -> Result<Option<String>, CalendarError> {
    let hash = hash(deps, token);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let owner = store::feed_owner(&mut tx, &hash).await?;
    tx.rollback().await?;
    let Some(user) = owner else { return Ok(None) };
    let now = deps.now();
    // By days of UTC, and a day more at each end: the person's zone is known only afterwards.
    let (first, last) = ((now - PAST).date_naive(), (now + FUTURE).date_naive());
    let wanted = Wanted { others: Some((first, last)), ..Wanted::FRAME };
    let Some(page) = page::read_page(deps, &Op::job(deps.new_request_id(), Some(user)), &Viewer::Person(user), &wanted).await?.page else {
        return Ok(None);
    };
    let midnight = |date| civil_instant(date, NaiveTime::MIN, page.zoned().zone);
    let Some(whole) = Interval::new(midnight(first), midnight(last)) else { return Ok(None) };
    let hours: Vec<_> = page.working_hours(whole).into_iter().map(|hours| (hours.starts_at, hours.ends_at)).collect();
    let availability = Availability { uid: format!("hours{}", uid_suffix(deps, user)), within: (whole.starts_at, whole.ends_at), hours };
    Ok(Some(write("Kairos", now, &events(&page, whole), &availability)))
}

fn events(page: &Page, whole: Interval) -> Vec<FileEvent> {
    let range = page.range_between(whole.starts_at, whole.ends_at, Titles::Opened);
    let suffix = uid_suffix(page.deps(), page.user());
    let mut events: Vec<FileEvent> = range
        .events
        .iter()
        .map(|event| FileEvent {
            // The key stays the same however often the calendar is read anew.
            uid: format!("{}{suffix}", hexadecimal(&event.row.event_key)),
            span: match event.row.start_date.zip(event.row.end_date) {
                Some((start, end)) => Span::AllDay { start, end },
                None => Span::Timed { starts_at: event.row.starts_at, ends_at: event.row.ends_at },
            },
            title: event.title.clone().unwrap_or_else(|| "Busy".to_owned()),
            busy: event.row.busy,
            tentative: event.row.is_tentative(),
        })
        .collect();
    // What is not known is written as an entry too: a program that shows nothing there would show it as free.
    let ahead = Interval::new(whole.starts_at.max(page.now()), whole.ends_at);
    for source in &range.sources {
        for interval in ahead.into_iter().flat_map(|ahead| source.unknown(ahead)) {
            events.push(FileEvent {
                uid: format!("unknown-{}-{}{suffix}", source.calendar, interval.starts_at.timestamp()),
                span: Span::Timed { starts_at: interval.starts_at, ends_at: interval.ends_at },
                title: format!("Not known: {}", source.name),
                busy: true,
                tentative: true,
            });
        }
    }
    events
}
