//! `POST /app/settings/caldav`

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::base::security_event;
use domain::calendar::{self, CaldavForm, CaldavProblem};
use domain::limits::TooOften;

use super::form::{Fields, go};
use super::render::{Extra, length, render};
use crate::middleware::Caller;
use crate::state::AppState;

/// Connects by address, user name and app password.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    let form = CaldavForm { server: fields.text("server"), username: fields.text("username"), password: fields.secret("password") };
    let (field, sentence) = match calendar::connect_caldav(&state.deps, &caller.op, form).await {
        Ok(_) => return go("/app/settings?connected=success"),
        Err(CaldavProblem::BadAddress) => ("server", "This is not an address. It looks like https://cloud.example.com."),
        Err(CaldavProblem::AddressRefused) => (
            "server",
            "Kairos may not connect to this address: it is not public, or not HTTPS. Whoever runs this installation can allow it.",
        ),
        Err(CaldavProblem::Down) => ("server", "This server did not answer. Check the address, or try again in a minute."),
        Err(CaldavProblem::NotTried) => (
            "server",
            "Kairos did not ask this server: it failed for several people a moment ago. Nothing was sent. Try again in a minute.",
        ),
        Err(CaldavProblem::NotCaldav) => {
            ("server", "This server answers, but not as a calendar server. Your provider’s help names the right address.")
        }
        Err(CaldavProblem::Refused) => {
            ("password", "The server refuses this user name or password. Use an app password, and type it again.")
        }
        Err(CaldavProblem::NotAppPassword) => (
            "password",
            "This is not an app-specific password, and looks like the one of your Apple Account. It was not sent anywhere. An app-specific password has sixteen letters: abcd-efgh-ijkl-mnop.",
        ),
        Err(CaldavProblem::TooOften(TooOften { wait })) => {
            security_event("credentials_tried_too_often", "high");
            let sentence = format!("Too many passwords were tried. Nothing was sent this time. Try again in {}.", length(wait));
            return render(&state, &caller, &uri, Extra::too_often(fields.back(vec![("", sentence)]), wait)).await;
        }
        Err(CaldavProblem::NoCalendar) => ("server", "This account has no calendar that holds events. Make one there first."),
        Err(CaldavProblem::TooManyConnections) => {
            ("", "You have as many connections as one person may have: twenty. Disconnect one first.")
        }
        Err(CaldavProblem::Empty) => ("", "All three are needed: address, user name and app password."),
        Err(CaldavProblem::Internal(error)) => {
            tracing::error!(%error, "a CalDAV account could not be connected");
            return super::render::broken();
        }
    };
    let form = fields.back(vec![(field, sentence.to_owned())]);
    render(&state, &caller, &uri, Extra::invalid(form)).await
}
