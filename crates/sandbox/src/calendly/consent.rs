//! Calendly's OAuth: the consent page, and tokens that last two hours. A refresh token dies at its first use; eight tokens a minute are given.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::state::{ORGANIZATION, USER};
use crate::faults::{Route, under};
use crate::opaque;
use crate::page::{escape, page};
use crate::{CLIENT_ID, CLIENT_SECRET, Shared};

type Parameters = HashMap<String, String>;

const KNOWN_SCOPES: &[&str] = &[
    "users:read",
    "event_types:read",
    "availability:read",
    "scheduled_events:read",
    "scheduled_events:write",
    "scheduling_links:write",
    "webhooks:write",
];

/// What consents gave.
#[derive(Default)]
pub(super) struct Consents {
    codes: HashMap<String, Code>,
    /// Refresh tokens that were not used yet.
    refresh: HashMap<String, String>,
    /// Access tokens, with what they may do and when they end.
    access: HashMap<String, (String, DateTime<Utc>)>,
    /// When tokens were given, of the last minute.
    given: Vec<DateTime<Utc>>,
}

struct Code {
    scope: String,
    redirect_uri: String,
    challenge: String,
    expires_at: DateTime<Utc>,
}

impl Consents {
    /// What an access token may do, if it is one and has not ended.
    pub fn scope_of(&self, token: &str, now: DateTime<Utc>) -> Option<&str> {
        self.access.get(token).filter(|(_, ends_at)| *ends_at > now).map(|(scope, _)| scope.as_str())
    }

    /// Everything that was ever granted is over.
    pub fn revoke(&mut self) {
        self.refresh.clear();
        self.access.clear();
    }

    /// Access tokens end before their time.
    pub fn end_access(&mut self) {
        self.access.clear();
    }

    /// How many refresh tokens would still work.
    pub fn open_grants(&self) -> usize {
        self.refresh.len()
    }

    fn give(&mut self, scope: &str, now: DateTime<Utc>) -> Response {
        self.given.retain(|at| now - *at < TimeDelta::minutes(1));
        if self.given.len() >= 8 {
            return refuse(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many tokens were requested.");
        }
        self.given.push(now);
        let (access, refresh) = (opaque("eyJhbGciOiJIUzI1NiJ9.", 200), opaque("", 43));
        self.access.insert(access.clone(), (scope.to_owned(), now + TimeDelta::hours(2)));
        self.refresh.insert(refresh.clone(), scope.to_owned());
        let body = json!({
            "token_type": "Bearer", "access_token": access, "refresh_token": refresh, "expires_in": 7200, "created_at": now.timestamp(),
            "scope": scope, "owner": USER, "organization": ORGANIZATION,
        });
        ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

/// What is wrong with a request, if anything; shown on Calendly's own page.
fn wrong(shared: &Shared, parameters: &Parameters) -> Option<&'static str> {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let is_registered = shared.lock().calendly.redirect_urls.iter().any(|url| url == get("redirect_uri"));
    match () {
        () if get("client_id") != CLIENT_ID => Some("Client authentication failed due to unknown client."),
        () if !is_registered => Some("The redirect uri included is not valid."),
        () if get("response_type") != "code" => Some("The authorization server does not support this response type."),
        () if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 => Some("Code challenge required."),
        () if get("scope").split(' ').any(|scope| !KNOWN_SCOPES.contains(&scope)) => {
            Some("The requested scope is invalid, unknown, or malformed.")
        }
        () if get("state").is_empty() => Some("Missing required parameter: state."),
        () => None,
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    if let Some(error) = wrong(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Something went wrong", &format!("<p>{error}</p>"));
    }
    let mut body =
        "<p>Kairos would like to use the Calendly account of Bruno Costa.</p><form method=\"post\" action=\"/calendly/consent\">"
            .to_owned();
    for (name, value) in &parameters {
        let _ = write!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    body.push_str("<button name=\"decision\" value=\"allow\">Allow</button><button name=\"decision\" value=\"deny\">Deny</button></form>");
    page(StatusCode::OK, "Connect to Calendly", &body)
}

pub(super) async fn decide(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    if let Some(error) = wrong(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Something went wrong", &format!("<p>{error}</p>"));
    }
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let Ok(mut back) = Url::parse(get("redirect_uri")) else { return page(StatusCode::BAD_REQUEST, "Something went wrong", "") };
    if get("decision") != "allow" {
        back.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", get("state"));
        return Redirect::to(back.as_str()).into_response();
    }
    let code = opaque("", 43);
    let record = Code {
        scope: get("scope").to_owned(),
        redirect_uri: get("redirect_uri").to_owned(),
        challenge: get("code_challenge").to_owned(),
        expires_at: shared.clock.now() + TimeDelta::minutes(10),
    };
    shared.lock().calendly.consents.codes.insert(code.clone(), record);
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", get("state"));
    Redirect::to(back.as_str()).into_response()
}

/// HTTP Basic, as web applications must (RFC 6749, 2.3.1).
fn is_client(headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Basic "));
    given.is_some_and(|given| given == STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")))
}

pub(super) async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(parameters): Form<Parameters>) -> Response {
    under(&shared, Route::CalendlyToken, || {
        let get = |name: &str| parameters.get(name).map_or("", String::as_str);
        let now = shared.clock.now();
        if !is_client(&headers) {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed.");
        }
        let mut state = shared.lock();
        let consents = &mut state.calendly.consents;
        let dead = || refuse(StatusCode::BAD_REQUEST, "invalid_grant", "The provided authorization grant is invalid, expired, or revoked.");
        match get("grant_type") {
            "authorization_code" => {
                // Used up by trying, also with a wrong verifier.
                let Some(code) = consents.codes.remove(get("code")) else { return dead() };
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
                if code.expires_at <= now || code.redirect_uri != get("redirect_uri") || code.challenge != challenge {
                    return dead();
                }
                consents.give(&code.scope, now)
            }
            "refresh_token" => match consents.refresh.remove(get("refresh_token")) {
                Some(scope) => consents.give(&scope, now),
                None => dead(),
            },
            _ => refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The authorization grant type is not supported."),
        }
    })
    .await
}

pub(super) async fn revoke(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    if get("client_id") != CLIENT_ID || get("client_secret") != CLIENT_SECRET {
        return refuse(StatusCode::FORBIDDEN, "unauthorized_client", "You are not authorized to revoke this token");
    }
    let mut state = shared.lock();
    if state.calendly.consents.refresh.remove(get("token")).is_some() {
        state.calendly.consents.end_access();
    }
    Json(json!({})).into_response()
}
