//! Who is signed in: tower-sessions over our own table, where only a keyed hash of the id is kept.

use std::collections::HashMap;
use std::sync::Arc;

use app::context::Asked;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Deps;
use domain::accounts::{self, Identity, Viewer};
use domain::api_keys::{self, Bearer};
use domain::base::{Actor, Op};
use domain::calendar::{self, Page, Visit, Wanted};
use domain::limits;
use domain::vault::LookupHash;
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Session, SessionManagerLayer, SessionStore};
use types::UserId;

use super::{Pseudonym, RequestIdentity};
use crate::http::{audit, bookings, events};
use crate::routes::{self, Reads};
use crate::state::AppState;

/// Where the signed-in person's id is kept in a session.
pub const USER_KEY: &str = "user";
/// Which password was checked when the session was begun; `kairos_enter` compares it with the present one.
pub const PASSWORD_KEY: &str = "password_number";
/// When the person last proved who they are; `kairos_enter` reads it.
pub const PROVED_KEY: &str = "proved_at";
/// That a second factor was shown; `kairos_enter` asks for it.
pub const FACTOR_KEY: &str = "second_factor";
/// What names a session on its person's page, and ends it.
pub const LABEL_KEY: &str = "label";
/// What its browser is, sealed.
pub const BROWSER_KEY: &str = "browser_sealed";

/// Who asks, as handlers find it among the extensions.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The action.
    pub op: Op,
    /// Who it is, if anybody is signed in.
    pub identity: Identity,
    /// The session that the browser brought, whether it lives or not.
    pub session: Option<Id>,
    /// The token that a program brought, which then stands for any session.
    pub bearer: Option<Bearer>,
}

impl Caller {
    /// Whether `session`, as tower-sessions read it from the cookies, is the one that the caller was identified by. The two read cookies each in
    /// their own way, and what is written into a session must go into this one.
    pub async fn owns(&self, session: &Session) -> bool {
        let user = session.get::<UserId>(USER_KEY).await.ok().flatten();
        session.id() == self.session && user.is_some() && user == self.identity.user
    }

    /// The session that the browser brought, as the database knows it.
    pub fn session_hash(&self, deps: &Deps) -> Option<LookupHash> {
        self.session.map(|id| accounts::session_hash(deps, &id_bytes(id)))
    }

    /// On whose behalf pages are read.
    pub fn viewer(&self, deps: &Deps) -> Option<Viewer> {
        if let Some(bearer) = &self.bearer {
            return Some(Viewer::Program { user: bearer.user, key: bearer.key });
        }
        self.session_hash(deps).map(Viewer::Session)
    }
}

/// What was read of the caller's calendars, as handlers find it among the extensions.
pub type PageRows = Arc<Page>;

/// The cookie: `__Host-kairos` over HTTPS. On plain localhost in development browsers do not agree on keeping such a cookie,
/// so there it has another name, without `Secure`; it can never be mistaken for the other.
const fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-kairos" } else { "kairos_development" }
}

/// Around the routes that begin and end sessions; all others only read.
pub fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store { deps: state.deps.clone() })
        .with_name(cookie_name(state.web.is_https))
        .with_secure(state.web.is_https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// The session id that the browser brought. Of several cookies of the name the last counts, as in tower-sessions.
fn session_id(headers: &HeaderMap, is_https: bool) -> Option<Id> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut own = cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(name, _)| *name == cookie_name(is_https));
    own.next_back().and_then(|(_, value)| value.parse().ok())
}

