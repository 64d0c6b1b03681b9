//! Ids, closed lists and shapes that server and browser share.
//!
//! Compiles to wasm; does no I/O, knows no clock and no randomness. Every closed list here is mirrored by a check
//! constraint in `migrations/`, and a test in `domain` says that they agree.

pub mod booking;
pub mod calendar;
pub mod health;
pub mod ids;
pub mod incident;
pub mod money;
pub mod notice;
pub mod privacy;
pub mod problem;
pub mod role;
pub mod scope;

mod text_enum;
mod upkeep;

pub use booking::{Attention, BookingStatus, Cause, Drift, DriftFailure, PaymentStatus, RefundReason, RefundStatus, Tax};
pub use calendar::{CapacityLevel, ChannelStatus, ConnectionStatus, Provider, SyncKind, SyncOutcome, SyncProgress};
pub use health::{HealthReason, HealthWords};
pub use ids::{
    ApiKeyId, AttemptId, AuditEventId, BookingId, CalendarId, ChannelId, ClientId, ConnectionId, EventId, HealthChangeId, IncidentId,
    PasskeyId, PaymentId, PrivacyRequestId, RefundId, RequestId, SessionTypeId, SyncLogId, UserId, UserTokenId,
};
pub use incident::{BreachScope, BreachStatus, IncidentStatus, Rule, Severity, incident_name};
pub use money::{Currency, Money, PriceError};
pub use notice::Notice;
pub use privacy::{ConsentPurpose, LetterKind, LetterStatus, PrivacyStatus};
pub use problem::Problem;
pub use role::{Permission, Role};
pub use scope::Scope;
pub use upkeep::CheckKind;
