//! `POST /webhooks/google/{token}` and `POST /webhooks/outlook/{token}`: what the calendar providers push.
//!
//! Answered fast and alike: a provider whose pushes are answered late or with errors drops them. What is not for us is taken and dropped.

use std::collections::HashSet;

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::calendar::{self, CalendarError, Notification, NotificationKind, NotificationOutcome};
use domain::limits::{self, Limit, TooOften};
use secrecy::ExposeSecret;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use types::{Problem, Provider};

use crate::middleware::{Caller, problem, too_many};
use crate::state::AppState;

/// Largest body that is read here: Graph puts many messages into one.
pub const MAX_BODY: usize = 1 << 20;

/// A Google push has no body; everything is in its headers.
pub async fn google(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_ours(&state, &token) {
        return refuse(&state, &caller).await;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(secret), Some(channel)) = (text("x-goog-channel-token"), text("x-goog-channel-id")) else {
        return refuse(&state, &caller).await;
    };
    let notification = Notification {
        provider: Provider::Google,
        secret: secret.to_owned().into(),
        channel: channel.parse().ok(),
        external_id: Some(channel.to_owned()),
        resource_id: text("x-goog-resource-id").map(str::to_owned),
        kind: if text("x-goog-resource-state") == Some("sync") { NotificationKind::Opened } else { NotificationKind::Changed },
    };
    answer(&state, &caller, vec![notification], StatusCode::OK).await
}

/// What Graph adds to the address when it asks whether it is ours.
#[derive(Deserialize)]
pub struct Handshake {
    #[serde(rename = "validationToken")]
    validation_token: Option<String>,
}

#[derive(Deserialize)]
struct GraphNotifications {
    value: Vec<GraphNotification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphNotification {
    subscription_id: Option<String>,
    client_state: Option<String>,
    lifecycle_event: Option<String>,
}

/// Graph's handshake, or its messages, of several subscriptions in one body.
///
/// The handshake comes while the call that makes a subscription is open, and fails after ten seconds: it is answered out of memory.
pub async fn outlook(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    Query(handshake): Query<Handshake>,
    request: Request,
) -> Response {
    if !is_ours(&state, &token) {
        return refuse(&state, &caller).await;
    }
    if let Some(validation) = handshake.validation_token {
        return (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], validation).into_response();
    }
    // Read only now that whoever sends it has shown that they know the address.
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY).await else {
        return problem(Problem::TooLarge, &caller.op.request_id.to_string());
    };
    let Ok(notifications) = serde_json::from_slice::<GraphNotifications>(&body) else {
        return problem(Problem::Malformed, &caller.op.request_id.to_string());
    };
    let mut seen = HashSet::new();
    let notifications = notifications.value.into_iter().filter_map(|entry| {
        let kind = match entry.lifecycle_event.as_deref() {
            Some("reauthorizationRequired") => NotificationKind::RenewalWanted,
            Some("subscriptionRemoved") => NotificationKind::Ended,
            // `missed`, an ordinary change, and whatever is added one day: read.
            _ => NotificationKind::Changed,
        };
        let secret = entry.client_state.unwrap_or_default();
        seen.insert((secret.clone(), entry.subscription_id.clone(), kind)).then(|| Notification {
            provider: Provider::Outlook,
            secret: secret.into(),
            channel: None,
            external_id: entry.subscription_id,
            resource_id: None,
            kind,
        })
    });
    let notifications = notifications.collect();
    answer(&state, &caller, notifications, StatusCode::ACCEPTED).await
}

pub(super) fn is_ours(state: &AppState, token: &str) -> bool {
    state.web.webhook_token.expose_secret().as_bytes().ct_eq(token.as_bytes()).into()
}

/// Who knows the address is answered alike, whatever comes of it: a provider that is refused sends again, and in the end drops what is ours.
async fn answer(state: &AppState, caller: &Caller, notifications: Vec<Notification>, taken: StatusCode) -> Response {
    for notification in notifications {
        let outcome = match calendar::receive_notification(&state.deps, &caller.op, &notification).await {
            Ok(NotificationOutcome::SyncRequested) => "asked",
            Ok(NotificationOutcome::Noted) => "noted",
            Ok(NotificationOutcome::UnknownChannel) => "unknown",
            // Told to come again: providers do.
            Err(error) => return unavailable(caller, &error),
        };
        metrics::counter!("calendar_pushes_total", "provider" => notification.provider.as_str(), "outcome" => outcome).increment(1);
    }
    taken.into_response()
}

/// Somebody who does not know the address: told no more than that there is nothing.
pub(super) async fn refuse(state: &AppState, caller: &Caller) -> Response {
    state.deps.security_event(&caller.op, "webhook_refused", "low");
    let from = caller.op.address_pseudonym.as_deref().unwrap_or_default();
    match limits::take(&state.deps, &caller.op, Limit::UnverifiedWebhooksFromAddress, from).await {
        Ok(Ok(())) => problem(Problem::NotFound, &caller.op.request_id.to_string()),
        Ok(Err(TooOften { wait })) => too_many(wait, &caller.op.request_id.to_string()),
        Err(error) => unavailable(caller, &error.into()),
    }
}

fn unavailable(caller: &Caller, error: &CalendarError) -> Response {
    tracing::error!(%error, request_id = %caller.op.request_id, "a push could not be taken");
    problem(Problem::Unavailable, &caller.op.request_id.to_string())
}
