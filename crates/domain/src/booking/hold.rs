//! Holding a time for somebody who is on the way to pay.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::json;
use types::{BookingId, Cause, UserId};
use uuid::Uuid;

use super::answers::{self, AnswerProblem};
use super::change::{Note, note_in};
use super::client::{self, Client};
use super::shop::{Paused, SessionPage};
use super::store::{self, Inserted, NewBooking};
use super::{BookingError, link};
use crate::accounts::Email;
use crate::base::{Deps, Op, Tx};
use crate::jobs::{Job, enqueue};
use crate::limits::{self, Limit};
use crate::offers::{Policy, SessionTypeView};
use crate::payments::{self, NewPayment};
use crate::scheduling;

/// How long a client has to pay: Stripe's page lives at least half an hour, and is opened within the rest.
pub(super) const HOLD: TimeDelta = TimeDelta::minutes(32);
/// Times that one client may hold at once with one builder.
const MOST_HELD: i64 = 3;

/// What a client typed.
#[derive(Debug, Clone)]
pub struct HoldForm {
    /// The builder, as the address names them.
    pub builder: String,
    /// The session, as the address names it.
    pub session: String,
    /// When it is to begin.
    pub starts_at: String,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their zone.
    pub zone: String,
    /// The policy they accept, with its version; empty: none.
    pub policy: String,
    /// The price they were shown, in minor units.
    pub price: String,
    /// What they said to each question, in its order; of several choices each.
    pub answers: Vec<Vec<String>>,
    /// Names the form that was sent.
    pub attempt: String,
}

/// What is wrong with it. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldProblem {
    /// No time was chosen.
    NoTime,
    /// They said no name.
    Name,
    /// It is no address.
    Email,
    /// There is no such zone.
    Zone,
    /// They did not accept what comes back.
    PolicyNotAccepted,
    /// The price or the policy is not what they were shown.
    TermsChanged,
    /// They hold as many times as anybody may.
    TooManyHeld,
    /// What they said to the question at this place.
    Answer(usize, AnswerProblem),
}

/// Why the time is not to be had. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Somebody else has it, or it is not offered.
    Gone,
    /// Nobody knows whether it is free.
    Unknown,
    /// Nothing can be booked just now.
    Paused(Paused),
}

/// What was typed, as far as it is right.
struct Wanted {
    starts_at: DateTime<Utc>,
    client: Client,
    email: Email,
    zone: Tz,
    policy: &'static Policy,
}

fn read(form: &HoldForm, session: &SessionTypeView) -> Result<Wanted, Vec<HoldProblem>> {
    let starts_at = form.starts_at.parse::<DateTime<Utc>>().map_err(|_| HoldProblem::NoTime);
    let name = form.name.trim();
    let name =
        if (1..=120).contains(&name.chars().count()) && !name.chars().any(char::is_control) { Ok(name) } else { Err(HoldProblem::Name) };
    let email = Email::parse(form.email.trim()).map_err(|_| HoldProblem::Email);
    let zone = form.zone.parse::<Tz>().map_err(|_| HoldProblem::Zone);
    let accepted = form.policy.rsplit_once('-').and_then(|(name, version)| Policy::find(name, version.parse().ok()?));
    let policy = match accepted {
        None => Err(HoldProblem::PolicyNotAccepted),
        Some(policy) if policy != session.policy || form.price != session.price.minor.to_string() => Err(HoldProblem::TermsChanged),
        Some(policy) => Ok(policy),
    };
    let answers = answers::read(&session.questions, &form.answers);
    match (starts_at, name, email, zone, policy, answers) {
        (Ok(starts_at), Ok(name), Ok(email), Ok(zone), Ok(policy), Ok(answers)) => {
            let client = Client { name: name.to_owned(), email: email.as_str().to_owned(), answers };
            Ok(Wanted { starts_at, client, email, zone, policy })
        }
        (starts_at, name, email, zone, policy, answers) => {
            let typed = [starts_at.err(), name.err(), email.err(), zone.err(), policy.err()].into_iter().flatten();
            let said = answers.err().into_iter().flatten().map(|(place, problem)| HoldProblem::Answer(place, problem));
            Err(typed.chain(said).collect())
        }
    }
}

