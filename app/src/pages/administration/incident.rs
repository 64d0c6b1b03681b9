//! One incident: what was found, what can be done, what was done, and what is missing before it goes on.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, Wanted};
use domain::base::Threshold;
use domain::calendar::{self, CalendarError, Titles};
use domain::incidents::{EvidenceView, IncidentPage, TimelineView};
use leptos::prelude::*;
use types::{IncidentStatus, incident_name};

use super::breach::Breach;
use super::measures::Measures;
use super::{documents, look, place, severity, short, status_word};
use crate::components::{AppFrame, FieldError, Flash, FormError, Frame, Icon};
use crate::context::{Asked, Form, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;
use crate::words;

/// The frame, and the incident that the address names.
pub fn incident_wants(asked: &Asked) -> calendar::Wanted {
    match asked.path.get("id").and_then(|id| id.parse().ok()) {
        Some(incident) => look(&Wanted::Incident(incident)),
        None => calendar::Wanted::FRAME,
    }
}

/// `/admin/incidents/{id}`
pub fn incident(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let (found, threshold) = administration::incident(page).ok_or(CalendarError::NotFound)?;
        let is_own = found.incident.subject_user_id == Some(page.user());
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let incident = found.incident.clone();
        let here = format!("/admin/incidents/{}", incident.id);
        let name = incident_name(incident.number);
        let crumb = name.clone();
        let sub = format!(
            "{name} · {} · first {}, last {}. Times in UTC.",
            explain(incident.found, threshold),
            format::moment(incident.first_found_at, now, UTC),
            format::moment(incident.last_found_at, now, UTC)
        );
        let breach_form = form.clone();
        let is_closed = incident.status == IncidentStatus::Closed;
        // What still holds can be lifted also when it is closed.
        let is_held = !found.isolated.is_empty() || found.blocks.iter().any(|block| block.holds(now));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/incidents">
                <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href="/admin/incidents">"Incidents"</a></li><li aria-current="page">{crumb}</li></ol></nav>
                <div class="page-head">
                    <div><h1>{incident.rule.words()}</h1><p class="sub">{sub}</p></div>
                    <div class="cluster">{severity(incident.severity)} <a class="button small" href=format!("{here}/export") rel="external" download="">"Export with proofs"</a></div>
                </div>
                <Flash notice=notice path=here.clone() />
                <FormError form=form.clone() />
                <Steps status=incident.status />
                <div class="split mt-6">
                    <div class="stack gap-6">
                        <section aria-labelledby="h-means">
                            <div class="section-head"><h2 id="h-means">"What it means"</h2></div>
                            <p class="soft">{words::incident_meaning(incident.rule)}</p>
                        </section>
                        {(!is_closed || is_held).then(|| view! {
                            <section aria-labelledby="h-do">
                                <div class="section-head"><h2 id="h-do">"What you can do"</h2> <p>"each is audited, and taken back where it can be"</p></div>
                                <Measures found=found.clone() here=here.clone() form=form.clone() is_own=is_own is_closed=is_closed now=now />
                            </section>
                        })}
                        <section aria-labelledby="h-tl">
                            <div class="section-head"><h2 id="h-tl">"Timeline"</h2> <p>"newest first"</p></div>
                            <ol class="timeline">{found.timeline.iter().map(|entry| line(entry, now)).collect_view()}</ol>
                            <form class="field mt-4" method="post" action=format!("{here}/note")>
                                <label for="note">"Add a note"</label>
                                <textarea class="input" id="note" name="note" rows="2" maxlength="4000" aria-invalid=form.invalid("note") aria-describedby=form.described_by("note", true)>{form.value("note").unwrap_or_default()}</textarea>
                                <p class="hint" id="hint-note">"What you saw and did. No names: the person is linked by their id."</p>
                                <FieldError form=form.clone() name="note" />
                                <div class="cluster"><button class="button small">"Add to the timeline"</button></div>
                            </form>
                        </section>
                    </div>
                    <div class="stack gap-6">
                        <Next found=found.clone() here=here.clone() form=form />
                        <section aria-labelledby="h-who">
                            <div class="section-head"><h2 id="h-who">"Who is touched"</h2></div>
                            <Touched found=found.clone() />
                        </section>
                        <section aria-labelledby="h-breach">
                            <div class="section-head"><h2 id="h-breach">"Did personal data get out?"</h2></div>
                            <Breach breach=found.breach.clone() here=here.clone() form=breach_form opened_at=incident.opened_at now=now />
                        </section>
                        <section aria-labelledby="h-evidence">
                            <div class="section-head"><h2 id="h-evidence">"Evidence"</h2> <p>{format::counted(found.evidence_count, "entry", "entries")}</p></div>
                            <Evidence evidence=found.evidence now=now />
                        </section>
                    </div>
                </div>
                {documents("docs/security/incident-runbook.md", "What to do, in order:")}
                {documents("docs/runbooks/breach.md", "When personal data may have got out, within 72 hours:")}
            </AppFrame>
        };
        Ok(Document::new(name, body))
    });
    or_not_found(context, page)
}

