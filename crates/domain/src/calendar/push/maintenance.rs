//! What the upkeep of one connection's channels works with, and how a step is postponed.

use chrono::{DateTime, TimeDelta, Utc};
use providers::calendar::{PushSource, SourceError};
use types::{ConnectionId, UserId};

use super::channels::{self, ChannelRow};
use super::lifecycle::Step;
use crate::base::{Deps, Op};
use crate::calendar::connection::SyncFailure;
use crate::calendar::connection::calendars::{self, CalendarRow};
use crate::vault::PersonKey;

/// Until a call that failed is made again, at least.
const RETRY: TimeDelta = TimeDelta::minutes(10);

/// What looking after one connection's channels needs.
pub(in crate::calendar) struct Maintenance<'a> {
    pub deps: &'a Deps,
    pub op: &'a Op,
    pub push: &'a dyn PushSource,
    pub user: UserId,
    pub connection: ConnectionId,
    pub key: PersonKey,
    pub calendars: Vec<CalendarRow>,
    pub channels: Vec<ChannelRow>,
}

/// Why the rest has to wait.
pub(in crate::calendar) enum Stop {
    /// The provider refuses us; the next read finds out why and says so.
    Refused,
    /// The connection is gone or cannot be read.
    Gone,
    /// Ours.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        SyncFailure::from(error).into()
    }
}

impl From<SyncFailure> for Stop {
    fn from(failure: SyncFailure) -> Self {
        match failure {
            SyncFailure::Database(error) => Self::Database(error),
            SyncFailure::Gone | SyncFailure::Changed => Self::Gone,
            SyncFailure::Health { .. } => Self::Refused,
        }
    }
}

/// What the provider said to one step.
pub(in crate::calendar) type Answer = Result<(), SourceError>;

impl Maintenance<'_> {
    /// Tries again later, not before the provider said.
    pub(in crate::calendar) async fn postpone(&self, step: &Step, error: &SourceError) -> Result<(), Stop> {
        let asked = match error {
            SourceError::RateLimited { retry_after } | SourceError::Down { retry_after } => {
                retry_after.and_then(|wait| TimeDelta::from_std(wait).ok())
            }
            _ => None,
        };
        let at: DateTime<Utc> = self.deps.now() + asked.unwrap_or_default().max(RETRY);
        let mut tx = self.deps.begin(self.op).await?;
        match *step {
            Step::Open { calendar, .. } => calendars::set_channel_retry(&mut tx, calendar, Some(at)).await?,
            // What is forgotten is asked of nobody.
            Step::Forget { .. } => {}
            // What was to be renewed may have ended meanwhile, and then another is opened for its calendar: not sooner either.
            Step::Renew { channel, calendar } => {
                calendars::set_channel_retry(&mut tx, calendar, Some(at)).await?;
                channels::due(&mut tx, channel, at).await?;
            }
            Step::Close { channel } => channels::due(&mut tx, channel, at).await?,
        }
        tx.commit().await?;
        Ok(())
    }
}
