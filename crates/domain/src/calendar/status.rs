//! The payload of `GET /api/calendar/status`, exactly as the settings page of the first design expects it.

use chrono::SecondsFormat;
use serde::Serialize;
use types::{CapacityLevel, ConnectionId, ConnectionStatus, Provider};

use super::CalendarError;
use super::agenda;
use super::capacity::FALLBACK_ACTIONS;
use super::range::{self, Range, Titles};
use crate::accounts;
use crate::base::{Deps, Op};

/// The payload. Field order is part of the shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusPayload {
    /// Whether there is any connection.
    pub connected: bool,
    /// The first connection's provider.
    pub provider: Option<Provider>,
    /// The first connection's status.
    pub status: Option<ConnectionStatus>,
    /// RFC 3339, UTC, whole seconds.
    pub last_sync_at: Option<String>,
    /// Today's capacity.
    pub capacity: StatusCapacity,
    /// Only when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<StatusConnection>,
}

/// Today's capacity in three words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusCapacity {
    /// How much room.
    pub level: CapacityLevel,
    /// How many actions fit.
    pub actions_per_day: i64,
    /// The provider it comes from, or `fallback`.
    pub source: &'static str,
}

/// One of several connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusConnection {
    /// The id.
    pub id: ConnectionId,
    /// Where.
    pub provider: Provider,
    /// How it is.
    pub status: ConnectionStatus,
    /// RFC 3339, UTC, whole seconds.
    pub last_sync_at: Option<String>,
}

/// Never an error for want of a connection: then it is the fallback.
pub async fn status(deps: &Deps, op: &Op) -> Result<StatusPayload, CalendarError> {
    let mut reading = deps.read(op).await?.ok_or(CalendarError::NotFound)?;
    let person = accounts::load_zoned(&mut reading).await?.ok_or(CalendarError::NotFound)?;
    let today = person.date(reading.now());
    let range = range::read(&mut reading, person, Titles::LeftSealed, today, 1).await?;
    let list: Vec<StatusConnection> = range
        .connections
        .iter()
        .map(|row| StatusConnection {
            id: row.id,
            provider: row.provider,
            status: row.status,
            last_sync_at: row.last_sync_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        })
        .collect();
    let first = list.first();
    Ok(StatusPayload {
        connected: first.is_some(),
        provider: first.map(|connection| connection.provider),
        status: first.map(|connection| connection.status),
        last_sync_at: first.and_then(|connection| connection.last_sync_at.clone()),
        capacity: capacity(&range, first.map(|connection| connection.provider)),
        connections: if list.len() > 1 { list } else { Vec::new() },
    })
}

fn capacity(range: &Range, provider: Option<Provider>) -> StatusCapacity {
    let (Some(provider), true) = (provider, range.anything_known()) else {
        return StatusCapacity { level: CapacityLevel::Default, actions_per_day: FALLBACK_ACTIONS, source: "fallback" };
    };
    let capacity = agenda::make(range, range.person.date(range.now)).capacity;
    StatusCapacity { level: capacity.level, actions_per_day: capacity.actions_per_day, source: provider.as_str() }
}
