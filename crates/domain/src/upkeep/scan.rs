//! Every night everything that is sealed is opened, and forgotten again: what does not open is named before somebody needs it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use types::{CheckKind, UserId};

use super::store;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, security_event};
use crate::booking::{self, BookingError};
use crate::jobs::{Job, enqueue};
use crate::privacy::{self, PrivacyError};
use crate::vault::Sealed;

/// People who are looked at in one run of the job.
const PEOPLE: i32 = 50;
/// How often.
const EVERY: TimeDelta = TimeDelta::hours(24);
/// One that has not ended by then is begun anew.
const GIVEN_UP: TimeDelta = TimeDelta::days(2);
/// As many places are named; all are counted.
const NAMED: usize = 100;

/// What was seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// People.
    pub people: i64,
    /// Values that were tried.
    pub values: i64,
    /// Those that do not open.
    pub unreadable: i64,
    /// Where the first hundred of them are.
    pub places: Vec<Sealed>,
    /// The last person who was looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    after: Option<UserId>,
}

/// Why it did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// What a person has could not be read.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// What their clients have could not be read.
    #[error(transparent)]
    Booking(#[from] BookingError),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// What was written down of an earlier run cannot be read.
    #[error("the progress of the scan: {0}")]
    Progress(#[from] serde_json::Error),
}

/// Goes on with the scan that is under way, or begins one if it is time, and puts itself in again.
pub async fn scan(deps: &Deps, op: &Op) -> Result<(), ScanError> {
    let mut tx = deps.begin(op).await?;
    let under_way = store::find_scan(&mut tx, deps.now() - GIVEN_UP).await?;
    let (id, mut scanned) = match under_way {
        Some(found) => (found.id, serde_json::from_value(found.detail)?),
        None => {
            if let Some(due) = store::last_ended(&mut tx, CheckKind::Scan).await?.map(|last| last + EVERY).filter(|due| *due > deps.now()) {
                enqueue(&mut tx, Job::ScanSealed.at(due))?;
                tx.commit().await?;
                return Ok(());
            }
            let id = deps.new_id();
            store::insert_scan(&mut tx, id, deps.now(), &json!(Scanned::default())).await?;
            (id, Scanned::default())
        }
    };
    tx.commit().await?;
    let is_over = part(deps, op, &mut scanned).await?;
    let mut tx = deps.begin(op).await?;
    if is_over {
        let is_whole = scanned.unreadable == 0;
        store::update_scan(&mut tx, id, &json!(scanned), Some((deps.now(), is_whole))).await?;
        let outcome = if is_whole { Outcome::Succeeded } else { Outcome::Failed };
        let detail = json!({ "people": scanned.people, "values": scanned.values, "unreadable": scanned.unreadable });
        audit::append(&mut tx, deps, op, Event::of_installation(Action::SealedScanned).ending(outcome).with(detail));
    } else {
        store::update_scan(&mut tx, id, &json!(scanned), None).await?;
    }
    let wait = if is_over { EVERY } else { TimeDelta::seconds(1) };
    enqueue(&mut tx, Job::ScanSealed.at(deps.now() + wait))?;
    tx.commit().await?;
    if is_over && scanned.unreadable > 0 {
        security_event("sealed_values_unreadable", "high");
        tracing::error!(unreadable = scanned.unreadable, "values are sealed that do not open; /admin/keys names them");
    }
    Ok(())
}

/// All of it at once, for whoever waits for it.
pub async fn scan_now(deps: &Deps, op: &Op) -> Result<Scanned, ScanError> {
    let mut scanned = Scanned::default();
    while !part(deps, op, &mut scanned).await? {}
    Ok(scanned)
}

/// Some people more. Whether that was everybody.
async fn part(deps: &Deps, op: &Op, scanned: &mut Scanned) -> Result<bool, ScanError> {
    let mut tx = deps.begin(op).await?;
    let people = store::people(&mut tx, scanned.after, PEOPLE).await?;
    tx.rollback().await?;
    for user in &people {
        let op = Op::job(op.request_id, Some(*user));
        let own = privacy::open_everything(deps, &op).await?;
        let clients = booking::open_clients(deps, &op).await?;
        scanned.people += 1;
        scanned.values += own.values + clients.values;
        let unreadable: Vec<Sealed> = own.unreadable.into_iter().chain(clients.unreadable).collect();
        scanned.unreadable += i64::try_from(unreadable.len()).unwrap_or(i64::MAX);
        let room = NAMED.saturating_sub(scanned.places.len());
        scanned.places.extend(unreadable.into_iter().take(room));
        scanned.after = Some(*user);
    }
    Ok(people.len() < usize::try_from(PEOPLE).unwrap_or(usize::MAX))
}
