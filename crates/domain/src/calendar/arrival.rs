//! How changes of a connection come to be known here.

use chrono::{DateTime, Utc};
use types::{ChannelStatus, ConnectionStatus, Provider};

use super::CalendarError;
use super::channel::{covered, covers};
use super::overview::ConnectionView;
use super::store::channels;
use crate::base::{Deps, Reading};

/// How changes arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Not at all, until the person mends it.
    Stopped,
    /// Reads fail; they are tried at growing intervals.
    Failing,
    /// Its servers tell nobody: it is read at intervals.
    NeverTold,
    /// The provider would, but cannot reach this installation.
    OutOfReach,
    /// The provider tells.
    Told {
        /// Of changes in so many calendars.
        covered: usize,
        /// Of so many that count.
        counting: usize,
        /// Whether a change was found that it should have told of.
        is_silent: bool,
        /// When it last said something.
        last_message_at: Option<DateTime<Utc>>,
        /// When the first of the channels ends, unless it is renewed before.
        ends_at: Option<DateTime<Utc>>,
    },
}

/// How changes of this connection arrive.
pub async fn arrival(deps: &Deps, reading: &mut Reading, connection: &ConnectionView) -> Result<Arrival, CalendarError> {
    let provider = connection.provider;
    match connection.status {
        ConnectionStatus::NeedsReconsent => return Ok(Arrival::Stopped),
        _ if connection.attempts > 0 => return Ok(Arrival::Failing),
        ConnectionStatus::Active | ConnectionStatus::Degraded | ConnectionStatus::Failing => {}
    }
    if provider == Provider::Caldav {
        return Ok(Arrival::NeverTold);
    }
    if deps.providers.push(provider).is_none() {
        return Ok(Arrival::OutOfReach);
    }
    let now = reading.now();
    let channels = channels::of_connection(&mut reading.tx, connection.id).await?;
    let counting: Vec<_> = connection.calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
    Ok(Arrival::Told {
        covered: covered(&counting, &channels, now),
        counting: counting.len(),
        is_silent: channels.iter().any(|channel| channel.status == ChannelStatus::Open && channel.missed_at.is_some()),
        last_message_at: channels.iter().filter_map(|channel| channel.last_message_at).max(),
        ends_at: channels.iter().filter(|channel| covers(channel, now)).map(|channel| channel.expires_at).min(),
    })
}
