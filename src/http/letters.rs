//! `POST /admin/privacy/…`: requests that came by mail, and legal holds.

use app::context::Asked;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::privacy::{self, HoldForm, LetterAct, LetterForm, LetterProblem, PrivacyError};
use types::Notice;

use super::administration::page;
use super::form::{Fields, go_saying};
use super::pages::missing;
use super::render::{Extra, broken};
use crate::middleware::Caller;
use crate::state::AppState;

const HERE: &str = "/admin/privacy";

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// Enters what came by mail.
pub async fn enter(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let form = LetterForm {
        kind: fields.text("kind").parse().ok(),
        reference: fields.text("reference"),
        received_on: day(&fields.text("received_on")),
        email: fields.text("email"),
        needs_check: !fields.text("check").is_empty(),
    };
    let problems = match privacy::enter_letter(&state.deps, &caller.op, &form).await {
        Ok(Ok(_)) => return go_saying(HERE, Notice::AdministrationDone),
        Ok(Err(problems)) => problems,
        Err(error) => return failed(&error),
    };
    let errors = problems.into_iter().map(|problem| match problem {
        LetterProblem::Kind => ("kind", "Choose what it asks for.".to_owned()),
        LetterProblem::Reference => ("reference", "Up to 40 letters, digits and - _ # / . such as POST-204.".to_owned()),
        LetterProblem::Received => ("received_on", "The day it came, today or before.".to_owned()),
    });
    again(&state, &caller, asked, &fields, errors.collect()).await
}

/// Checks, answers or refuses it.
pub async fn advance(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(letter) = id.parse() else { return missing(&state, &caller) };
    let Some(act) = LetterAct::parse(&fields.text("act")) else { return StatusCode::BAD_REQUEST.into_response() };
    match privacy::advance_letter(&state.deps, &caller.op, letter, act).await {
        Ok(()) => go_saying(HERE, Notice::AdministrationDone),
        // Somebody else was faster: the page says where it stands.
        Err(PrivacyError::TooLate) => go_saying(HERE, Notice::NotNow),
        Err(PrivacyError::NotFound) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

/// Keeps what is there of somebody.
pub async fn hold(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let form = HoldForm { person: fields.text("person"), reference: fields.text("hold_reference"), until: day(&fields.text("until")) };
    match privacy::set_hold(&state.deps, &caller.op, &form).await {
        Ok(true) => go_saying(HERE, Notice::AdministrationDone),
        Ok(false) => {
            let text = "Somebody who is here, the number of the case, and a day that is still to come.".to_owned();
            again(&state, &caller, asked, &fields, vec![("person", text)]).await
        }
        Err(error) => failed(&error),
    }
}

/// Ends it before its day.
pub async fn lift(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let Ok(hold) = id.parse() else { return missing(&state, &caller) };
    match privacy::lift_hold(&state.deps, &caller.op, hold).await {
        Ok(()) => go_saying(HERE, Notice::AdministrationDone),
        Err(PrivacyError::NotFound) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

async fn again(state: &AppState, caller: &Caller, asked: Asked, fields: &Fields, errors: Vec<(&'static str, String)>) -> Response {
    let wanted = app::pages::administration::privacy_wants(&asked);
    page(state, caller, HERE, asked, wanted, Extra::invalid(fields.back(errors))).await
}

fn failed(error: &PrivacyError) -> Response {
    tracing::error!(%error, "what came by mail could not be written down");
    broken()
}
