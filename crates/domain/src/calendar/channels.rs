//! Keeps a connection's push channels as they should be: opened, renewed, replaced when silent, closed. Runs as a job, never at the same
//! time as a read of the same connection, and may be repeated after any crash.

use chrono::{DateTime, TimeDelta, Utc};
use providers::calendar::{Credentials, PushSource, SourceError};
use types::{ConnectionId, ConnectionStatus, UserId};

use super::CalendarError;
use super::channel::{self, Step};
use super::failure::ReadFailure;
use super::store::calendars::CalendarRow;
use super::store::channels::{self, ChannelRow};
use super::store::{calendars, connections};
use super::tokens;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{self, Job};
use crate::vault::{PersonKey, VaultError};

/// Until a call that failed is made again, at least.
const RETRY: TimeDelta = TimeDelta::minutes(10);

/// What looking after one connection's channels needs.
pub(super) struct Care<'a> {
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
pub(super) enum Stop {
    /// The provider refuses us; the next read finds out why and says so.
    Refused,
    /// The connection is gone or cannot be read.
    Gone,
    /// Ours.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        ReadFailure::from(error).into()
    }
}

impl From<ReadFailure> for Stop {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Database(error) => Self::Database(error),
            ReadFailure::Gone | ReadFailure::Changed => Self::Gone,
            ReadFailure::Health { .. } => Self::Refused,
        }
    }
}

/// Does what is due for a connection's channels, and puts itself in for when something is due again.
pub async fn keep_channels(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<(), CalendarError> {
    let mut tx = deps.begin(op).await?;
    let Some(row) = connections::find(&mut tx, connection).await? else { return Ok(()) };
    let Some(push) = deps.providers.push(row.provider) else { return Ok(()) };
    if row.status == ConnectionStatus::NeedsReconsent {
        return Ok(());
    }
    let key = match PersonKey::load_in(&mut tx, deps, row.user_id).await {
        Ok(key) => key,
        Err(VaultError::Database(error)) => return Err(error.into()),
        // The reads say so on the page.
        Err(_) => return Ok(()),
    };
    let care = Care {
        deps,
        op,
        push,
        user: row.user_id,
        connection,
        key,
        calendars: calendars::of_connection(&mut tx, connection).await?,
        channels: channels::of_connection(&mut tx, connection).await?,
    };
    tx.commit().await?;
    match care.take_steps().await {
        Ok(()) | Err(Stop::Refused) => {}
        Err(Stop::Gone) => return Ok(()),
        Err(Stop::Database(error)) => return Err(error.into()),
    }
    let mut tx = deps.begin(op).await?;
    let calendars = calendars::of_connection(&mut tx, connection).await?;
    let channels = channels::of_connection(&mut tx, connection).await?;
    if let Some(at) = channel::next_look(&calendars, &channels, deps.now()) {
        jobs::enqueue(&mut tx, Job::KeepChannels { user: row.user_id, connection }.at(at)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Puts the job in if something is due; every read that succeeds ends with this, so that channels come back to life by themselves.
pub(super) async fn look_after(
    tx: &mut Tx,
    deps: &Deps,
    user: UserId,
    connection: ConnectionId,
    calendars: &[CalendarRow],
    channels: &[ChannelRow],
) -> Result<(), sqlx::Error> {
    if channel::steps(calendars, channels, deps.now()).is_empty() {
        return Ok(());
    }
    jobs::enqueue(tx, Job::KeepChannels { user, connection }).await
}

/// What the provider said to one step.
pub(super) type Answer = Result<(), SourceError>;

impl Care<'_> {
    async fn take_steps(&self) -> Result<(), Stop> {
        let steps = channel::steps(&self.calendars, &self.channels, self.deps.now());
        if steps.is_empty() {
            return Ok(());
        }
        let mut credentials = tokens::credentials(self.deps, self.op, self.connection, None).await?;
        for (number, step) in steps.iter().enumerate() {
            let mut result = self.take(&credentials, step).await?;
            if result == Err(SourceError::Unauthorized) {
                let Credentials::Bearer(refused) = &credentials else { return Err(Stop::Refused) };
                credentials = tokens::credentials(self.deps, self.op, self.connection, Some(refused)).await?;
                result = self.take(&credentials, step).await?;
            }
            let Err(error) = result else { continue };
            if matches!(error, SourceError::RateLimited { .. } | SourceError::Down { .. }) {
                // Who asks us to wait means all of it.
                for step in &steps[number..] {
                    self.put_off(step, &error).await?;
                }
                break;
            }
            self.put_off(step, &error).await?;
        }
        Ok(())
    }

    async fn take(&self, credentials: &Credentials, step: &Step) -> Result<Answer, Stop> {
        match *step {
            Step::Open { calendar, instead_of } => self.open(credentials, calendar, instead_of).await,
            Step::Renew { channel, calendar } => self.renew(credentials, channel, calendar).await,
            Step::Close { channel } => self.close(credentials, channel).await,
            Step::Forget { channel } => {
                let mut tx = self.deps.begin(self.op).await?;
                channels::delete(&mut tx, channel).await?;
                audit::append(&mut tx, self.deps, self.op, Event::done(Action::ChannelClosed, self.user, channel.0)).await?;
                tx.commit().await?;
                Ok(Ok(()))
            }
        }
    }

    /// Tries again later, not before the provider said.
    pub(super) async fn put_off(&self, step: &Step, error: &SourceError) -> Result<(), Stop> {
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
