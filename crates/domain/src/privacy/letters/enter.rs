//! An admin enters a request that came by mail.

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;
use types::LetterKind;
use uuid::Uuid;

use super::store;
use crate::accounts::Email;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, reference};
use crate::privacy::{DEADLINE, PrivacyError};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterForm {
    /// What it asks for.
    pub kind: Option<LetterKind>,
    /// Under which number it is filed.
    pub reference: String,
    /// The day it came.
    pub received_on: Option<NaiveDate>,
    /// From which address it is, if that is known: it is looked for and not kept.
    pub email: String,
    /// Whether it is not known yet that it is from them.
    pub needs_check: bool,
}

/// What is not right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterProblem {
    /// It asks for nothing that is known.
    Kind,
    /// It has no number.
    Reference,
    /// It came on no day, or on one that is still to come.
    Received,
}

/// Enters it. The month of the law runs from the day it came.
pub async fn enter_letter(deps: &Deps, op: &Op, form: &LetterForm) -> Result<Result<Uuid, Vec<LetterProblem>>, PrivacyError> {
    let admin = op.user().ok_or(PrivacyError::NotFound)?;
    let today = deps.now().date_naive();
    let reference = reference(&form.reference);
    let received = form.received_on.filter(|day| *day <= today);
    let (Some(kind), Some(reference), Some(received)) = (form.kind, reference, received) else {
        let problems = [
            (form.kind.is_none(), LetterProblem::Kind),
            (reference.is_none(), LetterProblem::Reference),
            (received.is_none(), LetterProblem::Received),
        ];
        return Ok(Err(problems.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, problem)| problem).collect()));
    };
    let (id, received_at) = (deps.new_id(), received.and_time(NaiveTime::MIN).and_utc());
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let person = match form.email.trim() {
        "" => None,
        text => store::find_person(&mut tx, Some(&Email::typed_hash(deps, text)), None).await?,
    };
    let new = store::NewLetter {
        id,
        user: person,
        kind,
        reference,
        received_at,
        due_at: received_at + DEADLINE,
        checking_since: form.needs_check.then(|| deps.now()),
        admin,
    };
    store::insert_letter(&mut tx, &new).await?;
    let detail = json!({ "kind": kind, "reference": reference, "is_known": person.is_some() });
    audit::append(&mut tx, deps, op, Event::of_installation(Action::LetterEntered).on(id).with(detail));
    tx.commit().await?;
    Ok(Ok(id))
}
