//! The consent page: choose an account; allow, allow partly, or deny.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use url::Url;

use super::KNOWN_SCOPES;
use super::state::Code;
use crate::opaque;
use crate::page::{escape, page};
use crate::{CLIENT_ID, Shared};

type Parameters = HashMap<String, String>;

/// What is wrong with a request, if anything. Google shows these on its own page and never returns.
fn refuse(shared: &Shared, parameters: &Parameters) -> Option<&'static str> {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let registered = shared.lock().google.redirect_urls.iter().any(|url| url == get("redirect_uri"));
    match () {
        () if get("client_id") != CLIENT_ID => Some("Error 401: invalid_client"),
        () if !registered => Some("Error 400: redirect_uri_mismatch"),
        () if get("response_type") != "code" => Some("Error 400: unsupported_response_type"),
        () if get("scope").is_empty() || !get("scope").split(' ').all(|scope| KNOWN_SCOPES.contains(&scope)) => {
            Some("Error 400: invalid_scope")
        }
        () if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 => {
            Some("Error 400: invalid_request (code_challenge)")
        }
        () if get("state").is_empty() => Some("Error 400: invalid_request (state)"),
        () => None,
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    if let Some(error) = refuse(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Access blocked", &format!("<p>{error}</p>"));
    }
    let hint = parameters.get("login_hint").map_or("noor.haddad@example.com", String::as_str);
    let mut body = "<p>Kairos wants access to your account. Choose one, then decide.</p><form method=\"post\" action=\"/google/consent\"><fieldset><legend>Account</legend>".to_owned();
    for account in shared.lock().google.accounts.values() {
        let checked = if account.email == hint { " checked" } else { "" };
        let _ = write!(
            body,
            "<label><input type=\"radio\" name=\"account\" value=\"{0}\"{checked}> {1} ({0})</label>",
            escape(&account.email),
            escape(account.name)
        );
    }
    body.push_str("</fieldset><fieldset><legend>Kairos may</legend><ul>");
    for scope in parameters.get("scope").map_or("", String::as_str).split(' ') {
        let _ = write!(body, "<li><code>{}</code></li>", escape(scope));
    }
    body.push_str("</ul></fieldset>");
    for (name, value) in &parameters {
        let _ = write!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    body.push_str(
        "<button name=\"decision\" value=\"allow\">Allow</button><button name=\"decision\" value=\"partly\">Allow, but not the calendar</button>\
         <button name=\"decision\" value=\"deny\">Deny</button><button name=\"decision\" value=\"admin\">Forbidden by an administrator</button></form>",
    );
    page(StatusCode::OK, "Sign in with Google", &body)
}

pub(super) async fn decide(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    if let Some(error) = refuse(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Access blocked", &format!("<p>{error}</p>"));
    }
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let Ok(mut back) = Url::parse(get("redirect_uri")) else { return page(StatusCode::BAD_REQUEST, "Access blocked", "") };
    let mut state = shared.lock();
    if !state.google.accounts.contains_key(get("account")) {
        return page(StatusCode::BAD_REQUEST, "Choose an account", "<p>Go back and choose one.</p>");
    }
    let scopes: Vec<String> = match get("decision") {
        "allow" => get("scope").split(' ').map(str::to_owned).collect(),
        "partly" => vec!["openid".to_owned()],
        other => {
            let error = if other == "admin" { "admin_policy_enforced" } else { "access_denied" };
            back.query_pairs_mut().append_pair("error", error).append_pair("state", get("state"));
            return Redirect::to(back.as_str()).into_response();
        }
    };
    let code = opaque("4/0A", 64);
    let now = shared.clock.now();
    let record = Code {
        account: get("account").to_owned(),
        scopes: scopes.clone(),
        redirect_uri: get("redirect_uri").to_owned(),
        challenge: get("code_challenge").to_owned(),
        nonce: get("nonce").to_owned(),
        offline: get("access_type") == "offline",
        expires_at: now + TimeDelta::minutes(10),
        used: false,
    };
    state.google.codes.insert(code.clone(), record);
    back.query_pairs_mut()
        .append_pair("state", get("state"))
        .append_pair("code", &code)
        .append_pair("scope", &scopes.join(" "))
        .append_pair("authuser", "0")
        .append_pair("prompt", "consent");
    Redirect::to(back.as_str()).into_response()
}
