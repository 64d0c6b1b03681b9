//! `POST /admin/incidents/{id}/measure`, `…/note`, `…/advance`, `…/check`, and `GET …/export`

use app::context::Asked;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Body};
use domain::base::parse_network;
use domain::incidents::{self, IncidentError, Measure, Missing};
use types::{IncidentId, Notice};

use super::administration::{id, page};
use super::form::{Fields, go_saying};
use super::pages::missing;
use super::render::{Extra, broken};
use crate::middleware::{Caller, ClientAddress};
use crate::state::AppState;

const PAGE: &str = "/admin/incidents/{id}";

/// Does something about it.
pub async fn measure(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    client: Option<Extension<ClientAddress>>,
    fields: Fields,
) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let which = fields.text("which");
    let hours = fields.text("hours").parse().unwrap_or(24);
    let measure = match fields.text("measure").as_str() {
        "block_address" => Some(Measure::BlockAddress { hours }),
        "block_network" => match parse_network(fields.text("network").trim()) {
            Some(network) => Some(Measure::BlockNetwork { network, hours }),
            None => {
                let error = ("network", "A network such as 192.0.2.0/24 or 2001:db8::/48.".to_owned());
                return again(&state, &caller, asked, &fields, error).await;
            }
        },
        "lift_block" => which.parse().ok().map(|block| Measure::LiftBlock { block }),
        "end_sessions" => Some(Measure::EndSessions),
        "end_api_keys" => Some(Measure::EndApiKeys),
        "disconnect" => which.parse().ok().map(|provider| Measure::Disconnect { provider }),
        "force_reset" => Some(Measure::ForceReset),
        "lock" => Some(Measure::Lock),
        "unlock" => Some(Measure::Unlock),
        "isolate" => which.parse().ok().map(|provider| Measure::Isolate { provider }),
        "rejoin" => which.parse().ok().map(|provider| Measure::Rejoin { provider }),
        _ => None,
    };
    let Some(measure) = measure else { return StatusCode::BAD_REQUEST.into_response() };
    let from = client.map(|Extension(ClientAddress(address))| address);
    let done = incidents::take_measure(&state.deps, &caller.op, incident, measure, from).await;
    answer(&state, &caller, asked, &fields, incident, done, "").await
}

/// Adds a note.
pub async fn note(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let done = incidents::add_note(&state.deps, &caller.op, incident, &fields.text("note")).await;
    answer(&state, &caller, asked, &fields, incident, done, "note").await
}

/// Goes one step on.
pub async fn advance(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let Ok(from) = fields.text("from").parse() else { return StatusCode::BAD_REQUEST.into_response() };
    let done = incidents::advance(&state.deps, &caller.op, incident, from, &fields.text("said")).await;
    answer(&state, &caller, asked, &fields, incident, done.map(|_| ()), "said").await
}

/// Looks whether all is as it should be.
pub async fn check(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    let done = incidents::check(&state.deps, &caller.op, incident).await;
    answer(&state, &caller, asked, &fields, incident, done.map(|_| ()), "").await
}

/// Back to the incident, or the page again with what is missing beside its field.
pub(super) async fn answer(
    state: &AppState,
    caller: &Caller,
    asked: Asked,
    fields: &Fields,
    incident: IncidentId,
    done: Result<(), IncidentError>,
    field: &'static str,
) -> Response {
    let error = match done {
        Ok(()) => return go_saying(&format!("/admin/incidents/{incident}"), Notice::AdministrationDone),
        Err(IncidentError::NotFound) => return missing(state, caller),
        Err(IncidentError::Own) => ("", "That would lock you out yourself. Somebody else has to do it, from elsewhere.".to_owned()),
        Err(IncidentError::Moved) => {
            (field, "Somebody went on with it in the meantime: look at how far it is, then send this again if it still fits.".to_owned())
        }
        Err(IncidentError::TooWide) => ("network", "That is too much of the internet: at least /8 of IPv4, or /16 of IPv6.".to_owned()),
        Err(IncidentError::Isolated) => {
            ("", "It is isolated, so it cannot be told to forget the tokens. Let it be asked again first, then give them back.".to_owned())
        }
        Err(IncidentError::Text) => (
            field,
            match field {
                "known_at" => "A moment that is not still to come, in UTC.".to_owned(),
                "filed" => "Up to 40 letters, digits and - _ # / . such as CNPD-2026-114.".to_owned(),
                _ => "Write 1 to 4000 characters.".to_owned(),
            },
        ),
        Err(IncidentError::TooEarly(Missing::Measure)) => {
            (field, "Nothing was done yet: do something, or write down why nothing has to be.".to_owned())
        }
        Err(IncidentError::TooEarly(Missing::Check)) => {
            (field, "The last check did not find everything as it should be, or there was none: check first.".to_owned())
        }
        Err(IncidentError::TooEarly(Missing::Review)) => {
            (field, "Write the review first: what happened, what was done, what is done differently.".to_owned())
        }
        Err(error) => {
            tracing::error!(%error, "an incident could not be worked on");
            return broken();
        }
    };
    again(state, caller, asked, fields, error).await
}

async fn again(state: &AppState, caller: &Caller, asked: Asked, fields: &Fields, error: (&'static str, String)) -> Response {
    let wanted = app::pages::administration::incident_wants(&asked);
    page(state, caller, PAGE, asked, wanted, Extra::invalid(fields.back(vec![error]))).await
}

/// The incident as a file: what was found, the timeline, and each piece of evidence with its proof.
pub async fn export(State(state): State<AppState>, Extension(caller): Extension<Caller>, Extension(asked): Extension<Asked>) -> Response {
    let Some(incident) = id::<IncidentId>(&asked) else { return missing(&state, &caller) };
    match incidents::export(&state.deps, &caller.op, incident).await {
        Ok((name, document)) => {
            let head = [
                (CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.json\"")),
            ];
            (head, Body::from(format!("{document:#}\n"))).into_response()
        }
        Err(IncidentError::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "an incident could not be exported");
            broken()
        }
    }
}
