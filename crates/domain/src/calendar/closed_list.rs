//! Closed lists as the database keeps them; the check constraints mirror the lists.

use serde::{Deserialize, Deserializer};
use types::HealthReason;

/// A value of a closed list.
pub(super) fn read<T: std::str::FromStr>(text: &str, column: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} holds a value that is not in its list").into()))
}

/// A reason that a newer replica wrote, while this one is still running, is told in the words of the one that asks for nothing.
pub(super) fn read_reason(text: Option<&str>) -> Option<HealthReason> {
    text.map(|text| text.parse().unwrap_or(HealthReason::ProviderDown))
}

/// The same out of JSON.
pub(super) fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HealthReason>, D::Error> {
    Ok(read_reason(Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?.as_deref()))
}
