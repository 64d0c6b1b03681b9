//! The audit log: whether it is whole, what happened when, and every entry.

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::audit::{self, Action, AuditPage, Bar, Copied, Filter, Listed, Verification};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{AppFrame, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;

/// Bars of the chart, at most.
const BARS: i64 = 90;
/// Its height without the hours below, in pixels.
const HEIGHT: f64 = 78.0;
/// Refused entries are few: they are drawn this many times taller.
const REFUSED: f64 = 10.0;

/// How far back, by the value of the choice.
const STRETCHES: [(&str, &str, Option<i64>); 4] = [
    ("day", "Last 24 hours", Some(1)),
    ("week", "Last 7 days", Some(7)),
    ("month", "Last 30 days", Some(30)),
    ("all", "Since the beginning", None),
];
/// Kinds of actors.
const ACTORS: [(&str, &str); 5] =
    [("", "Anyone"), ("user", "People"), ("visitor", "Nobody signed in"), ("job", "Jobs"), ("operator", "Operators")];
/// Outcomes.
const OUTCOMES: [(&str, &str); 4] = [("", "Any"), ("succeeded", "Done"), ("failed", "Failed"), ("refused", "Refused")];

/// What the address asks for.
fn given(asked: &Asked, name: &str) -> Option<String> {
    asked.query.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The same where only some values mean something: what else stands in an address goes no further.
fn chosen<'v>(asked: &Asked, name: &str, mut values: impl Iterator<Item = &'v str>) -> Option<String> {
    given(asked, name).filter(|value| values.any(|known| known == value))
}

fn stretch(asked: &Asked) -> (&'static str, &'static str, Option<i64>) {
    let wanted = asked.query.get("when").map_or("day", String::as_str);
    STRETCHES.into_iter().find(|(value, ..)| *value == wanted).unwrap_or(STRETCHES[0])
}

/// The frame, and the entries that the address asks for.
pub fn audit_wants(asked: &Asked) -> Wanted {
    let filter = Filter {
        since: stretch(asked).2.map(|days| asked.now - TimeDelta::days(days)),
        before: given(asked, "before").and_then(|place| place.parse::<i64>().ok()).and_then(|place| place.try_into().ok()),
        actor_kind: chosen(asked, "who", ACTORS.iter().map(|(value, _)| *value)),
        resource_kind: chosen(asked, "what", Action::ALL.iter().map(|action| action.resource_kind())),
        outcome: chosen(asked, "result", OUTCOMES.iter().map(|(value, _)| *value)),
        text: given(asked, "q").filter(|text| text.len() <= 64 && !text.contains(char::is_control)),
    };
    Wanted { audit: Some(audit::Wanted::Entries(filter)), ..Wanted::FRAME }
}

/// `/admin/audit`
pub fn audit(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let log = page.audit().ok_or(CalendarError::NotFound)?.clone();
        let (asked, now) = (context.asked.clone(), context.asked.now);
        let frame = Frame::of(page, Titles::LeftSealed);
        let size = log.tree.as_ref().map_or(0, |tree| tree.size);
        let since = log.first_at.map(|at| format!(" since {}", at.format("%-d %B %Y"))).unwrap_or_default();
        let sub = format!("{} sealed{since}. Times in UTC. Looking here is itself an entry.", format::counted(size, "entry", "entries"));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/audit">
                <div class="page-head">
                    <div><h1>"Audit log"</h1><p class="sub">{format::capital(&sub)}</p></div>
                    <div class="cluster">
                        {(size > 0).then(|| view! { <a class="button" href="/admin/audit/export" rel="external" download="">"Export with proofs"</a> })}
                        <form method="post" action="/admin/audit/verify"><button class="button primary">"Check it all again"</button></form>
                    </div>
                </div>
                <section aria-labelledby="h-ver">
                    <h2 class="visually-hidden" id="h-ver">"Verification"</h2>
                    <Verified verification=log.verification.clone() size=size now=now />
                    <Stats log=log.clone() now=now />
                </section>
                <section class="section" aria-labelledby="h-find">
                    <h2 class="visually-hidden" id="h-find">"Find entries"</h2>
                    <Filters asked=asked.clone() />
                    <Chart bars=log.chart.clone() asked=asked.clone() first_at=log.first_at />
                </section>
                <section class="section" aria-labelledby="h-rows">
                    <h2 class="visually-hidden" id="h-rows">"Entries"</h2>
                    <Entries entries=log.entries.clone() size=size asked=asked now=now />
                </section>
                <section class="ledger" aria-labelledby="h-key">
                    <header>
                        <h2 id="h-key">"Check it elsewhere"</h2>
                        <p>"An export and this public key are all that a stranger needs, on a machine of their own."</p>
                    </header>
                    <div class="stack">
                        <div>
                            <p class="label">"Public key"</p>
                            <code class="fingerprint">{log.key.clone()}</code>
                        </div>
                        <p class="small soft">"Check an export with " <code>"kairos audit verify FILE --key KEY"</code> ". Keep this key, and a checkpoint now and then, where whoever runs this server cannot change them: only they show that the whole log was not written anew."</p>
                    </div>
                </section>
            </AppFrame>
        };
        Ok(Document::new("Audit log", body))
    });
    or_not_found(context, page)
}

