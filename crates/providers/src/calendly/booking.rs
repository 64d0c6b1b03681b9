//! Times that are offered, and booking, finding and cancelling one.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;

use super::wire::{AvailableTime, Collection, EventBody, InviteeBody, LinkBody, Resource};
use super::{Answer, Calendly, CalendlyError};
use crate::page_url::is_page;

/// As many events as are read at once.
pub const MOST_EVENTS: usize = 500;
/// The longest stretch that Calendly says the times of at once.
const MAX_STRETCH: TimeDelta = TimeDelta::days(31);

/// Who is to be booked, and for when.
#[derive(Debug, Clone)]
pub struct NewInvitee {
    /// Calendly's name for the event type.
    pub event_type: String,
    /// When it begins: one of the times that are offered.
    pub starts_at: DateTime<Utc>,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their zone, by IANA's name.
    pub zone: String,
    /// Where it takes place, as the event type says it.
    pub location: Option<serde_json::Value>,
    /// What they said to what the event type asks.
    pub answers: Vec<Answer>,
    /// The booking here; Calendly says it again with everything about this invitee.
    pub reference: String,
}

/// Somebody who is booked at Calendly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// Calendly's name for them in this event.
    pub uri: String,
    /// Calendly's name for the event.
    pub event: String,
    /// Their address.
    pub email: String,
    /// Whether they still are.
    pub is_active: bool,
    /// Whether they were moved to another event.
    pub is_rescheduled: bool,
    /// Who they were before they were moved.
    pub old_invitee: Option<String>,
    /// Who they are after they were moved.
    pub new_invitee: Option<String>,
    /// The booking here, if it was made from here. Visitors can change it: it proves nothing.
    pub reference: Option<String>,
    /// Where they cancel by themselves. A bearer link.
    pub cancel_url: Option<String>,
    /// Where they move it by themselves. A bearer link.
    pub reschedule_url: Option<String>,
    /// Who cancelled it: `host` or `invitee`.
    pub cancelled_by: Option<String>,
    /// When.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Calendly's name for the mark that they did not come, if they did not.
    pub no_show: Option<String>,
}

/// An event at Calendly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendlyEvent {
    /// Calendly's name for it.
    pub uri: String,
    /// Whether it takes place.
    pub is_active: bool,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Calendly's name for its event type.
    pub event_type: Option<String>,
}

