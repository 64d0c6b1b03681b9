//! Booking at Calendly, and what becomes of it there.

use chrono::TimeDelta;
use providers::calendly::{Answer, CalendlyError, CalendlyEvent, Invitee, NewInvitee};

use super::SchedulingError;
use super::access::{Which, access, access_to};
use crate::base::{Deps, Op};

/// Who is to be booked.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub starts_at: chrono::DateTime<chrono::Utc>,
    pub name: String,
    pub email: String,
    pub zone: String,
    pub answers: Vec<Answer>,
    pub reference: String,
}

/// Books the guest, unless they are booked already: an earlier try may have succeeded without our hearing of it.
pub(crate) async fn book(deps: &Deps, op: &Op, event_type_hash: &[u8], guest: Guest) -> Result<Invitee, SchedulingError> {
    let (access, found) = access_to(deps, op, Some(Which::Hash(event_type_hash))).await?;
    let (_, offer) = found.ok_or(SchedulingError::Calendly(CalendlyError::NotFound))?;
    let calendly = &deps.providers.calendly;
    let Guest { starts_at, name, email, zone, answers, reference } = guest;
    let when = (starts_at, starts_at + TimeDelta::minutes(1));
    let known = calendly.find_invitee(&access.token, &access.account.uri, when, &email, &reference).await;
    let known = access.heard(deps, op, known).await?;
    if let Some(invitee) = known {
        return Ok(invitee);
    }
    let new = NewInvitee { event_type: offer.uri, location: offer.location, starts_at, name, email, zone, answers, reference };
    match calendly.book(&access.token, &new).await {
        // Taken, and it may be by ourselves: another worker was a moment faster.
        Err(CalendlyError::DoesNotFit) => {
            let ours = calendly.find_invitee(&access.token, &access.account.uri, when, &new.email, &new.reference).await?;
            ours.ok_or(SchedulingError::Calendly(CalendlyError::DoesNotFit))
        }
        made => Ok(made?),
    }
}

/// Whoever stands at Calendly for a booking of ours from now on, wherever they were booked.
pub(crate) async fn find_booked(deps: &Deps, op: &Op, email: &str, reference: &str) -> Result<Option<Invitee>, SchedulingError> {
    let (access, now) = (access(deps, op).await?, deps.now());
    let when = (now, now + TimeDelta::days(366));
    let found = deps.providers.calendly.find_invitee(&access.token, &access.account.uri, when, email, reference).await;
    access.heard(deps, op, found).await
}

/// A link by which the client picks a time by themselves, once.
pub(crate) async fn single_use_link(deps: &Deps, op: &Op, event_type_hash: &[u8]) -> Result<String, SchedulingError> {
    let (access, found) = access_to(deps, op, Some(Which::Hash(event_type_hash))).await?;
    let (_, offer) = found.ok_or(SchedulingError::Calendly(CalendlyError::NotFound))?;
    access.heard(deps, op, deps.providers.calendly.single_use_link(&access.token, &offer.uri).await).await
}

/// Cancels an event; one that is cancelled, or not there any more, is as good.
pub(crate) async fn cancel_event(deps: &Deps, op: &Op, event: &str, reason: &str) -> Result<(), SchedulingError> {
    let access = access(deps, op).await?;
    match deps.providers.calendly.cancel(&access.token, event, reason).await {
        Err(CalendlyError::NotFound) => Ok(()),
        done => access.heard(deps, op, done).await,
    }
}

/// Says that somebody did not come, or that they did, unless that is said there already. Who is not there any more needs nothing said.
pub(crate) async fn set_no_show(deps: &Deps, op: &Op, invitee: &str, did_not_come: bool) -> Result<(), SchedulingError> {
    let access = access(deps, op).await?;
    let calendly = &deps.providers.calendly;
    let done = match calendly.invitee(&access.token, invitee).await {
        Ok(invitee) => match (did_not_come, invitee.no_show) {
            (true, None) => calendly.mark_no_show(&access.token, &invitee.uri).await,
            (false, Some(mark)) => calendly.unmark_no_show(&access.token, &mark).await,
            _ => Ok(()),
        },
        Err(error) => Err(error),
    };
    match done {
        Err(CalendlyError::NotFound) => Ok(()),
        done => access.heard(deps, op, done).await,
    }
}

/// Asks that Calendly forget an invitee. `false`: this account may not ask for it, or is not connected any more.
pub(crate) async fn forget_invitee(deps: &Deps, op: &Op, email: &str) -> Result<bool, SchedulingError> {
    let access = match access(deps, op).await {
        Err(SchedulingError::NotConnected) => return Ok(false),
        access => access?,
    };
    match deps.providers.calendly.delete_invitees(&access.token, &[email]).await {
        Ok(()) => Ok(true),
        Err(CalendlyError::RateLimited { .. } | CalendlyError::Down) => Err(SchedulingError::Calendly(CalendlyError::Down)),
        Err(_) => Ok(false),
    }
}

/// Somebody who was booked, as they stand now.
pub(crate) async fn invitee(deps: &Deps, op: &Op, uri: &str) -> Result<Invitee, SchedulingError> {
    let access = access(deps, op).await?;
    access.heard(deps, op, deps.providers.calendly.invitee(&access.token, uri).await).await
}

/// Everything that takes place from now on.
pub(crate) async fn events_ahead(deps: &Deps, op: &Op, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<CalendlyEvent>, SchedulingError> {
    let access = access(deps, op).await?;
    access.heard(deps, op, deps.providers.calendly.events(&access.token, &access.account.uri, now).await).await
}

/// An event, as it stands now.
pub(crate) async fn event(deps: &Deps, op: &Op, uri: &str) -> Result<CalendlyEvent, SchedulingError> {
    let access = access(deps, op).await?;
    access.heard(deps, op, deps.providers.calendly.event(&access.token, uri).await).await
}
