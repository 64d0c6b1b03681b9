//! One action: who acts, for whom, under which request id.

use types::{RequestId, UserId};

use super::Allowances;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who is not signed in.
    Visitor,
    /// A signed-in person.
    User(UserId),
    /// Somebody who buys from a builder, or has bought, and need not be signed in: what they do is done to the builder's rows.
    Client {
        /// Whose.
        of: UserId,
    },
    /// A background job, for the person whose rows it works on.
    Job {
        /// The person, if the job belongs to one.
        on_behalf_of: Option<UserId>,
    },
    /// Someone with a shell on the server, through a command.
    Operator,
}

/// One action. Every verb takes it, so that audit entries, logs and row-level security agree on who it was.
#[derive(Debug, Clone)]
pub struct Op {
    /// Who acts.
    pub actor: Actor,
    /// Ties the reply, the log lines and the audit entries together.
    pub request_id: RequestId,
    /// A keyed hash of the client's address; the address itself is not kept.
    pub address_pseudonym: Option<Vec<u8>>,
    /// Whether it is one of the requests that `/api/*` counts.
    pub is_counted: bool,
    /// What is left of the limits it was counted by.
    pub allowances: Allowances,
}

impl Op {
    /// Of an actor, from no address that is known.
    pub fn new(actor: Actor, request_id: RequestId) -> Self {
        Self { actor, request_id, address_pseudonym: None, is_counted: false, allowances: Allowances::default() }
    }

    /// The action of a job on behalf of `user`.
    pub fn job(request_id: RequestId, user: Option<UserId>) -> Self {
        Self::new(Actor::Job { on_behalf_of: user }, request_id)
    }

    /// The person whose rows this action may see, if any.
    pub const fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) | Actor::Client { of: user } | Actor::Job { on_behalf_of: Some(user) } => Some(user),
            Actor::Visitor | Actor::Job { on_behalf_of: None } | Actor::Operator => None,
        }
    }

    /// The same request, acting as a client of `builder` from here on.
    #[must_use]
    pub fn as_client_of(&self, builder: UserId) -> Self {
        Self { actor: Actor::Client { of: builder }, ..self.clone() }
    }

    /// The same request, acting as a signed-in person from here on (sign-up, sign-in, a link from a mail).
    #[must_use]
    pub fn as_user(&self, user: UserId) -> Self {
        Self { actor: Actor::User(user), ..self.clone() }
    }
}
