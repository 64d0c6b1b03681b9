//! Code exchange, refresh, revocation.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use base64::Engine;
use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::id_token;
use crate::faults::{Route, under};
use crate::{CLIENT_ID, CLIENT_SECRET, Shared};

type Parameters = HashMap<String, String>;

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

pub(super) async fn token(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    under(&shared, Route::GoogleToken, || {
        let get = |name: &str| parameters.get(name).map_or("", String::as_str);
        if get("client_id") != CLIENT_ID || get("client_secret") != CLIENT_SECRET {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "The OAuth client was not found.");
        }
        match get("grant_type") {
            "authorization_code" => exchange(&shared, &parameters),
            "refresh_token" => refresh(&shared, get("refresh_token")),
            _ => refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "Invalid grant_type"),
        }
    })
    .await
}

fn exchange(shared: &Shared, parameters: &Parameters) -> Response {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let now = shared.clock.now();
    let mut state = shared.lock();
    let google = &mut state.google;
    let Some(code) = google.codes.get_mut(get("code")) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code.");
    };
    if code.used || code.expires_at <= now {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Bad Request");
    }
    // Used up by trying, also with a wrong verifier.
    code.used = true;
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
    if !(43..=128).contains(&get("code_verifier").len()) || challenge != code.challenge {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Invalid code verifier.");
    }
    if get("redirect_uri") != code.redirect_uri {
        return refuse(StatusCode::BAD_REQUEST, "redirect_uri_mismatch", "Bad Request");
    }
    let (account, scopes, offline, nonce) = (code.account.clone(), code.scopes.clone(), code.offline, code.nonce.clone());
    let access = google.issue_access(&account, &scopes, now);
    let mut answer = json!({ "access_token": access, "expires_in": 3599, "scope": scopes.join(" "), "token_type": "Bearer" });
    if offline {
        answer["refresh_token"] = google.issue_refresh(&account, &scopes, now).into();
    }
    if scopes.iter().any(|scope| scope == "openid")
        && let Some(owner) = google.accounts.get(&account)
        && let Some(token) = id_token::make(&google.issuer, owner, &nonce, google.id_token_fault, now)
    {
        answer["id_token"] = token.into();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn refresh(shared: &Shared, text: &str) -> Response {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let google = &mut state.google;
    let dead = |token: &super::state::Refresh| google.testing_mode && now - token.issued_at >= TimeDelta::days(7);
    let Some((account, scopes)) =
        google.refresh.get(text).filter(|token| !dead(token)).map(|token| (token.account.clone(), token.scopes.clone()))
    else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Token has been expired or revoked.");
    };
    let access = google.issue_access(&account, &scopes, now);
    Json(json!({ "access_token": access, "expires_in": 3599, "scope": scopes.join(" "), "token_type": "Bearer" })).into_response()
}

pub(super) async fn revoke(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    under(&shared, Route::GoogleRevoke, || {
        let text = parameters.get("token").map_or("", String::as_str);
        let mut state = shared.lock();
        let google = &mut state.google;
        let account = google
            .refresh
            .get(text)
            .map(|token| token.account.clone())
            .or_else(|| google.access.get(text).map(|token| token.account.clone()));
        match account {
            // Everything the person granted to the client goes, not only this token.
            Some(account) => {
                google.revoke_account(&account);
                Json(json!({})).into_response()
            }
            None => refuse(StatusCode::BAD_REQUEST, "invalid_token", "Token expired or revoked"),
        }
    })
    .await
}
