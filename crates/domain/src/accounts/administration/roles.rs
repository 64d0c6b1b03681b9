//! What somebody may do here.

use serde_json::json;
use types::{Role, UserId};

use crate::accounts::{AccountError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};

/// Gives exactly these roles, from the next request on. `Refused`: nobody has none.
pub async fn set_roles_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId, roles: &[Role]) -> Result<(), AccountError> {
    if roles.is_empty() {
        return Err(AccountError::Refused);
    }
    if store::update_roles(tx, user, roles).await? {
        audit::append(tx, deps, op, Event::done(Action::UserRolesChanged, user, user.0).with(json!({ "roles": roles })));
    }
    Ok(())
}
