//! Sends mail. Addresses are read when it is sent, so that somebody who was forgotten gets none.

use chrono::{DateTime, Utc};
use providers::mail::MailError;
use types::{ApiKeyId, ConnectionId, IncidentId, PrivacyRequestId, UserId, UserTokenId};
use uuid::Uuid;

use super::Template;
use crate::accounts;
use crate::audit::{self, AuditError};
use crate::base::{Deps, Op};
use crate::calendar::{self, CalendarError};
use crate::incidents;
use crate::jobs::{AlertChannel, LinkPurpose, SignInChange};
use crate::privacy;

/// Why it did not go out; the job is tried again.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// What it is about could not be read.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The booking it is about could not be read.
    #[error(transparent)]
    Booking(#[from] crate::booking::BookingError),
    /// The mail server did.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The audit log could not be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The address cannot be read for want of a key.
    #[error("the address cannot be read with the keys this server has")]
    KeyMissing,
}

/// Mails a single-use link, unless it was used or is too old by now.
pub async fn link(deps: &Deps, op: &Op, user: UserId, token: UserTokenId, purpose: LinkPurpose) -> Result<(), SendError> {
    let mut tx = deps.begin(op).await?;
    let waiting = accounts::find_token_in(&mut tx, token, deps.now()).await?;
    let has_no_password = accounts::has_no_password_in(&mut tx, user).await?;
    tx.rollback().await?;
    if !waiting {
        return Ok(());
    }
    let text = accounts::link_text(deps, user, token, purpose);
    let link = format!("{}{}?token={text}", deps.settings.public_url, accounts::purpose_path(purpose));
    let forgot = format!("{}/forgot", deps.settings.public_url);
    let template = match purpose {
        LinkPurpose::VerifyEmail => Template::VerifyEmail { link: &link },
        LinkPurpose::ResetPassword if has_no_password => Template::ResetForced { link: &link, forgot: &forgot },
        LinkPurpose::ResetPassword => Template::ResetPassword { link: &link },
    };
    send(deps, op, &token.to_string(), template).await
}

/// Mails that somebody signed up with an address that has an account.
pub async fn already_signed_up(deps: &Deps, op: &Op) -> Result<(), SendError> {
    let base = &deps.settings.public_url;
    let (sign_in, forgot) = (format!("{base}/sign-in"), format!("{base}/forgot"));
    send(deps, op, &op.request_id.to_string(), Template::AlreadySignedUp { sign_in: &sign_in, forgot: &forgot }).await
}

/// Mails that a connection needs the person, and the one page that mends it; nothing when it was mended meanwhile.
pub async fn broken_connection(deps: &Deps, op: &Op, connection: ConnectionId, since: DateTime<Utc>, day: i64) -> Result<(), SendError> {
    let Some(alert) = calendar::connection_alert(deps, op, connection, since).await? else { return Ok(()) };
    let link = format!("{}/app/settings/connections/{connection}", deps.settings.public_url);
    let account = alert.account.as_deref().unwrap_or("your account");
    let template = Template::BrokenConnection {
        account,
        provider: alert.provider.label(),
        words: alert.reason.words(),
        needs_person: alert.reason.needs_person(),
        days: alert.days,
        link: &link,
    };
    // One id per break and day: a mail server that saw it before can tell.
    send(deps, op, &format!("{connection}-{}-{day}", since.timestamp()), template).await
}

/// Mails that the password was changed, so that whoever did not do it hears of it.
pub async fn password_changed(deps: &Deps, op: &Op) -> Result<(), SendError> {
    let link = format!("{}/forgot", deps.settings.public_url);
    send(deps, op, &op.request_id.to_string(), Template::PasswordChanged { forgot: &link }).await
}

/// Mails that a second factor was changed.
pub async fn sign_in_changed(deps: &Deps, op: &Op, change: SignInChange) -> Result<(), SendError> {
    let link = format!("{}/app/settings/security", deps.settings.public_url);
    send(deps, op, &op.request_id.to_string(), Template::SignInChanged { change, link: &link }).await
}

