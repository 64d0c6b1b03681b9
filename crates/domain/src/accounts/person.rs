//! Who is signed in, as pages show them.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use types::{Role, UserId};

use super::store;
use crate::base::Reading;
use crate::vault::Place;

/// When somebody works, in their own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingHours {
    /// Minutes after midnight.
    pub starts_minute: i16,
    /// Minutes after midnight, at most 1440.
    pub ends_minute: i16,
    /// Bit 0 is Monday, bit 6 is Sunday.
    pub weekdays: i16,
}

impl WorkingHours {
    /// The working hours of a day as instants; `None` on a day off. A time skipped by a clock change is taken just after the gap.
    pub fn on(&self, day: NaiveDate, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let bit = day.weekday().num_days_from_monday();
        if self.weekdays & (1 << bit) == 0 {
            return None;
        }
        Some((instant(day, self.starts_minute, zone), instant(day, self.ends_minute, zone)))
    }
}

/// `minute` minutes after midnight on the wall clock of `zone`.
fn instant(day: NaiveDate, minute: i16, zone: Tz) -> DateTime<Utc> {
    let (day, minute) = if minute >= 1440 { (day.checked_add_days(Days::new(1)).unwrap_or(day), minute - 1440) } else { (day, minute) };
    crate::base::civil_instant(day, NaiveTime::MIN + TimeDelta::minutes(minute.into()), zone)
}

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
    /// What they are here.
    pub roles: Vec<Role>,
    /// Their zone.
    pub zone: Tz,
    /// When they work.
    pub hours: WorkingHours,
}

/// The parts that need no key.
#[derive(Debug, Clone, Copy)]
pub struct Zoned {
    /// Their zone.
    pub zone: Tz,
    /// When they work.
    pub hours: WorkingHours,
}

impl Person {
    /// Zone and working hours alone.
    pub const fn zoned(&self) -> Zoned {
        Zoned { zone: self.zone, hours: self.hours }
    }
}

impl Zoned {
    /// The date it is for them.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }
}

/// Zone and working hours alone, for which no key is needed; `None` when the person is gone.
pub async fn load_zoned(reading: &mut Reading) -> Result<Option<Zoned>, sqlx::Error> {
    let user = reading.user();
    let row = store::find_user(&mut reading.tx, user).await?;
    Ok(row.map(|row| Zoned { zone: row.zone(), hours: row.hours() }))
}

/// Whose the reading is; `None` when they are gone.
pub async fn load(reading: &mut Reading) -> Result<Option<Person>, sqlx::Error> {
    let user = reading.user();
    let Some(row) = store::find_user(&mut reading.tx, user).await? else { return Ok(None) };
    let key = reading.key().await?;
    let open = |column, sealed: &[u8]| key.as_ref().ok().and_then(|key| key.open_text(Place::new("users", column, user.0), sealed).ok());
    Ok(Some(Person {
        id: user,
        name: open("name_sealed", &row.name_sealed),
        email: open("email_sealed", &row.email_sealed),
        is_verified: row.is_verified,
        roles: row.roles(),
        zone: row.zone(),
        hours: row.hours(),
    }))
}
