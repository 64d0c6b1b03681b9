//! The trait behind which the push of Google and of Microsoft look alike.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use types::{ChannelId, ConnectionId};

use super::{Credentials, SourceError};

/// What a provider is asked for.
#[derive(Debug)]
pub struct ChannelRequest<'a> {
    /// Our own name of it.
    pub id: ChannelId,
    /// Whose it is: tells what this connection left behind from what another did.
    pub connection: ConnectionId,
    /// Comes back in every message. Microsoft's `clientState` ends at 128 characters, Google's token at 256.
    pub secret: &'a SecretString,
    /// The provider's id of the calendar.
    pub calendar: &'a str,
    /// Until when, if the provider agrees.
    pub expires_at: DateTime<Utc>,
}

/// What a provider agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The provider's own name of it.
    pub external_id: String,
    /// Google's name of what is watched, without which a channel cannot be stopped.
    pub resource_id: Option<String>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// Whether the provider has already reached us; else its first message proves it.
    pub is_confirmed: bool,
}

/// Why there is no channel. Closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The provider pushes nothing for this calendar, or cannot reach us: it is read at intervals instead.
    #[error("no push for this calendar")]
    Unsupported,
    /// The channel is not there any more.
    #[error("the channel is gone")]
    Gone,
    /// As for any other call.
    #[error(transparent)]
    Source(SourceError),
}

/// What came of asking for more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The same channel, until this moment.
    Extended(DateTime<Utc>),
    /// This provider extends nothing: open another, then stop this one.
    Replace,
}

/// A provider that says when a calendar changes, to an address it can reach.
#[async_trait::async_trait]
pub trait PushSource: Send + Sync + std::fmt::Debug {
    /// Opens a channel.
    async fn open_channel(&self, credentials: &Credentials, request: &ChannelRequest<'_>) -> Result<Channel, PushError>;

    /// Asks for more time.
    async fn renew_channel(&self, credentials: &Credentials, external_id: &str, until: DateTime<Utc>) -> Result<Renewal, PushError>;

    /// Closes a channel. One that is gone already is closed.
    async fn close_channel(&self, credentials: &Credentials, external_id: &str, resource_id: Option<&str>) -> Result<(), SourceError>;
}
