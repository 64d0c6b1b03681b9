//! Sessions that may be in somebody else's hands.

use serde_json::json;
use types::UserId;

use super::{AccountError, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, present_lookup};
use crate::vault::LookupHash;

/// The session of `op` is used where it was used before it was used elsewhere, all within minutes.
pub async fn session_returned(deps: &Deps, op: &Op) -> Result<(), AccountError> {
    let Some(user) = op.user() else { return Ok(()) };
    let mut tx = deps.begin(op).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::UserSessionReturned, user, user.0));
    tx.commit().await?;
    Ok(())
}

/// `user` signs in where a session of somebody else is, which was used elsewhere: it may have been planted there, for the sign-in to end up
/// in it. It never does: a session is begun under an id of its own. But whoever planted it is worth a look.
pub async fn note_planted_session(deps: &Deps, op: &Op, present: &LookupHash, user: UserId) -> Result<(), AccountError> {
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, present).await?;
    // That it is used here now has been noted already, by whatever found the session of this request.
    let found = store::find_owner_and_places(&mut tx, present).await?;
    let Some((owner, places)) = found else { return Ok(()) };
    if owner == user || !places.iter().flatten().any(|place| Some(place) != op.address_pseudonym.as_ref()) {
        return Ok(());
    }
    let event = Event::done(Action::UserSessionPlanted, owner, user.0).ending(Outcome::Refused).with(json!({ "ended": false }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    deps.security_event(op, "session_planted", "high");
    Ok(())
}
