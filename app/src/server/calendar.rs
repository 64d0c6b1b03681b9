//! What the calendar islands ask the server.

use leptos::prelude::*;
use types::SyncProgress;

/// How far the sync of a connection is. Another person's connection is as unknown as none.
#[server(prefix = "/sf", endpoint = "calendar/progress", input = leptos::server_fn::codec::GetUrl)]
pub async fn read_progress(connection: String) -> Result<SyncProgress, ServerFnError> {
    use std::sync::Arc;

    use domain::calendar::{Page, progress_of};

    let page = expect_context::<Arc<Page>>();
    let connections = page.connections();
    let found = connection.parse().ok().and_then(|id| connections.iter().find(|connection| connection.id == id));
    let Some(found) = found else {
        expect_context::<leptos_axum::ResponseOptions>().set_status(axum::http::StatusCode::NOT_FOUND);
        return Err(ServerFnError::new("not_read"));
    };
    Ok(progress_of(found.logs.first(), found.last_sync_at.is_some(), page.now()))
}