/// What was counted, and what is too much.
fn explain(found: i64, Threshold { more_than, minutes }: Threshold) -> String {
    match more_than {
        0 => format!("counted {}; one is enough", format::count(found)),
        more_than => format!(
            "counted {} within {}; more than {more_than} is too much",
            format::count(found),
            format::counted(minutes.into(), "minute", "minutes")
        ),
    }
}

#[component]
fn Steps(status: IncidentStatus) -> impl IntoView {
    let verbs = ["Open", "Contain", "Eradicate", "Recover", "Close"];
    let at = IncidentStatus::ALL.iter().position(|one| *one == status).unwrap_or_default();
    let steps = IncidentStatus::ALL
        .iter()
        .zip(verbs)
        .enumerate()
        .map(|(number, (step, verb))| {
            let is_done = number <= at;
            let text = if is_done { status_word(*step) } else { verb };
            view! { <li class=is_done.then_some("done") aria-current=(number == at + 1).then_some("step")>{text}</li> }
        })
        .collect_view();
    view! { <ol class="steps" aria-label="Progress">{steps}</ol> }
}

/// What the next step asks for, and the form that takes it.
#[component]
fn Next(found: IncidentPage, here: String, form: Form) -> impl IntoView {
    let incident = &found.incident;
    let Some(next) = incident.status.next() else {
        return view! { <section aria-labelledby="h-next"><div class="section-head"><h2 id="h-next">"Closed"</h2></div><p class="soft small">"What the same rule finds from here on is another incident."</p></section> }.into_any();
    };
    let (title, asks, label) = match next {
        IncidentStatus::Contained => {
            ("Contain it", "Do something so that it does not go on, or write down why nothing has to be done.", "It is contained")
        }
        IncidentStatus::Eradicated => (
            "Eradicate it",
            "Take away what made it possible: a password, a key, a session. Or write down why there is nothing.",
            "It is eradicated",
        ),
        IncidentStatus::Recovered => (
            "Recover",
            "Check that the audit log is what was signed, and that every key is here that people’s data is sealed under. Lift what does not have to stay.",
            "It is recovered",
        ),
        _ => ("Close it", "Write the review: what happened, what was done, what is done differently from now on.", "Close the incident"),
    };
    let check = found.timeline.iter().find(|entry| entry.kind == "check");
    let checked = check.map(|entry| {
        let is = |name: &str| entry.detail[name].as_bool();
        let line = |value: Option<bool>, good: &'static str, bad: &'static str, open: &'static str| match value {
            Some(true) => view! { <li><span class="state is-good wraps"><Icon name="check" /> " " {good}</span></li> }.into_any(),
            Some(false) => view! { <li><span class="state is-bad wraps"><Icon name="cross" /> " " {bad}</span></li> }.into_any(),
            None => view! { <li><span class="state is-unknown wraps"><Icon name="unknown" /> " " {open}</span></li> }.into_any(),
        };
        view! {
            <ul class="small soft stack tight">
                {line(is("log_is_whole"), "The audit log is what was signed", "The audit log was changed", "The audit log is being checked: look again in a moment")}
                {line(is("keys_are_there"), "Every key that people’s data is sealed under is here", "A key is missing", "Keys were not looked at")}
            </ul>
        }
    });
    let needs_check = next == IncidentStatus::Recovered;
    let said = form.value("said").unwrap_or_default();
    let label_of_text = if next == IncidentStatus::Closed { "Review" } else { "Why, in a sentence (if nothing was done)" };
    let from = incident.status.as_str();
    view! {
        <section aria-labelledby="h-next">
            <div class="section-head"><h2 id="h-next">{title}</h2></div>
            <p class="small soft">{asks}</p>
            {needs_check.then(|| view! {
                <form class="mt-2" method="post" action=format!("{here}/check")><button class="button small">"Check now"</button></form>
            })}
            {checked.filter(|_| needs_check)}
            <form class="stack tight mt-2" method="post" action=format!("{here}/advance")>
                <input type="hidden" name="from" value=from />
                <div class="field">
                    <label for="said">{label_of_text}</label>
                    <textarea class="input" id="said" name="said" rows="3" maxlength="4000" aria-invalid=form.invalid("said") aria-describedby=form.described_by("said", false)>{said}</textarea>
                    <FieldError form=form.clone() name="said" />
                </div>
                <div><button class="button small primary">{label}</button></div>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Touched(found: IncidentPage) -> impl IntoView {
    let person = found.incident.subject_user_id.map(|user| {
        let about = found.subject.as_ref().map(|subject| {
            let factor = if subject.has_second_factor { "has a second factor" } else { "has no second factor" };
            let locked = if subject.locked_at.is_some() { ", locked" } else { "" };
            format!(" {factor}{locked}")
        });
        view! { <dt>"Person"</dt><dd><a href=format!("/admin/users/{user}")><code>{short(&user.to_string())}</code></a> {about}</dd> }
    });
    let address = found.incident.address.as_deref().map(|address| view! { <dt>"Address"</dt><dd><code>{place(address)}</code> " " <small class="quiet">"as a pseudonym: addresses are not kept"</small></dd> });
    let nobody = (person.is_none() && address.is_none()).then(|| view! { <dt>"What"</dt><dd>"the installation"</dd> });
    view! { <dl class="facts">{person}{address}{nobody}</dl> }
}

#[component]
fn Evidence(evidence: Vec<EvidenceView>, now: DateTime<Utc>) -> impl IntoView {
    if evidence.is_empty() {
        return view! { <p class="soft small">"Counts by the minute only: what was counted leaves no entry of its own in the audit log."</p> }.into_any();
    }
    let rows = evidence
        .iter()
        .take(12)
        .map(|one| {
            let when = one.occurred_at.map(|at| format::moment(at, now, UTC)).unwrap_or_default();
            let what = one.action.clone().unwrap_or_else(|| "pruned from the log".to_owned());
            let proof = if one.is_proved { ("state is-good", "check", "proof kept") } else { ("state is-unknown", "unknown", "proof to come") };
            let entry = match one.place {
                Some(number) => view! { <a href=format!("/admin/audit/{number}")><code>{what}</code></a> }.into_any(),
                None => view! { <code>{what}</code> }.into_any(),
            };
            let from = one.address.as_deref().map(|text| format!(" from {}", place(text))).unwrap_or_default();
            let about = one.subject_user_id.map(|user| view! { " about " <a href=format!("/admin/users/{user}")>{short(&user.to_string())}</a> });
            view! { <li>{entry} " " <small class="quiet">{format!("{when}{from}")} {about}</small> " " <span class=proof.0><Icon name=proof.1 /> " " {proof.2}</span></li> }
        })
        .collect_view();
    let more = (evidence.len() > 12).then(|| view! { <p class="small soft">"The newest twelve; the export has all."</p> });
    view! { <ul class="small stack tight">{rows}</ul> {more} }.into_any()
}

fn line(entry: &TimelineView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let text = |name: &str| entry.detail[name].as_str().unwrap_or_default().replace('_', " ");
    let (class, what) = match entry.kind.as_str() {
        "opened" => ("is-bad", "Opened".to_owned()),
        "status" => ("", format!("{}{}", text("to")[..1].to_uppercase(), &text("to")[1..])),
        "action" | "breach" => ("is-warn", words::measure(&entry.detail)),
        "undone" => ("", words::measure(&entry.detail)),
        "check" => ("", "Checked".to_owned()),
        "alert" => ("", format!("Alert sent by {}", text("channel"))),
        "alert_failed" => ("is-warn", format!("Alert by {} did not go out; it is tried again", text("channel"))),
        _ => ("", "Note".to_owned()),
    };
    let by = match entry.actor_id {
        Some(actor) => view! { "by " <a href=format!("/admin/users/{actor}")>"person " {short(&actor.to_string())}</a> }.into_any(),
        None => "by Kairos".into_any(),
    };
    let at = entry.occurred_at;
    let time = if at.date_naive() == now.date_naive() { at.format("%H:%M:%S") } else { at.format("%-d %b %H:%M") }.to_string();
    let note = entry.note.clone().map(|note| view! { <small>{note}</small> });
    view! { <li class=class><time datetime=format::machine(at)>{time}</time><div><strong>{what}</strong> " " {by} {note}</div></li> }
}
