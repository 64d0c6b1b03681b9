//! What the server hands to a page: who asks, for what, and what was typed.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Deps, Op};
use types::{Notice, Provider, Role, UserId};

/// Facts about the installation that pages show.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where the sandbox's fault page is, while stand-ins run.
    pub sandbox_url: Option<String>,
    /// Whether mail goes to the outbox page.
    pub has_outbox: bool,
    /// Which providers can be connected here.
    pub connectable: Vec<Provider>,
    /// Version of the time-zone data.
    pub zone_data: &'static str,
}

/// One request, as pages see it.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// What verbs need.
    pub deps: Deps,
    /// Who acts.
    pub op: Op,
    /// The signed-in person.
    pub user: Option<UserId>,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The installation.
    pub site: Arc<Site>,
    /// The query of the address.
    pub query: HashMap<String, String>,
    /// What was typed and what was wrong with it.
    pub form: Form,
    /// Messages in the outbox, on its page only.
    pub outbox: Vec<OutboxMail>,
}

/// A message as the outbox page shows it.
#[derive(Debug, Clone)]
pub struct OutboxMail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// A form that came back because something in it was not acceptable.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// What was typed, except passwords.
    pub values: HashMap<String, Vec<String>>,
    /// What is wrong, by field; the field `""` is the whole form.
    pub errors: Vec<(&'static str, String)>,
}

impl Form {
    /// What was typed into `field`.
    pub fn value(&self, field: &str) -> Option<String> {
        self.values.get(field)?.first().cloned()
    }

    /// What is wrong with `field`.
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.iter().find(|(name, _)| *name == field).map(|(_, text)| text.clone())
    }
}

impl PageContext {
    /// The message the address asks for, if it is one of ours.
    pub fn notice(&self) -> Option<Notice> {
        let code = ["connected", "notice"].iter().find_map(|name| self.query.get(*name))?;
        code.parse().ok()
    }
}
