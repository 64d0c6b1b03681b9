//! Every job there is, as plain data. Payloads hold ids only.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use types::{ApiKeyId, ConnectionId, IncidentId, UserId, UserTokenId};
use uuid::Uuid;

use super::Lane;

/// What a link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Confirms the address at sign-up.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
}

impl LinkPurpose {
    /// The text kept in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// What became of the ways in which somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInChange {
    /// An authenticator app was added.
    Added,
    /// It was removed.
    Removed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An admin removed every second factor there was.
    AllRemoved,
    /// An account at Google opens theirs.
    GoogleLinked,
    /// It does no more.
    GoogleUnlinked,
    /// It has other recovery codes.
    CodesRenewed,
}

/// By what an alert goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertChannel {
    /// `ALERT_EMAIL`.
    Mail,
    /// `ALERT_WEBHOOK_URL`.
    Webhook,
    /// `SENTRY_DSN`.
    Sentry,
}

impl AlertChannel {
    /// The text kept in a timeline.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Sentry => "sentry",
        }
    }
}

/// One thing to do. Each may run twice and must then end in the same state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Reads a connection's calendars.
    SyncConnection {
        /// Whose it is.
        user: UserId,
        /// Which one.
        connection: ConnectionId,
    },
    /// Opens, renews and closes a connection's push channels. In the queue under its older name, which jobs that wait there have.
    #[serde(rename = "keep_channels")]
    MaintainChannels {
        /// Whose it is.
        user: UserId,
        /// Which one.
        connection: ConnectionId,
    },
    /// Reads what can be booked at Calendly; puts itself in again for the next day.
    ReadCalendly {
        /// Whose account there.
        user: UserId,
    },
    /// Makes a single-use link that somebody asked for and has it mailed.
    MakeLink {
        /// Whose; `None` when the address that was typed has no account, so that both requests are the same work.
        user: Option<UserId>,
        /// What it is for.
        purpose: LinkPurpose,
    },
    /// Mails a single-use link.
    SendLink {
        /// To whom.
        user: UserId,
        /// The token behind the link.
        token: UserTokenId,
        /// What it is for.
        purpose: LinkPurpose,
    },
    /// Mails that someone tried to sign up with an address that already has an account.
    SendAlreadySignedUp {
        /// To whom.
        user: UserId,
    },
    /// Mails that the password was changed.
    SendPasswordChanged {
        /// To whom.
        user: UserId,
    },
    /// Mails that a second factor was changed.
    SendSignInChanged {
        /// To whom.
        user: UserId,
        /// How.
        change: SignInChange,
    },
    /// Mails that a key for programs was made.
    SendApiKeyMade {
        /// To whom.
        user: UserId,
        /// Which.
        key: ApiKeyId,
    },
    /// Mails that an account at Calendly needs its builder.
    MailBrokenCalendly {
        /// To whom.
        user: UserId,
    },
    /// Mails that a browser signed in for the first time.
    SendNewBrowser {
        /// To whom.
        user: UserId,
        /// Which session it began.
        label: Uuid,
    },
    /// Mails that a connection needs the person, if the break that began then still lasts.
    MailBrokenConnection {
        /// To whom.
        user: UserId,
        /// Which connection.
        connection: ConnectionId,
        /// When it broke.
        since: DateTime<Utc>,
        /// On which day after that.
        day: i64,
    },
    /// Removes what has expired; puts itself in again for the next hour.
    PurgeExpired,
    /// Keeps the newest signed head of the audit log elsewhere; puts itself in again for the next hour.
    CopyCheckpoint,
    /// Mails the newest signed head of the audit log to whoever keeps them.
    MailCheckpoint,
    /// Puts in an alert of an incident by each channel that is set.
    SendAlert {
        /// Which.
        incident: IncidentId,
    },
    /// Sends it by one.
    SendAlertBy {
        /// Which.
        incident: IncidentId,
        /// By what.
        channel: AlertChannel,
    },
    /// Checks the whole audit log.
    VerifyAudit {
        /// Which check: its progress and result are kept.
        verification: Uuid,
    },
}

