//! Requests about privacy that came by mail, and legal holds.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{HoldRow, LetterRow};
use leptos::prelude::*;
use types::{LetterKind, LetterStatus};

use super::short;
use crate::components::{Field, FieldError, Icon};
use crate::context::Form;
use crate::format;

/// Those that came, and one more.
#[component]
pub(super) fn Letters(letters: Vec<LetterRow>, form: Form, now: DateTime<Utc>) -> impl IntoView {
    let is_empty = letters.is_empty();
    let rows = letters.iter().map(|letter| row(letter, now)).collect_view();
    let chosen = form.value("kind").unwrap_or_default();
    let kinds = LetterKind::ALL
        .iter()
        .map(|kind| view! { <option value=kind.as_str() selected=chosen == kind.as_str()>{kind.label()}</option> })
        .collect_view();
    let is_checked = form.value("check").is_some();
    view! {
        {if is_empty {
            view! { <p class="empty">"Nothing came by mail. Enter here what somebody asked in a letter or a mail, so that its deadline is not missed."</p> }.into_any()
        } else {
            view! {
                <table class="table folds">
                    <caption class="visually-hidden">"Letters, those that are open first, at most 100"</caption>
                    <thead><tr><th scope="col">"Number"</th><th scope="col">"Asks for"</th><th scope="col">"Came"</th><th scope="col">"Due"</th><th scope="col">"State"</th><th scope="col">"What you can do"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            }.into_any()
        }}
        <details class="mt-4" open=form.has_errors_in(&["kind", "reference", "received_on"])>
            <summary>"Enter one that came by mail"</summary>
            <form class="stack mt-4" method="post" action="/admin/privacy/letters">
                <div class="field">
                    <label for="kind">"It asks for"</label>
                    <select class="input" id="kind" name="kind" aria-invalid=form.invalid("kind")>{kinds}</select>
                    <FieldError form=form.clone() name="kind" />
                </div>
                <Field form=form.clone() name="reference" label="Number" hint="Under which you file it: up to 40 letters, digits and - _ # / . What it says is not kept here." />
                <Field form=form.clone() name="received_on" label="The day it came" kind="date" value=now.format("%Y-%m-%d").to_string() />
                <div class="field">
                    <label for="email">"Address of whoever wrote it (if you know it)"</label>
                    <input class="input" id="email" name="email" type="email" autocomplete="off" value=form.value("email").unwrap_or_default() aria-describedby="hint-email" />
                    <p class="hint" id="hint-email">"Looked for among people here, and not kept."</p>
                </div>
                <label class="check"><input type="checkbox" name="check" value="true" checked=is_checked /> " It is not sure yet that it is from them: the month waits until that is checked"</label>
                <p><button class="button">"Enter it"</button></p>
            </form>
        </details>
    }
}

fn row(letter: &LetterRow, now: DateTime<Utc>) -> impl IntoView + use<> {
    let whose = letter.user_id.map(|user| view! { " " <a href=format!("/admin/users/{user}")>{short(&user.to_string())}</a> });
    let is_late = letter.status == LetterStatus::Open && letter.due_at <= now;
    let state = match letter.status {
        LetterStatus::Checking => {
            view! { <span class="state is-unknown"><Icon name="unknown" /> " who it is from is checked"</span> }.into_any()
        }
        LetterStatus::Open if is_late => view! { <span class="state is-bad"><Icon name="warn" /> " overdue"</span> }.into_any(),
        LetterStatus::Open => view! { <span class="state is-warn"><Icon name="clock" /> " waits for an answer"</span> }.into_any(),
        LetterStatus::Answered => view! { <span class="state is-good"><Icon name="check" /> " answered"</span> }.into_any(),
        LetterStatus::Refused => view! { <span class="quiet">"refused"</span> }.into_any(),
    };
    let acts: &[(&str, &str)] = match letter.status {
        LetterStatus::Checking => &[("confirm", "It is from them"), ("refuse", "Refused")],
        LetterStatus::Open => &[("answer", "Answered"), ("check", "Check who it is from"), ("refuse", "Refused")],
        LetterStatus::Answered | LetterStatus::Refused => &[],
    };
    let action = format!("/admin/privacy/letters/{}", letter.id);
    let buttons =
        acts.iter().map(|(act, label)| view! { <button class="button small" name="act" value=*act>{*label}</button> }).collect_view();
    let due = if letter.status.is_open() { letter.due_at.format("%-d %B %Y").to_string() } else { String::new() };
    view! {
        <tr>
            <th scope="row"><code>{letter.reference.clone()}</code> {whose}</th>
            <td data-label="Asks for">{letter.kind.label()}</td>
            <td data-label="Came">{letter.received_at.format("%-d %B %Y").to_string()}</td>
            <td data-label="Due">{due}</td>
            <td data-label="State">{state}</td>
            <td data-label="What you can do"><form class="cluster" method="post" action=action>{buttons}</form></td>
        </tr>
    }
}

/// Those that stand, and one more.
#[component]
pub(super) fn Holds(holds: Vec<HoldRow>, form: Form, now: DateTime<Utc>) -> impl IntoView {
    let is_empty = holds.is_empty();
    let rows = holds
        .iter()
        .map(|hold| {
            let user = hold.user_id.to_string();
            view! {
                <tr>
                    <th scope="row"><a href=format!("/admin/users/{user}")>{short(&user)}</a></th>
                    <td data-label="Number"><code>{hold.reference.clone()}</code></td>
                    <td data-label="Since">{format::ago(hold.set_at, now, UTC)}</td>
                    <td data-label="Until">{hold.until.format("%-d %B %Y").to_string()}</td>
                    <td data-label="What you can do"><form method="post" action=format!("/admin/privacy/holds/{}", hold.id)><button class="button small">"Lift it"</button></form></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        {if is_empty {
            view! { <p class="empty">"Nobody’s data has to stay."</p> }.into_any()
        } else {
            view! {
                <table class="table folds">
                    <caption class="visually-hidden">"Legal holds that stand"</caption>
                    <thead><tr><th scope="col">"Person"</th><th scope="col">"Number"</th><th scope="col">"Since"</th><th scope="col">"Until"</th><th scope="col">"What you can do"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            }.into_any()
        }}
        <details class="mt-4" open=form.has_errors_in(&["person"])>
            <summary>"Keep what is there of somebody"</summary>
            <form class="stack mt-4" method="post" action="/admin/privacy/holds">
                <Field form=form.clone() name="person" label="Person" hint="Their number or their whole email address." />
                <Field form=form.clone() name="hold_reference" label="Number of the case" hint="Up to 40 letters, digits and - _ # / ." />
                <Field form=form.clone() name="until" label="Until the end of" kind="date" />
                <p class="soft">"They see that it must stay and until when. It can be lifted before."</p>
                <p><button class="button">"Keep it"</button></p>
            </form>
        </details>
    }
}
