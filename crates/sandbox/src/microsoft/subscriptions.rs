//! Graph subscriptions: proved by a handshake, known by an id of Graph's, extended in place.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::MicrosoftState;
use super::data::Calendar;
use super::graph::{admit, refuse};
use crate::faults::{Route, under};
use crate::push::{Push, post};
use crate::{Shared, opaque};

/// Outlook events: 10,080 minutes, and never less than 45.
const LONGEST: TimeDelta = TimeDelta::minutes(10_080);
const LEAST: TimeDelta = TimeDelta::minutes(45);

#[derive(Clone)]
pub(crate) struct Subscription {
    pub account: String,
    pub resource: String,
    notification_url: String,
    lifecycle_url: String,
    pub client_state: String,
    pub expires_at: DateTime<Utc>,
}

impl Subscription {
    /// An ordinary message.
    pub(super) fn change(&self, id: &str, event: &str) -> Push {
        let item = json!({
            "subscriptionId": id, "subscriptionExpirationDateTime": moment(self.expires_at), "clientState": self.client_state, "changeType": "updated",
            "resource": format!("{}/{event}", self.resource), "tenantId": "00000000-0000-0000-0000-000000000000",
            "resourceData": { "@odata.type": "#Microsoft.Graph.Event", "@odata.id": "x", "@odata.etag": "W/x", "id": event },
        });
        Self::message(&self.notification_url, item)
    }

    /// A message about the subscription itself.
    pub(super) fn lifecycle(&self, id: &str, event: &str) -> Push {
        let item = json!({
            "subscriptionId": id, "subscriptionExpirationDateTime": moment(self.expires_at), "clientState": self.client_state,
            "tenantId": "00000000-0000-0000-0000-000000000000", "lifecycleEvent": event,
        });
        Self::message(&self.lifecycle_url, item)
    }

    fn message(address: &str, item: Value) -> Push {
        let body = json!({ "value": [item] }).to_string();
        Push::plain(address.to_owned(), vec![("content-type", "application/json".to_owned())], body)
    }

    fn show(&self, id: &str) -> Value {
        json!({ "id": id, "resource": self.resource, "changeType": "created,updated,deleted", "notificationUrl": self.notification_url,
                "clientState": null, "expirationDateTime": moment(self.expires_at) })
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Runs `work` for the mailbox behind the bearer token.
async fn as_subscriber(shared: &Arc<Shared>, headers: &HeaderMap, work: impl FnOnce(&mut MicrosoftState, &str) -> Response) -> Response {
    under(shared, Route::GraphSubscriptions, || {
        let mut state = shared.lock();
        let email = match admit(&state.microsoft, headers, shared.clock.now(), true) {
            Ok(account) => account.email,
            Err(refusal) => return refusal,
        };
        work(&mut state.microsoft, email)
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Draft {
    resource: String,
    notification_url: String,
    lifecycle_notification_url: Option<String>,
    client_state: String,
    expiration_date_time: DateTime<Utc>,
}

/// Both addresses are asked before there is an answer; nothing is locked meanwhile.
pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(draft): Json<Draft>) -> Response {
    let lifecycle_url = draft.lifecycle_notification_url.clone().unwrap_or_else(|| draft.notification_url.clone());
    for address in [&draft.notification_url, &lifecycle_url] {
        if !proves_itself(address).await {
            return refuse(StatusCode::BAD_REQUEST, "ValidationError");
        }
    }
    let now = shared.clock.now();
    as_subscriber(&shared, &headers, |microsoft, email| {
        let calendar = draft.resource.strip_prefix("/me/calendars/").and_then(|rest| rest.strip_suffix("/events"));
        let known = |entry: &Calendar| Some(entry.id.as_str()) == calendar;
        if !microsoft.accounts.get(email).is_some_and(|account| account.calendars.iter().any(known)) {
            return refuse(StatusCode::NOT_FOUND, "ErrorItemNotFound");
        }
        if draft.client_state.len() > 128 || draft.expiration_date_time > now + LONGEST {
            return refuse(StatusCode::BAD_REQUEST, "InvalidRequest");
        }
        let subscriptions = &mut microsoft.subscriptions;
        if subscriptions.values().any(|other| other.account == email && other.resource == draft.resource && other.expires_at > now) {
            return refuse(StatusCode::CONFLICT, "ExtensionError");
        }
        let id = opaque("", 36).replace(['/', '+'], "-");
        let subscription = Subscription {
            account: email.to_owned(),
            resource: draft.resource.clone(),
            notification_url: draft.notification_url.clone(),
            lifecycle_url: lifecycle_url.clone(),
            client_state: draft.client_state.clone(),
            expires_at: draft.expiration_date_time.max(now + LEAST),
        };
        let shown = subscription.show(&id);
        subscriptions.insert(id, subscription);
        (StatusCode::CREATED, Json(shown)).into_response()
    })
    .await
}

async fn proves_itself(address: &str) -> bool {
    let token = opaque("Validation: Testing client application reachability for subscription. ", 40);
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let sign = if address.contains('?') { '&' } else { '?' };
    let asked = post(&format!("{address}{sign}validationToken={encoded}"), &[("content-type", "text/plain; charset=utf-8")], "").await;
    asked.is_some_and(|(status, content_type, body)| status == 200 && content_type.starts_with("text/plain") && body == token)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    as_subscriber(&shared, &headers, |microsoft, email| {
        let of_account = microsoft.subscriptions.iter().filter(|(_, subscription)| subscription.account == email);
        let value: Vec<Value> = of_account.map(|(id, subscription)| subscription.show(id)).collect();
        Json(json!({ "@odata.context": "x", "value": value })).into_response()
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extension {
    expiration_date_time: DateTime<Utc>,
}

pub(super) async fn renew(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(extension): Json<Extension>,
) -> Response {
    let now = shared.clock.now();
    as_subscriber(&shared, &headers, |microsoft, email| {
        let found = microsoft.subscriptions.get_mut(&id).filter(|entry| entry.account == email && entry.expires_at > now);
        let Some(subscription) = found else { return refuse(StatusCode::NOT_FOUND, "ResourceNotFound") };
        if extension.expiration_date_time > now + LONGEST {
            return refuse(StatusCode::BAD_REQUEST, "InvalidRequest");
        }
        subscription.expires_at = extension.expiration_date_time;
        Json(subscription.show(&id)).into_response()
    })
    .await
}

pub(super) async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    as_subscriber(&shared, &headers, |microsoft, email| {
        if microsoft.subscriptions.get(&id).is_none_or(|entry| entry.account != email) {
            return refuse(StatusCode::NOT_FOUND, "ResourceNotFound");
        }
        microsoft.subscriptions.remove(&id);
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}
