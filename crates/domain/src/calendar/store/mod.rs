//! SQL of calendars, one file per table.

pub(super) mod attempts;
pub(super) mod calendars;
pub(super) mod channels;
pub(super) mod connections;
pub(super) mod events;
pub(super) mod feeds;
pub(super) mod health;
pub(super) mod logs;

use types::HealthReason;

/// A closed list as the database keeps it; the check constraints mirror the lists.
fn read<T: std::str::FromStr>(text: &str, column: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} holds a value that is not in its list").into()))
}

/// A reason that a newer replica wrote, while this one is still running, is told in the words of the one that asks for nothing.
fn read_reason(text: Option<&str>) -> Option<HealthReason> {
    text.map(|text| text.parse().unwrap_or(HealthReason::ProviderDown))
}
