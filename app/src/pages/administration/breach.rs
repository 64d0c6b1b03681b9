//! Whether personal data got out in an incident: the clock of the law, and what is decided.

use chrono::{DateTime, Utc};
use domain::incidents::{BreachView, breach_due_at};
use leptos::prelude::*;
use types::{BreachScope, BreachStatus};

use crate::components::{Field, FieldError, Icon};
use crate::context::Form;
use crate::format;

/// The part of an incident's page.
#[component]
pub(super) fn Breach(breach: Option<BreachView>, here: String, form: Form, opened_at: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    let action = format!("{here}/breach");
    let Some(breach) = breach else {
        return view! {
            <p class="soft small">"If it may have, note it: from then on the authority has to be told within 72 hours, unless nobody is at risk."</p>
            <details class="mt-2" open=form.has_errors_in(&["known_at"])>
                <summary>"It may have"</summary>
                <Note action=action form=form.clone() scope=BreachScope::Evidence known_at=opened_at />
            </details>
        }
        .into_any();
    };
    let people = format::counted(breach.affected, "person with an account", "people with accounts");
    let clients = (breach.clients > 0).then(|| {
        let booked = format::counted(breach.clients, "person", "people");
        view! { <p class="small soft">{format!("Besides them {booked} who booked: whoever they booked with reaches them.")}</p> }
    });
    let is_open = breach.status == BreachStatus::Assessing;
    let known_at = breach.known_at;
    view! {
        <p>{clock(&breach, now)}</p>
        <dl class="facts mt-2">
            <dt>"Known since"</dt><dd>{format!("{} UTC", known_at.format("%-d %B %Y, %H:%M"))}</dd>
            <dt>"Whose"</dt><dd>{breach.scope.label()}": "{people}</dd>
        </dl>
        {clients}
        <p class="mt-2"><a class="button small" href=format!("{here}/affected") rel="external" download="">"Download who, with what is kept of each"</a></p>
        {is_open.then(|| view! {
            <form class="stack tight mt-4" method="post" action=action.clone()>
                <Field form=form.clone() name="filed" label="Number at the authority" hint="Under which it filed what you told." />
                <div><button class="button small" name="step" value="told">"The authority was told"</button></div>
            </form>
            <form class="stack tight mt-4" method="post" action=action.clone()>
                <div class="field">
                    <label for="reason">"Why nobody is at risk"</label>
                    <textarea class="input" id="reason" name="reason" rows="2" maxlength="4000" aria-invalid=form.invalid("reason") aria-describedby=form.described_by("reason", false)>{form.value("reason").unwrap_or_default()}</textarea>
                    <FieldError form=form.clone() name="reason" />
                </div>
                <div><button class="button small" name="step" value="not_needed">"It need not be told"</button></div>
            </form>
        })}
        <details class="mt-4" open=form.has_errors_in(&["known_at"])>
            <summary>"It is others’ data, or was known earlier"</summary>
            <Note action=action form=form.clone() scope=breach.scope known_at=known_at />
        </details>
    }
    .into_any()
}

#[component]
fn Note(action: String, form: Form, scope: BreachScope, known_at: DateTime<Utc>) -> impl IntoView {
    let chosen = form.value("scope").unwrap_or_else(|| scope.as_str().to_owned());
    let scopes = BreachScope::ALL
        .iter()
        .map(|scope| view! { <option value=scope.as_str() selected=chosen == scope.as_str()>{scope.label()}</option> })
        .collect_view();
    view! {
        <form class="stack tight mt-2" method="post" action=action>
            <div class="field">
                <label for="scope">"Whose data"</label>
                <select class="input" id="scope" name="scope">{scopes}</select>
            </div>
            <Field form=form.clone() name="known_at" label="Since when it is known here (UTC)" kind="datetime-local" value=known_at.format("%Y-%m-%dT%H:%M").to_string() />
            <div><button class="button small" name="step" value="note">"Note it"</button></div>
        </form>
    }
}

/// How much of the 72 hours is left, or what was decided.
fn clock(breach: &BreachView, now: DateTime<Utc>) -> AnyView {
    let decided = breach.decided_at.map(|at| format!("{} UTC", at.format("%-d %B, %H:%M"))).unwrap_or_default();
    let number = breach.reference.clone().unwrap_or_default();
    match breach.status {
        BreachStatus::Assessing => until(breach.known_at, now),
        BreachStatus::Told => {
            view! { <span class="state is-good wraps"><Icon name="check" />{format!(" The authority was told on {decided}: {number}")}</span> }.into_any()
        }
        BreachStatus::NotNeeded => {
            view! { <span class="state is-good wraps"><Icon name="check" />{format!(" Decided on {decided} that it need not be told")}</span> }.into_any()
        }
    }
}

/// Until when the authority has to be told of what is known since a moment.
pub(super) fn until(known_at: DateTime<Utc>, now: DateTime<Utc>) -> AnyView {
    let due = breach_due_at(known_at);
    let day = due.format("%-d %B, %H:%M");
    if due <= now {
        return view! { <span class="state is-bad wraps"><Icon name="warn" />{format!(" Overdue since {day} UTC: tell the authority, and why it is late")}</span> }.into_any();
    }
    let left = format::counted((due - now).num_hours(), "hour", "hours");
    view! { <span class="state is-warn wraps"><Icon name="clock" />{format!(" Tell the authority by {day} UTC: {left} left")}</span> }
        .into_any()
}