/// What the last check of everything said.
#[component]
fn Verified(verification: Option<Verification>, size: i64, now: DateTime<Utc>) -> impl IntoView {
    let (class, icon, head, text, running) = match verification {
        None => (
            "banner",
            "unknown",
            "Not checked yet".to_owned(),
            "Each entry was signed when it was sealed. Nobody has compared all of them with the signed heads so far.".to_owned(),
            false,
        ),
        Some(Verification { started_at: None, asked_at, .. }) => {
            let asked = format::ago(asked_at, now, chrono_tz::UTC);
            ("banner", "sync", "About to be checked".to_owned(), format!("Asked for {asked}; a worker takes it up."), true)
        }
        Some(Verification { finished_at: None, size, checked, .. }) => {
            let text = format!("{} of {} entries checked, and so far nothing is wrong.", format::count(checked), format::count(size));
            ("banner", "sync", "Being checked".to_owned(), text, true)
        }
        Some(Verification {
            started_at: Some(began), finished_at: Some(ended), checked, erased, finding: None, key_fingerprint, ..
        }) => {
            let seconds = (ended - began).num_milliseconds();
            let key = key_fingerprint.map(|key| format!(" Signed by key {key}.")).unwrap_or_default();
            let text = format!(
                "{}: all {} checked in {}.{} seconds. Nothing was changed, inserted, removed, reordered or cut off.{}{key}{}",
                format::capital(&format::moment(ended, now, chrono_tz::UTC)),
                format::counted(checked, "entry", "entries"),
                seconds / 1000,
                seconds % 1000 / 100,
                if erased > 0 {
                    format!(" Of {} it is not said any more who they are about.", format::count(erased))
                } else {
                    String::new()
                },
                if size > checked {
                    format!(" {} came since.", format::counted(size - checked, "entry", "entries"))
                } else {
                    String::new()
                }
            );
            ("banner is-good", "check", "The record is whole".to_owned(), text, false)
        }
        Some(Verification { finished_at: Some(ended), finding: Some(finding), .. }) => {
            let text = format!(
                "Seen {}. Keep a copy of this database as it is, export the log, and compare with checkpoints that were kept elsewhere.",
                format::moment(ended, now, chrono_tz::UTC)
            );
            ("banner is-bad", "cross", format!("The record was changed: {finding}"), text, false)
        }
    };
    view! {
        <div class=class role=running.then_some("status")>
            <Icon name=icon />
            <h3>{head}</h3>
            <p>{text} {running.then(|| view! { " " <a href="/admin/audit">"Look again"</a> })}</p>
        </div>
    }
}

/// How fresh the seal and the copies are.
#[component]
fn Stats(log: AuditPage, now: DateTime<Utc>) -> impl IntoView {
    let sealed = log.tree.as_ref().map_or_else(|| "never".to_owned(), |tree| format::ago(tree.sealed_at, now, chrono_tz::UTC));
    let copies = if log.copies.is_empty() {
        view! {
            <div class="stat"><dt>"Copies elsewhere"</dt><dd>"none " <span class="note"><span class="state is-warn"><Icon name="warn" /> "set AUDIT_COPY_DIR"</span></span></dd></div>
        }
        .into_any()
    } else {
        log.copies.into_iter().map(|copy| view! { <Copy copy=copy now=now /> }).collect_view().into_any()
    };
    view! {
        <dl class="stats">
            <div class="stat"><dt>"Last sealed"</dt><dd>{sealed}</dd></div>
            <div class="stat"><dt>"Waiting for a seal"</dt><dd>{format::count(log.waiting)} <span class="note">{if log.waiting == 1 { " entry" } else { " entries" }}</span></dd></div>
            {copies}
        </dl>
    }
}

/// One place where checkpoints are kept.
#[component]
fn Copy(copy: Copied, now: DateTime<Utc>) -> impl IntoView {
    let name = match copy.destination.as_str() {
        "folder" => "Copy in a folder",
        "mail" => "Copy by mail",
        _ => "Copy at an address",
    };
    let at = copy.copied_at.map_or_else(|| "never".to_owned(), |at| format::ago(at, now, chrono_tz::UTC));
    let fails = copy.failed_at.is_some() && copy.failed_at > copy.copied_at;
    let patience = if copy.destination == "mail" { TimeDelta::hours(26) } else { TimeDelta::hours(3) };
    let is_late = copy.copied_at.is_none_or(|at| now - at > patience);
    let (class, icon, said) = match (fails, is_late) {
        (true, _) => ("state is-bad", "cross", format!("fails: {}", copy.failure.unwrap_or_default())),
        (false, true) => ("state is-warn", "warn", "late".to_owned()),
        (false, false) => ("state is-good", "check", format!("{} entries", format::count(copy.size.unwrap_or_default()))),
    };
    view! { <div class="stat"><dt>{name}</dt><dd>{at} " " <span class="note"><span class=class><Icon name=icon /> " " {said}</span></span></dd></div> }
}

