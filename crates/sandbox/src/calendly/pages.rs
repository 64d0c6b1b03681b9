//! Calendly's own pages: where an invitee moves or cancels by themselves, and where a single-use link is used.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::Shared;
use crate::page::{escape, page};

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    at: String,
}

fn choices(times: &[DateTime<Utc>]) -> String {
    let mut options = String::new();
    for at in times.iter().take(60) {
        let _ = write!(options, "<option value=\"{}\">{}</option>", at.to_rfc3339(), at.format("%a %-d %b, %H:%M UTC"));
    }
    format!("<label>Time <select name=\"at\">{options}</select></label>")
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Path((invitee, what)): Path<(String, String)>) -> Response {
    let now = shared.clock.now();
    let state = shared.lock();
    let found = state.calendly.invitees.iter().find(|made| made["uri"].as_str().is_some_and(|uri| uri.ends_with(&invitee)));
    let Some(made) = found.filter(|made| made["status"] == "active") else { return page(StatusCode::NOT_FOUND, "This event is over", "") };
    if what == "cancel" {
        return page(StatusCode::OK, "Cancel the event", "<form method=\"post\"><button>Cancel event</button></form>");
    }
    let event = made["event"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default();
    let event_type = state.calendly.events[event]["event_type"].as_str().unwrap_or_default().to_owned();
    let times = state.calendly.times(
        &event_type,
        now + TimeDelta::minutes(1),
        now + TimeDelta::days(14),
        made["event"].as_str().unwrap_or_default(),
    );
    page(StatusCode::OK, "Reschedule the event", &format!("<form method=\"post\">{}<button>Update event</button></form>", choices(&times)))
}

pub(super) async fn act(
    State(shared): State<Arc<Shared>>,
    Path((invitee, what)): Path<(String, String)>,
    Form(form): Form<Choice>,
) -> Response {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let is_done = match (what.as_str(), form.at.parse::<DateTime<Utc>>()) {
        ("cancel", _) => state.calendly.end(&invitee, "invitee", "", None, now),
        ("reschedule", Ok(at)) => state.calendly.reschedule(&invitee, at, now),
        _ => false,
    };
    let title = if is_done { "Done" } else { "That did not work" };
    page(if is_done { StatusCode::OK } else { StatusCode::CONFLICT }, title, "<p>You can close this page.</p>")
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    #[serde(default)]
    utm_content: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

pub(super) async fn pick(State(shared): State<Arc<Shared>>, Path(link): Path<String>, Query(given): Query<Tracking>) -> Response {
    let now = shared.clock.now();
    let state = shared.lock();
    let Some(event_type) = state.calendly.links.get(&link) else { return page(StatusCode::NOT_FOUND, "This link was used", "") };
    let times = state.calendly.times(event_type, now + TimeDelta::minutes(1), now + TimeDelta::days(14), "");
    let body = format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"utm_content\" value=\"{}\"><label>Name <input name=\"name\" value=\"{}\"></label>\
         <label>Email <input name=\"email\" value=\"{}\"></label>{}<button>Schedule event</button></form>",
        escape(&given.utm_content),
        escape(&given.name),
        escape(&given.email),
        choices(&times)
    );
    page(StatusCode::OK, "Pick a time", &body)
}

#[derive(Deserialize)]
pub(super) struct Picked {
    at: DateTime<Utc>,
    name: String,
    email: String,
    #[serde(default)]
    utm_content: String,
}

pub(super) async fn picked(State(shared): State<Arc<Shared>>, Path(link): Path<String>, Form(form): Form<Picked>) -> Response {
    let mut state = shared.lock();
    let Some(event_type) = state.calendly.links.get(&link).cloned() else { return page(StatusCode::NOT_FOUND, "This link was used", "") };
    let tracking = json!({ "utm_content": form.utm_content, "utm_source": null, "utm_campaign": null, "utm_medium": null, "utm_term": null, "salesforce_uuid": null });
    let who = json!({ "name": form.name, "email": form.email, "timezone": "Europe/Lisbon", "tracking": tracking });
    match state.calendly.book(&event_type, form.at, &who, None, shared.clock.now()) {
        Some(_) => {
            state.calendly.links.remove(&link);
            page(StatusCode::OK, "You are scheduled", "<p>You can close this page.</p>")
        }
        None => page(StatusCode::CONFLICT, "That time is gone", ""),
    }
}