impl Job {
    /// The name in metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SyncConnection { .. } => "sync_connection",
            Self::MaintainChannels { .. } => "maintain_channels",
            Self::ReadCalendly { .. } => "read_calendly",
            Self::MakeLink { .. } => "make_link",
            Self::SendLink { .. } => "send_link",
            Self::SendAlreadySignedUp { .. } => "send_already_signed_up",
            Self::SendPasswordChanged { .. } => "send_password_changed",
            Self::SendNewBrowser { .. } => "send_new_browser",
            Self::SendApiKeyMade { .. } => "send_api_key_made",
            Self::MailBrokenCalendly { .. } => "mail_broken_calendly",
            Self::SendSignInChanged { .. } => "send_sign_in_changed",
            Self::MailBrokenConnection { .. } => "mail_broken_connection",
            Self::PurgeExpired => "purge_expired",
            Self::CopyCheckpoint => "copy_checkpoint",
            Self::MailCheckpoint => "mail_checkpoint",
            Self::SendAlert { .. } => "send_alert",
            Self::SendAlertBy { .. } => "send_alert_by",
            Self::VerifyAudit { .. } => "verify_audit",
        }
    }

    /// The person it is done for, if it is done for one.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::SyncConnection { user, .. }
            | Self::MaintainChannels { user, .. }
            | Self::ReadCalendly { user }
            | Self::SendLink { user, .. }
            | Self::SendAlreadySignedUp { user }
            | Self::SendPasswordChanged { user }
            | Self::SendNewBrowser { user, .. }
            | Self::SendSignInChanged { user, .. }
            | Self::SendApiKeyMade { user, .. }
            | Self::MailBrokenCalendly { user }
            | Self::MailBrokenConnection { user, .. } => Some(*user),
            Self::MakeLink { user, .. } => *user,
            Self::PurgeExpired
            | Self::CopyCheckpoint
            | Self::MailCheckpoint
            | Self::SendAlert { .. }
            | Self::SendAlertBy { .. }
            | Self::VerifyAudit { .. } => None,
        }
    }

    /// Who works on it.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::MakeLink { .. }
            | Self::SendLink { .. }
            | Self::SendAlreadySignedUp { .. }
            | Self::SendPasswordChanged { .. }
            | Self::SendNewBrowser { .. }
            | Self::SendSignInChanged { .. }
            | Self::SendApiKeyMade { .. }
            | Self::MailBrokenCalendly { .. }
            | Self::MailBrokenConnection { .. }
            | Self::SendAlert { .. }
            | Self::SendAlertBy { .. }
            | Self::MailCheckpoint => Lane::Mail,
            Self::SyncConnection { .. }
            | Self::MaintainChannels { .. }
            | Self::ReadCalendly { .. }
            | Self::PurgeExpired
            | Self::CopyCheckpoint
            | Self::VerifyAudit { .. } => Lane::General,
        }
    }

    /// Jobs of the same serial key run one after another, on any number of replicas.
    pub fn serial_key(&self) -> Option<String> {
        match self {
            // Of one person at a time: somebody with twenty slow servers takes one place, and not all of them.
            Self::SyncConnection { user, .. } | Self::MaintainChannels { user, .. } | Self::ReadCalendly { user } => {
                Some(format!("person:{user}"))
            }
            Self::SendLink { .. }
            | Self::MakeLink { .. }
            | Self::SendAlert { .. }
            | Self::SendAlertBy { .. }
            | Self::SendAlreadySignedUp { .. }
            | Self::SendPasswordChanged { .. }
            | Self::SendNewBrowser { .. }
            | Self::SendSignInChanged { .. }
            | Self::SendApiKeyMade { .. }
            | Self::MailBrokenCalendly { .. }
            | Self::MailBrokenConnection { .. } => None,
            Self::PurgeExpired => Some("purge_expired".to_owned()),
            Self::CopyCheckpoint | Self::MailCheckpoint => Some(self.name().to_owned()),
            Self::VerifyAudit { .. } => Some("verify_audit".to_owned()),
        }
    }

    /// At most one waiting job has a given key; putting in another moves the first.
    pub fn unique_key(&self) -> Option<String> {
        match self {
            Self::SyncConnection { connection, .. } => Some(format!("sync:{connection}")),
            Self::MaintainChannels { connection, .. } => Some(format!("channels:{connection}")),
            Self::ReadCalendly { user } => Some(format!("calendly:{user}")),
            Self::SendLink { token, .. } => Some(format!("link:{token}")),
            Self::SendAlreadySignedUp { .. }
            | Self::SendPasswordChanged { .. }
            | Self::SendNewBrowser { .. }
            | Self::SendSignInChanged { .. }
            | Self::SendApiKeyMade { .. }
            | Self::MakeLink { .. }
            | Self::VerifyAudit { .. } => None,
            Self::SendAlert { incident } => Some(format!("alert:{incident}")),
            Self::SendAlertBy { incident, channel } => Some(format!("alert:{incident}:{}", channel.as_str())),
            Self::MailBrokenConnection { connection, day, .. } => Some(format!("broken:{connection}:{day}")),
            Self::MailBrokenCalendly { user } => Some(format!("broken_calendly:{user}")),
            Self::PurgeExpired => Some("purge_expired".to_owned()),
            Self::CopyCheckpoint | Self::MailCheckpoint => Some(self.name().to_owned()),
        }
    }
}
