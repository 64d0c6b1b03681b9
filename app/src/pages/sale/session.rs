//! One session: when it can begin, what it costs, what comes back, and the way to pay it.

use chrono_tz::Tz;
use domain::booking::{Paused, SessionPage, SlotDay};
use leptos::prelude::*;
use types::Tax;

use super::super::not_found;
use super::PolicyRibbon;
use super::questions::Questions;
use crate::components::{Field, FieldError, FormError, Icon, PublicFrame, Zones};
use crate::context::{Form, PageContext, Sale};
use crate::document::Document;
use crate::format;
use crate::islands::ViewerZone;

/// Days on one page.
const DAYS: usize = 5;

/// `/b/{builder}/{session}`
pub fn session(context: &PageContext) -> Document {
    let Some(Sale::Session(found)) = context.sale.as_deref() else { return not_found(context) };
    let form = context.form.clone();
    let asked = context.asked.query.get("zone").and_then(|zone| zone.parse::<Tz>().ok());
    let zone = form.value("zone").and_then(|zone| zone.parse().ok()).or(asked).unwrap_or(found.zone);
    let first: usize = context.asked.query.get("page").and_then(|text| text.parse().ok()).unwrap_or(0);
    let SessionPage { page, session, paused, .. } = found.clone();
    let host = page.name.clone();
    let crumbs = view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
                <li><a href=format!("/b/{}", page.slug)>{host.clone()}</a></li>
                <li aria-current="page">{session.title.clone()}</li>
            </ol>
        </nav>
    };
    let description = session.description.clone();
    let length = format::length(i64::from(session.minutes));
    let head = view! {
        <h1>{session.title.clone()}</h1>
        <p class="sub soft mt-2 lines">{format!("{length} with {host}. {description}")}</p>
    };
    let body = match paused {
        Some(paused) => view! { {head} <Pause paused=paused zone=zone now=context.asked.now /> }.into_any(),
        None => view! { <Order found=found.clone() form=form zone=zone first=first now=context.asked.now attempt=attempt(context) head=head.into_any() /> }.into_any(),
    };
    let here = format!("/b/{}/{}", page.slug, session.slug);
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            {crumbs}
            {body}
            <ViewerZone shown=zone.name().to_owned() here=here asked=asked.is_some() />
        </PublicFrame>
    };
    Document::new(format!("{} with {host}", session.title), body)
}

/// Names the form, so that sent twice it is one booking: by the request that it was shown by, which is no two.
fn attempt(context: &PageContext) -> String {
    context.form.value("attempt").unwrap_or_else(|| context.op.request_id.to_string())
}

/// Why nothing can be booked, and when to look again.
#[component]
fn Pause(paused: Paused, zone: Tz, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let since = |since: Option<chrono::DateTime<chrono::Utc>>| {
        since.map_or_else(String::new, |since| format!(" since {}", format::moment(since, now, zone).trim_start_matches("at ")))
    };
    let (what, next) = match paused {
        Paused::NotOffered => ("This session cannot be booked just now.".to_owned(), "Its host has paused it. Look again later."),
        Paused::NoPayments => ("Payments are not set up here yet.".to_owned(), "Nothing can be booked until they are."),
        Paused::SchedulingUnknown { since: at } => (
            format!("Nobody can say just now which times are free: Calendly cannot be asked{}.", since(at)),
            "So that no hour is sold that is taken, booking is paused. It opens by itself when Calendly answers again; look again in a few minutes.",
        ),
        Paused::CalendarUnknown { since: at } => (
            format!("Nobody can say just now which times are free: a calendar of the host cannot be read{}.", since(at)),
            "So that no hour is sold that is taken, booking is paused. It opens by itself when the calendar is read again; look again later.",
        ),
    };
    view! {
        <div class="banner is-unknown mt-5" role="status">
            <Icon name="unknown" />
            <h2>{what}</h2>
            <p>{next}</p>
        </div>
    }
}

