//! Watch channels of the Calendar API: one URL per channel, a secret that comes back, an end that cannot be put off.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::api::{account, refuse};
use crate::faults::{Route, under};
use crate::push::Push;
use crate::{Shared, opaque};

/// A channel lives at most so long.
const LONGEST: TimeDelta = TimeDelta::days(30);

pub(crate) struct Channel {
    pub account: String,
    pub calendar: String,
    resource_id: String,
    pub token: String,
    address: String,
    pub expires_at: DateTime<Utc>,
    /// Rises with gaps.
    number: u64,
}

impl Channel {
    /// One message. There is no body.
    pub(super) fn message(&mut self, id: &str, state: &str) -> Push {
        self.number += if state == "sync" { 1 } else { 3 };
        let headers = vec![
            ("x-goog-channel-id", id.to_owned()),
            ("x-goog-channel-token", self.token.clone()),
            ("x-goog-channel-expiration", self.expires_at.to_rfc2822()),
            ("x-goog-resource-id", self.resource_id.clone()),
            ("x-goog-resource-uri", "https://www.googleapis.com/calendar/v3/calendars/x/events?alt=json".to_owned()),
            ("x-goog-resource-state", state.to_owned()),
            ("x-goog-message-number", self.number.to_string()),
        ];
        Push::plain(self.address.clone(), headers, String::new())
    }
}

#[derive(Deserialize)]
pub(super) struct Watch {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    address: String,
    #[serde(default)]
    token: String,
    /// Unix milliseconds, as text.
    expiration: Option<String>,
}

pub(super) async fn watch(
    State(shared): State<Arc<Shared>>,
    Path(calendar): Path<String>,
    headers: HeaderMap,
    Json(watch): Json<Watch>,
) -> Response {
    under(&shared, Route::GoogleWatch, || {
        let email = match account(&shared, &headers) {
            Ok(email) => email,
            Err(response) => return response,
        };
        let now = shared.clock.now();
        let mut state = shared.lock();
        let google = &mut state.google;
        let found = google.accounts.get(&email).and_then(|account| account.calendars.iter().find(|entry| entry.id == calendar));
        let Some(role) = found.map(|calendar| calendar.role) else { return refuse(StatusCode::NOT_FOUND, "notFound") };
        if watch.kind != "web_hook" || watch.id.len() > 64 || watch.token.len() > 256 {
            return refuse(StatusCode::BAD_REQUEST, "invalid");
        }
        if role == "reader" {
            // Calendars of holidays and the like.
            return refuse(StatusCode::BAD_REQUEST, "pushNotSupportedForRequestedResource");
        }
        if google.channels.contains_key(&watch.id) {
            return refuse(StatusCode::BAD_REQUEST, "channelIdNotUnique");
        }
        let asked = watch.expiration.and_then(|text| DateTime::from_timestamp_millis(text.parse().ok()?));
        let expires_at = asked.unwrap_or(now + TimeDelta::days(7)).min(now + LONGEST);
        let resource_id = opaque("", 27);
        let mut channel =
            Channel { account: email, calendar, resource_id: resource_id.clone(), token: watch.token, address: watch.address, expires_at, number: 0 };
        google.pushes.push(channel.message(&watch.id, "sync"));
        google.channels.insert(watch.id.clone(), channel);
        Json(json!({ "kind": "api#channel", "id": watch.id, "resourceId": resource_id, "resourceUri": "x", "expiration": expires_at.timestamp_millis().to_string() }))
            .into_response()
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    id: String,
    resource_id: Option<String>,
}

pub(super) async fn stop(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(stop): Json<Stop>) -> Response {
    under(&shared, Route::GoogleStop, || {
        let email = match account(&shared, &headers) {
            Ok(email) => email,
            Err(response) => return response,
        };
        let mut state = shared.lock();
        let channels = &mut state.google.channels;
        let fits = |channel: &Channel| channel.account == email && Some(&channel.resource_id) == stop.resource_id.as_ref();
        if !channels.get(&stop.id).is_some_and(fits) {
            return refuse(StatusCode::NOT_FOUND, "notFound");
        }
        channels.remove(&stop.id);
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}
