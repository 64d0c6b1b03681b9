//! `POST /app/settings/profile`, `…/days` and `…/days/remove`

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::accounts::{self, ExceptionProblem, MAX_EXCEPTIONS, Minutes, ProfileChange, ProfileError, ProfileProblem, WorkingHours};
use types::Notice;

use super::form::{Fields, go_saying};
use super::render::{Extra, broken, render};
use crate::middleware::Caller;
use crate::state::AppState;

const HERE: &str = "/app/settings/profile";
const HOURS: [&str; 7] = ["hours-0", "hours-1", "hours-2", "hours-3", "hours-4", "hours-5", "hours-6"];
const NO_HOURS: &str = "These are no working hours. They look like 09:00 to 12:30, 13:30 to 17:00, each ending after it begins, eight at most; or leave it empty.";

/// Changes name, zone and working hours.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let days = HOURS.map(|field| (field, Minutes::typed(&fields.text(field))));
    // A day that was left out is no day off: the form is of another release.
    let mut errors: Vec<(&'static str, String)> =
        days.iter().filter(|(field, hours)| hours.is_err() || !fields.has(field)).map(|(field, _)| (*field, NO_HOURS.to_owned())).collect();
    let hours = WorkingHours::weekly(days.map(|(_, hours)| hours.unwrap_or_default()));
    let change = ProfileChange { name: fields.text("name"), zone: fields.text("zone"), hours };
    let result = if errors.is_empty() { accounts::change(&state.deps, &caller.op, change).await } else { accounts::check(&change) };
    match result {
        Ok(()) if errors.is_empty() => return go_saying(HERE, Notice::ProfileSaved),
        Ok(()) => {}
        Err(ProfileError::Invalid(problems)) => errors.extend(problems.iter().map(|problem| match problem {
            ProfileProblem::Name => ("name", "A name has 1 to 100 characters.".to_owned()),
            ProfileProblem::Zone => ("zone", "This is not a time zone. Choose one from the list, such as Europe/Lisbon.".to_owned()),
        })),
        Err(ProfileError::Internal(error)) => {
            tracing::error!(%error, "a profile could not be changed");
            return broken();
        }
    }
    again(&state, &caller, &fields, errors).await
}

/// A day with hours of its own.
pub async fn set_day(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let (date, hours) = (fields.text("date").parse(), Minutes::typed(&fields.text("day-hours")));
    let mut errors = Vec::new();
    if date.is_err() {
        errors.push(("date", "This is not a date. It looks like 2026-12-24.".to_owned()));
    }
    if hours.is_err() {
        errors.push(("day-hours", NO_HOURS.to_owned()));
    }
    if let (Ok(date), Ok(hours)) = (date, hours) {
        match accounts::set_exception(&state.deps, &caller.op, date, &hours).await {
            Ok(()) => return go_saying(HERE, Notice::ProfileSaved),
            Err(ExceptionProblem::TooFar) => {
                errors.push(("date", "This day is more than three years away. Choose a nearer one.".to_owned()));
            }
            Err(ExceptionProblem::TooMany) => {
                errors.push(("date", format!("{MAX_EXCEPTIONS} days differ already, which is as many as may. Remove one first.")));
            }
            Err(ExceptionProblem::Internal(error)) => {
                tracing::error!(%error, "a day could not be kept");
                return broken();
            }
        }
    }
    again(&state, &caller, &fields, errors).await
}

/// A day like every week's again.
pub async fn remove_day(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let Ok(date) = fields.text("date").parse() else { return go_saying(HERE, Notice::ProfileSaved) };
    match accounts::remove_exception(&state.deps, &caller.op, date).await {
        Ok(()) => go_saying(HERE, Notice::ProfileSaved),
        Err(error) => {
            tracing::error!(%error, "a day could not be removed");
            broken()
        }
    }
}

/// The page with what was typed and what is wrong with it.
async fn again(state: &AppState, caller: &Caller, fields: &Fields, errors: Vec<(&'static str, String)>) -> Response {
    render(state, caller, &Uri::from_static(HERE), Extra::invalid(fields.back(errors))).await
}
