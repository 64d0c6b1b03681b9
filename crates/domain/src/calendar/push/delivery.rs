//! How changes of a connection come to be known here: by push notifications, or by polling.

use chrono::{DateTime, Utc};
use types::{CalendarId, ChannelStatus, ConnectionStatus, Provider};

use super::channels::ChannelRow;
use super::lifecycle::{covered, covers};
use crate::base::Deps;

/// How changes come to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeDelivery {
    /// Not at all, until the person mends it.
    Stopped,
    /// Reads fail; they are tried at growing intervals.
    Failing,
    /// Its servers tell nobody: it is read at intervals.
    Polled,
    /// The provider would, but cannot reach this installation.
    Unreachable,
    /// The provider tells.
    Pushed {
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

/// How changes of a connection come to be known, of which these calendars count.
pub(in crate::calendar) fn change_delivery(
    deps: &Deps,
    (provider, status, attempts): (Provider, ConnectionStatus, i32),
    counting: &[CalendarId],
    channels: &[ChannelRow],
    now: DateTime<Utc>,
) -> ChangeDelivery {
    match status {
        ConnectionStatus::NeedsReconsent => return ChangeDelivery::Stopped,
        _ if attempts > 0 => return ChangeDelivery::Failing,
        ConnectionStatus::Active | ConnectionStatus::Degraded | ConnectionStatus::Failing => {}
    }
    if provider == Provider::Caldav {
        return ChangeDelivery::Polled;
    }
    if deps.providers.push(provider).is_none() {
        return ChangeDelivery::Unreachable;
    }
    ChangeDelivery::Pushed {
        covered: covered(counting, channels, now),
        counting: counting.len(),
        is_silent: channels.iter().any(|channel| channel.status == ChannelStatus::Open && channel.missed_at.is_some()),
        last_message_at: channels.iter().filter_map(|channel| channel.last_message_at).max(),
        ends_at: channels.iter().filter(|channel| covers(channel, now)).map(|channel| channel.expires_at).min(),
    }
}
