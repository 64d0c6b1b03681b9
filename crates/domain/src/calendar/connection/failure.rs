//! From what a provider said to why a connection is not healthy.

use chrono::{DateTime, TimeDelta, Utc};
use providers::calendar::SourceError;
use providers::oauth::TokenError;
use types::{HealthReason, Provider};

use crate::vault::VaultError;

/// Why a read of a connection ended early.
#[derive(Debug)]
pub(in crate::calendar) enum SyncFailure {
    /// For a reason the person may see.
    Health {
        reason: HealthReason,
        /// As long as this, if the provider said.
        retry_after: Option<TimeDelta>,
    },
    /// The connection was removed meanwhile, or another run took over.
    Gone,
    /// The calendar was unticked or read anew meanwhile: nothing of this read counts.
    Changed,
    /// Ours; the job is tried again.
    Database(sqlx::Error),
}

impl SyncFailure {
    pub(in crate::calendar) const fn because(reason: HealthReason) -> Self {
        Self::Health { reason, retry_after: None }
    }
}

impl From<sqlx::Error> for SyncFailure {
    fn from(error: sqlx::Error) -> Self {
        // 23503: a parent row is gone, because the connection was removed while it was read.
        match error.as_database_error() {
            Some(cause) if cause.is_foreign_key_violation() => Self::Gone,
            _ => Self::Database(error),
        }
    }
}

impl From<VaultError> for SyncFailure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Database(error) => error.into(),
            VaultError::KeyMissing { .. } | VaultError::Tampered | VaultError::NoDataKey => Self::because(HealthReason::KeyMissing),
        }
    }
}

impl From<TokenError> for SyncFailure {
    fn from(error: TokenError) -> Self {
        Self::because(match error {
            TokenError::GrantDead => HealthReason::ConsentWithdrawn,
            TokenError::AdminPolicy => HealthReason::AdminApproval,
            TokenError::ClientRefused => HealthReason::ClientRefused,
            TokenError::RateLimited => HealthReason::RateLimited,
            TokenError::NotTried | TokenError::Down => HealthReason::ProviderDown,
        })
    }
}

/// What a failed call says about the whole connection.
pub(in crate::calendar) fn connection_failure(error: &SourceError, provider: Provider) -> SyncFailure {
    let (reason, retry_after) = match error {
        SourceError::Unauthorized if provider == Provider::Caldav => (HealthReason::PasswordRefused, None),
        SourceError::Unauthorized => (HealthReason::ConsentWithdrawn, None),
        SourceError::MissingScope => (HealthReason::PartialConsent, None),
        SourceError::NoMailbox => (HealthReason::NoMailbox, None),
        SourceError::Forbidden => (HealthReason::AccessForbidden, None),
        SourceError::CalendarGone => (HealthReason::CalendarGone, None),
        SourceError::RateLimited { retry_after } => (HealthReason::RateLimited, *retry_after),
        SourceError::NotTried => (HealthReason::ProviderDown, None),
        SourceError::Down { retry_after } => (HealthReason::ProviderDown, *retry_after),
        SourceError::CursorExpired | SourceError::Unreadable => (HealthReason::UnreadableAnswer, None),
        SourceError::AddressRefused => (HealthReason::AddressRefused, None),
    };
    SyncFailure::Health { reason, retry_after: retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()) }
}

/// A consent at Google that ends after exactly a week was given to an app in testing
/// (developers.google.com/identity/protocols/oauth2, "Refresh token expiration"). It is noticed at the next refresh, at most an hour and
/// some tries later.
pub(in crate::calendar) fn after_a_week(
    reason: HealthReason,
    provider: Provider,
    consented_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> HealthReason {
    let age = consented_at.map(|at| now - at);
    let is_a_week = age.is_some_and(|age| age >= TimeDelta::days(7) && age < TimeDelta::days(7) + TimeDelta::hours(6));
    if reason == HealthReason::ConsentWithdrawn && provider == Provider::Google && is_a_week { HealthReason::AppInTesting } else { reason }
}
