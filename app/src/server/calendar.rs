//! What the calendar islands ask the server.

use leptos::prelude::*;
use types::SyncProgress;

/// How far the sync of a connection is. Another person's connection is as unknown as none.
#[server(prefix = "/sf", endpoint = "calendar/progress", input = leptos::server_fn::codec::GetUrl)]
pub async fn read_progress(connection: String) -> Result<SyncProgress, ServerFnError> {
    use axum::http::StatusCode;
    use domain::calendar::CalendarError;

    use crate::context::PageContext;

    let context = expect_context::<PageContext>();
    let response = expect_context::<leptos_axum::ResponseOptions>();
    let refuse = |status| {
        response.set_status(status);
        ServerFnError::new("not_read")
    };
    let connection = connection.parse().map_err(|_| refuse(StatusCode::NOT_FOUND))?;
    domain::calendar::progress(&context.deps, &context.op, connection).await.map_err(|error| match error {
        CalendarError::NotFound => refuse(StatusCode::NOT_FOUND),
        error => {
            tracing::error!(%error, "progress could not be read");
            refuse(StatusCode::INTERNAL_SERVER_ERROR)
        }
    })
}
