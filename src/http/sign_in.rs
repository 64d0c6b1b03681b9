//! `POST /sign-in`

use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::accounts::{self, AccountError, Browser, SignIn, SignedIn};
use domain::limits::TooOften;
use tower_sessions::Session;
use types::Notice;

use super::device;
use super::form::{Fields, go, go_saying};
use super::render::{Extra, length, render};
use super::sign_in_code::{WAITING_KEY, Waiting};
use crate::middleware::{AddressPrefix, BROWSER_KEY, Caller, FACTOR_KEY, LABEL_KEY, PASSWORD_KEY, PROVED_KEY, USER_KEY};
use crate::state::AppState;
use domain::base::security_event;

/// Said to who is locked, and only after they showed that it is them.
pub(super) const LOCKED: &str = "This account is locked. Whoever runs this installation can say why, and open it again.";

/// Checks the password and begins a session under a new id.
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    prefix: Option<Extension<AddressPrefix>>,
    session: Session,
    uri: Uri,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let began = Instant::now();
    let form = SignIn { email: fields.text("email"), password: fields.secret("password"), device: device::of(&state, &headers) };
    let result = accounts::sign_in(&state.deps, &caller.op, &state.hasher, form).await;
    let outcome = if result.is_ok() { "success" } else { "failure" };
    metrics::histogram!("auth_attempts_duration_seconds", "status" => outcome).record(began.elapsed().as_secs_f64());
    let (status, errors) = match result {
        Ok(signed_in) => return go_on(&state, &caller, &session, &headers, prefix.as_ref(), signed_in, &fields.text("next")).await,
        Err(AccountError::Refused | AccountError::Invalid(_) | AccountError::LinkDead | AccountError::PasswordFirst) => {
            state.deps.security_event(&caller.op, "sign_in_refused", "low");
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                vec![("", "The address or the password is not right. Nothing says which of the two.".to_owned())],
            )
        }
        Err(AccountError::Locked) => {
            state.deps.security_event(&caller.op, "sign_in_to_locked", "medium");
            (StatusCode::UNPROCESSABLE_ENTITY, vec![("", LOCKED.to_owned())])
        }
        Err(AccountError::NotVerified) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            vec![("verify", "Your address is not confirmed yet. Use the link in the mail, or have it sent again.".to_owned())],
        ),
        Err(AccountError::Busy) => {
            (StatusCode::TOO_MANY_REQUESTS, vec![("", "Too many people are signing in right now. Try again in a few seconds.".to_owned())])
        }
        Err(AccountError::TooOften(TooOften { wait })) => {
            state.deps.security_event(&caller.op, "sign_in_limited", "medium");
            let sentence = format!(
                "Too many passwords were tried for this address. Try again in {}. If you forgot yours, have a link sent to set a new one.",
                length(wait)
            );
            return render(&state, &caller, &uri, Extra::too_often(fields.back(vec![("", sentence)]), wait)).await;
        }
        Err(AccountError::Internal(error)) => {
            tracing::error!(%error, "sign-in failed");
            return super::render::broken();
        }
    };
    render(&state, &caller, &uri, Extra { form: fields.back(errors), status: Some(status), ..Extra::default() }).await
}

/// Goes on as somebody who showed who they are: to the code, where one is asked for, else in a session of theirs to `next`.
pub(super) async fn go_on(
    state: &AppState,
    caller: &Caller,
    session: &Session,
    headers: &HeaderMap,
    prefix: Option<&Extension<AddressPrefix>>,
    signed_in: SignedIn,
    next: &str,
) -> Response {
    let next = own_path(next);
    look_at_present_session(state, caller, &signed_in).await;
    if signed_in.needs_code {
        if let Err(error) = wait_for_code(state, session, &signed_in).await {
            tracing::error!(%error, "a sign-in could not go on");
            return super::render::broken();
        }
        let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        return go(&format!("/sign-in/code?next={next}"));
    }
    if let Err(error) =
        begin_session(state, session, &signed_in, &browser(headers, prefix), signed_in.is_proof.then(|| state.deps.now())).await
    {
        tracing::error!(%error, "a session could not be begun");
        return super::render::broken();
    }
    security_event("signed_in", "info");
    let onward = if signed_in.is_new { go_saying("/app/settings/profile", Notice::AccountMade) } else { go(&next) };
    device::remember(state, onward, Some(signed_in.device))
}

/// Whether the browser came with a session that may have been planted there. Signing in goes on all the same, under an id of its own.
async fn look_at_present_session(state: &AppState, caller: &Caller, signed_in: &SignedIn) {
    let Some(hash) = caller.session_hash(&state.deps) else { return };
    if let Err(error) = accounts::note_planted_session(&state.deps, &caller.op, &hash, signed_in.user).await {
        tracing::error!(%error, "the session that was there could not be looked at");
    }
}

/// A session that is nobody's, until the code comes.
async fn wait_for_code(state: &AppState, session: &Session, signed_in: &SignedIn) -> Result<(), tower_sessions::session::Error> {
    session.clear().await;
    session.cycle_id().await?;
    let SignedIn { user, password_number, is_known, is_proof, .. } = *signed_in;
    let waiting = Waiting { user, password_number, is_known, is_proof, since: state.deps.now() };
    session.insert(WAITING_KEY, waiting).await?;
    session.save().await
}

/// What a session is recognised by.
pub(super) fn browser(headers: &HeaderMap, prefix: Option<&Extension<AddressPrefix>>) -> Browser {
    let program = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Browser::from_user_agent(program, prefix.map(|prefix| prefix.0.to_string()))
}

/// A fresh session under a fresh id: whatever the browser brought before is worth nothing now. `proved_at`: when they proved who they are, with a
/// code where they have a second factor.
pub(super) async fn begin_session(
    state: &AppState,
    session: &Session,
    signed_in: &SignedIn,
    browser: &Browser,
    proved_at: Option<DateTime<Utc>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let label = state.deps.new_id();
    // Somebody whose key is missing signs in all the same.
    let sealed = accounts::seal_browser(&state.deps, signed_in.user, label, browser).await;
    // `flush` alone would store the new session under the id of the old.
    session.clear().await;
    session.cycle_id().await?;
    session.insert(USER_KEY, signed_in.user).await?;
    session.insert(PASSWORD_KEY, signed_in.password_number).await?;
    session.insert(LABEL_KEY, label).await?;
    match sealed {
        Ok(sealed) => session.insert(BROWSER_KEY, sealed).await?,
        Err(error) => tracing::warn!(%error, "what a session runs in could not be kept"),
    }
    if signed_in.has_second_factor {
        session.insert(FACTOR_KEY, true).await?;
    }
    if let Some(at) = proved_at {
        session.insert(PROVED_KEY, at).await?;
    }
    session.save().await?;
    if !signed_in.is_known {
        accounts::tell_of_browser(&state.deps, signed_in.user, label).await?;
    }
    Ok(())
}

/// Only a path of ours; anything else leads to today.
pub(super) fn own_path(next: &str) -> String {
    let path = next.split('?').next().unwrap_or_default();
    let sound =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', ':', '#']) && crate::routes::is_page(path);
    if sound { next.to_owned() } else { "/app".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
        for own in
            ["/app/settings", "/app/settings/connections/0192e4a0-0000-7000-8000-000000000000", "/app/calendar?view=month&date=2026-11-01"]
        {
            assert_eq!(own_path(own), own);
        }
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "", "/app/../..", "/nowhere", "javascript:alert(1)"]
        {
            assert_eq!(own_path(elsewhere), "/app", "{elsewhere}");
        }
    }
}