/// Mails until when somebody can take back that they asked to be forgotten, or that they did.
pub async fn privacy_request(deps: &Deps, op: &Op, request: PrivacyRequestId) -> Result<(), SendError> {
    let Some((is_open, runs_at)) = privacy::request_mail(deps, op, request).await? else { return Ok(()) };
    let (link, page) = (privacy::request_link(deps, request), format!("{}/app/settings/security", deps.settings.public_url));
    let until = runs_at.format("%-d %B %Y, %H:%M UTC").to_string();
    let template = if is_open {
        Template::ErasureAsked { until: &until, link: &link, page: &page }
    } else {
        Template::ErasureCancelled { page: &page }
    };
    send(deps, op, &format!("{request}-{is_open}"), template).await
}

/// Mails that the archive that somebody asked for is ready.
pub async fn archive_ready(deps: &Deps, op: &Op, archive: Uuid) -> Result<(), SendError> {
    let link = format!("{}/app/settings/privacy", deps.settings.public_url);
    send(deps, op, &archive.to_string(), Template::ArchiveReady { link: &link }).await
}

/// Mails that a key for programs was made.
pub async fn api_key_made(deps: &Deps, op: &Op, key: ApiKeyId) -> Result<(), SendError> {
    let link = format!("{}/app/settings/security/keys", deps.settings.public_url);
    send(deps, op, &key.to_string(), Template::ApiKeyMade { link: &link }).await
}

/// Mails that an account at Calendly needs its builder.
pub async fn broken_calendly(deps: &Deps, op: &Op) -> Result<(), SendError> {
    let link = format!("{}/builder/connect", deps.settings.public_url);
    send(deps, op, &op.request_id.to_string(), Template::BrokenCalendly { link: &link }).await
}

/// Mails that a browser signed in for the first time, and what to do if it was somebody else. Also when its session is over already.
pub async fn new_browser(deps: &Deps, op: &Op, label: Uuid) -> Result<(), SendError> {
    let Some(user) = op.user() else { return Ok(()) };
    let browser = accounts::browser_of(deps, user, label).await?;
    let program = browser.as_ref().map_or("A browser", |browser| &browser.program);
    let network = browser.as_ref().and_then(|browser| browser.network.as_deref()).unwrap_or("not known any more");
    let (page, forgot) = (format!("{}/app/settings/security", deps.settings.public_url), format!("{}/forgot", deps.settings.public_url));
    send(deps, op, &label.to_string(), Template::NewBrowser { program, network, page: &page, forgot: &forgot }).await
}

/// Mails the newest signed head of the audit log to whoever keeps them outside of this server.
pub async fn checkpoint(deps: &Deps, op: &Op) -> Result<(), SendError> {
    let Some(to) = deps.providers.copies.mail_to.clone() else { return Ok(()) };
    let Some((origin, size, note)) = audit::newest_checkpoint(deps).await? else { return Ok(()) };
    let link = format!("{}/admin/audit", deps.settings.public_url);
    let template = Template::Checkpoint { origin: &origin, size, note: &note, link: &link };
    let sent = deps.providers.mailer.send(&op.request_id.to_string(), &template.write(to, None)).await;
    audit::checkpoint_mailed(deps, size, sent.is_ok()).await?;
    Ok(sent?)
}

/// Mails the alert of an incident to whoever guards the installation.
pub async fn incident_alert(deps: &Deps, op: &Op, incident: IncidentId) -> Result<(), SendError> {
    let Some(to) = deps.providers.alerts.mail_to.clone() else { return Ok(()) };
    let Some(alert) = incidents::alert_for(deps, op, incident, AlertChannel::Mail).await? else { return Ok(()) };
    let template = Template::Incident {
        name: &alert.name,
        severity: alert.severity.as_str(),
        what: alert.rule.words(),
        found: alert.found,
        link: &alert.link,
    };
    let sent = deps.providers.mailer.send(&format!("{incident}-alert"), &template.write(to, None)).await;
    incidents::alerted(deps, op, incident, AlertChannel::Mail, sent.is_ok()).await?;
    Ok(sent?)
}

async fn send(deps: &Deps, op: &Op, id: &str, template: Template<'_>) -> Result<(), SendError> {
    let Some(user) = op.user() else { return Ok(()) };
    let Some(recipient) = accounts::recipient(deps, user).await? else { return Ok(()) };
    let to = recipient.email.ok_or(SendError::KeyMissing)?;
    deps.providers.mailer.send(id, &template.write(to, recipient.name.as_deref())).await?;
    Ok(())
}
