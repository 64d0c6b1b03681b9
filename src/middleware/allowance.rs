//! What a reply says of the limit it was counted by.

use axum::http::{HeaderMap, HeaderName};
use domain::base::Allowance;

/// How many there are in a span, how many are left, and in how many seconds the span ends.
pub const NAMES: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
];

pub(super) fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let values = [u64::from(allowance.limit), u64::from(allowance.remaining), allowance.resets_in.as_secs()];
    for (name, value) in NAMES.into_iter().zip(values) {
        headers.insert(name, value.into());
    }
}