/// Holds the time, if it is free: by what Calendly says at this moment, by the builder's own calendars, and by what is held and sold here. The same
/// form sent twice is one booking.
pub async fn hold(deps: &Deps, op: &Op, form: HoldForm) -> Result<(UserId, BookingId), BookingError> {
    let Some((page, shown)) = SessionPage::read(deps, &form.builder, &form.session).await? else { return Err(BookingError::NotFound) };
    let (builder, session) = (page.user(), &shown.session);
    let op = &op.as_client_of(builder);
    let attempt = attempt_hash(deps, &form);
    if let Some(before) = find_attempt(deps, op, builder, &attempt).await? {
        return Ok((builder, before));
    }
    let wanted = read(&form, session).map_err(BookingError::Form)?;
    if let Some(paused) = shown.paused {
        return Err(BookingError::Taken(Taken::Paused(paused)));
    }
    if !shown.slots.iter().any(|slot| slot.starts_at == wanted.starts_at) {
        let is_unknown = shown.unknown.iter().any(|slot| slot.starts_at == wanted.starts_at);
        return Err(BookingError::Taken(if is_unknown { Taken::Unknown } else { Taken::Gone }));
    }
    limits::take_for_client(deps, op, Limit::HoldsFromAddress).await??;
    let Some(event_type) = session.event_type else { return Err(BookingError::Taken(Taken::Paused(Paused::NotOffered))) };
    match scheduling::is_offered(deps, op, event_type, wanted.starts_at).await {
        Ok(true) => {}
        Ok(false) => return Err(BookingError::Taken(Taken::Gone)),
        Err(error) => {
            tracing::warn!(%error, "Calendly could not be asked whether a time is free");
            return Err(BookingError::Taken(Taken::Paused(Paused::SchedulingUnknown { since: None })));
        }
    }

    let mut tx = deps.begin(op).await?;
    let Some(event_type_hash) = scheduling::sellable_in(&mut tx, builder, event_type).await?.map(|(hash, _)| hash) else {
        return Err(BookingError::Taken(Taken::Paused(Paused::NotOffered)));
    };
    let id = BookingId(deps.new_id());
    match insert(
        &mut tx,
        deps,
        op,
        Insertion { id, builder, session, wanted: &wanted, event_type_hash: &event_type_hash, attempt: &attempt },
    )
    .await?
    {
        Inserted::Yes => {}
        Inserted::Taken => return Err(BookingError::Taken(Taken::Gone)),
        Inserted::Before => {
            drop(tx);
            // Two of the same form at once: the other one was first.
            return find_attempt(deps, op, builder, &attempt)
                .await?
                .map(|before| (builder, before))
                .ok_or(BookingError::Taken(Taken::Gone));
        }
    }
    tx.commit().await?;
    Ok((builder, id))
}

struct Insertion<'a> {
    id: BookingId,
    builder: UserId,
    session: &'a SessionTypeView,
    wanted: &'a Wanted,
    event_type_hash: &'a [u8],
    attempt: &'a [u8],
}

async fn insert(tx: &mut Tx, deps: &Deps, op: &Op, new: Insertion<'_>) -> Result<Inserted, BookingError> {
    let Insertion { id, builder, session, wanted, event_type_hash, attempt } = new;
    let (client, key) = client::known_in(tx, deps, builder, &wanted.email).await?;
    if store::count_held(tx, client).await? >= MOST_HELD {
        return Err(BookingError::Form(vec![HoldProblem::TooManyHeld]));
    }
    let held_until = deps.now() + HOLD;
    let zone = wanted.zone.name();
    let booking = NewBooking {
        id,
        builder,
        session_type: session.id,
        client,
        client_sealed: &client::seal(deps, &key, id, &wanted.client)?,
        event_type_hash,
        attempt_hash: attempt,
        token_hash: &link::token_hash(deps, &link::token(deps, id)),
        starts_at: wanted.starts_at,
        ends_at: wanted.starts_at + TimeDelta::minutes(i64::from(session.minutes)),
        held_until,
        title: &session.title,
        price: session.price,
        tax: session.tax,
        policy: wanted.policy.name,
        policy_version: wanted.policy.version,
        client_zone: zone,
        now: deps.now(),
    };
    let inserted = store::insert_booking(tx, &booking).await?;
    if inserted == Inserted::Yes {
        let row = store::find(tx, builder, id, false).await?.ok_or(BookingError::NotFound)?;
        let detail = json!({ "policy": wanted.policy.name, "policy_version": wanted.policy.version, "until": held_until });
        note_in(tx, deps, op, &row, Note::new("held", Cause::Client).with(detail)).await?;
        let payment = NewPayment {
            booking: id,
            builder,
            attempt: 1,
            amount: row.price,
            tax: row.tax,
            makes_invoice: session.makes_invoice,
            expires_at: held_until,
        };
        payments::begin_in(tx, deps, payment).await?;
        enqueue(tx, Job::ReleaseHold { user: builder, booking: id }.at(held_until))?;
    }
    Ok(inserted)
}

/// Names what was sent: the form, and which time by whom. Somebody who goes back to the page and chooses another time begins anew with it.
fn attempt_hash(deps: &Deps, form: &HoldForm) -> Vec<u8> {
    // A form without a name is one of its own.
    let name = form.attempt.parse::<Uuid>().unwrap_or_else(|_| deps.new_id());
    let said = format!("{name}\n{}\n{}", form.starts_at, form.email.trim().to_lowercase());
    deps.vault.lookup().hash("booking attempt", said.as_bytes()).to_vec()
}

async fn find_attempt(deps: &Deps, op: &Op, builder: UserId, attempt: &[u8]) -> Result<Option<BookingId>, sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    let found = store::find_attempt(&mut tx, builder, attempt).await?;
    tx.rollback().await?;
    Ok(found)
}
