//! On whose behalf a page is read, and who that turned out to be.

use chrono::{DateTime, TimeDelta, Utc};
use types::{ApiKeyId, Role, UserId};

use super::store;
use crate::base::{Deps, Op};
use crate::limits::{Counted, TooOften};
use crate::vault::LookupHash;

/// On whose behalf something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Whoever a session belongs to: the keyed hash of its id, as [`session_hash`] makes it.
    Session(LookupHash),
    /// Somebody's program, with a token that we signed, as long as its key holds.
    Program {
        /// The person.
        user: UserId,
        /// Their key.
        key: ApiKeyId,
    },
    /// A person that the server itself knows: in a job, in a feed.
    Person(UserId),
}

/// The keyed hash of a session's id, under which it is kept.
pub fn session_hash(deps: &Deps, id: &[u8]) -> LookupHash {
    deps.vault.session().hash("session", id)
}

impl Viewer {
    pub(crate) fn session(&self) -> Option<&[u8]> {
        match self {
            Self::Session(hash) => Some(hash),
            Self::Program { .. } | Self::Person(_) => None,
        }
    }

    pub(crate) const fn person(&self) -> Option<UserId> {
        match self {
            Self::Session(_) => None,
            Self::Program { user, .. } | Self::Person(user) => Some(*user),
        }
    }

    /// As whom this replica remembers that they asked too often.
    pub(crate) fn counted_as(&self) -> Vec<u8> {
        match self {
            Self::Session(hash) => hash.to_vec(),
            Self::Program { user, key } => [user.0.as_bytes(), key.0.as_bytes().as_slice()].concat(),
            Self::Person(user) => user.0.as_bytes().to_vec(),
        }
    }

    pub(crate) const fn key(&self) -> Option<ApiKeyId> {
        match self {
            Self::Program { key, .. } => Some(*key),
            Self::Session(_) | Self::Person(_) => None,
        }
    }
}

/// How long a proof holds.
const FRESH: TimeDelta = TimeDelta::minutes(15);

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The signed-in person; `None`: nobody, or a session that nobody signed in to.
    pub user: Option<UserId>,
    /// What that person may do, as of now: a change of roles takes effect at the next request.
    pub roles: Vec<Role>,
    /// When they last proved in this session who they are.
    pub proved_at: Option<DateTime<Utc>>,
    /// Whether a code is asked for when they sign in.
    pub has_second_factor: bool,
    /// They asked too often: nothing was read, not even who they are.
    pub too_often: Option<TooOften>,
    /// The session is used here again, a few minutes after it was used elsewhere.
    pub has_returned: bool,
}

impl Identity {
    pub(crate) fn new(user: Option<uuid::Uuid>, roles: Option<Vec<String>>) -> Self {
        let roles = roles.unwrap_or_default();
        Self { user: user.map(UserId), roles: store::parse_roles(&roles), ..Self::default() }
    }

    /// Whether they proved in the last fifteen minutes who they are.
    pub fn is_proved(&self, now: DateTime<Utc>) -> bool {
        self.proved_at.is_some_and(|at| now - at < FRESH)
    }

    pub(crate) fn proved(self, at: Option<DateTime<Utc>>, has_second_factor: Option<bool>) -> Self {
        Self { proved_at: at, has_second_factor: has_second_factor.unwrap_or_default(), ..self }
    }

    pub(crate) fn seen(self, has_returned: Option<bool>) -> Self {
        Self { has_returned: has_returned.unwrap_or_default(), ..self }
    }

    /// Nobody: they asked too often.
    pub(crate) fn refused(too_often: TooOften) -> Self {
        Self { too_often: Some(too_often), ..Self::default() }
    }

    /// With what the statement counted, as JSON. Whoever was too often is nobody, whatever was read.
    pub(crate) fn counted(self, counted: Option<Counted<'_>>, said: Option<&str>) -> Result<Self, sqlx::Error> {
        let Some(counted) = counted else { return Ok(self) };
        Ok(counted.told(said)?.err().map_or(self, Self::refused))
    }
}

/// Who a viewer is, for what reads nothing else: one statement. A session that has ended is nobody's.
pub async fn identify(deps: &Deps, op: &Op, viewer: &Viewer) -> Result<Identity, sqlx::Error> {
    store::identify(deps, op, viewer).await
}
