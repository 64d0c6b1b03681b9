//! `POST /app/settings/profile`

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, ProfileChange, ProfileError, ProfileProblem, WorkingHours};
use types::Notice;

use super::form::{Fields, go_saying};
use super::render::{Extra, broken, render};
use crate::middleware::Caller;
use crate::state::AppState;

/// Changes name, zone and working hours.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    let weekdays = fields
        .all("weekday")
        .iter()
        .filter_map(|text| text.parse::<u8>().ok())
        .filter(|bit| *bit < 7)
        .fold(0, |bits, bit| bits | (1 << bit));
    let hours = WorkingHours { starts_minute: minute(&fields.text("starts")), ends_minute: end_minute(&fields.text("ends")), weekdays };
    let change = ProfileChange { name: fields.text("name"), zone: fields.text("zone"), hours };
    match accounts::change(&state.deps, &caller.op, change).await {
        Ok(()) => go_saying("/app/settings/profile", Notice::ProfileSaved),
        Err(ProfileError::Invalid(problems)) => {
            let sentence = |problem: &ProfileProblem| match problem {
                ProfileProblem::Name => ("name", "A name has 1 to 100 characters."),
                ProfileProblem::Zone => ("zone", "This is not a time zone. Choose one from the list, such as Europe/Lisbon."),
                ProfileProblem::Hours => ("ends", "The working day must end after it begins."),
            };
            let errors = problems.iter().map(sentence).map(|(field, text)| (field, text.to_owned())).collect();
            render(
                &state,
                &caller,
                &uri,
                Extra { form: fields.back(errors), status: Some(StatusCode::UNPROCESSABLE_ENTITY), ..Extra::default() },
            )
            .await
        }
        Err(ProfileError::Internal(error)) => {
            tracing::error!(%error, "a profile could not be changed");
            broken()
        }
    }
}

/// `09:30` as minutes after midnight; anything else is refused as a bad time.
fn minute(text: &str) -> i16 {
    let parsed = text.split_once(':').and_then(|(hours, minutes)| Some((hours.parse::<i16>().ok()?, minutes.parse::<i16>().ok()?)));
    parsed
        .filter(|(hours, minutes)| (0..24).contains(hours) && (0..60).contains(minutes))
        .map_or(-1, |(hours, minutes)| hours * 60 + minutes)
}

/// A time field knows no 24:00, so 23:59 means the end of the day.
fn end_minute(text: &str) -> i16 {
    match minute(text) {
        1439 => 1440,
        other => other,
    }
}
