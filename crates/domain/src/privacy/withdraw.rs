//! Somebody takes back what they allowed: what was made of it ends at once.

use types::ConsentPurpose;

use super::PrivacyError;
use crate::base::{Deps, Op};
use crate::calendar::{self, Which};
use crate::scheduling;

/// Does it. `false`: that is done elsewhere, where another way to sign in is asked for first.
pub async fn withdraw(deps: &Deps, op: &Op, purpose: ConsentPurpose) -> Result<bool, PrivacyError> {
    match purpose {
        ConsentPurpose::Calendars => {
            calendar::disconnect(deps, op, Which::All).await?;
        }
        ConsentPurpose::Calendly => scheduling::disconnect_calendly(deps, op).await?,
        ConsentPurpose::GoogleSignIn => return Ok(false),
    }
    Ok(true)
}