/// Says who asks, and reads what the route shows, in one statement. A request without a session asks the database nothing.
pub(super) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let route = routes::find(request.method().as_str(), &path);
    let reads = route.map_or(Reads::Nothing, |route| route.reads);
    // A page that is the same for everybody does not look who asks.
    let reads = if reads == Reads::Sale { Reads::Nothing } else { reads };
    // Who brings a token asks with it and with nothing else: a cookie that comes along says nothing.
    let token = route.filter(|route| route.is_counted()).and_then(|_| bearer(request.headers()));
    let bearer = token.and_then(|text| api_keys::read_token(&state.deps, text));
    let reads = if token.is_some() && bearer.is_none() { Reads::Nothing } else { reads };
    let session = if reads == Reads::Nothing || token.is_some() { None } else { session_id(request.headers(), state.web.is_https) };
    let (mut parts, body) = request.into_parts();
    let asked = if reads == Reads::Nothing { None } else { Some(asked(&state, &mut parts).await) };
    let request_id = parts.extensions.get::<RequestIdentity>().map_or_else(|| state.deps.new_request_id(), |request| request.0);
    let address_pseudonym = parts.extensions.get::<Pseudonym>().map(|pseudonym| pseudonym.0.clone());
    let is_counted = route.is_some_and(|route| route.is_counted());
    let op = Op { address_pseudonym, is_counted, ..Op::new(Actor::Visitor, request_id) };
    let allowances = op.allowances.clone();
    let mut caller = Caller { op, identity: Identity::default(), session, bearer };
    let mut page = None;
    if let (Some(viewer), Some(asked)) = (caller.viewer(&state.deps), &asked) {
        let wanted = match reads {
            Reads::Nothing | Reads::Sale | Reads::Identity => None,
            Reads::Frame => Some(Wanted::FRAME),
            Reads::Events => events::wanted(&asked.query, asked.now),
            Reads::Bookings => bookings::wanted(&asked.query),
            Reads::Audit => Some(audit::wanted(asked)),
            Reads::Page => app::routes::page(&path).and_then(|page| page.wants).map(|wants| wants(asked)),
        };
        let visit = match &wanted {
            Some(wanted) => calendar::read_page(&state.deps, &caller.op, &viewer, wanted).await,
            None => accounts::identify(&state.deps, &caller.op, &viewer)
                .await
                .map(|identity| Visit { identity, page: None })
                .map_err(Into::into),
        };
        match visit {
            Ok(visit) => {
                caller.op.actor = visit.identity.user.map_or(Actor::Visitor, Actor::User);
                (caller.identity, page) = (visit.identity, visit.page);
                if caller.identity.has_returned {
                    session_returned(&state, &caller.op).await;
                }
                if let (Some(bearer), None, None) = (&caller.bearer, caller.identity.user, caller.identity.too_often) {
                    token_of_ended_key(&state, &caller.op, bearer).await;
                }
            }
            Err(error) => {
                // Without sessions nobody can be told apart: closed, not open.
                tracing::error!(%error, "sessions cannot be read");
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
    } else if is_counted {
        // Nobody who is known: counted where they are.
        match limits::take_request(&state.deps, &caller.op).await {
            Ok(taken) => caller.identity.too_often = taken.err(),
            Err(error) => {
                tracing::error!(%error, "requests cannot be counted");
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
    }
    if let Some(page) = page {
        parts.extensions.insert::<PageRows>(Arc::new(page));
    }
    if let Some(asked) = asked {
        parts.extensions.insert(asked);
    }
    parts.extensions.insert(caller);
    request = Request::from_parts(parts, body);
    let mut response = next.run(request).await;
    if let Some(allowance) = allowances.narrowest() {
        super::allowance::tell(response.headers_mut(), allowance);
    }
    response
}

/// The key or token of an `Authorization` header (RFC 6750, 2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A session goes back and forth between two places: it may be in two hands.
async fn session_returned(state: &AppState, op: &Op) {
    state.deps.security_event(op, "session_returned", "medium");
    if let Err(error) = accounts::session_returned(&state.deps, op).await {
        tracing::error!(%error, "that a session returned could not be kept");
    }
}

/// A token that we signed is refused: if its key was ended, that is told, and kept.
async fn token_of_ended_key(state: &AppState, op: &Op, bearer: &Bearer) {
    match api_keys::note_use_after_end(&state.deps, op, bearer).await {
        Ok(true) => state.deps.security_event(op, "token_of_ended_key", "high"),
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "the use of an ended key could not be kept"),
    }
}

/// What the address asks for.
async fn asked(state: &AppState, parts: &mut axum::http::request::Parts) -> Asked {
    let path = match RawPathParams::from_request_parts(parts, &()).await {
        Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        Err(_) => HashMap::new(),
    };
    Asked::new(state.deps.now(), path, parts.uri.query())
}

/// tower-sessions over the accounts room.
#[derive(Debug, Clone)]
pub struct Store {
    deps: Deps,
}

/// The bytes of a session id, as they are hashed.
pub fn id_bytes(id: Id) -> [u8; 16] {
    id.0.to_be_bytes()
}

fn stored(record: &Record) -> (Option<UserId>, Value) {
    let data = &record.data;
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
        let data: HashMap<String, Value> = serde_json::from_value(found.data).map_err(|error| Error::Decode(error.to_string()))?;
        // The table decides when a session ends (24 hours in all, 2 hours idle); this only says that it has not.
        let tomorrow = self.deps.now() + chrono::TimeDelta::days(1);
        let expiry_date = OffsetDateTime::from_unix_timestamp(tomorrow.timestamp()).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        accounts::delete_session(&self.deps, &id_bytes(*id)).await.map_err(failed)
    }
}