/// A choice.
fn select(asked: &Asked, name: &'static str, label: &'static str, options: Vec<(String, String)>) -> impl IntoView + use<> {
    let chosen = asked.query.get(name).cloned().unwrap_or_default();
    let options = options
        .into_iter()
        .map(|(value, text)| {
            let is_chosen = value == chosen;
            view! { <option value=value selected=is_chosen>{text}</option> }
        })
        .collect_view();
    view! { <div class="field"><label for=name>{label}</label><select class="select small" id=name name=name>{options}</select></div> }
}

#[component]
fn Filters(asked: Asked) -> impl IntoView {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect::<Vec<_>>();
    let kinds: BTreeSet<&str> = Action::ALL.iter().map(|action| action.resource_kind()).collect();
    let kinds = std::iter::once((String::new(), "Every action".to_owned()))
        .chain(kinds.into_iter().map(|kind| (kind.to_owned(), format!("{kind}.*"))));
    let stretches: Vec<_> = STRETCHES.iter().map(|(value, text, _)| (*value, *text)).collect();
    let text = given(&asked, "q").unwrap_or_default();
    view! {
        <form class="filters" method="get" action="/admin/audit">
            <div class="field"><label for="q">"Action or id"</label><input class="input small" id="q" name="q" type="search" value=text placeholder="user.signed_in" autocomplete="off" /></div>
            {select(&asked, "who", "Who", owned(&ACTORS))}
            {select(&asked, "what", "What", kinds.collect())}
            {select(&asked, "result", "Result", owned(&OUTCOMES))}
            {select(&asked, "when", "When", owned(&stretches))}
            <div class="cluster"><button class="button small">"Filter"</button> <a class="small" href="/admin/audit">"Clear"</a></div>
        </form>
    }
}

/// Entries over time.
#[component]
fn Chart(bars: Vec<Bar>, asked: Asked, first_at: Option<DateTime<Utc>>) -> impl IntoView {
    let (_, name, days) = stretch(&asked);
    let is_hourly = days == Some(1);
    let width = if is_hourly { TimeDelta::hours(1) } else { TimeDelta::days(1) };
    let last = asked.now.duration_trunc(width).unwrap_or(asked.now);
    let earliest = days.map_or(first_at.unwrap_or(asked.now), |days| asked.now - TimeDelta::days(days));
    let count = ((last - earliest.duration_trunc(width).unwrap_or(earliest)).num_seconds() / width.num_seconds() + 1).clamp(1, BARS);
    let (total, refused): (i64, i64) = bars.iter().fold((0, 0), |sums, bar| (sums.0 + bar.entries, sums.1 + bar.refused));
    let most = bars.iter().map(|bar| bar.entries).max().unwrap_or_default().max(1);
    let step = 100.0 / f64::from(i32::try_from(count).unwrap_or(1));
    let drawn = (0..count)
        .map(|number| {
            let begins = last - width * i32::try_from(count - 1 - number).unwrap_or_default();
            let bar = bars.iter().find(|bar| bar.begins_at == begins);
            column(bar, number, step, most, begins == last)
        })
        .collect_view();
    let labels = (0..count)
        .filter(|number| (count - 1 - number) % (count / 8).max(1) == 0)
        .map(|number| {
            let begins = last - width * i32::try_from(count - 1 - number).unwrap_or_default();
            let text = begins.format(if is_hourly { "%H" } else { "%-d %b" }).to_string();
            let x = format!("{:.2}%", (f64::from(i32::try_from(number).unwrap_or_default()) + 0.5) * step);
            view! { <text class="t-text" x=x y="105" text-anchor="middle">{text}</text> }
        })
        .collect_view();
    let unit = if is_hourly { "hour" } else { "day" };
    let title = format!("{}, {}", format::counted(total, "entry", "entries"), name.to_lowercase());
    let label = format!("Entries per {unit}, at most {}; {} refused in all", format::count(most), format::count(refused));
    view! {
        <figure class="chart mt-5">
            <figcaption class="section-head">
                <strong class="small">{format::capital(&title)}</strong>
                <span class="key">
                    <span><span class="swatch"></span>{unit}</span>
                    <span><span class="swatch open"></span>{format!("this {unit}")}</span>
                    <span><span class="swatch refused"></span>"refused, 10 times taller"</span>
                </span>
            </figcaption>
            <svg height="112" role="img" aria-label=label>{drawn}{labels}<rect class="t-line" y="88" width="100%" height="1"></rect></svg>
        </figure>
    }
}

