//! SQL of calendars, one file per table.

pub(super) mod attempts;
pub(super) mod calendars;
pub(super) mod channels;
pub(super) mod connections;
pub(super) mod events;
pub(super) mod feeds;
pub(super) mod health;
pub(super) mod logs;

/// A closed list as the database keeps it; the check constraints mirror the lists.
fn read<T: std::str::FromStr>(text: &str, column: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} holds a value that is not in its list").into()))
}

fn read_option<T: std::str::FromStr>(text: Option<&str>, column: &str) -> Result<Option<T>, sqlx::Error> {
    text.map(|text| read(text, column)).transpose()
}
