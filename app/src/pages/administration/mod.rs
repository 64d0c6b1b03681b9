//! The pages of admins, besides the audit log. Times are in UTC; people are ids until somebody says why they need more.

mod breach;
mod incident;
mod incidents;
mod jobs;
mod key;
mod keys;
mod letters;
mod measures;
mod overview;
mod people;
mod person;
mod privacy;
mod webhooks;

pub use incident::{incident, incident_wants};
pub use incidents::{incidents, incidents_wants};
pub use jobs::{jobs, jobs_wants};
pub use key::key;
pub use keys::{keys, keys_wants};
pub use overview::{overview, overview_wants};
pub use people::{people, people_wants};
pub use person::{person, person_wants};
pub use privacy::{privacy, privacy_wants};
pub use webhooks::{webhooks, webhooks_wants};

use domain::administration::Wanted;
use domain::calendar;
use leptos::prelude::*;
use types::{IncidentStatus, Severity};

use crate::components::Icon;

/// The frame, and what an admin looks at.
fn look(wanted: &Wanted) -> calendar::Wanted {
    calendar::Wanted { look: Some(wanted.look()), ..calendar::Wanted::FRAME }
}

/// What an admin looks at with somebody's name and address, for a reason.
pub fn opened_person(user: types::UserId, reason: domain::administration::Reason) -> calendar::Wanted {
    look(&Wanted::Person(user, Some(reason)))
}

/// As many as fit on a page; what is read is one more.
const PAGE: usize = 50;

/// Cuts a list to a page; whether there is more.
fn cut<T>(found: &mut Vec<T>) -> bool {
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    has_more
}

/// Links to what `name` of the query may be, of which the first is without it.
fn tabs(path: &str, name: &str, values: &[(&'static str, &'static str)], chosen: &str) -> impl IntoView + use<> {
    values
        .iter()
        .map(|(value, label)| {
            let href = if value.is_empty() { path.to_owned() } else { format!("{path}?{name}={value}") };
            view! { <a href=href aria-current=(*value == chosen).then_some("page")>{*label}</a> }
        })
        .collect_view()
}

/// Where more about a page is written.
fn documents(path: &'static str, what: &'static str) -> impl IntoView {
    view! { <p class="small quiet mt-6">{what} " " <code>{path}</code></p> }
}

/// A severity, in a word and a sign.
fn severity(severity: Severity) -> impl IntoView {
    let (class, icon, word) = match severity {
        Severity::Critical => ("state is-bad", "cross", "Critical"),
        Severity::High => ("state is-bad", "warn", "High"),
        Severity::Medium => ("state is-warn", "warn", "Medium"),
    };
    view! { <span class=class><Icon name=icon /> " " {word}</span> }
}

/// How far an incident is, in a word.
const fn status_word(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Open => "Open",
        IncidentStatus::Contained => "Contained",
        IncidentStatus::Eradicated => "Eradicated",
        IncidentStatus::Recovered => "Recovered",
        IncidentStatus::Closed => "Closed",
    }
}

/// The end of an id, where ids of one time differ.
fn short(id: &str) -> String {
    format!("…{}", id.chars().skip(id.len().saturating_sub(8)).collect::<String>())
}

/// A keyed hash of an address, as people tell one from another.
fn place(pseudonym: &str) -> String {
    pseudonym.trim_start_matches("\\x").chars().take(8).collect()
}
