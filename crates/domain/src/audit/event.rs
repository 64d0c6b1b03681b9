//! What an audit entry can say. Closed lists: an entry nobody declared cannot be written.

use serde_json::Value;
use types::UserId;
use uuid::Uuid;

/// The list and its texts, each action once.
macro_rules! actions {
    ($(#[$meta:meta])* pub enum Action { $($(#[$of_one:meta])* $action:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        pub enum Action { $($(#[$of_one])* $action,)+ }

        impl Action {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$action),+];

            /// The text kept in the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$action => $text),+ }
            }
        }
    };
}

actions! {
    /// What was done. The text form is `resource.past_participle`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[expect(missing_docs, reason = "the names say it, and the text form beside them is the documentation an auditor reads")]
    pub enum Action {
        UserSignedUp => "user.signed_up",
        UserSignUpRepeated => "user.sign_up_repeated",
        UserEmailVerified => "user.email_verified",
        UserSignedIn => "user.signed_in",
        UserSignInRefused => "user.sign_in_refused",
        UserSignedOut => "user.signed_out",
        UserResetRequested => "user.reset_requested",
        UserPasswordReset => "user.password_reset",
        UserPasswordChanged => "user.password_changed",
        UserSessionsEnded => "user.sessions_ended",
        UserPasswordAccepted => "user.password_accepted",
        UserCodeRefused => "user.code_refused",
        UserProvedAgain => "user.proved_again",
        UserProofRefused => "user.proof_refused",
        UserSecondFactorBegun => "user.second_factor_begun",
        UserSecondFactorAdded => "user.second_factor_added",
        UserSecondFactorRemoved => "user.second_factor_removed",
        UserGoogleLinked => "user.google_linked",
        UserGoogleUnlinked => "user.google_unlinked",
        UserPasskeyAdded => "user.passkey_added",
        UserPasskeyRemoved => "user.passkey_removed",
        UserRecoveryCodesRenewed => "user.recovery_codes_renewed",
        UserProfileChanged => "user.profile_changed",
        UserHoursChanged => "user.hours_changed",
        CalendlyConnected => "calendly.connected",
        CalendlyRead => "calendly.read",
        /// The tokens of a consent at Calendly were renewed.
        CalendlyTokenRefreshed => "calendly.token_refreshed",
        CalendlyReadFailed => "calendly.read_failed",
        CalendlyDisconnected => "calendly.disconnected",
        /// Data keys were wrapped by the current encryption key.
        KeysRewrapped => "keys.rewrapped",
        /// Everything that is sealed was opened.
        SealedScanned => "keys.scanned",
        /// Somebody allowed something.
        ConsentGiven => "consent.given",
        /// They do not allow it any more.
        ConsentWithdrawn => "consent.withdrawn",
        /// A request that came by mail was entered.
        LetterEntered => "privacy.letter_entered",
        /// It was checked, answered or refused.
        LetterAdvanced => "privacy.letter_advanced",
        /// What is kept of somebody must stay, because the law wants it.
        LegalHoldSet => "privacy.hold_set",
        /// It need not any more.
        LegalHoldLifted => "privacy.hold_lifted",
        /// A request about privacy is past its time.
        PrivacyOverdue => "privacy.overdue",
        /// Secrets of the configuration were read anew, and are others.
        SecretsReloaded => "secrets.reloaded",
        /// Another key signs the audit log from here on: the old one signed it.
        AuditKeyFollowed => "audit.key_followed",
        /// An admin took a secret back: no server uses it any more.
        SecretRevoked => "secret.revoked",
        /// Personal data may have got out, or it was decided who is told.
        BreachAdvanced => "incident.breach_advanced",
        /// An admin took the list of those whose data may have got out.
        AffectedListed => "incident.affected_listed",
        /// A secret is older than it may be.
        SecretOverdue => "secret.overdue",
        /// Rows that had expired were removed.
        RowsPurged => "rows.purged",
        /// A copy of the database was written.
        BackupWritten => "backup.written",
        /// The database was filled from a copy.
        BackupRestored => "backup.restored",
        /// A copy came back into another database.
        BackupRehearsed => "backup.rehearsed",
        /// Somebody asked to be forgotten.
        PrivacyErasureAsked => "privacy.erasure_asked",
        /// They took it back.
        PrivacyErasureCancelled => "privacy.erasure_cancelled",
        /// It began, and cannot be taken back.
        PrivacyErasureBegun => "privacy.erasure_begun",
        /// It is done.
        PrivacyErased => "privacy.erased",
        /// Somebody asked for an archive of what is kept of them.
        PrivacyArchiveAsked => "privacy.archive_asked",
        /// Somebody took a copy of what is kept of them.
        PrivacyExported => "privacy.exported",
        /// A builder's public page was made or changed.
        BuilderPageSaved => "builder_page.saved",
        /// A kind of session was made or changed.
        SessionTypeSaved => "session_type.saved",
        /// It was opened for booking, or closed.
        SessionTypeOpened => "session_type.opened",
        /// Something happened to a booking.
        BookingChanged => "booking.changed",
        /// Somebody asked for money to be given back.
        RefundAsked => "refund.asked",
        /// A builder took all their bookings as a table.
        BookingsExported => "bookings.exported",
        /// An admin had a delivery of a webhook acted on once more.
        DeliveryRerun => "webhook_delivery.rerun",
        ConnectionBegun => "connection.begun",
        ConnectionCreated => "connection.created",
        ConnectionRenewed => "connection.renewed",
        ConnectionRefused => "connection.refused",
        ConnectionRemoved => "connection.removed",
        /// A provider was told to revoke the token of one that was removed, or it was given up.
        ConnectionRevoked => "connection.revoked",
        ConnectionSyncRequested => "connection.sync_requested",
        ConnectionSynced => "connection.synced",
        ConnectionSyncFailed => "connection.sync_failed",
        ConnectionTokenRefreshed => "connection.token_refreshed",
        ConnectionCalendarsChosen => "connection.calendars_chosen",
        ConnectionReported => "connection.reported",
        FeedMade => "feed.made",
        FeedEnded => "feed.ended",
        ApiKeyMade => "api_key.made",
        ApiKeyEnded => "api_key.ended",
        ApiKeyExchanged => "api_key.exchanged",
        ApiKeyRefused => "api_key.refused",
        ChannelOpened => "channel.opened",
        ChannelRenewed => "channel.renewed",
        ChannelHeard => "channel.heard",
        ChannelClosed => "channel.closed",
        UserLocked => "user.locked",
        UserUnlocked => "user.unlocked",
        UserResetForced => "user.reset_forced",
        UserRolesChanged => "user.roles_changed",
        UserOpened => "user.opened",
        UserSessionReturned => "user.session_returned",
        UserSessionPlanted => "user.session_planted",
        IncidentOpened => "incident.opened",
        IncidentAdvanced => "incident.advanced",
        IncidentNoted => "incident.noted",
        IncidentChecked => "incident.checked",
        IncidentMeasureTaken => "incident.measure_taken",
        IncidentMeasureUndone => "incident.measure_undone",
        IncidentRead => "incident.read",
        IncidentExported => "incident.exported",
        AdministrationRead => "administration.read",
        JobRerun => "job.rerun",
        JobRemoved => "job.removed",
        AuditSearched => "audit.searched",
        AuditEntryRead => "audit.entry_read",
        AuditExported => "audit.exported",
        AuditVerificationRequested => "audit.verification_requested",
        AuditVerified => "audit.verified",
    }
}

impl Action {
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
