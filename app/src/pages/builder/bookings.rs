//! A builder's bookings, in a table with filters.

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::booking::{BookingFilter, BookingLine, BookingsView};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;
use crate::pages::sale::status_badge;

const HERE: &str = "/builder/bookings";
const FILTERS: [(&str, &str); 4] = [("next", "Ahead"), ("past", "Past"), ("attention", "Needs you"), ("all", "All")];

fn which(asked: &Asked) -> &'static str {
    let wanted = asked.query.get("which").map_or("next", String::as_str);
    FILTERS.iter().find(|(name, _)| *name == wanted).map_or("next", |(name, _)| *name)
}

/// What the query asks for; a day that is none is as good as none.
fn filter(asked: &Asked) -> BookingFilter {
    let day = |name: &str| asked.query.get(name).and_then(|text| text.parse::<NaiveDate>().ok());
    let after = asked.query.get("after").and_then(|id| id.parse().ok());
    BookingFilter { which: which(asked), from: day("from"), to: day("to"), after }
}

/// An address of the list.
fn address(which: &str, from: Option<NaiveDate>, to: Option<NaiveDate>, after: Option<String>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("which", which);
    for (name, value) in [("from", from.map(|day| day.to_string())), ("to", to.map(|day| day.to_string())), ("after", after)] {
        query.extend_pairs(value.map(|value| (name, value)));
    }
    format!("{HERE}?{}", query.finish())
}

/// The frame and the list.
pub fn bookings_wants(asked: &Asked) -> Wanted {
    Wanted { part: Some(BookingsView::part(filter(asked))), ..Wanted::FRAME }
}

/// `/builder/bookings`
pub fn bookings(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = BookingsView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let BookingFilter { which: here, from, to, after } = filter(&context.asked);
        let is_narrowed = from.is_some() || to.is_some();
        let tabs = FILTERS
            .iter()
            .map(|(name, label)| view! { <a href=address(name, from, to, None) aria-current=(*name == here).then_some("page")>{*label}</a> })
            .collect_view();
        let more = view.bookings.last().filter(|_| view.has_more).map(|last| address(here, from, to, Some(last.id.to_string())));
        let more_label = if here == "next" { "Later" } else { "Earlier" };
        let first = after.is_some().then(|| address(here, from, to, None));
        let empty = match here {
            _ if is_narrowed => "Nothing between these days.",
            "next" => "Nothing is booked ahead.",
            "past" => "No session took place yet.",
            "attention" => "Nothing needs you.",
            _ => "Nobody has booked yet. Share the address of your public page.",
        };
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Bookings"</h1>
                    <p class="sub">{format!("Times in {}.", format::zone_name(zone, now))}</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                <nav class="tabs" aria-label="Which bookings">{tabs}</nav>
                <form class="cluster mt-4" method="get" action=HERE>
                    <input type="hidden" name="which" value=here />
                    <label>"From " <input class="input" type="date" name="from" value=from.map(|day| day.to_string()) /></label>
                    <label>"To " <input class="input" type="date" name="to" value=to.map(|day| day.to_string()) /></label>
                    <button class="button">"Show these days"</button>
                    {is_narrowed.then(|| view! { <a href=address(here, None, None, None)>"All days"</a> })}
                </form>
                {if view.bookings.is_empty() {
                    view! { <p class="empty mt-4">{empty}</p> }.into_any()
                } else {
                    view! { <BookingTable lines=view.bookings.clone() zone=zone caption="Bookings" /> }.into_any()
                }}
                {(!view.bookings.is_empty()).then(|| view! { <p class="mt-4"><a href="/builder/bookings/export" download=true>"All of them as a table (CSV)"</a></p> })}
                {(more.is_some() || first.is_some()).then(|| view! {
                    <div class="pages">
                        {first.map(|href| view! { <a href=href>"Back to the first"</a> })}
                        {more.map(|href| view! { <a href=href>{more_label}</a> })}
                    </div>
                })}
                <p class="soft mt-4">"Each booking is compared with Stripe and Calendly by itself. " <a href="/builder/reconciliation">"See what differed"</a></p>
            </AppFrame>
        };
        Ok(Document::new("Bookings", body))
    });
    or_not_found(context, page)
}

/// Bookings, a row each.
#[component]
pub fn BookingTable(lines: Vec<BookingLine>, zone: Tz, caption: &'static str) -> impl IntoView {
    let rows = lines.iter().map(|line| row(line, zone)).collect_view();
    view! {
        <table class="table folds">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"State"</th><th scope="col">"Price"</th></tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(line: &BookingLine, zone: Tz) -> impl IntoView + use<> {
    let when = format!("{}, {}", line.starts_at.with_timezone(&zone).format("%a %-d %b"), format::span(line.starts_at, line.ends_at, zone));
    let who = line.client.as_ref().map_or_else(|| "Not readable".to_owned(), |client| client.name.clone());
    let back = line.refunded.map(|back| view! { <small>{format!(" −{back}")}</small> });
    let attention = line.attention.map(|_| view! { " " <span class="state is-warn"><Icon name="warn" /> " needs you"</span> });
    view! {
        <tr>
            <th scope="row"><a href=format!("{HERE}/{}", line.id)>{when}</a></th>
            <td data-label="Who">{who}</td>
            <td data-label="What">{line.title.clone()}</td>
            <td data-label="State">{status_badge(line.status)} {attention}</td>
            <td data-label="Price">{line.price.to_string()} {back}</td>
        </tr>
    }
}
