//! Graph subscriptions (learn.microsoft.com/graph/api/resources/subscription): one per calendar, extended in place.

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Microsoft;
use super::calendar::preferring;
use super::errors::{code, source_error};
use super::wire::Page;
use crate::calendar::{Channel, ChannelRequest, Credentials, PushError, PushSource, Renewal, SourceError};
use crate::outbound::{Request, Response};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    id: String,
    resource: Option<String>,
    notification_url: Option<String>,
    expiration_date_time: DateTime<Utc>,
}

#[async_trait::async_trait]
impl PushSource for Microsoft {
    /// Graph asks our address for its answer before it gives its own, so a channel that is open has been proved.
    async fn open_channel(&self, credentials: &Credentials, request: &ChannelRequest<'_>) -> Result<Channel, PushError> {
        let address = self.settings.webhook_url.as_ref().ok_or(PushError::Unsupported)?;
        // Two people may connect the same mailbox: by its address a subscription can be told from another's.
        let address = format!("{}?connection={}", address.expose_secret(), request.connection);
        let resource = format!("/me/calendars/{}/events", request.calendar);
        let body = json!({
            "changeType": "created,updated,deleted", "resource": resource, "notificationUrl": address, "lifecycleNotificationUrl": address,
            "expirationDateTime": moment(request.expires_at), "clientState": request.secret.expose_secret(), "latestSupportedTlsVersion": "v1_2",
        });
        let mut response = self.call(credentials, Method::POST, &["subscriptions"], Some(&body)).await?;
        if response.status.as_u16() == 409 {
            self.remove_stale(credentials, &resource, &address).await?;
            response = self.call(credentials, Method::POST, &["subscriptions"], Some(&body)).await?;
        }
        if !response.status.is_success() {
            return Err(push_error(&response));
        }
        let opened: Subscription = read(&response)?;
        Ok(Channel { external_id: opened.id, resource_id: None, expires_at: opened.expiration_date_time, is_confirmed: true })
    }

    /// Also what Graph wants when it asks for reauthorization.
    async fn renew_channel(&self, credentials: &Credentials, external_id: &str, until: DateTime<Utc>) -> Result<Renewal, PushError> {
        let body = json!({ "expirationDateTime": moment(until) });
        let response = self.call(credentials, Method::PATCH, &["subscriptions", external_id], Some(&body)).await?;
        if !response.status.is_success() {
            return Err(push_error(&response));
        }
        Ok(Renewal::Extended(read::<Subscription>(&response)?.expiration_date_time))
    }

    async fn close_channel(&self, credentials: &Credentials, external_id: &str, _: Option<&str>) -> Result<(), SourceError> {
        match self.call(credentials, Method::DELETE, &["subscriptions", external_id], None).await {
            Ok(response) if response.status.is_success() || response.status.as_u16() == 404 => Ok(()),
            Ok(response) => Err(source_error(&response)),
            Err(PushError::Source(error)) => Err(error),
            Err(PushError::Unsupported | PushError::Gone) => Ok(()),
        }
    }
}

impl Microsoft {
    async fn call(
        &self,
        credentials: &Credentials,
        method: Method,
        segments: &[&str],
        body: Option<&Value>,
    ) -> Result<Response, PushError> {
        let Credentials::Bearer(token) = credentials else { return Err(PushError::Source(SourceError::Unauthorized)) };
        let url = self.endpoint(segments).map_err(PushError::Source)?;
        let mut request = match body {
            Some(body) => Request::post_json(url, body),
            None => Request::get(url),
        };
        // Renewing and closing twice does no harm; opening twice leaves one that nobody knows.
        request.repeatable = method != Method::POST;
        request.method = method;
        self.outbound.send(&self.push_destination, preferring(request).bearer(token)).await.map_err(|error| PushError::Source(error.into()))
    }

    /// Removes subscriptions of ours to the same calendar that were left behind, which is why Graph refuses another.
    async fn remove_stale(&self, credentials: &Credentials, resource: &str, address: &str) -> Result<(), PushError> {
        let response = self.call(credentials, Method::GET, &["subscriptions"], None).await?;
        if !response.status.is_success() {
            return Err(push_error(&response));
        }
        let page: Page<'_> = serde_json::from_slice(&response.body).map_err(|_| PushError::Source(SourceError::Unreadable))?;
        let subscriptions = page.value.into_iter().filter_map(|entry| serde_json::from_str::<Subscription>(entry.get()).ok());
        for stale in subscriptions {
            let same = |text: &str| text.trim_start_matches('/').eq_ignore_ascii_case(resource.trim_start_matches('/'));
            if stale.resource.as_deref().is_some_and(same) && stale.notification_url.as_deref() == Some(address) {
                self.close_channel(credentials, &stale.id, None).await.map_err(PushError::Source)?;
            }
        }
        Ok(())
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, PushError> {
    serde_json::from_slice(&response.body).map_err(|_| PushError::Source(SourceError::Unreadable))
}

/// 404: what was to be renewed has ended. 400: our address did not answer as Graph wants, or this calendar cannot be subscribed to. 409:
/// somebody else's subscription is in the way.
fn push_error(response: &Response) -> PushError {
    match (response.status.as_u16(), code(response).as_str()) {
        (404, "ResourceNotFound" | "ItemNotFound") => PushError::Gone,
        (400 | 409, _) => PushError::Unsupported,
        _ => PushError::Source(source_error(response)),
    }
}
