//! The consent page: choose an account; accept, or not. There are no tick boxes: consent is all or nothing.

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

/// What is wrong with a request, if anything; Microsoft shows these on its own page and never returns.
fn refuse(shared: &Shared, parameters: &Parameters) -> Option<&'static str> {
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let registered = shared.lock().microsoft.redirect_urls.iter().any(|url| url == get("redirect_uri"));
    match () {
        () if get("client_id") != CLIENT_ID => Some("AADSTS700016: Application was not found in the directory."),
        () if !registered => Some("AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."),
        () if get("response_type") != "code" => Some("AADSTS900144: response_type"),
        () if get("scope").is_empty() || !get("scope").split(' ').all(|scope| KNOWN_SCOPES.contains(&scope)) => {
            Some("AADSTS70011: The provided value for the input parameter 'scope' is not valid.")
        }
        () if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 => Some("AADSTS501491: Invalid code challenge."),
        () if get("state").is_empty() => Some("AADSTS900144: state"),
        () => None,
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    if let Some(error) = refuse(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Sorry, but we’re having trouble signing you in", &format!("<p>{error}</p>"));
    }
    let hint = parameters.get("login_hint").map_or("mira.okafor@contoso.example", String::as_str);
    let mut body = "<p>Kairos asks for permission. Choose an account, then decide.</p><form method=\"post\" action=\"/microsoft/consent\"><fieldset><legend>Account</legend>".to_owned();
    for account in shared.lock().microsoft.accounts.values() {
        let checked = if account.email == hint { " checked" } else { "" };
        let _ = write!(
            body,
            "<label><input type=\"radio\" name=\"account\" value=\"{0}\"{checked}> {1} ({0}), {2}</label>",
            escape(account.email),
            escape(account.name),
            account.kind
        );
    }
    body.push_str("</fieldset>");
    for (name, value) in &parameters {
        let _ = write!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    body.push_str(
        "<button name=\"decision\" value=\"allow\">Accept</button><button name=\"decision\" value=\"deny\">Cancel</button>\
         <button name=\"decision\" value=\"admin\">Needs an administrator</button></form>",
    );
    page(StatusCode::OK, "Sign in with Microsoft", &body)
}

pub(super) async fn decide(State(shared): State<Arc<Shared>>, Form(parameters): Form<Parameters>) -> Response {
    if let Some(error) = refuse(&shared, &parameters) {
        return page(StatusCode::BAD_REQUEST, "Sorry, but we’re having trouble signing you in", &format!("<p>{error}</p>"));
    }
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    let Ok(mut back) = Url::parse(get("redirect_uri")) else { return page(StatusCode::BAD_REQUEST, "Sorry", "") };
    let mut state = shared.lock();
    if !state.microsoft.accounts.contains_key(get("account")) {
        return page(StatusCode::BAD_REQUEST, "Choose an account", "<p>Go back and choose one.</p>");
    }
    let refused = match get("decision") {
        "allow" => None,
        "admin" => Some(("consent_required", "AADSTS90094: An administrator has to grant this permission.")),
        _ => Some(("access_denied", "AADSTS65004: The resource owner or authorization server denied the request.")),
    };
    if let Some((error, description)) = refused {
        back.query_pairs_mut().append_pair("error", error).append_pair("error_description", description).append_pair("state", get("state"));
        return Redirect::to(back.as_str()).into_response();
    }
    let code = opaque("0.AX", 72);
    let record = Code {
        account: get("account").to_owned(),
        scopes: get("scope").split(' ').map(str::to_owned).collect(),
        redirect_uri: get("redirect_uri").to_owned(),
        challenge: get("code_challenge").to_owned(),
        expires_at: shared.clock.now() + TimeDelta::minutes(10),
        used: false,
    };
    state.microsoft.codes.insert(code.clone(), record);
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", get("state")).append_pair("session_state", "x");
    Redirect::to(back.as_str()).into_response()
}
