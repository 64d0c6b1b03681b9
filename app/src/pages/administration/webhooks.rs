//! What Stripe and Calendly told, what was done about it, and what is still to be.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, CountView, DeliveryView, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use leptos::prelude::*;

use super::{documents, look, tabs};
use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/admin/webhooks";
const STATES: [(&str, &str); 5] =
    [("", "All"), ("failed", "Failed"), ("waiting", "Waiting"), ("unknown", "Nothing done about"), ("wrong_mode", "Wrong mode")];

/// The frame, and the deliveries that the address asks for.
pub fn webhooks_wants(asked: &Asked) -> calendar::Wanted {
    let state = asked.query.get("state").filter(|state| STATES.iter().any(|(known, _)| known == state && !known.is_empty()));
    look(&Wanted::Webhooks(state.cloned()))
}

/// `/admin/webhooks`
pub fn webhooks(context: &PageContext) -> Document {
    let notice = context.notice();
    let page = context.page().and_then(|page| {
        let found = administration::webhooks(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let chosen = context.asked.query.get("state").cloned().unwrap_or_default();
        let tabs = tabs(HERE, "state", &STATES, &chosen);
        let is_empty = found.deliveries.is_empty();
        let rows = found.deliveries.iter().map(|delivery| row(delivery, now)).collect_view();
        let counts = found.counts.iter().map(|count| counted(count, now)).collect_view();
        let has_counts = !found.counts.is_empty();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Webhooks"</h1>
                    <p class="sub">"What Stripe and Calendly told: signed, written down once, and acted on after it was read back from them. What nobody signed is not here; it is counted among what is suspicious. Times in UTC."</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                {has_counts.then(|| view! {
                    <table class="table folds">
                        <caption class="visually-hidden">"Within seven days, by source and verdict"</caption>
                        <thead><tr><th scope="col">"Source"</th><th scope="col">"Verdict"</th><th scope="col">"Deliveries"</th><th scope="col">"Came again"</th><th scope="col">"Failed"</th><th scope="col">"Newest"</th></tr></thead>
                        <tbody>{counts}</tbody>
                    </table>
                })}
                <nav class="tabs mt-6" aria-label="Which deliveries">{tabs}</nav>
                {if is_empty {
                    view! { <div class="empty"><p>"None is like that. What webhooks do not say is read at Stripe every ten minutes, and compared with Calendly every five."</p></div> }.into_any()
                } else {
                    view! {
                        <table class="table folds">
                            <caption class="visually-hidden">"Deliveries, the newest first, at most 100"</caption>
                            <thead><tr><th scope="col">"Event"</th><th scope="col">"Came"</th><th scope="col">"What came of it"</th><th scope="col">"Kept of it"</th><th scope="col"><span class="visually-hidden">"What to do"</span></th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }}
                {documents("docs/adr/0026-selling.md", "How money and bookings are kept in step:")}
            </AppFrame>
        };
        Ok(Document::new("Webhooks", body))
    });
    or_not_found(context, page)
}

fn verdict(text: &str) -> &'static str {
    match text {
        "accepted" => "acted on",
        "unknown_kind" => "nothing is done about this kind",
        "wrong_mode" => "about test money where it is real, or the other way round",
        _ => "not known",
    }
}

fn counted(count: &CountView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let newest = format::ago(count.newest, now, UTC);
    view! {
        <tr>
            <th scope="row">{count.source.clone()}</th>
            <td data-label="Verdict">{verdict(&count.verdict)}</td>
            <td data-label="Deliveries">{format::count(count.deliveries)}</td>
            <td data-label="Came again">{format::count(count.copies)}</td>
            <td data-label="Failed">{format::count(count.failed)}</td>
            <td data-label="Newest">{newest}</td>
        </tr>
    }
}

fn row(delivery: &DeliveryView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let name = format!("{} {}", delivery.source, delivery.kind);
    let came = format::ago(delivery.received_at, now, UTC);
    let again = (delivery.copies > 0).then(|| format!(", {} times more", delivery.copies));
    let state = match (delivery.handled_at, delivery.effect.as_deref(), delivery.failures) {
        (Some(_), Some("done"), _) => view! { <span class="state is-good"><Icon name="check" /> " done"</span> }.into_any(),
        (Some(_), Some("about_nothing_here"), _) => view! { <span class="quiet">"about nothing that was sold here"</span> }.into_any(),
        (Some(_), _, _) => view! { <span class="quiet">{verdict(&delivery.verdict)}</span> }.into_any(),
        (None, _, 0) => view! { <span class="state"><Icon name="clock" /> " waiting"</span> }.into_any(),
        (None, _, failures) => {
            view! { <span class="state is-bad"><Icon name="cross" /> {format!(" failed {failures} times, and is tried again")}</span> }
                .into_any()
        }
    };
    let kept = serde_json::to_string_pretty(&delivery.payload).unwrap_or_default();
    let rerun = (delivery.verdict == "accepted").then(|| {
        view! {
            <form method="post" action="/admin/webhooks/rerun">
                <input type="hidden" name="delivery" value=delivery.id.to_string() />
                <button class="button small" aria-label=format!("Act on it once more: {name} {}", delivery.id)>"Once more"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row">{delivery.source.clone()} " " <code>{delivery.kind.clone()}</code></th>
            <td data-label="Came"><time datetime=format::machine(delivery.received_at)>{came}</time> {again}</td>
            <td data-label="What came of it">{state}</td>
            <td data-label="Kept of it" class="all"><details><summary>"Masked"</summary><pre tabindex="0"><code>{kept}</code></pre></details></td>
            <td class="amount">{rerun}</td>
        </tr>
    }
}
