//! What the calendar islands ask the server.

use leptos::prelude::*;
use types::SyncProgress;

/// How far the sync of a connection is. Another person's connection is as unknown as none.
#[server(prefix = "/sf", endpoint = "calendar/progress", input = leptos::server_fn::codec::GetUrl)]
pub async fn read_progress(connection: String) -> Result<SyncProgress, ServerFnError> {
    use crate::context::PageContext;

    let context = expect_context::<PageContext>();
    let not_found = || ServerFnError::new("not_found");
    let connection = connection.parse().map_err(|_| not_found())?;
    domain::calendar::progress(&context.deps, &context.op, connection).await.map_err(|error| {
        if !matches!(error, domain::calendar::CalendarError::NotFound) {
            tracing::error!(%error, "progress could not be read");
        }
        not_found()
    })
}
