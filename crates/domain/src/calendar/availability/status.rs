//! The payload of `GET /api/calendar/status`, exactly as the settings page of the first design expects it.

use chrono::SecondsFormat;
use serde::Serialize;
use types::{CapacityLevel, ConnectionId, ConnectionStatus, Provider};

use super::capacity::FALLBACK_ACTIONS;
use super::page::Page;
use super::range::Titles;

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
pub fn status(page: &Page) -> StatusPayload {
    let list: Vec<StatusConnection> = page
        .rows()
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
    StatusPayload {
        connected: first.is_some(),
        provider: first.map(|connection| connection.provider),
        status: first.map(|connection| connection.status),
        last_sync_at: first.and_then(|connection| connection.last_sync_at.clone()),
        capacity: capacity(page, first.map(|connection| connection.provider)),
        connections: if list.len() > 1 { list } else { Vec::new() },
    }
}

fn capacity(page: &Page, provider: Option<Provider>) -> StatusCapacity {
    let Some(provider) = provider else { return FALLBACK };
    let day = page.day(Titles::LeftSealed);
    if !day.anything_known {
        return FALLBACK;
    }
    StatusCapacity { level: day.capacity.level, actions_per_day: day.capacity.actions_per_day, source: provider.as_str() }
}

const FALLBACK: StatusCapacity = StatusCapacity { level: CapacityLevel::Default, actions_per_day: FALLBACK_ACTIONS, source: "fallback" };