/// As Calendly writes moments.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The path of one of Calendly's names: they are URIs of its own API, and are asked for at the address that was set.
pub(super) fn path(uri: &str) -> Result<String, CalendlyError> {
    let url = url::Url::parse(uri).map_err(|_| CalendlyError::Unreadable)?;
    let path = url.path().trim_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    // Reading a URL takes `..` and `%2e%2e` out of it, and nothing of theirs has them.
    let is_written_out = !uri.contains("..") && !uri.contains('%');
    if path.bytes().all(is_plain) && !path.is_empty() && is_written_out { Ok(path.to_owned()) } else { Err(CalendlyError::Unreadable) }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, CalendlyError> {
    serde_json::from_slice(body).map_err(|_| CalendlyError::Unreadable)
}

impl Calendly {
    /// The times at which `event_type` can begin, from `from` (which must be in the future) on and before `to`, which is at most 31 days later.
    pub async fn available_times(
        &self,
        token: &SecretString,
        event_type: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, CalendlyError> {
        let (from, to) = (moment(from), moment(to.min(from + MAX_STRETCH)));
        let query = [("event_type", event_type), ("start_time", &from), ("end_time", &to)];
        let answer = self.get("event_type_available_times", &query, token).await?;
        let times: Collection<AvailableTime> = read(&answer.body)?;
        Ok(times.collection.into_iter().filter(|time| time.status == "available").map(|time| time.start_time).collect())
    }

    /// Books. There is no idempotency key: after an answer that was lost, look with [`Calendly::find_invitee`] before trying again.
    pub async fn book(&self, token: &SecretString, new: &NewInvitee) -> Result<Invitee, CalendlyError> {
        let mut body = json!({
            "event_type": new.event_type,
            "start_time": moment(new.starts_at),
            "invitee": { "name": new.name, "email": new.email, "timezone": new.zone },
            "tracking": {
                "utm_source": "kairos", "utm_content": new.reference, "utm_campaign": null, "utm_medium": null, "utm_term": null,
                "salesforce_uuid": null,
            },
        });
        if !new.answers.is_empty() {
            body["questions_and_answers"] = json!(new.answers);
        }
        if let Some(location) = &new.location {
            body["location"] = location.clone();
        }
        let invitee: Resource<InviteeBody> = read(&self.post("invitees", &body, token).await?.body)?;
        Ok(invitee.resource.into())
    }

    /// Who was booked from here with this reference, for a time between two, if anybody was.
    pub async fn find_invitee(
        &self,
        token: &SecretString,
        user: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        email: &str,
        reference: &str,
    ) -> Result<Option<Invitee>, CalendlyError> {
        let (from, to) = (moment(from), moment(to));
        let query = [
            ("user", user),
            ("invitee_email", email),
            ("status", "active"),
            ("min_start_time", from.as_str()),
            ("max_start_time", to.as_str()),
            ("count", "100"),
        ];
        let events: Collection<EventBody> = read(&self.get("scheduled_events", &query, token).await?.body)?;
        for event in events.collection {
            let found = self.invitees(token, &event.uri).await?;
            if let Some(invitee) = found.into_iter().find(|invitee| invitee.is_active && invitee.reference.as_deref() == Some(reference)) {
                return Ok(Some(invitee));
            }
        }
        Ok(None)
    }

    /// Every event of an account that takes place from `from` on, by time: at most five hundred.
    pub async fn events(&self, token: &SecretString, user: &str, from: DateTime<Utc>) -> Result<Vec<CalendlyEvent>, CalendlyError> {
        let from = moment(from);
        let (mut found, mut page_token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_EVENTS / 100 {
            let mut query =
                vec![("user", user), ("status", "active"), ("min_start_time", from.as_str()), ("sort", "start_time:asc"), ("count", "100")];
            query.extend(page_token.as_deref().map(|token| ("page_token", token)));
            let page: Collection<EventBody> = read(&self.get("scheduled_events", &query, token).await?.body)?;
            found.extend(page.collection.into_iter().map(CalendlyEvent::from));
            page_token = page.pagination.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Everybody in an event, also those who cancelled.
    pub async fn invitees(&self, token: &SecretString, event: &str) -> Result<Vec<Invitee>, CalendlyError> {
        let answer = self.get(&format!("{}/invitees", path(event)?), &[("count", "100")], token).await?;
        let invitees: Collection<InviteeBody> = read(&answer.body)?;
        Ok(invitees.collection.into_iter().map(Into::into).collect())
    }

    /// One invitee, as they stand now.
    pub async fn invitee(&self, token: &SecretString, uri: &str) -> Result<Invitee, CalendlyError> {
        let invitee: Resource<InviteeBody> = read(&self.get(&path(uri)?, &[], token).await?.body)?;
        Ok(invitee.resource.into())
    }

    /// One event, as it stands now.
    pub async fn event(&self, token: &SecretString, uri: &str) -> Result<CalendlyEvent, CalendlyError> {
        let event: Resource<EventBody> = read(&self.get(&path(uri)?, &[], token).await?.body)?;
        Ok(event.resource.into())
    }

    /// Cancels a whole event; one that is cancelled already is as good.
    pub async fn cancel(&self, token: &SecretString, event: &str, reason: &str) -> Result<(), CalendlyError> {
        let place = format!("{}/cancellation", path(event)?);
        match self.post(&place, &json!({ "reason": reason }), token).await {
            Ok(_) => Ok(()),
            // What it says of one that was cancelled before is not settled: the event itself is.
            Err(CalendlyError::DoesNotFit | CalendlyError::Forbidden) if !self.event(token, event).await?.is_active => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Marks an invitee as one who did not come. Not repeated without looking: a second mark is refused.
    pub async fn mark_no_show(&self, token: &SecretString, invitee: &str) -> Result<(), CalendlyError> {
        self.post("invitee_no_shows", &json!({ "invitee": invitee }), token).await.map(|_| ())
    }

    /// Takes the mark away.
    pub async fn unmark_no_show(&self, token: &SecretString, no_show: &str) -> Result<(), CalendlyError> {
        self.delete(&path(no_show)?, token).await
    }

    /// Asks that everything of the invitees with these addresses be deleted. Only for organizations whose plan has it, and their owners.
    pub async fn delete_invitees(&self, token: &SecretString, emails: &[&str]) -> Result<(), CalendlyError> {
        self.post("data_compliance/deletion/invitees", &json!({ "emails": emails }), token).await.map(|_| ())
    }

    /// A link by which somebody picks one time of `event_type`, once.
    pub async fn single_use_link(&self, token: &SecretString, event_type: &str) -> Result<String, CalendlyError> {
        let body = json!({ "max_event_count": 1, "owner": event_type, "owner_type": "EventType" });
        let link: Resource<LinkBody> = read(&self.post("scheduling_links", &body, token).await?.body)?;
        Some(link.resource.booking_url).filter(|url| is_page(url)).ok_or(CalendlyError::Unreadable)
    }
}

impl From<EventBody> for CalendlyEvent {
    fn from(body: EventBody) -> Self {
        Self {
            uri: body.uri,
            is_active: body.status == "active",
            starts_at: body.start_time,
            ends_at: body.end_time,
            event_type: body.event_type,
        }
    }
}

impl From<InviteeBody> for Invitee {
    fn from(body: InviteeBody) -> Self {
        Self {
            uri: body.uri,
            event: body.event,
            email: body.email,
            is_active: body.status == "active",
            is_rescheduled: body.rescheduled,
            old_invitee: body.old_invitee,
            new_invitee: body.new_invitee,
            reference: body.tracking.and_then(|tracking| tracking.utm_content),
            cancel_url: body.cancel_url.filter(|url| is_page(url)),
            reschedule_url: body.reschedule_url.filter(|url| is_page(url)),
            cancelled_at: body.cancellation.as_ref().and_then(|cancellation| cancellation.created_at),
            no_show: body.no_show.map(|no_show| no_show.uri),
            cancelled_by: body.cancellation.and_then(|cancellation| cancellation.canceler_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_calendlys_is_asked_for_at_the_address_that_was_set_and_nowhere_else() {
        assert_eq!(path("https://api.calendly.com/scheduled_events/AB12/invitees/C-3").unwrap(), "scheduled_events/AB12/invitees/C-3");
        assert_eq!(path("https://calendly.com/scheduled_events/AB12").unwrap(), "scheduled_events/AB12", "a host of their samples");
        for odd in ["", "AB12", "https://api.calendly.com/", "https://api.calendly.com/a/%2e%2e/users/me"] {
            assert_eq!(path(odd), Err(CalendlyError::Unreadable), "{odd}");
        }
    }
}
