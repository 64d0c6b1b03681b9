//! It goes on: who it is from is checked, and it is answered or refused.

use serde_json::json;
use types::LetterStatus;
use uuid::Uuid;

use super::store;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::privacy::PrivacyError;

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterAct {
    /// Who it is from is asked: the time of the law waits.
    Check,
    /// It is from them: it goes on.
    Confirm,
    /// It was answered.
    Answer,
    /// It was refused, and they were told why.
    Refuse,
}

impl LetterAct {
    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "check" => Self::Check,
            "confirm" => Self::Confirm,
            "answer" => Self::Answer,
            "refuse" => Self::Refuse,
            _ => return None,
        })
    }

    /// Where it stands afterwards, if it can be done to one that stands at `status`.
    const fn after(self, status: LetterStatus) -> Option<LetterStatus> {
        match (self, status) {
            (Self::Check, LetterStatus::Open) => Some(LetterStatus::Checking),
            (Self::Confirm, LetterStatus::Checking) => Some(LetterStatus::Open),
            (Self::Answer, LetterStatus::Open) => Some(LetterStatus::Answered),
            (Self::Refuse, LetterStatus::Open | LetterStatus::Checking) => Some(LetterStatus::Refused),
            _ => None,
        }
    }
}

/// Does it.
///
/// # Errors
/// [`PrivacyError::NotFound`]: there is none; [`PrivacyError::TooLate`]: it does not stand where this can be done.
pub async fn advance_letter(deps: &Deps, op: &Op, letter: Uuid, act: LetterAct) -> Result<(), PrivacyError> {
    let now = deps.now();
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let found = store::lock_letter(&mut tx, letter).await?.ok_or(PrivacyError::NotFound)?;
    let status = act.after(found.status).ok_or(PrivacyError::TooLate)?;
    // As long as it was checked who it is from, the time of the law stood still.
    let waited = found.checking_since.map_or_else(chrono::TimeDelta::zero, |since| now - since);
    let due_at = if status == LetterStatus::Open { found.due_at + waited } else { found.due_at };
    store::set_letter(&mut tx, letter, status, due_at, now).await?;
    let event = Event::of_installation(Action::LetterAdvanced).on(letter).with(json!({ "from": found.status, "to": status }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(())
}
