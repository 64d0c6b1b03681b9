//! What is asked of a provider for one channel, and what is kept of its answer.

use chrono::TimeDelta;
use providers::calendar::{Channel, ChannelRequest, Credentials, PushError, Renewal, SourceError};
use secrecy::{ExposeSecret, SecretString};
use types::{CalendarId, ChannelId, ChannelStatus};

use super::channels::{self, ChannelRow, Opening};
use super::lifecycle::{self, LIFE, OPENING, Step};
use super::maintenance::{Answer, Maintenance, Stop};
use crate::audit::{self, Action, Event};
use crate::base::Deps;
use crate::calendar::connection::{calendars, connections, request_sync_soon};
use crate::vault::Place;

/// Until a calendar that cannot be watched is asked for again.
const UNSUPPORTED: TimeDelta = TimeDelta::hours(24);

/// By what a message's channel is found.
pub(in crate::calendar) fn secret_hash(deps: &Deps, secret: &SecretString) -> [u8; 32] {
    deps.vault.lookup().hash("channel secret", secret.expose_secret().as_bytes())
}

impl Maintenance<'_> {
    pub(in crate::calendar) async fn open(
        &self,
        credentials: &Credentials,
        calendar: CalendarId,
        instead_of: Option<ChannelId>,
    ) -> Result<Answer, Stop> {
        let (deps, now) = (self.deps, self.deps.now());
        let Some(row) = self.calendars.iter().find(|row| row.id == calendar) else { return Ok(Ok(())) };
        let place = Place::new("calendars", "external_sealed", calendar.0);
        let external = self.key.open_text(place, &row.external_sealed).map_err(|_| Stop::Refused)?;
        let (id, secret, expires_at) = (ChannelId(deps.new_id()), deps.chance.secret_text(), now + LIFE);
        // Known here before it is asked for: its first message may come before the provider's answer.
        let opening = Opening {
            id,
            user: self.user,
            connection: self.connection,
            calendar,
            secret_hash: &secret_hash(deps, &secret),
            now,
            due_at: now + OPENING,
            expires_at,
        };
        let mut tx = deps.begin(self.op).await?;
        channels::insert(&mut tx, &opening).await?;
        tx.commit().await?;
        let request = ChannelRequest { id, connection: self.connection, secret: &secret, calendar: &external, expires_at };
        match self.push.open_channel(credentials, &request).await {
            Ok(agreed) => self.keep(credentials, calendar, id, &agreed, instead_of).await,
            Err(error) => self.give_up(calendar, id, instead_of, error).await,
        }
    }

    /// It is open. What it replaces goes now, and whatever changed between the last read and this moment is read, because nobody told of it.
    async fn keep(
        &self,
        credentials: &Credentials,
        calendar: CalendarId,
        id: ChannelId,
        agreed: &Channel,
        instead_of: Option<ChannelId>,
    ) -> Result<Answer, Stop> {
        let (deps, now) = (self.deps, self.deps.now());
        let mut tx = deps.begin(self.op).await?;
        let row = connections::find_for_update(&mut tx, self.connection).await?;
        calendars::set_channel_retry(&mut tx, calendar, None).await?;
        let status = channels::opened(&mut tx, id, agreed, lifecycle::renewal(now, agreed.expires_at), now).await?;
        if status == Some(ChannelStatus::Open) {
            if let Some(old) = instead_of {
                channels::close(&mut tx, old, now).await?;
            }
            audit::append(&mut tx, deps, self.op, Event::done(Action::ChannelOpened, self.user, id.0));
            if let Some(row) = &row {
                request_sync_soon(&mut tx, deps, row).await?;
            }
        }
        tx.commit().await?;
        match (status, instead_of) {
            // Disconnected meanwhile: it is known to nobody else, so it is closed with what the answer said of it.
            (None, _) => Ok(self.push.close_channel(credentials, &agreed.external_id, agreed.resource_id.as_deref()).await),
            (Some(ChannelStatus::Open), Some(old)) => {
                if let Err(error) = self.close(credentials, old).await? {
                    // The new one is open: only the closing is tried again.
                    self.postpone(&Step::Close { channel: old }, &error).await?;
                }
                Ok(Ok(()))
            }
            // Consent was given anew meanwhile, and what was opened under the old one is on its way out already.
            _ => Ok(Ok(())),
        }
    }

    /// It is not open, or nobody knows. What was to be replaced stays for as long as it lasts.
    async fn give_up(&self, calendar: CalendarId, id: ChannelId, instead_of: Option<ChannelId>, error: PushError) -> Result<Answer, Stop> {
        let now = self.deps.now();
        let mut tx = self.deps.begin(self.op).await?;
        let outcome = match error {
            // It may have been opened and the answer lost: what is known of it stays until it is given up.
            PushError::Source(error @ SourceError::Down { .. }) => Err(error),
            PushError::Source(error) => {
                channels::delete(&mut tx, id).await?;
                Err(error)
            }
            PushError::Unsupported | PushError::Gone => {
                calendars::set_channel_retry(&mut tx, calendar, Some(now + UNSUPPORTED)).await?;
                channels::delete(&mut tx, id).await?;
                if let Some(old) = instead_of {
                    channels::due(&mut tx, old, now + UNSUPPORTED).await?;
                }
                Ok(())
            }
        };
        tx.commit().await?;
        Ok(outcome)
    }

    pub(in crate::calendar) async fn renew(
        &self,
        credentials: &Credentials,
        channel: ChannelId,
        calendar: CalendarId,
    ) -> Result<Answer, Stop> {
        let Some(external_id) = self.row(channel).and_then(|row| row.external_id.as_deref()) else { return Ok(Ok(())) };
        let (deps, now) = (self.deps, self.deps.now());
        match self.push.renew_channel(credentials, external_id, now + LIFE).await {
            Ok(Renewal::Extended(until)) => {
                let mut tx = deps.begin(self.op).await?;
                channels::extended(&mut tx, channel, until, lifecycle::renewal(now, until)).await?;
                audit::append(&mut tx, deps, self.op, Event::done(Action::ChannelRenewed, self.user, channel.0));
                tx.commit().await?;
                Ok(Ok(()))
            }
            Ok(Renewal::Replace) => self.open(credentials, calendar, Some(channel)).await,
            // It ended there before its time; what it should have told of is read when the next is open.
            Err(PushError::Gone) => {
                let mut tx = deps.begin(self.op).await?;
                channels::delete(&mut tx, channel).await?;
                audit::append(&mut tx, deps, self.op, Event::done(Action::ChannelClosed, self.user, channel.0));
                tx.commit().await?;
                self.open(credentials, calendar, None).await
            }
            Err(PushError::Unsupported) => Ok(Err(SourceError::Unreadable)),
            Err(PushError::Source(error)) => Ok(Err(error)),
        }
    }

    pub(in crate::calendar) async fn close(&self, credentials: &Credentials, channel: ChannelId) -> Result<Answer, Stop> {
        let Some(row) = self.row(channel) else { return Ok(Ok(())) };
        let deps = self.deps;
        let mut tx = deps.begin(self.op).await?;
        channels::close(&mut tx, channel, deps.now()).await?;
        tx.commit().await?;
        let Some(external_id) = &row.external_id else { return Ok(Ok(())) };
        if let Err(error) = self.push.close_channel(credentials, external_id, row.resource_id.as_deref()).await {
            return Ok(Err(error));
        }
        let mut tx = deps.begin(self.op).await?;
        channels::delete(&mut tx, channel).await?;
        audit::append(&mut tx, deps, self.op, Event::done(Action::ChannelClosed, self.user, channel.0));
        tx.commit().await?;
        Ok(Ok(()))
    }

    fn row(&self, channel: ChannelId) -> Option<&ChannelRow> {
        self.channels.iter().find(|row| row.id == channel)
    }
}
