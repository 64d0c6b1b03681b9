//! For whom a job is done, by whom, after which others, and of which only one waits.

use types::UserId;

use super::{Job, Lane};

impl Job {
    /// The person it is done for, if it is done for one.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::SyncConnection { user, .. }
            | Self::MaintainChannels { user, .. }
            | Self::RevokeToken { user, .. }
            | Self::ReadCalendly { user }
            | Self::CompareWithCalendly { user }
            | Self::ReleaseHold { user, .. }
            | Self::BookAtCalendly { user, .. }
            | Self::CancelAtCalendly { user, .. }
            | Self::TellNoShow { user, .. }
            | Self::SendRefund { user, .. }
            | Self::FinishBooking { user, .. }
            | Self::RepairBooking { user, .. }
            | Self::SendBookingMail { user, .. }
            | Self::SendLink { user, .. }
            | Self::SendAlreadySignedUp { user }
            | Self::SendPasswordChanged { user }
            | Self::SendNewBrowser { user, .. }
            | Self::SendSignInChanged { user, .. }
            | Self::WriteArchive { user, .. }
            | Self::SendArchiveReady { user, .. }
            | Self::EraseUser { user, .. }
            | Self::SendPrivacyMail { user, .. }
            | Self::SendApiKeyMade { user, .. }
            | Self::MailBrokenCalendly { user }
            | Self::MailBrokenConnection { user, .. } => Some(*user),
            Self::MakeLink { user, .. } => *user,
            Self::PurgeExpired
            | Self::ReconcileBookings
            | Self::CatchUpWithStripe
            | Self::RewrapKeys
            | Self::ScanSealed
            | Self::LookAfter
            | Self::OpenDelivery { .. }
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
            | Self::SendBookingMail { .. }
            | Self::SendLink { .. }
            | Self::SendAlreadySignedUp { .. }
            | Self::SendPasswordChanged { .. }
            | Self::SendNewBrowser { .. }
            | Self::SendSignInChanged { .. }
            | Self::SendPrivacyMail { .. }
            | Self::SendArchiveReady { .. }
            | Self::SendApiKeyMade { .. }
            | Self::MailBrokenCalendly { .. }
            | Self::MailBrokenConnection { .. }
            | Self::SendAlert { .. }
            | Self::SendAlertBy { .. }
            | Self::MailCheckpoint => Lane::Mail,
            Self::SyncConnection { .. }
            | Self::MaintainChannels { .. }
            | Self::RevokeToken { .. }
            | Self::ReadCalendly { .. }
            | Self::ReleaseHold { .. }
            | Self::BookAtCalendly { .. }
            | Self::CancelAtCalendly { .. }
            | Self::TellNoShow { .. }
            | Self::SendRefund { .. }
            | Self::FinishBooking { .. }
            | Self::RepairBooking { .. }
            | Self::ReconcileBookings
            | Self::CompareWithCalendly { .. }
            | Self::CatchUpWithStripe
            | Self::RewrapKeys
            | Self::ScanSealed
            | Self::LookAfter
            | Self::OpenDelivery { .. }
            | Self::WriteArchive { .. }
            | Self::EraseUser { .. }
            | Self::PurgeExpired
            | Self::CopyCheckpoint
            | Self::VerifyAudit { .. } => Lane::General,
        }
    }

    /// Jobs of the same serial key run one after another, on any number of replicas.
    pub fn serial_key(&self) -> Option<String> {
        match self {
            // Of one person at a time: somebody with twenty slow servers takes one place, and not all of them.
            Self::SyncConnection { user, .. }
            | Self::MaintainChannels { user, .. }
            | Self::ReadCalendly { user }
            | Self::WriteArchive { user, .. }
            | Self::EraseUser { user, .. }
            | Self::CompareWithCalendly { user } => Some(format!("person:{user}")),
            // Of one booking at a time: what is decided next depends on what was done last.
            Self::ReleaseHold { booking, .. }
            | Self::BookAtCalendly { booking, .. }
            | Self::CancelAtCalendly { booking, .. }
            | Self::TellNoShow { booking, .. }
            | Self::SendRefund { booking, .. }
            | Self::FinishBooking { booking, .. }
            | Self::RepairBooking { booking, .. } => Some(format!("booking:{booking}")),
            Self::SendLink { .. }
            | Self::RevokeToken { .. }
            | Self::OpenDelivery { .. }
            | Self::SendBookingMail { .. }
            | Self::MakeLink { .. }
            | Self::SendAlert { .. }
            | Self::SendAlertBy { .. }
            | Self::SendAlreadySignedUp { .. }
            | Self::SendPasswordChanged { .. }
            | Self::SendNewBrowser { .. }
            | Self::SendSignInChanged { .. }
            | Self::SendPrivacyMail { .. }
            | Self::SendArchiveReady { .. }
            | Self::SendApiKeyMade { .. }
            | Self::MailBrokenCalendly { .. }
            | Self::MailBrokenConnection { .. } => None,
            Self::PurgeExpired => Some("purge_expired".to_owned()),
            Self::ReconcileBookings
            | Self::CatchUpWithStripe
            | Self::RewrapKeys
            | Self::ScanSealed
            | Self::LookAfter
            | Self::CopyCheckpoint
            | Self::MailCheckpoint => Some(self.name().to_owned()),
            Self::VerifyAudit { .. } => Some("verify_audit".to_owned()),
        }
    }

    /// At most one waiting job has a given key; putting in another moves the first.
    pub fn unique_key(&self) -> Option<String> {
        match self {
            Self::SyncConnection { connection, .. } => Some(format!("sync:{connection}")),
            Self::MaintainChannels { connection, .. } => Some(format!("channels:{connection}")),
            Self::RevokeToken { revocation, .. } => Some(format!("revoke:{revocation}")),
            Self::ReadCalendly { user } => Some(format!("calendly:{user}")),
            Self::ReleaseHold { booking, .. }
            | Self::BookAtCalendly { booking, .. }
            | Self::CancelAtCalendly { booking, .. }
            | Self::TellNoShow { booking, .. }
            | Self::FinishBooking { booking, .. }
            | Self::RepairBooking { booking, .. } => Some(format!("{}:{booking}", self.name())),
            Self::SendRefund { refund, .. } => Some(format!("refund:{refund}")),
            Self::CompareWithCalendly { user } => Some(format!("compare:{user}")),
            Self::EraseUser { request, .. } => Some(format!("erase:{request}")),
            Self::OpenDelivery { delivery } => Some(format!("delivery:{delivery}")),
            Self::SendBookingMail { booking, mail, times_moved, .. } => {
                Some(format!("booking_mail:{booking}:{}:{times_moved}", mail.as_str()))
            }
            Self::SendLink { token, .. } => Some(format!("link:{token}")),
            Self::SendArchiveReady { archive, .. } => Some(format!("archive_ready:{archive}")),
            Self::WriteArchive { archive, .. } => Some(format!("archive:{archive}")),
            Self::SendPrivacyMail { .. }
            | Self::SendAlreadySignedUp { .. }
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
            Self::ReconcileBookings
            | Self::CatchUpWithStripe
            | Self::RewrapKeys
            | Self::ScanSealed
            | Self::LookAfter
            | Self::CopyCheckpoint
            | Self::MailCheckpoint => Some(self.name().to_owned()),
        }
    }
}
