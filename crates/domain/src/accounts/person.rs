//! Who is signed in, as pages show them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use types::UserId;

use super::hours::{Minutes, WorkingHours};
use super::store;
use crate::base::{Deps, bytea, list};
use crate::vault::{PersonKey, Place};

/// A person, as pages show them.
#[derive(Debug, Clone)]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// The name; `None` when the key to it is missing.
    pub name: Option<String>,
    /// The address; `None` when the key to it is missing.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub is_verified: bool,
    /// Zone and working hours.
    pub zoned: Zoned,
}

/// The parts that need no key.
#[derive(Debug, Clone)]
pub struct Zoned {
    /// Their zone.
    pub zone: Tz,
    /// When they work.
    pub hours: Arc<WorkingHours>,
}

impl Zoned {
    /// The date it is for them.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }
}

/// A person as `kairos_calendar_page` tells of them.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonRow {
    #[serde(deserialize_with = "bytea")]
    name_sealed: Vec<u8>,
    #[serde(deserialize_with = "bytea")]
    email_sealed: Vec<u8>,
    is_verified: bool,
    time_zone: String,
    work_week: Minutes,
    #[serde(deserialize_with = "list")]
    exceptions: Vec<ExceptionRow>,
}

#[derive(Debug, Deserialize)]
struct ExceptionRow {
    on_date: NaiveDate,
    hours: Minutes,
}

impl PersonRow {
    /// Zone and working hours.
    pub fn zoned(&self) -> Zoned {
        let exceptions: BTreeMap<NaiveDate, Minutes> = self.exceptions.iter().map(|row| (row.on_date, row.hours.clone())).collect();
        Zoned {
            zone: self.time_zone.parse().unwrap_or(Tz::UTC),
            hours: Arc::new(WorkingHours::from_parts(self.work_week.clone(), exceptions)),
        }
    }

    /// The person, with what `key` opens.
    pub fn open(&self, id: UserId, key: Option<&PersonKey>, zoned: Zoned) -> Person {
        let open = |column, sealed: &[u8]| key.and_then(|key| key.open_text(Place::new("users", column, id.0), sealed).ok());
        Person {
            id,
            name: open("name_sealed", &self.name_sealed),
            email: open("email_sealed", &self.email_sealed),
            is_verified: self.is_verified,
            zoned,
        }
    }
}

/// Name and address, as `key` opens them.
pub(crate) fn open_identity(key: &PersonKey, user: UserId, name: &[u8], email: &[u8]) -> (Option<String>, Option<String>) {
    let open = |column, sealed: &[u8]| key.open_text(Place::new("users", column, user.0), sealed).ok();
    (open("name_sealed", name), open("email_sealed", email))
}

/// Name and address of a person that mail goes to; `None` when they are gone.
#[derive(Debug)]
pub struct Recipient {
    /// The name; `None` when the key to it is missing, or the address is not known to be theirs.
    pub name: Option<String>,
    /// The address; `None` when the key to it is missing.
    pub email: Option<String>,
}

/// Whom mail to this person is addressed to.
pub async fn recipient(deps: &Deps, user: UserId) -> Result<Option<Recipient>, sqlx::Error> {
    let mut tx = deps.database.begin(Some(user)).await?;
    let Some(row) = store::find_recipient(&mut tx, user).await? else { return Ok(None) };
    let key = PersonKey::load_in(&mut tx, deps, user).await.ok();
    Ok(Some(key.map_or(Recipient { name: None, email: None }, |key| open_recipient(&key, user, &row))))
}

/// The zone that somebody lives in; UTC when they are gone.
pub async fn zone_of(deps: &Deps, user: UserId) -> Result<Tz, sqlx::Error> {
    let mut tx = deps.database.begin(Some(user)).await?;
    let zone = store::find_zone(&mut tx, user).await?;
    tx.rollback().await?;
    Ok(zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC))
}

/// The same from a row that was read already.
pub(super) fn open_recipient(key: &PersonKey, user: UserId, row: &store::RecipientRow) -> Recipient {
    let (name, email) = open_identity(key, user, &row.name_sealed, &row.email_sealed);
    // Before an address is confirmed its name is whatever a stranger typed, who could write to anybody in our name with it.
    Recipient { name: name.filter(|_| row.is_verified), email }
}
