//! The health of a connection in an icon and words; never colour alone.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::calendar::ConnectionView;
use leptos::prelude::*;
use types::{ConnectionStatus, HealthReason, SyncOutcome};

use super::Icon;
use crate::format;

/// The badge of a connection.
#[component]
pub fn ConnectionState(
    /// The connection.
    connection: ConnectionView,
    /// The present moment.
    now: DateTime<Utc>,
    /// The viewer's zone.
    zone: Tz,
) -> impl IntoView {
    let (tone, icon, text) = state(&connection, now, zone);
    view! { <span class=format!("state {tone}")><Icon name=icon /> {text}</span> }
}

fn state(connection: &ConnectionView, now: DateTime<Utc>, zone: Tz) -> (&'static str, &'static str, String) {
    let since =
        connection.since.map(|at| format!(", since {}", format::moment(at, now, zone).trim_start_matches("at "))).unwrap_or_default();
    let running = connection.logs.first().is_some_and(|log| log.outcome == SyncOutcome::Running);
    match (connection.status, connection.reason, connection.last_sync_at) {
        _ if connection.missing_key.is_some() => ("is-bad", "lock", "Its record cannot be read".to_owned()),
        (ConnectionStatus::NeedsReconsent, Some(HealthReason::PasswordRefused), _) => {
            ("is-warn", "warn", format!("Needs a new app password{since}"))
        }
        (ConnectionStatus::NeedsReconsent, ..) => ("is-warn", "warn", format!("Needs your consent again{since}")),
        (ConnectionStatus::Failing, ..) => ("is-unknown", "unknown", format!("Unknown{since}")),
        (ConnectionStatus::Degraded, ..) => ("is-warn", "warn", format!("Trouble{since}")),
        (ConnectionStatus::Active, _, None) => ("is-act", "sync", "First sync".to_owned()),
        (ConnectionStatus::Active, _, Some(_)) if running => ("is-act", "sync", "Being read now".to_owned()),
        (ConnectionStatus::Active, _, Some(at)) => ("is-good", "check", format!("Healthy, read {}", format::ago(at, now, zone))),
    }
}
