//! What a push says, checked and acted on.
//!
//! Messages come late, twice, out of order and for channels that are no more. A message only says *that* something changed; what
//! changed is read, so no order matters. A thousand of them ask for one read.

use chrono::TimeDelta;
use secrecy::SecretString;
use types::{ChannelId, Provider};

use super::CalendarError;
use super::ask::{ask_soon, is_asked};
use super::channel_calls::secret_hash;
use super::store::channels::{self, ChannelRow};
use super::store::connections;
use crate::audit::{self, Action, Event};
use crate::base::{Actor, Deps, Op, Tx, act_as, present_lookup};
use crate::jobs::{self, Job};

/// So soon after another, a message tells nothing new about its channel.
const QUIET: TimeDelta = TimeDelta::seconds(1);

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Announced {
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
pub struct Announcement {
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
    pub says: Announced,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A read was asked for.
    Asked,
    /// Nothing more to do: a read is asked for already, or none would help.
    Noted,
    /// No channel of ours: closed long ago, or somebody guesses.
    Unknown,
}

/// Acts on one message.
pub async fn announce(deps: &Deps, op: &Op, announcement: &Announcement) -> Result<Heard, CalendarError> {
    let hash = secret_hash(deps, &announcement.secret);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let Some(channel) = channels::by_secret(&mut tx, &hash).await? else { return Ok(Heard::Unknown) };
    let is_other = |known: Option<&str>, said: Option<&str>| known.zip(said).is_some_and(|(known, said)| known != said);
    let other_channel = announcement.channel.is_some_and(|id| id != channel.id);
    if other_channel || is_other(channel.external_id.as_deref(), announcement.external_id.as_deref()) {
        return Ok(Heard::Unknown);
    }
    act_as(&mut tx, channel.user_id).await?;
    let Some(row) = connections::find(&mut tx, channel.connection).await? else { return Ok(Heard::Unknown) };
    if row.provider != announcement.provider {
        return Ok(Heard::Unknown);
    }
    let is_news = channel.last_message_at.is_none_or(|at| deps.now() - at >= QUIET) || channel.missed_at.is_some();
    if announcement.says == Announced::Changed && !is_news && is_asked(&row, deps.now()) {
        // A burst writes nothing after its first message.
        return Ok(Heard::Noted);
    }
    let op = Op { actor: Actor::Job { on_behalf_of: Some(channel.user_id) }, ..op.clone() };
    let heard = act(&mut tx, deps, &op, &channel, announcement).await?;
    tx.commit().await?;
    Ok(heard)
}

async fn act(tx: &mut Tx, deps: &Deps, op: &Op, channel: &ChannelRow, announcement: &Announcement) -> Result<Heard, sqlx::Error> {
    // Connection before channel, as everybody else; and of several messages at once, one asks.
    let Some(row) = connections::find_for_update(tx, channel.connection).await? else { return Ok(Heard::Unknown) };
    let (user, now) = (channel.user_id, deps.now());
    let keep = Job::KeepChannels { user, connection: row.id };
    channels::heard(tx, channel.id, announcement.external_id.as_deref(), announcement.resource_id.as_deref(), now).await?;
    match announcement.says {
        Announced::Opened => Ok(Heard::Noted),
        Announced::RenewalWanted => {
            channels::due(tx, channel.id, now).await?;
            audit::append(tx, deps, op, Event::done(Action::ChannelHeard, user, channel.id.0)).await?;
            jobs::enqueue(tx, keep).await?;
            Ok(Heard::Noted)
        }
        Announced::Ended => {
            channels::delete(tx, channel.id).await?;
            audit::append(tx, deps, op, Event::done(Action::ChannelClosed, user, channel.id.0)).await?;
            let is_new = ask_soon(tx, deps, &row).await?;
            jobs::enqueue(tx, keep).await?;
            Ok(if is_new { Heard::Asked } else { Heard::Noted })
        }
        Announced::Changed => {
            if !ask_soon(tx, deps, &row).await? {
                return Ok(Heard::Noted);
            }
            let event = Event::done(Action::ChannelHeard, user, channel.id.0).with(serde_json::json!({ "provider": row.provider }));
            audit::append(tx, deps, op, event).await?;
            Ok(Heard::Asked)
        }
    }
}
