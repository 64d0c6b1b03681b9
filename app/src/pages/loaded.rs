//! One way for a page to wait for what it shows, and to fail.

use domain::calendar::CalendarError;
use leptos::prelude::*;
use std::future::Future;

use super::{Broken, NotFound};

/// Waits for `load`, then shows `page`. What is not there is the page for that, with its status; anything else is ours.
pub(super) fn loaded<T, V>(
    load: impl Future<Output = Result<T, CalendarError>> + Send + 'static,
    page: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    let page = Suspend::new(async move {
        match load.await {
            Ok(data) => page(data).into_any(),
            Err(CalendarError::NotFound) => view! { <NotFound /> }.into_any(),
            Err(error) => {
                tracing::error!(%error, "a page could not be made");
                view! { <Broken /> }.into_any()
            }
        }
    });
    view! { <Suspense>{page}</Suspense> }
}