#[expect(clippy::cast_precision_loss, reason = "heights in pixels")]
fn column(bar: Option<&Bar>, number: i64, step: f64, most: i64, is_present: bool) -> impl IntoView + use<> {
    let x = format!("{:.2}%", number as f64 * step + step * 0.07);
    let width = format!("{:.2}%", step * 0.86);
    let scaled = |count: i64, times: f64| (count as f64 * times / most as f64 * HEIGHT).min(HEIGHT);
    let rect = |class: &'static str, height: f64| {
        (height > 0.0).then(|| {
            let (x, width) = (x.clone(), width.clone());
            view! { <rect class=class x=x width=width y=format!("{:.2}", 88.0 - height) height=format!("{height:.2}")></rect> }
        })
    };
    let (entries, refused) = bar.map_or((0, 0), |bar| (bar.entries, bar.refused));
    (rect(if is_present { "t-open" } else { "t-busy" }, scaled(entries, 1.0)), rect("t-bad", scaled(refused, REFUSED)))
}

#[component]
fn Entries(entries: Vec<Listed>, size: i64, asked: Asked, now: DateTime<Utc>) -> impl IntoView {
    let Some(last) = entries.last() else {
        return view! { <div class="empty"><p>"No entry is like that. " <a href="/admin/audit?when=all">"Show all of them"</a></p></div> }
            .into_any();
    };
    // Those that wait for their seal come first; behind them all the sealed ones.
    let before = last.place.or_else(|| (entries.len() >= 50).then_some(size));
    let older = before.filter(|place| *place > 0 && entries.len() >= 50).map(|place| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in asked.query.iter().filter(|(name, _)| *name != "before") {
            query.append_pair(name, value);
        }
        format!("/admin/audit?{}", query.append_pair("before", &place.to_string()).finish())
    });
    let caption = format!("Newest {} that were found", entries.len());
    let rows = entries.iter().map(|entry| row(entry, now)).collect_view();
    view! {
        <div class="table-wrap">
            <table class="table folds dense">
                <caption>{caption}</caption>
                <thead><tr><th scope="col">"Entry"</th><th scope="col">"Time"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"On"</th><th scope="col">"From"</th><th scope="col">"Result"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {older.map(|href| view! { <div class="pages"><span></span><a href=href>"Older entries"</a></div> })}
    }
    .into_any()
}

fn row(entry: &Listed, now: DateTime<Utc>) -> impl IntoView + use<> {
    let place = match entry.place {
        Some(place) => view! { <a href=format!("/admin/audit/{place}")>{format::count(place)}</a> }.into_any(),
        None => view! { <span class="quiet">"to be sealed"</span> }.into_any(),
    };
    let at = entry.occurred_at;
    let time = format::second(at, now);
    let who = match (entry.actor_kind.as_str(), entry.actor_id) {
        ("user", Some(id)) => view! { <span>"a person " <code title=id.to_string()>{short(&id.to_string())}</code></span> }.into_any(),
        ("visitor", _) => view! { <span>"nobody signed in"</span> }.into_any(),
        (kind, _) => view! { <span>{kind.to_owned()}</span> }.into_any(),
    };
    let on = entry.resource_id.map(|id| view! { <code title=id.to_string()>{short(&id.to_string())}</code> });
    let from = entry
        .address_pseudonym
        .as_ref()
        .map_or_else(|| "inside".to_owned(), |text| text.trim_start_matches("\\x").chars().take(8).collect());
    view! {
        <tr>
            <td data-label="Entry">{place}</td>
            <td data-label="Time"><time datetime=format::machine(at)>{time}</time></td>
            <td data-label="Who">{who}</td>
            <td data-label="What"><code>{entry.action.clone()}</code></td>
            <td data-label="On" class="all"><span>{on}</span></td>
            <td data-label="From"><span>{from}</span></td>
            <td data-label="Result">{outcome(&entry.outcome)}</td>
        </tr>
    }
}

/// An outcome, in a word and a sign.
pub(super) fn outcome(outcome: &str) -> impl IntoView + use<> {
    let (class, icon, word) = match outcome {
        "succeeded" => ("state is-good", "check", "done"),
        "refused" => ("state is-bad", "cross", "refused"),
        _ => ("state is-warn", "warn", "failed"),
    };
    view! { <span class=class><Icon name=icon /> " " {word}</span> }
}

/// The end of an id, where ids of one time differ.
fn short(id: &str) -> String {
    format!("…{}", id.chars().skip(id.len().saturating_sub(8)).collect::<String>())
}
