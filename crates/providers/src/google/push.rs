//! Watch channels (developers.google.com/workspace/calendar/api/guides/push): one per calendar, never renewed, only replaced.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::Google;
use super::errors::{reason, source_error};
use crate::calendar::{Channel, ChannelRequest, Credentials, PushError, PushSource, Renewal, SourceError};
use crate::outbound::{Request, Response};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    id: String,
    resource_id: String,
    /// Unix milliseconds, as text.
    expiration: Option<String>,
}

#[async_trait::async_trait]
impl PushSource for Google {
    async fn open_channel(&self, credentials: &Credentials, request: &ChannelRequest<'_>) -> Result<Channel, PushError> {
        let address = self.settings.webhook_url.as_ref().ok_or(PushError::Unsupported)?;
        let url = self.endpoint(&["calendars", request.calendar, "events", "watch"]).map_err(PushError::Source)?;
        let body = json!({
            "id": request.id, "type": "web_hook", "address": address.expose_secret(), "token": request.secret.expose_secret(),
            "expiration": request.expires_at.timestamp_millis().to_string(),
        });
        let response = self.post(credentials, url, &body).await.map_err(PushError::Source)?;
        if !response.status.is_success() {
            return Err(push_error(&response));
        }
        let opened: Opened = serde_json::from_slice(&response.body).map_err(|_| PushError::Source(SourceError::Unreadable))?;
        let until = opened.expiration.and_then(|text| DateTime::from_timestamp_millis(text.parse().ok()?));
        Ok(Channel {
            external_id: opened.id,
            resource_id: Some(opened.resource_id),
            expires_at: until.unwrap_or(request.expires_at),
            is_confirmed: false,
        })
    }

    async fn renew_channel(&self, _: &Credentials, _: &str, _: DateTime<Utc>) -> Result<Renewal, PushError> {
        Ok(Renewal::Replace)
    }

    async fn close_channel(&self, credentials: &Credentials, external_id: &str, resource_id: Option<&str>) -> Result<(), SourceError> {
        let url = self.endpoint(&["channels", "stop"])?;
        let response = self.post(credentials, url, &json!({ "id": external_id, "resourceId": resource_id })).await?;
        match response.status.as_u16() {
            200..=299 | 404 => Ok(()),
            _ => Err(source_error(&response)),
        }
    }
}

impl Google {
    async fn post(&self, credentials: &Credentials, url: url::Url, body: &serde_json::Value) -> Result<Response, SourceError> {
        let Credentials::Bearer(token) = credentials else { return Err(SourceError::Unauthorized) };
        Ok(self.outbound.send(&self.destination, Request::post_json(url, body).bearer(token)).await?)
    }
}

/// Some calendars, such as those of holidays, cannot be watched; and an address Google does not like is no fault of the calendar's.
fn push_error(response: &Response) -> PushError {
    match (response.status.as_u16(), reason(response).as_str()) {
        (400, _) | (401, "push.webhookUrlUnauthorized") => PushError::Unsupported,
        _ => PushError::Source(source_error(response)),
    }
}
