//! Whoever guards the installation hears of an incident: by mail (`notifications`), at an address of theirs, in their error tracker.

use chrono::{DateTime, Utc};
use serde_json::json;
use types::{IncidentId, Rule, Severity, incident_name};

use super::{IncidentError, store};
use crate::base::{Deps, Op};
use crate::jobs::{AlertChannel, Job, enqueue};

/// What an alert says. Nobody is named in it: who it is about is on the page it leads to.
#[derive(Debug, Clone)]
pub struct Alert {
    /// `INC-14`.
    pub name: String,
    /// What was found.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// How often.
    pub found: i64,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// The page of it.
    pub link: String,
}

/// Puts in an alert by each channel that is set.
pub async fn send_alerts(deps: &Deps, op: &Op, incident: IncidentId) -> Result<(), IncidentError> {
    let alerts = &deps.providers.alerts;
    let channels = [
        (AlertChannel::Mail, alerts.mail_to.is_some()),
        (AlertChannel::Webhook, alerts.webhook.is_some()),
        (AlertChannel::Sentry, alerts.sentry.is_some()),
    ];
    let mut tx = deps.begin(op).await?;
    for (channel, _) in channels.into_iter().filter(|(_, is_set)| *is_set) {
        enqueue(&mut tx, Job::SendAlertBy { incident, channel })?;
    }
    tx.commit().await?;
    Ok(())
}

/// What is to be said by a channel; `None`: it was said before, or there is no such incident any more.
pub(crate) async fn alert_for(deps: &Deps, op: &Op, incident: IncidentId, channel: AlertChannel) -> Result<Option<Alert>, sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let Some(present) = store::lock(&mut tx, incident).await? else { return Ok(None) };
    let was_sent = store::was_alerted(&mut tx, incident, channel.as_str()).await?;
    tx.rollback().await?;
    Ok((!was_sent).then(|| Alert {
        name: incident_name(present.number),
        rule: present.rule,
        severity: present.severity,
        found: present.found,
        opened_at: present.opened_at,
        link: format!("{}/admin/incidents/{incident}", deps.settings.public_url),
    }))
}

/// Writes down whether it went out.
pub(crate) async fn alerted(deps: &Deps, op: &Op, incident: IncidentId, channel: AlertChannel, went_out: bool) -> Result<(), sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let kind = if went_out { "alert" } else { "alert_failed" };
    store::insert_entry(&mut tx, deps, incident, kind, None, &json!({ "channel": channel.as_str() }), None).await?;
    tx.commit().await
}

/// Posts it to the address or to the error tracker.
pub async fn post_alert(deps: &Deps, op: &Op, incident: IncidentId, channel: AlertChannel) -> Result<(), IncidentError> {
    let Some(alert) = alert_for(deps, op, incident, channel).await? else { return Ok(()) };
    let alerts = &deps.providers.alerts;
    let now = deps.now().timestamp();
    let sent = match channel {
        AlertChannel::Mail => return Ok(()),
        AlertChannel::Webhook => {
            let body = json!({
                "type": "incident.opened", "id": incident, "name": alert.name, "rule": alert.rule, "severity": alert.severity,
                "found": alert.found, "opened_at": alert.opened_at, "url": alert.link,
            });
            alerts.post_webhook(&body, now).await
        }
        AlertChannel::Sentry => {
            let level = if alert.severity == Severity::Critical { "fatal" } else { "error" };
            let message = format!("{}: {}", alert.name, alert.rule.as_str().replace('_', " "));
            let event = json!({
                "event_id": incident.0.simple().to_string(), "timestamp": now, "platform": "other", "level": level, "logger": "kairos.incidents",
                "message": { "formatted": message }, "fingerprint": [alert.rule, incident],
                "tags": { "rule": alert.rule, "severity": alert.severity }, "extra": { "url": alert.link, "found": alert.found },
            });
            alerts.post_sentry(&event, now).await
        }
    };
    alerted(deps, op, incident, channel, sent.is_ok()).await?;
    sent.map_err(|error| IncidentError::Alert(error.to_string()))
}
