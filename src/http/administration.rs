//! `POST /admin/users/{id}/open`, `…/act`, `POST /admin/jobs/rerun` and `…/remove`

use app::context::Asked;
use axum::Extension;
use axum::extract::{MatchedPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::administration::{self, AdministrationError, PersonAct, Reason};
use domain::calendar::{self, Wanted};
use std::sync::Arc;
use types::{Notice, Role, UserId};

use super::form::{Fields, go, go_saying};
use super::pages::missing;
use super::render::{Extra, Ready, broken, show};
use crate::middleware::Caller;
use crate::state::AppState;

/// What the address names.
pub(super) fn id<T: std::str::FromStr>(asked: &Asked) -> Option<T> {
    asked.path.get("id")?.parse().ok()
}

/// Shows somebody's name and address, for a reason that the audit log keeps.
pub async fn open(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(user) = id::<UserId>(&asked) else { return missing(&state, &caller) };
    let (wanted, extra) = match Reason::new(&fields.text("reason"), &fields.text("reference")) {
        Some(reason) => (app::pages::administration::opened_person(user, reason), Extra::default()),
        None => {
            let error = ("reference", "Up to 40 letters, digits and - _ # / . such as HELP-204.".to_owned());
            (app::pages::administration::person_wants(&asked), Extra::invalid(fields.back(vec![error])))
        }
    };
    person_page(&state, &caller, asked, wanted, extra).await
}

/// Does something to an account.
pub async fn act(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    fields: Fields,
) -> Response {
    let Some(user) = id::<UserId>(&asked) else { return missing(&state, &caller) };
    let act = match fields.text("act").as_str() {
        "set_roles" => PersonAct::SetRoles(
            Role::ALL.iter().copied().filter(|role| fields.all("role").iter().any(|text| text == role.as_str())).collect(),
        ),
        "lock" => PersonAct::Lock,
        "unlock" => PersonAct::Unlock,
        "end_sessions" => PersonAct::EndSessions,
        "end_api_keys" => PersonAct::EndApiKeys,
        "force_reset" => PersonAct::ForceReset,
        "remove_second_factor" => PersonAct::RemoveSecondFactor,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let error = match administration::act_on_person(&state.deps, &caller.op, user, act).await {
        Ok(()) => return go_saying(&format!("/admin/users/{user}"), Notice::AdministrationDone),
        Err(AdministrationError::NotFound) => return missing(&state, &caller),
        Err(AdministrationError::Own) => "This is your own account: another admin has to do that.",
        Err(AdministrationError::NoRole) => "Somebody has at least one role. To keep them out, lock the account.",
        Err(error) => {
            tracing::error!(%error, "an account could not be changed");
            return broken();
        }
    };
    let wanted = app::pages::administration::person_wants(&asked);
    person_page(&state, &caller, asked, wanted, Extra::invalid(fields.back(vec![("", error.to_owned())]))).await
}

async fn person_page(state: &AppState, caller: &Caller, asked: Asked, wanted: Wanted, extra: Extra) -> Response {
    page(state, caller, "/admin/users/{id}", asked, wanted, extra).await
}

/// A page of admins, read for what the form asks and not for its own address.
pub(super) async fn page(state: &AppState, caller: &Caller, route: &'static str, asked: Asked, wanted: Wanted, extra: Extra) -> Response {
    let Some(viewer) = caller.viewer(&state.deps) else { return missing(state, caller) };
    match calendar::read_page(&state.deps, &caller.op, &viewer, &wanted).await {
        Ok(visit) => show(state, caller, Ready { route: app::routes::page(route), asked, page: visit.page.map(Arc::new) }, extra),
        Err(error) => {
            tracing::error!(%error, "a page could not be read");
            broken()
        }
    }
}

/// Has a delivery of a webhook acted on once more.
pub async fn rerun_delivery(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let Ok(delivery) = fields.text("delivery").parse() else { return StatusCode::BAD_REQUEST.into_response() };
    match administration::rerun_delivery(&state.deps, &caller.op, delivery).await {
        Ok(()) => go_saying("/admin/webhooks", Notice::AdministrationDone),
        Err(AdministrationError::NotFound) => missing(&state, &caller),
        Err(error) => {
            tracing::error!(%error, "a delivery could not be acted on once more");
            broken()
        }
    }
}

/// Tries a job again now, or gives it up.
pub async fn jobs(State(state): State<AppState>, Extension(caller): Extension<Caller>, path: MatchedPath, fields: Fields) -> Response {
    let Ok(job) = fields.text("job").parse() else { return StatusCode::BAD_REQUEST.into_response() };
    let done = if path.as_str().ends_with("/remove") {
        administration::remove_job(&state.deps, &caller.op, job).await
    } else {
        administration::rerun_job(&state.deps, &caller.op, job).await
    };
    // To the jobs of the state that were listed.
    let state: String = fields.text("state").chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
    let back = |notice| {
        if state.is_empty() { go_saying("/admin/jobs", notice) } else { go(&format!("/admin/jobs?state={state}&notice={notice}")) }
    };
    match done {
        Ok(()) => back(Notice::AdministrationDone),
        Err(AdministrationError::NotFound) => back(Notice::JobGone),
        Err(error) => {
            tracing::error!(%error, "a job could not be changed");
            broken()
        }
    }
}
