//! `POST /admin/incidents/{id}/breach`, and `GET …/affected`

use app::context::Asked;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDateTime;
use domain::base::no_formula;
use domain::incidents::{self, Affected, AffectedPerson, BreachStep, IncidentError};
use types::IncidentId;

use super::administration::id;
use super::form::Fields;
use super::in_parts;
use super::incidents::answer;
use super::pages::missing;
use super::render::broken;
use crate::middleware::Caller;
use crate::state::AppState;

/// Writes down whether personal data got out, and who was told.
pub async fn advance(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let (step, field) = match fields.text("step").as_str() {
        "note" => {
            let Ok(scope) = fields.text("scope").parse() else { return StatusCode::BAD_REQUEST.into_response() };
            // As a browser sends it; the form says that it is UTC. What is no time is one that is refused beside the field.
            let known_at =
                NaiveDateTime::parse_from_str(&fields.text("known_at"), "%Y-%m-%dT%H:%M").unwrap_or(NaiveDateTime::MAX).and_utc();
            (BreachStep::Noted { scope, known_at }, "known_at")
        }
        "told" => (BreachStep::Told { reference: fields.text("filed") }, "filed"),
        "not_needed" => (BreachStep::NotNeeded { reason: fields.text("reason") }, "reason"),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let done = incidents::advance_breach(&state.deps, &caller.op, incident, step).await;
    // What was decided has no field any more beside which it could be said.
    let field = if matches!(done, Err(IncidentError::Moved)) { "" } else { field };
    answer(&state, &caller, asked, &fields, incident, done, field).await
}

/// The list of those whose data it may be, read while it is sent.
pub async fn affected(State(state): State<AppState>, Extension(caller): Extension<Caller>, Extension(asked): Extension<Asked>) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let reading = match Affected::begin(&state.deps, &caller.op, incident).await {
        Ok(reading) => reading,
        Err(IncidentError::NotFound) => return missing(&state, &caller),
        Err(error) => {
            tracing::error!(%error, "the affected could not be listed");
            return broken();
        }
    };
    let head = ["person", "address"].into_iter().chain(reading.tables()).map(quoted).collect::<Vec<_>>().join(",") + "\r\n";
    let rest = in_parts::read(reading, |mut reading| async move {
        let read = reading.next().await.map(|people| people.map(|people| Bytes::from(people.iter().map(line).collect::<String>())));
        (read, reading)
    });
    let body = futures::StreamExt::chain(futures::stream::once(async { Ok(Bytes::from(head)) }), rest);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"affected-{incident}.csv\"")),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, Body::from_stream(body)).into_response()
}

fn line(person: &AffectedPerson) -> String {
    let counts = person.rows.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    format!("{},{},{counts}\r\n", person.user, quoted(person.email.as_deref().unwrap_or("cannot be read")))
}

/// A field of a file of commas (RFC 4180).
fn quoted(text: &str) -> String {
    format!("\"{}\"", no_formula(text).replace('"', "\"\""))
}
