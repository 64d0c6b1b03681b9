//! Code exchange and refresh. Every refresh makes a new refresh token; the old one is dead where rotation is strict.

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

use super::MicrosoftState;
use crate::faults::{Route, under};
use crate::{CLIENT_ID, CLIENT_SECRET, Shared};

type Parameters = HashMap<String, String>;

fn refuse(status: StatusCode, error: &str, code: u32, text: &str) -> Response {
    let body = json!({
        "error": error, "error_description": format!("AADSTS{code}: {text} Trace ID: 00000000-0000-0000-0000-000000000000"), "error_codes": [code],
        "timestamp": "2026-11-22 09:00:00Z", "trace_id": "00000000-0000-0000-0000-000000000000", "correlation_id": "00000000-0000-0000-0000-000000000000",
    });
    (status, Json(body)).into_response()
}

pub(super) async fn token(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    under(&shared, Route::MicrosoftToken, || {
        let get = |name: &str| parameters.get(name).map_or("", String::as_str);
        if shared.lock().microsoft.secret_expired {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_222, "The provided client secret keys are expired.");
        }
        if get("client_id") != CLIENT_ID || get("client_secret") != CLIENT_SECRET {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, "Invalid client secret provided.");
        }
        match get("grant_type") {
            "authorization_code" => exchange(&shared, &parameters),
            "refresh_token" => refresh(&shared, &parameters),
            _ => refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", 70_003, "The grant type is not supported."),
        }
    })
    .await
}

fn exchange(shared: &Shared, parameters: &Parameters) -> Response {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let now = shared.clock.now();
    let mut state = shared.lock();
    let microsoft = &mut state.microsoft;
    let Some(code) = microsoft.codes.get_mut(get("code")) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.");
    };
    if code.used {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 54_005, "OAuth2 Authorization code was already redeemed.");
    }
    code.used = true;
    if code.expires_at <= now {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 70_008, "The provided authorization code has expired.");
    }
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
    if challenge != code.challenge {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 501_481, "The Code_Verifier does not match the code_challenge.");
    }
    if get("redirect_uri") != code.redirect_uri {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", 50_011, "The redirect URI does not match.");
    }
    let (account, scopes) = (code.account.clone(), code.scopes.clone());
    answer(microsoft, &account, &scopes, now)
}

fn refresh(shared: &Shared, parameters: &Parameters) -> Response {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let now = shared.clock.now();
    let mut state = shared.lock();
    let microsoft = &mut state.microsoft;
    let known = microsoft.refresh.get_mut(get("refresh_token"));
    let Some(token) = known else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 50_173, "The provided grant has expired due to it being revoked.");
    };
    if now - token.used_at >= TimeDelta::days(90) {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", 700_082, "The refresh token has expired due to inactivity.");
    }
    token.used_at = now;
    let (account, scopes) = (token.account.clone(), token.scopes.clone());
    if !get("scope").split(' ').all(|scope| scopes.iter().any(|granted| granted == scope)) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            65_001,
            "The user or administrator has not consented to use the application.",
        );
    }
    if microsoft.strict_rotation {
        microsoft.refresh.remove(get("refresh_token"));
    }
    answer(microsoft, &account, &scopes, now)
}

fn answer(microsoft: &mut MicrosoftState, account: &str, scopes: &[String], now: chrono::DateTime<chrono::Utc>) -> Response {
    let (access, refresh) = microsoft.issue(account, scopes, now);
    // The list leaves offline_access out and writes scopes with their host.
    let listed: Vec<String> =
        scopes.iter().filter(|scope| *scope != "offline_access").map(|scope| format!("https://graph.microsoft.com/{scope}")).collect();
    let mut body =
        json!({ "token_type": "Bearer", "scope": listed.join(" "), "expires_in": 4500, "ext_expires_in": 4500, "access_token": access });
    if let Some(refresh) = refresh {
        body["refresh_token"] = refresh.into();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
