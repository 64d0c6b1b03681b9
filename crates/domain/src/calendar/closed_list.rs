//! Why something is not healthy, as the database keeps it.

use serde::{Deserialize, Deserializer};
use types::HealthReason;

/// A reason that a newer replica wrote, while this one is still running, is told in the words of the one that asks for nothing.
pub(super) fn read_reason(text: Option<&str>) -> Option<HealthReason> {
    text.map(|text| text.parse().unwrap_or(HealthReason::ProviderDown))
}

/// The same out of JSON.
pub(super) fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HealthReason>, D::Error> {
    Ok(read_reason(Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?.as_deref()))
}
