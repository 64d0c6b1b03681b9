//! A kind of session: what it is, what it costs, and what comes back.

use serde_json::json;
use types::{Currency, Money, PriceError, SessionTypeId, Tax};
use uuid::Uuid;

use super::slug::{is_slug, slug};
use super::store::{self, SessionUpsert};
use super::{OfferError, Policy};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::scheduling;

/// What a builder typed.
#[derive(Debug, Clone)]
pub struct SessionForm {
    /// Which one is changed; none: a new one.
    pub id: Option<SessionTypeId>,
    /// The event type at Calendly.
    pub event_type: Option<Uuid>,
    /// What it is called.
    pub title: String,
    /// The part of the address that names it; empty: made out of the title.
    pub slug: String,
    /// What the client gets.
    pub description: String,
    /// What it costs, as typed.
    pub price: String,
    /// In which currency.
    pub currency: String,
    /// How tax stands to that.
    pub tax: String,
    /// What comes back.
    pub policy: String,
    /// Whether Stripe makes an invoice of it.
    pub makes_invoice: bool,
}

/// What is wrong with it. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionProblem {
    /// None was chosen, or it cannot be sold.
    EventType,
    /// It is empty, or longer than a title is.
    Title,
    /// It is no address.
    NotAnAddress,
    /// Another session has it.
    AddressTaken,
    /// It is longer than is read.
    DescriptionTooLong,
    /// It is no price.
    Price(PriceError),
    /// Stripe does not charge in it.
    Currency,
    /// None was chosen.
    Tax,
    /// None was chosen.
    Policy,
}

/// Keeps a session. A new one is closed until it is opened; what was booked before keeps what was sold.
pub async fn save_session(deps: &Deps, op: &Op, form: SessionForm) -> Result<SessionTypeId, OfferError> {
    let user = op.user().ok_or(OfferError::NotFound)?;
    let mut problems = Vec::new();
    let title = form.title.trim();
    if !(1..=120).contains(&title.chars().count()) {
        problems.push(SessionProblem::Title);
    }
    let place = match form.slug.trim() {
        "" => slug(title, 60),
        typed => typed.to_lowercase(),
    };
    if !is_slug(&place, 3, 60) {
        problems.push(SessionProblem::NotAnAddress);
    }
    let description = form.description.trim();
    if description.chars().count() > 1_000 {
        problems.push(SessionProblem::DescriptionTooLong);
    }
    let currency = Currency::parse(&form.currency);
    if currency.is_none() {
        problems.push(SessionProblem::Currency);
    }
    let price = currency.map(|currency| Money::parse(&form.price, currency));
    problems.extend(price.and_then(Result::err).map(SessionProblem::Price));
    let (tax, policy) = (form.tax.parse::<Tax>(), Policy::newest(&form.policy));
    problems.extend(tax.is_err().then_some(SessionProblem::Tax));
    problems.extend(policy.is_none().then_some(SessionProblem::Policy));

    let mut tx = deps.begin(op).await?;
    let event_type = match form.event_type {
        Some(id) => scheduling::sellable_in(&mut tx, user, id).await?,
        None => None,
    };
    problems.extend(event_type.is_none().then_some(SessionProblem::EventType));
    let (Some((event_type_hash, minutes)), Some(Ok(price)), Ok(tax), Some(policy), true) =
        (event_type, price, tax, policy, problems.is_empty())
    else {
        return Err(OfferError::Session(problems));
    };
    let id = match form.id {
        Some(id) if store::lock_session(&mut tx, user, id).await? => id,
        Some(_) => return Err(OfferError::NotFound),
        None => SessionTypeId(deps.new_id()),
    };
    let row = SessionUpsert {
        id,
        builder: user,
        event_type_hash: &event_type_hash,
        slug: &place,
        title,
        description,
        minutes,
        price,
        tax,
        policy,
        makes_invoice: form.makes_invoice,
        now: deps.now(),
    };
    if !store::put_session(&mut tx, &row).await? {
        return Err(OfferError::Session(vec![SessionProblem::AddressTaken]));
    }
    let detail = json!({ "price": price.minor, "currency": price.currency, "policy": policy.name, "policy_version": policy.version });
    audit::append(&mut tx, deps, op, Event::done(Action::SessionTypeSaved, user, id.0).with(detail));
    tx.commit().await?;
    Ok(id)
}
