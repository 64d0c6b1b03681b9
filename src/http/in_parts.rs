//! Bodies that are read while they are sent.

use axum::body::Bytes;
use futures::Stream;

/// Part after part of what `next` reads, until it reads none. Where that failed the body is cut off, so that nobody takes a part of it for the whole.
pub(super) fn read<T, E, F>(from: T, mut next: impl FnMut(T) -> F) -> impl Stream<Item = std::io::Result<Bytes>>
where
    E: std::fmt::Display,
    F: Future<Output = (Result<Option<Bytes>, E>, T)>,
{
    futures::stream::unfold(Some(from), move |from| {
        let reading = from.map(&mut next);
        async move {
            match reading?.await {
                (Ok(Some(part)), going_on) => Some((Ok(part), Some(going_on))),
                (Ok(None), _) => None,
                (Err(error), _) => {
                    tracing::error!(%error, "what was being sent broke off");
                    Some((Err(std::io::Error::other("cut off")), None))
                }
            }
        }
    })
}
