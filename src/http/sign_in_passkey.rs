//! `POST /sign-in/passkey`: a passkey alone opens the account, also where a code is waited for.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError, PasskeySignIn};
use tower_sessions::Session;

use super::device;
use super::form::Fields;
use super::passkeys::AUTHENTICATION_KEY;
use super::render::{Extra, broken, render};
use super::sign_in::{LOCKED, go_on};
use super::sign_in_code::waiting_in;
use super::waiting;
use crate::middleware::{AddressPrefix, Caller};
use crate::state::AppState;

/// Where it is said what went wrong.
const PAGE: &str = "/sign-in";

/// Checks what the authenticator made of the challenge and begins the session.
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    prefix: Option<Extension<AddressPrefix>>,
    session: Session,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let after_password = match waiting_in(&state, &session).await {
        Ok(waiting) => waiting.filter(|waiting| waiting.is_proof).map(|waiting| (waiting.user, waiting.password_number)),
        Err(error) => {
            tracing::error!(%error, "a session could not be read");
            return broken();
        }
    };
    let result = match waiting::take(&state, &caller, AUTHENTICATION_KEY).await {
        Ok(Some(ceremony)) => {
            let (credential, device) = (fields.text("credential"), device::of(&state, &headers));
            accounts::sign_in_with_passkey(&state.deps, &caller.op, PasskeySignIn { ceremony, credential, device, after_password }).await
        }
        Ok(None) => Err(AccountError::Refused),
        Err(error) => Err(error.into()),
    };
    let sentence = match result {
        Ok(signed_in) => {
            return go_on(&state, &caller, &session, &headers, prefix.as_ref(), signed_in, &fields.text("next")).await;
        }
        Err(AccountError::Refused) => {
            state.deps.security_event(&caller.op, "sign_in_refused", "low");
            "This passkey opens no account here, or it came too late. Try again, or sign in with your password."
        }
        Err(AccountError::PasswordFirst) => {
            "Your password was set anew by mail since this passkey was last used. Sign in with that password; the passkey comes after it, this once."
        }
        Err(AccountError::Locked) => {
            state.deps.security_event(&caller.op, "sign_in_to_locked", "medium");
            LOCKED
        }
        Err(AccountError::TooOften(too_often)) => {
            let extra = Extra::limited(&fields, too_often, "sign_in_limited", "medium", "Too many passkeys were tried.");
            return render(&state, &caller, &Uri::from_static(PAGE), extra).await;
        }
        Err(error) => {
            tracing::error!(%error, "signing in with a passkey failed");
            return broken();
        }
    };
    let extra = Extra::invalid(fields.back(vec![("", sentence.to_owned())]));
    render(&state, &caller, &Uri::from_static(PAGE), extra).await
}
