//! Keeps a connection's push channels as they should be: opened, renewed, replaced when silent, closed. Runs as a job, never at the same
//! time as a sync of the same connection, and may be repeated after any crash.

use providers::calendar::{Credentials, SourceError};
use types::{ConnectionId, ConnectionStatus, UserId};

use super::channels::{self, ChannelRow};
use super::lifecycle::{self, Step};
use super::maintenance::{Answer, Maintenance, Stop};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::calendar::CalendarError;
use crate::calendar::connection::calendars::{self, CalendarRow};
use crate::calendar::connection::{connections, credentials};
use crate::jobs::{self, Job};
use crate::vault::{PersonKey, VaultError};

/// Does what is due for a connection's channels, and puts itself in for when something is due again.
pub async fn maintain_channels(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<(), CalendarError> {
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
    let maintenance = Maintenance {
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
    match maintenance.take_steps().await {
        Ok(()) | Err(Stop::Refused) => {}
        Err(Stop::Gone) => return Ok(()),
        Err(Stop::Database(error)) => return Err(error.into()),
    }
    let mut tx = deps.begin(op).await?;
    let calendars = calendars::of_connection(&mut tx, connection).await?;
    let channels = channels::of_connection(&mut tx, connection).await?;
    if let Some(at) = lifecycle::next_look(&calendars, &channels, deps.now()) {
        jobs::enqueue(&mut tx, Job::MaintainChannels { user: row.user_id, connection }.at(at))?;
    }
    tx.commit().await?;
    Ok(())
}

/// Puts the job in if something is due; every read that succeeds ends with this, so that channels come back to life by themselves.
pub(in crate::calendar) async fn maintain_if_due(
    tx: &mut Tx,
    deps: &Deps,
    user: UserId,
    connection: ConnectionId,
    calendars: &[CalendarRow],
    channels: &[ChannelRow],
) -> Result<(), sqlx::Error> {
    if lifecycle::steps(calendars, channels, deps.now()).is_empty() {
        return Ok(());
    }
    jobs::enqueue(tx, Job::MaintainChannels { user, connection })
}

impl Maintenance<'_> {
    async fn take_steps(&self) -> Result<(), Stop> {
        let steps = lifecycle::steps(&self.calendars, &self.channels, self.deps.now());
        if steps.is_empty() {
            return Ok(());
        }
        let mut held = credentials(self.deps, self.op, self.connection, None).await?;
        for (number, step) in steps.iter().enumerate() {
            let mut result = self.take(&held, step).await?;
            if result == Err(SourceError::Unauthorized) {
                let Credentials::Bearer(refused) = &held else { return Err(Stop::Refused) };
                held = credentials(self.deps, self.op, self.connection, Some(refused)).await?;
                result = self.take(&held, step).await?;
            }
            let Err(error) = result else { continue };
            if matches!(error, SourceError::RateLimited { .. } | SourceError::NotTried | SourceError::Down { .. }) {
                // Who asks us to wait means all of it.
                for step in &steps[number..] {
                    self.postpone(step, &error).await?;
                }
                break;
            }
            self.postpone(step, &error).await?;
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
                audit::append(&mut tx, self.deps, self.op, Event::done(Action::ChannelClosed, self.user, channel.0));
                tx.commit().await?;
                Ok(Ok(()))
            }
        }
    }
}
