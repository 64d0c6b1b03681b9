//! Bodies that are read while they are sent: each a stream that is unfolded from what reads it.

use axum::body::Bytes;

/// A part that was read, and what reads the next one. Where that failed the body is cut off, so that nobody takes a part of it for the whole.
pub(super) fn part<T, E: std::fmt::Display>(read: Result<Option<Bytes>, E>, going_on: T) -> Option<(std::io::Result<Bytes>, Option<T>)> {
    match read {
        Ok(Some(part)) => Some((Ok(part), Some(going_on))),
        Ok(None) => None,
        Err(error) => {
            tracing::error!(%error, "what was being sent broke off");
            Some((Err(std::io::Error::other("cut off")), None))
        }
    }
}
