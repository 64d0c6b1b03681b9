//! Every job there is, as plain data. Payloads hold ids only.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use types::{ApiKeyId, BookingId, ConnectionId, IncidentId, PrivacyRequestId, RefundId, UserId, UserTokenId};
use uuid::Uuid;

use super::{AlertChannel, BookingMail, LinkPurpose, SignInChange};

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
    /// Tells a provider to revoke the token of a connection that was removed.
    RevokeToken {
        /// Whose it was.
        user: UserId,
        /// Which.
        revocation: Uuid,
    },
    /// Reads what can be booked at Calendly; puts itself in again for the next day.
    ReadCalendly {
        /// Whose account there.
        user: UserId,
    },
    /// Gives a time free again that was not paid in time.
    ReleaseHold {
        /// Whose time.
        user: UserId,
        /// For which booking it was held.
        booking: BookingId,
    },
    /// Books a paid session at Calendly.
    BookAtCalendly {
        /// Whose account there.
        user: UserId,
        /// What.
        booking: BookingId,
    },
    /// Cancels it there.
    CancelAtCalendly {
        /// Whose account there.
        user: UserId,
        /// What.
        booking: BookingId,
    },
    /// Says there whether the client came.
    TellNoShow {
        /// Whose account there.
        user: UserId,
        /// To what.
        booking: BookingId,
    },
    /// Gives money back.
    SendRefund {
        /// Whose sale it was.
        user: UserId,
        /// Of what.
        booking: BookingId,
        /// Which.
        refund: RefundId,
    },
    /// Says that a session took place.
    FinishBooking {
        /// Whose it was.
        user: UserId,
        /// Which.
        booking: BookingId,
    },
    /// Brings one booking to where Stripe and Calendly say it stands.
    RepairBooking {
        /// Whose it is.
        user: UserId,
        /// Which.
        booking: BookingId,
    },
    /// Has every booking repaired that waits for something; puts itself in again.
    ReconcileBookings,
    /// Compares a builder's bookings with what stands at Calendly; puts itself in again while there are any ahead.
    CompareWithCalendly {
        /// Whose.
        user: UserId,
    },
    /// Reads at Stripe what webhooks did not say; puts itself in again.
    CatchUpWithStripe,
    /// Acts on what a provider told.
    OpenDelivery {
        /// The delivery.
        delivery: Uuid,
    },
    /// Mails something about a booking.
    SendBookingMail {
        /// Whose sale it is.
        user: UserId,
        /// Which.
        booking: BookingId,
        /// What is mailed.
        mail: BookingMail,
        /// How often the booking had been moved, so that each move is mailed once.
        times_moved: i32,
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
    /// Wraps data keys by the current encryption key that an older one wraps; puts itself in again.
    RewrapKeys,
    /// Opens everything that is sealed, to know that it opens; goes on where it was, and puts itself in again for the next night.
    ScanSealed,
    /// Looks what is past its time: requests, secrets; puts itself in again for the next day.
    LookAfter,
    /// Writes the archive that somebody asked for.
    WriteArchive {
        /// Whose.
        user: UserId,
        /// Which.
        archive: Uuid,
    },
    /// Mails that it is ready.
    SendArchiveReady {
        /// Whose.
        user: UserId,
        /// Which.
        archive: Uuid,
    },
    /// Forgets somebody who asked for it, when the time for taking it back is over.
    EraseUser {
        /// Whom.
        user: UserId,
        /// By which request.
        request: PrivacyRequestId,
    },
    /// Mails that somebody asked to be forgotten, or took it back.
    SendPrivacyMail {
        /// To whom.
        user: UserId,
        /// About which request.
        request: PrivacyRequestId,
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
            Self::RevokeToken { .. } => "revoke_token",
            Self::ReadCalendly { .. } => "read_calendly",
            Self::ReleaseHold { .. } => "release_hold",
            Self::BookAtCalendly { .. } => "book_at_calendly",
            Self::CancelAtCalendly { .. } => "cancel_at_calendly",
            Self::TellNoShow { .. } => "tell_no_show",
            Self::SendRefund { .. } => "send_refund",
            Self::FinishBooking { .. } => "finish_booking",
            Self::RepairBooking { .. } => "repair_booking",
            Self::ReconcileBookings => "reconcile_bookings",
            Self::CompareWithCalendly { .. } => "compare_with_calendly",
            Self::CatchUpWithStripe => "catch_up_with_stripe",
            Self::OpenDelivery { .. } => "open_delivery",
            Self::SendBookingMail { .. } => "send_booking_mail",
            Self::MakeLink { .. } => "make_link",
            Self::SendLink { .. } => "send_link",
            Self::SendAlreadySignedUp { .. } => "send_already_signed_up",
            Self::SendPasswordChanged { .. } => "send_password_changed",
            Self::SendNewBrowser { .. } => "send_new_browser",
            Self::RewrapKeys => "rewrap_keys",
            Self::ScanSealed => "scan_sealed",
            Self::LookAfter => "look_after",
            Self::WriteArchive { .. } => "write_archive",
            Self::SendArchiveReady { .. } => "send_archive_ready",
            Self::EraseUser { .. } => "erase_user",
            Self::SendPrivacyMail { .. } => "send_privacy_mail",
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
}
