//! What a push says, checked and acted on.
//!
//! Messages come late, twice, out of order and for channels that are no more. A message only says *that* something changed; what
//! changed is read, so no order matters. A thousand of them ask for one read.

use chrono::TimeDelta;
use secrecy::SecretString;
use types::{ChannelId, Provider};

use super::channels::{self, KnownChannel, Taken};
use super::provider_calls::secret_hash;
use crate::audit::{self, Action, Event};
use crate::base::{Actor, Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::connection::{connections, request_sync_soon};
use crate::jobs::{self, Job};

/// How often it is decided anew when the connection is not as it was.
const TRIES: usize = 5;
/// So soon after another, a message tells nothing new about its channel.
const QUIET: TimeDelta = TimeDelta::seconds(1);

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationKind {
    /// The channel works.
    Opened,
    /// Something in the calendar changed, or messages were lost.
    Changed,
    /// The provider ended the channel.
    Ended,
    /// The provider wants the channel renewed.
    RenewalWanted,
}

/// One message.
#[derive(Debug)]
pub struct Notification {
    /// Whose address it came to.
    pub provider: Provider,
    /// The secret it carries, which is its only proof.
    pub secret: SecretString,
    /// Our name of the channel, if the message carries it.
    pub channel: Option<ChannelId>,
    /// The provider's name of it.
    pub external_id: Option<String>,
    /// Google's name of what is watched.
    pub resource_id: Option<String>,
    /// What it says.
    pub kind: NotificationKind,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationOutcome {
    /// A read was asked for.
    SyncRequested,
    /// Nothing more to do: a read is asked for already, or none would help.
    Noted,
    /// No channel of ours: closed long ago, or somebody guesses.
    UnknownChannel,
}

/// Acts on one message.
pub async fn receive_notification(deps: &Deps, op: &Op, notification: &Notification) -> Result<NotificationOutcome, CalendarError> {
    let hash = secret_hash(deps, &notification.secret);
    for _ in 0..TRIES {
        let Some(known) = channels::by_secret(&deps.database, &hash).await? else { return Ok(NotificationOutcome::UnknownChannel) };
        if !known.is_meant(notification) {
            return Ok(NotificationOutcome::UnknownChannel);
        }
        let (user, now) = (known.sync.user, deps.now());
        let op = Op { actor: Actor::Job { on_behalf_of: Some(user) }, ..op.clone() };
        if notification.kind != NotificationKind::Changed {
            return Ok(act(deps, &op, &known, notification).await?);
        }
        let is_news = known.last_message_at.is_none_or(|at| now - at >= QUIET) || known.missed_at.is_some();
        if !is_news && known.sync.is_requested(now) {
            // A burst writes nothing after its first message.
            return Ok(NotificationOutcome::Noted);
        }
        let names = (notification.external_id.as_deref(), notification.resource_id.as_deref());
        let job = known.sync.soon(now);
        let event = Event::done(Action::ChannelHeard, user, known.id.0).with(serde_json::json!({ "provider": known.provider }));
        let entry = job.as_ref().map(|_| audit::entry(deps, &op, &event));
        let taken = channels::notified(&deps.database, &known, names, now, job.as_ref(), entry.as_ref()).await?;
        match taken {
            // Of several messages at once, one asks; or a sync began, which may have looked too early: decided anew.
            Taken::Changed => {}
            Taken::Gone => return Ok(NotificationOutcome::UnknownChannel),
            Taken::Done if job.is_some() => return Ok(NotificationOutcome::SyncRequested),
            Taken::Done => return Ok(NotificationOutcome::Noted),
        }
    }
    // So many others were quicker that one of them has asked.
    Ok(NotificationOutcome::Noted)
}

impl KnownChannel {
    /// Whether the message is of this channel, as far as it says.
    fn is_meant(&self, notification: &Notification) -> bool {
        let is_other = |known: Option<&str>, said: Option<&str>| known.zip(said).is_some_and(|(known, said)| known != said);
        self.provider == notification.provider
            && notification.channel.is_none_or(|id| id == self.id)
            && !is_other(self.external_id.as_deref(), notification.external_id.as_deref())
    }
}

/// What is said seldom: of the channel itself.
async fn act(deps: &Deps, op: &Op, known: &KnownChannel, notification: &Notification) -> Result<NotificationOutcome, sqlx::Error> {
    let (user, now) = (known.sync.user, deps.now());
    let mut tx = deps.begin(op).await?;
    // Connection before channel, as everybody else.
    let Some(row) = connections::find_for_update(&mut tx, known.sync.connection).await? else {
        return Ok(NotificationOutcome::UnknownChannel);
    };
    let maintain = Job::MaintainChannels { user, connection: row.id };
    channels::message_received(&mut tx, known.id, notification.external_id.as_deref(), notification.resource_id.as_deref(), now).await?;
    let outcome = match notification.kind {
        NotificationKind::Opened | NotificationKind::Changed => NotificationOutcome::Noted,
        NotificationKind::RenewalWanted => {
            channels::due(&mut tx, known.id, now).await?;
            audit::append(&mut tx, deps, op, Event::done(Action::ChannelHeard, user, known.id.0));
            jobs::enqueue(&mut tx, maintain)?;
            NotificationOutcome::Noted
        }
        NotificationKind::Ended => {
            channels::delete(&mut tx, known.id).await?;
            audit::append(&mut tx, deps, op, Event::done(Action::ChannelClosed, user, known.id.0));
            let is_new = request_sync_soon(&mut tx, deps, &row).await?;
            jobs::enqueue(&mut tx, maintain)?;
            if is_new { NotificationOutcome::SyncRequested } else { NotificationOutcome::Noted }
        }
    };
    tx.commit().await?;
    Ok(outcome)
}