/// The times and the order.
#[component]
fn Order(
    found: SessionPage,
    form: Form,
    zone: Tz,
    first: usize,
    now: chrono::DateTime<chrono::Utc>,
    attempt: String,
    head: AnyView,
) -> impl IntoView {
    let session = found.session.clone();
    let all = found.days(zone);
    let first = first.min(all.len().saturating_sub(1) / DAYS * DAYS);
    let days: Vec<SlotDay> = all.iter().skip(first).take(DAYS).cloned().collect();
    let chosen = form.value("starts_at");
    let here = format!("/b/{}/{}", found.page.slug, session.slug);
    let page_link = |page: usize| format!("{here}?page={page}&zone={}", zone.name());
    let (earlier, later) = (first > 0, first + DAYS < all.len());
    let range = days.first().zip(days.last()).map(|(from, to)| format!("{} to {}", from.date.format("%-d %B"), to.date.format("%-d %B")));
    let read = found.read_at.map(|at| format!("Asked at Calendly {}.", format::ago(at, now, zone)));
    let zone_words = format::zone_name(zone, now);
    let is_empty = all.is_empty();
    let slots = days.into_iter().map(|day| column(day, zone, chosen.as_deref())).collect_view();
    let terms = format!("{}-{}", session.policy.name, session.policy.version);
    let total = session.price.to_string();
    let tax = match session.tax {
        Tax::None => "No tax is added.",
        Tax::Inclusive => "Tax is included; how much that is depends on where you are, and stands on the receipt.",
        Tax::Exclusive => "Tax is added at checkout, by where you are.",
    };
    let accepted = form.value("policy").is_some();
    view! {
        <form class="split" method="post" action=here.clone()>
            <div>
                {head}
                <FormError form=form.clone() />
                <div class="section-head mt-6">
                    <h2>"Choose an opening"</h2>
                    <p>{format!("Starts, in {zone_words}")}</p>
                </div>
                <FieldError form=form.clone() name="starts_at" />
                {if is_empty {
                    view! { <p class="empty">"No opening within the next 31 days. Look again later."</p> }.into_any()
                } else {
                    view! { <div class="slots" id="starts_at">{slots}</div> }.into_any()
                }}
                <div class="pages">
                    {earlier.then(|| view! { <a href=page_link(first.saturating_sub(DAYS))>"Earlier"</a> " " })}
                    <span>{range}</span>
                    {later.then(|| view! { " " <a href=page_link(first + DAYS)>"Later"</a> })}
                </div>
                {read.map(|read| view! { <p class="hint">{read} " What is free is asked again when you hold a time."</p> })}
                <div class="field mt-5">
                    <label for="zone">"Your time zone"</label>
                    <div class="cluster">
                        <input class="input zone" id="zone" name="zone" list="zones" value=zone.name() autocomplete="off" aria-invalid=form.invalid("zone") aria-describedby=form.described_by("zone", false) />
                        <Zones />
                        <button class="button small" formmethod="get" formnovalidate=true>"Show times in this zone"</button>
                    </div>
                    <FieldError form=form.clone() name="zone" />
                </div>
            </div>
            <div class="sheet stack">
                <div>
                    <p class="price">{total.clone()}</p>
                    <p class="small soft">{tax}</p>
                </div>
                <input type="hidden" name="attempt" value=attempt />
                <input type="hidden" name="price" value=session.price.minor />
                <Field form=form.clone() name="name" label="Your name" autocomplete="name" />
                <Field form=form.clone() name="email" label="Email" kind="email" autocomplete="email" hint="The receipt, the confirmation and your link to the booking go there." />
                <Questions questions=session.questions.clone() form=form.clone() />
                <div>
                    <h3>"If you cancel"</h3>
                    <PolicyRibbon policy=session.policy />
                    <label class="choice" for="policy">
                        <input type="checkbox" id="policy" name="policy" value=terms checked=accepted aria-invalid=form.invalid("policy") aria-describedby=form.described_by("policy", false) />
                        " "
                        <span>{format!("I accept this policy ({}, version {})", session.policy.label, session.policy.version)}</span>
                    </label>
                    <FieldError form=form.clone() name="policy" />
                </div>
                <button class="button moment wide">{format!("Hold the time and pay {total}")}</button>
                <p class="hint">"The time is held for you for half an hour while you pay at Stripe; no card number passes through this server. Not paid, it opens again and nothing is charged."</p>
            </div>
        </form>
    }
}

fn column(day: SlotDay, zone: Tz, chosen: Option<&str>) -> impl IntoView + use<> {
    let title = format::short_date(day.date);
    let month = day.date.format("%b").to_string();
    let count = match day.slots.len() {
        0 => "none".to_owned(),
        1 => "1 opening".to_owned(),
        count => format!("{count} openings"),
    };
    let is_empty = day.slots.is_empty();
    let slots = day
        .slots
        .iter()
        .map(|slot| {
            let (value, clock) = (format::machine(slot.starts_at), format::clock(slot.starts_at, zone));
            let label = format!("{title} {month}, {clock}");
            let is_chosen = chosen == Some(value.as_str());
            view! {
                <li>
                    <label class="slot">
                        <input type="radio" name="starts_at" value=value aria-label=label checked=is_chosen />
                        <span>{clock}</span>
                    </label>
                </li>
            }
        })
        .collect_view();
    let none = (is_empty && !day.has_unknown).then(|| view! { <li class="none">"No opening"</li> });
    let unknown = day.has_unknown.then(|| view! { <li class="none unknown">"Some hours are paused: a calendar cannot be read."</li> });
    view! {
        <section>
            <h3>{title} " " {month} " " <small>{count}</small></h3>
            <ul>{slots} {none} {unknown}</ul>
        </section>
    }
}
