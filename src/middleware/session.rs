//! Who is signed in: tower-sessions over our own table, where only a keyed hash of the id is kept.

use std::collections::HashMap;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Deps;
use domain::accounts;
use domain::base::{Actor, Op};
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Session, SessionManagerLayer, SessionStore};
use types::{Role, UserId};

use super::{Pseudonym, RequestIdentity};
use crate::state::AppState;

/// Where the signed-in person's id is kept in a session.
pub const USER_KEY: &str = "user";
/// Which password was checked when the session was begun; `kairos_session` compares it with the present one.
pub const PASSWORD_KEY: &str = "password_number";
/// Read-only: put in when a session is loaded, taken out before it is stored.
const ROLES_KEY: &str = "roles";

/// Who asks, as handlers find it among the extensions.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The action.
    pub op: Op,
    /// The signed-in person.
    pub user: Option<UserId>,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// The cookie: `__Host-kairos` over HTTPS. On plain localhost in development browsers do not agree on keeping such a cookie,
/// so there it has another name, without `Secure`; it can never be mistaken for the other.
pub(super) fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    let name = if state.web.is_https { "__Host-kairos" } else { "kairos_development" };
    SessionManagerLayer::new(Store { deps: state.deps.clone() })
        .with_name(name)
        .with_secure(state.web.is_https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// Loads the session, if the request brings one, and says who asks.
pub(super) async fn identify(State(state): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    let (user, roles) = match who(&session).await {
        Ok(found) => found,
        Err(error) => {
            // Without sessions nobody can be told apart: closed, not open.
            tracing::error!(%error, "sessions cannot be read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let request_id = request.extensions().get::<RequestIdentity>().map_or_else(|| state.deps.new_request_id(), |request| request.0);
    let address_pseudonym = request.extensions().get::<Pseudonym>().map(|pseudonym| pseudonym.0.clone());
    let actor = user.map_or(Actor::Visitor, Actor::User);
    request.extensions_mut().insert(Caller { op: Op { actor, request_id, address_pseudonym }, user, roles });
    next.run(request).await
}

async fn who(session: &Session) -> std::result::Result<(Option<UserId>, Vec<Role>), tower_sessions::session::Error> {
    if session.id().is_none() {
        return Ok((None, Vec::new()));
    }
    let user = session.get::<UserId>(USER_KEY).await?;
    let roles = session.get::<Vec<Role>>(ROLES_KEY).await?.unwrap_or_default();
    Ok((user, if user.is_some() { roles } else { Vec::new() }))
}

/// tower-sessions over the accounts room.
#[derive(Debug, Clone)]
pub(super) struct Store {
    deps: Deps,
}

/// The bytes of a session id, as they are hashed.
pub fn id_bytes(id: Id) -> [u8; 16] {
    id.0.to_be_bytes()
}

fn stored(record: &Record) -> (Option<UserId>, Value) {
    let mut data = record.data.clone();
    data.remove(ROLES_KEY);
    let user = data.get(USER_KEY).and_then(|value| serde_json::from_value(value.clone()).ok());
    (user, serde_json::json!(data))
}

fn failed(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait::async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (user, data) = stored(record);
            if accounts::create_session(&self.deps, &id_bytes(record.id), user, &data).await.map_err(failed)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (user, data) = stored(record);
        accounts::save_session(&self.deps, &id_bytes(record.id), user, &data).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(found) = accounts::find_session(&self.deps, &id_bytes(*id)).await.map_err(failed)? else { return Ok(None) };
        let mut data: HashMap<String, Value> = serde_json::from_value(found.data).map_err(|error| Error::Decode(error.to_string()))?;
        data.insert(ROLES_KEY.to_owned(), serde_json::json!(found.roles));
        // The table decides when a session ends (24 hours in all, 2 hours idle); this only says that it has not.
        let tomorrow = self.deps.now() + chrono::TimeDelta::days(1);
        let expiry_date = OffsetDateTime::from_unix_timestamp(tomorrow.timestamp()).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        accounts::delete_session(&self.deps, &id_bytes(*id)).await.map_err(failed)
    }
}
