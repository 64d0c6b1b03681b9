//! What is kept of somebody must stay, because a court or an authority wants it: nothing of theirs is purged or erased meanwhile.

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;
use types::UserId;
use uuid::Uuid;

use super::store;
use crate::accounts::Email;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, reference};
use crate::privacy::PrivacyError;

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldForm {
    /// Whose, by number or address.
    pub person: String,
    /// Under which number it is filed.
    pub reference: String,
    /// Until the end of which day.
    pub until: Option<NaiveDate>,
}

/// Sets it, in the place of one that stands. `false`: nobody is called so, there is no number, or the day is over.
pub async fn set_hold(deps: &Deps, op: &Op, form: &HoldForm) -> Result<bool, PrivacyError> {
    let admin = op.user().ok_or(PrivacyError::NotFound)?;
    let now = deps.now();
    let until = form.until.and_then(|day| day.succ_opt()).map(|day| day.and_time(NaiveTime::MIN).and_utc()).filter(|until| *until > now);
    let (Some(reference), Some(until)) = (reference(&form.reference), until) else { return Ok(false) };
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let person = match form.person.trim().parse::<UserId>() {
        Ok(user) => store::find_person(&mut tx, None, Some(user)).await?,
        Err(_) => store::find_person(&mut tx, Some(&Email::typed_hash(deps, form.person.trim())), None).await?,
    };
    let Some(person) = person else { return Ok(false) };
    store::lift_of(&mut tx, person, now).await?;
    let id = deps.new_id();
    store::insert_hold(&mut tx, id, person, reference, now, until, admin).await?;
    let event = Event { subject: Some(person), ..Event::of_installation(Action::LegalHoldSet) };
    audit::append(&mut tx, deps, op, event.on(id).with(json!({ "reference": reference, "until": until })));
    tx.commit().await?;
    Ok(true)
}

/// Ends it before its day.
pub async fn lift_hold(deps: &Deps, op: &Op, hold: Uuid) -> Result<(), PrivacyError> {
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let person = store::lift(&mut tx, hold, deps.now()).await?.ok_or(PrivacyError::NotFound)?;
    let event = Event { subject: Some(person), ..Event::of_installation(Action::LegalHoldLifted) };
    audit::append(&mut tx, deps, op, event.on(hold));
    tx.commit().await?;
    Ok(())
}
