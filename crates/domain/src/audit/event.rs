//! What an audit entry can say. Closed lists: an entry nobody declared cannot be written.

use serde_json::Value;
use types::UserId;
use uuid::Uuid;

/// What was done. The text form is `resource.past_participle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it, and the text form beside them is the documentation an auditor reads")]
pub enum Action {
    UserSignedUp,
    UserSignUpRepeated,
    UserEmailVerified,
    UserSignedIn,
    UserSignInRefused,
    UserSignedOut,
    UserResetRequested,
    UserPasswordReset,
    UserPasswordChanged,
    UserSessionsEnded,
    UserPasswordAccepted,
    UserCodeRefused,
    UserProvedAgain,
    UserProofRefused,
    UserSecondFactorBegun,
    UserSecondFactorAdded,
    UserSecondFactorRemoved,
    UserGoogleLinked,
    UserGoogleUnlinked,
    UserPasskeyAdded,
    UserPasskeyRemoved,
    UserRecoveryCodesRenewed,
    UserProfileChanged,
    UserHoursChanged,
    CalendlyConnected,
    CalendlyRead,
    /// The tokens of a consent at Calendly were renewed.
    CalendlyTokenRefreshed,
    CalendlyReadFailed,
    CalendlyDisconnected,
    /// Data keys were wrapped by the current encryption key.
    KeysRewrapped,
    /// Everything that is sealed was opened.
    SealedScanned,
    /// Somebody allowed something.
    ConsentGiven,
    /// They do not allow it any more.
    ConsentWithdrawn,
    /// A request that came by mail was entered.
    LetterEntered,
    /// It was checked, answered or refused.
    LetterAdvanced,
    /// What is kept of somebody must stay, because the law wants it.
    LegalHoldSet,
    /// It need not any more.
    LegalHoldLifted,
    /// A request about privacy is past its time.
    PrivacyOverdue,
    /// Secrets of the configuration were read anew, and are others.
    SecretsReloaded,
    /// A secret is older than it may be.
    SecretOverdue,
    /// Rows that had expired were removed.
    RowsPurged,
    /// A copy of the database was written.
    BackupWritten,
    /// The database was filled from a copy.
    BackupRestored,
    /// A copy came back into another database.
    BackupRehearsed,
    /// Somebody asked to be forgotten.
    PrivacyErasureAsked,
    /// They took it back.
    PrivacyErasureCancelled,
    /// It began, and cannot be taken back.
    PrivacyErasureBegun,
    /// It is done.
    PrivacyErased,
    /// Somebody asked for an archive of what is kept of them.
    PrivacyArchiveAsked,
    /// Somebody took a copy of what is kept of them.
    PrivacyExported,
    /// A builder's public page was made or changed.
    BuilderPageSaved,
    /// A kind of session was made or changed.
    SessionTypeSaved,
    /// It was opened for booking, or closed.
    SessionTypeOpened,
    /// Something happened to a booking.
    BookingChanged,
    /// Somebody asked for money to be given back.
    RefundAsked,
    /// A builder took all their bookings as a table.
    BookingsExported,
    /// An admin had a delivery of a webhook acted on once more.
    DeliveryRerun,
    ConnectionBegun,
    ConnectionCreated,
    ConnectionRenewed,
    ConnectionRefused,
    ConnectionRemoved,
    ConnectionSyncRequested,
    ConnectionSynced,
    ConnectionSyncFailed,
    ConnectionTokenRefreshed,
    ConnectionCalendarsChosen,
    ConnectionReported,
    FeedMade,
    FeedEnded,
    ApiKeyMade,
    ApiKeyEnded,
    ApiKeyExchanged,
    ApiKeyRefused,
    ChannelOpened,
    ChannelRenewed,
    ChannelHeard,
    ChannelClosed,
    UserLocked,
    UserUnlocked,
    UserResetForced,
    UserRolesChanged,
    UserOpened,
    UserSessionReturned,
    UserSessionPlanted,
    IncidentOpened,
    IncidentAdvanced,
    IncidentNoted,
    IncidentChecked,
    IncidentMeasureTaken,
    IncidentMeasureUndone,
    IncidentRead,
    IncidentExported,
    AdministrationRead,
    JobRerun,
    JobRemoved,
    AuditSearched,
    AuditEntryRead,
    AuditExported,
    AuditVerificationRequested,
    AuditVerified,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::UserSignedUp,
        Self::UserSignUpRepeated,
        Self::UserEmailVerified,
        Self::UserSignedIn,
        Self::UserSignInRefused,
        Self::UserSignedOut,
        Self::UserResetRequested,
        Self::UserPasswordReset,
        Self::UserPasswordChanged,
        Self::UserSessionsEnded,
        Self::UserPasswordAccepted,
        Self::UserCodeRefused,
        Self::UserProvedAgain,
        Self::UserProofRefused,
        Self::UserSecondFactorBegun,
        Self::UserSecondFactorAdded,
        Self::UserSecondFactorRemoved,
        Self::UserGoogleLinked,
        Self::UserGoogleUnlinked,
        Self::UserPasskeyAdded,
        Self::UserPasskeyRemoved,
        Self::UserRecoveryCodesRenewed,
        Self::UserProfileChanged,
        Self::UserHoursChanged,
        Self::CalendlyConnected,
        Self::KeysRewrapped,
        Self::SealedScanned,
        Self::ConsentGiven,
        Self::ConsentWithdrawn,
        Self::LetterEntered,
        Self::LetterAdvanced,
        Self::LegalHoldSet,
        Self::LegalHoldLifted,
        Self::PrivacyOverdue,
        Self::SecretsReloaded,
        Self::SecretOverdue,
        Self::RowsPurged,
        Self::BackupWritten,
        Self::BackupRestored,
        Self::BackupRehearsed,
        Self::PrivacyArchiveAsked,
        Self::PrivacyErasureAsked,
        Self::PrivacyErasureCancelled,
        Self::PrivacyErasureBegun,
        Self::PrivacyErased,
        Self::PrivacyExported,
        Self::CalendlyRead,
        Self::CalendlyTokenRefreshed,
        Self::CalendlyReadFailed,
        Self::CalendlyDisconnected,
        Self::BuilderPageSaved,
        Self::SessionTypeSaved,
        Self::SessionTypeOpened,
        Self::BookingChanged,
        Self::RefundAsked,
        Self::BookingsExported,
        Self::DeliveryRerun,
        Self::ConnectionBegun,
        Self::ConnectionCreated,
        Self::ConnectionRenewed,
        Self::ConnectionRefused,
        Self::ConnectionRemoved,
        Self::ConnectionSyncRequested,
        Self::ConnectionSynced,
        Self::ConnectionSyncFailed,
        Self::ConnectionTokenRefreshed,
        Self::ConnectionCalendarsChosen,
        Self::ConnectionReported,
        Self::FeedMade,
        Self::FeedEnded,
        Self::ApiKeyMade,
        Self::ApiKeyEnded,
        Self::ApiKeyExchanged,
        Self::ApiKeyRefused,
        Self::ChannelOpened,
        Self::ChannelRenewed,
        Self::ChannelHeard,
        Self::ChannelClosed,
        Self::UserLocked,
        Self::UserUnlocked,
        Self::UserResetForced,
        Self::UserRolesChanged,
        Self::UserOpened,
        Self::UserSessionReturned,
        Self::UserSessionPlanted,
        Self::IncidentOpened,
        Self::IncidentAdvanced,
        Self::IncidentNoted,
        Self::IncidentChecked,
        Self::IncidentMeasureTaken,
        Self::IncidentMeasureUndone,
        Self::IncidentRead,
        Self::IncidentExported,
        Self::AdministrationRead,
        Self::JobRerun,
        Self::JobRemoved,
        Self::AuditSearched,
        Self::AuditEntryRead,
        Self::AuditExported,
        Self::AuditVerificationRequested,
        Self::AuditVerified,
    ];

    /// The text kept in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserSignedUp => "user.signed_up",
            Self::UserSignUpRepeated => "user.sign_up_repeated",
            Self::UserEmailVerified => "user.email_verified",
            Self::UserSignedIn => "user.signed_in",
            Self::UserSignInRefused => "user.sign_in_refused",
            Self::UserSignedOut => "user.signed_out",
            Self::UserResetRequested => "user.reset_requested",
            Self::UserPasswordReset => "user.password_reset",
            Self::UserPasswordChanged => "user.password_changed",
            Self::UserSessionsEnded => "user.sessions_ended",
            Self::UserPasswordAccepted => "user.password_accepted",
            Self::UserCodeRefused => "user.code_refused",
            Self::UserProvedAgain => "user.proved_again",
            Self::UserProofRefused => "user.proof_refused",
            Self::UserSecondFactorBegun => "user.second_factor_begun",
            Self::UserSecondFactorAdded => "user.second_factor_added",
            Self::UserSecondFactorRemoved => "user.second_factor_removed",
            Self::UserGoogleLinked => "user.google_linked",
            Self::UserGoogleUnlinked => "user.google_unlinked",
            Self::UserPasskeyAdded => "user.passkey_added",
            Self::UserPasskeyRemoved => "user.passkey_removed",
            Self::UserRecoveryCodesRenewed => "user.recovery_codes_renewed",
            Self::UserProfileChanged => "user.profile_changed",
            Self::UserHoursChanged => "user.hours_changed",
            Self::CalendlyConnected => "calendly.connected",
            Self::KeysRewrapped => "keys.rewrapped",
            Self::SealedScanned => "keys.scanned",
            Self::ConsentGiven => "consent.given",
            Self::ConsentWithdrawn => "consent.withdrawn",
            Self::LetterEntered => "privacy.letter_entered",
            Self::LetterAdvanced => "privacy.letter_advanced",
            Self::LegalHoldSet => "privacy.hold_set",
            Self::LegalHoldLifted => "privacy.hold_lifted",
            Self::PrivacyOverdue => "privacy.overdue",
            Self::SecretsReloaded => "secrets.reloaded",
            Self::SecretOverdue => "secret.overdue",
            Self::RowsPurged => "rows.purged",
            Self::BackupWritten => "backup.written",
            Self::BackupRestored => "backup.restored",
            Self::BackupRehearsed => "backup.rehearsed",
            Self::PrivacyArchiveAsked => "privacy.archive_asked",
            Self::PrivacyErasureAsked => "privacy.erasure_asked",
            Self::PrivacyErasureCancelled => "privacy.erasure_cancelled",
            Self::PrivacyErasureBegun => "privacy.erasure_begun",
            Self::PrivacyErased => "privacy.erased",
            Self::PrivacyExported => "privacy.exported",
            Self::CalendlyRead => "calendly.read",
            Self::CalendlyTokenRefreshed => "calendly.token_refreshed",
            Self::CalendlyReadFailed => "calendly.read_failed",
            Self::CalendlyDisconnected => "calendly.disconnected",
            Self::BuilderPageSaved => "builder_page.saved",
            Self::SessionTypeSaved => "session_type.saved",
            Self::SessionTypeOpened => "session_type.opened",
            Self::BookingChanged => "booking.changed",
            Self::RefundAsked => "refund.asked",
            Self::BookingsExported => "bookings.exported",
            Self::DeliveryRerun => "webhook_delivery.rerun",
            Self::ConnectionBegun => "connection.begun",
            Self::ConnectionCreated => "connection.created",
            Self::ConnectionRenewed => "connection.renewed",
            Self::ConnectionRefused => "connection.refused",
            Self::ConnectionRemoved => "connection.removed",
            Self::ConnectionSyncRequested => "connection.sync_requested",
            Self::ConnectionSynced => "connection.synced",
            Self::ConnectionSyncFailed => "connection.sync_failed",
            Self::ConnectionTokenRefreshed => "connection.token_refreshed",
            Self::ConnectionCalendarsChosen => "connection.calendars_chosen",
            Self::ConnectionReported => "connection.reported",
            Self::FeedMade => "feed.made",
            Self::FeedEnded => "feed.ended",
            Self::ApiKeyMade => "api_key.made",
            Self::ApiKeyEnded => "api_key.ended",
            Self::ApiKeyExchanged => "api_key.exchanged",
            Self::ApiKeyRefused => "api_key.refused",
            Self::ChannelOpened => "channel.opened",
            Self::ChannelRenewed => "channel.renewed",
            Self::ChannelHeard => "channel.heard",
            Self::ChannelClosed => "channel.closed",
            Self::UserLocked => "user.locked",
            Self::UserUnlocked => "user.unlocked",
            Self::UserResetForced => "user.reset_forced",
            Self::UserRolesChanged => "user.roles_changed",
            Self::UserOpened => "user.opened",
            Self::UserSessionReturned => "user.session_returned",
            Self::UserSessionPlanted => "user.session_planted",
            Self::IncidentOpened => "incident.opened",
            Self::IncidentAdvanced => "incident.advanced",
            Self::IncidentNoted => "incident.noted",
            Self::IncidentChecked => "incident.checked",
            Self::IncidentMeasureTaken => "incident.measure_taken",
            Self::IncidentMeasureUndone => "incident.measure_undone",
            Self::IncidentRead => "incident.read",
            Self::IncidentExported => "incident.exported",
            Self::AdministrationRead => "administration.read",
            Self::JobRerun => "job.rerun",
            Self::JobRemoved => "job.removed",
            Self::AuditSearched => "audit.searched",
            Self::AuditEntryRead => "audit.entry_read",
            Self::AuditExported => "audit.exported",
            Self::AuditVerificationRequested => "audit.verification_requested",
            Self::AuditVerified => "audit.verified",
        }
    }

    /// The kind of thing it was done to.
    pub fn resource_kind(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Succeeded,
    /// Tried and not done.
    Failed,
    /// Not allowed.
    Refused,
}

impl Outcome {
    /// The text kept in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// One entry, before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Whose it is: the person who may read it.
    pub subject: Option<UserId>,
    /// The thing it was done to.
    pub resource: Option<Uuid>,
    /// Codes and counts. Never a personal value or a secret.
    pub detail: Value,
}

impl Event {
    /// Something that was done.
    pub const fn done(action: Action, subject: UserId, resource: Uuid) -> Self {
        Self { action, outcome: Outcome::Succeeded, subject: Some(subject), resource: Some(resource), detail: Value::Null }
    }

    /// Something that was done to the installation itself, which is nobody's.
    pub const fn of_installation(action: Action) -> Self {
        Self { action, outcome: Outcome::Succeeded, subject: None, resource: None, detail: Value::Null }
    }

    /// Done to this thing.
    #[must_use]
    pub const fn on(mut self, resource: Uuid) -> Self {
        self.resource = Some(resource);
        self
    }

    /// With codes and counts.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// With another outcome.
    #[must_use]
    pub const fn ending(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_its_own_text() {
        let texts: std::collections::HashSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(texts.len(), Action::ALL.len());
    }
}
