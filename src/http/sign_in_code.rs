//! `POST /sign-in/code`: the second step of signing in.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use domain::accounts::{self, AccountError};
use domain::base::security_event;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use types::{Notice, UserId};

use super::device;
use super::form::{Fields, go, go_saying};
use super::render::{Extra, broken, render};
use super::sign_in::{begin_session, browser, own_path};
use crate::middleware::{AddressPrefix, Caller};
use crate::state::AppState;

/// Where it stands in a session that is nobody's yet.
pub(super) const WAITING_KEY: &str = "waiting";
/// How long a right password waits for its code.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// Somebody whose password was right.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub user: UserId,
    pub password_number: i32,
    pub is_known: bool,
    /// Whether that was shown here, and not at Google.
    #[serde(default)]
    pub is_proof: bool,
    pub since: DateTime<Utc>,
}

/// Who waits in this session, if they do not wait too long.
pub(super) async fn waiting_in(state: &AppState, session: &Session) -> Result<Option<Waiting>, tower_sessions::session::Error> {
    let waiting = session.get::<Waiting>(WAITING_KEY).await?;
    Ok(waiting.filter(|waiting| state.deps.now() - waiting.since < PATIENCE))
}

/// Checks the code and begins the session.
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    prefix: Option<Extension<AddressPrefix>>,
    session: Session,
    uri: Uri,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let waiting = match waiting_in(&state, &session).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(%error, "a session could not be read");
            return broken();
        }
    };
    let Some(Waiting { user, password_number, is_known, .. }) = waiting else { return go_saying("/sign-in", Notice::SignInAgain) };
    let code = fields.secret("code");
    let (status, errors) = match accounts::finish_sign_in(&state.deps, &caller.op, user, password_number, is_known, &code).await {
        Ok(signed_in) => {
            if let Err(error) =
                begin_session(&state, &session, &signed_in, &browser(&headers, prefix.as_ref()), Some(state.deps.now())).await
            {
                tracing::error!(%error, "a session could not be begun");
                return broken();
            }
            security_event("signed_in", "info");
            return device::remember(&state, go(&own_path(&fields.text("next"))), Some(signed_in.device));
        }
        Err(AccountError::Refused) => {
            security_event("code_refused", "medium");
            let sentence = "This code is not right, or it was used already. Wait for the next one, or use a recovery code.";
            (StatusCode::UNPROCESSABLE_ENTITY, vec![("code", sentence.to_owned())])
        }
        Err(AccountError::LinkDead) => return go_saying("/sign-in", Notice::SignInAgain),
        Err(AccountError::TooOften(too_often)) => {
            let extra = Extra::limited(&fields, too_often, "codes_limited", "high", "Too many codes were tried.");
            return render(&state, &caller, &uri, extra).await;
        }
        Err(error) => {
            tracing::error!(%error, "a code could not be checked");
            return broken();
        }
    };
    render(&state, &caller, &uri, Extra { form: fields.back(errors), status: Some(status), ..Extra::default() }).await
}
