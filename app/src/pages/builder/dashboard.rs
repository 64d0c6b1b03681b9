//! What a builder sees first: what needs them, the next sessions, and what came in.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::booking::{DashboardView, Month};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;
use types::{Currency, Money};

use super::bookings::BookingTable;
use super::checklist::{Checklist, is_live};
use crate::components::{AppFrame, Flash, Frame};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/builder";

/// The frame and everything on it.
pub fn dashboard_wants(_asked: &Asked) -> Wanted {
    Wanted { part: Some(DashboardView::part()), ..Wanted::FRAME }
}

/// `/builder`
pub fn dashboard(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = DashboardView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let live = is_live(&view.offers);
        let sub = match (live, view.next.first()) {
            (false, _) => "Something is missing before you can sell.".to_owned(),
            (true, None) => "You can sell. Nothing is booked ahead.".to_owned(),
            (true, Some(next)) => format!("Your next session is {}.", format::moment(next.starts_at, now, zone)),
        };
        let own_page = view.offers.page.as_ref().map(|page| format!("/b/{}", page.slug));
        let revenue = charts(&view.revenue, page.today());
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head">
                    <div><h1>"Selling"</h1><p class="sub">{sub}</p></div>
                    {own_page.map(|href| view! { <a class="button" href=href>"Your public page"</a> })}
                </div>
                <Flash notice=notice path=HERE.to_owned() />
                {(!view.attention.is_empty()).then(|| view! {
                    <section class="section" aria-labelledby="h-attention">
                        <div class="section-head"><h2 id="h-attention">"Needs you"</h2></div>
                        <BookingTable lines=view.attention.clone() zone=zone caption="Bookings that need you" />
                    </section>
                })}
                {(!live).then(|| view! {
                    <section class="section" aria-labelledby="h-checklist">
                        <div class="section-head"><h2 id="h-checklist">"Before you can sell"</h2></div>
                        <Checklist offers=view.offers.clone() />
                    </section>
                })}
                <section class="section" aria-labelledby="h-next">
                    <div class="section-head"><h2 id="h-next">"Next sessions"</h2> <p><a href="/builder/bookings">"All bookings"</a></p></div>
                    {if view.next.is_empty() {
                        view! { <p class="empty">"Nothing is booked ahead. Share the address of your public page."</p> }.into_any()
                    } else {
                        view! { <BookingTable lines=view.next.clone() zone=zone caption="Your next sessions" /> }.into_any()
                    }}
                </section>
                <section class="section" aria-labelledby="h-revenue">
                    <div class="section-head"><h2 id="h-revenue">"What came in"</h2> <p>"by month, less what went back"</p></div>
                    {if view.revenue.is_empty() {
                        view! { <p class="empty">"Nothing was paid in the last six months."</p> }.into_any()
                    } else {
                        view! { <div class="revenue">{revenue}</div> }.into_any()
                    }}
                </section>
                {live.then(|| view! {
                    <section class="section" aria-labelledby="h-checklist">
                        <div class="section-head"><h2 id="h-checklist">"What selling rests on"</h2></div>
                        <Checklist offers=view.offers.clone() />
                    </section>
                })}
            </AppFrame>
        };
        Ok(Document::new("Selling", body))
    });
    or_not_found(context, page)
}

/// The first days of the last six months, the oldest first.
fn months(today: NaiveDate) -> Vec<NaiveDate> {
    use chrono::{Datelike, Months};
    let first = today.with_day(1).unwrap_or(today);
    (0..6).rev().filter_map(|back| first.checked_sub_months(Months::new(back))).collect()
}

/// A chart for each currency: amounts of different ones are never added.
fn charts(revenue: &[Month], today: NaiveDate) -> impl IntoView + use<> {
    let mut by_currency: BTreeMap<Currency, Vec<Month>> = BTreeMap::new();
    for month in revenue {
        by_currency.entry(month.paid.currency).or_default().push(*month);
    }
    let months = months(today);
    by_currency.into_iter().map(|(currency, rows)| chart(currency, &rows, &months)).collect_view()
}

fn chart(currency: Currency, rows: &[Month], months: &[NaiveDate]) -> impl IntoView + use<> {
    let kept = |month: &NaiveDate| rows.iter().find(|row| row.month == *month).map_or(0, |row| row.paid.minor - row.returned.minor);
    let amounts: Vec<i64> = months.iter().map(kept).collect();
    let most = amounts.iter().copied().max().unwrap_or(0).max(1);
    let total = Money::new(amounts.iter().sum(), currency);
    let width = 100 / months.len().max(1);
    let bars = months
        .iter()
        .zip(&amounts)
        .enumerate()
        .map(|(place, (month, amount))| {
            let height = (*amount).max(0) * 96 / most;
            let is_now = place + 1 == months.len();
            let class = if is_now { "t-open" } else { "t-busy" };
            let (x, middle) = (format!("{}%", place * width + 1), format!("{}%", place * width + width / 2));
            let label = Money::new(*amount, currency).to_string();
            let name = month.format("%b").to_string();
            view! {
                <rect class=class x=x width=format!("{}%", width - 2) y=112 - height height=height></rect>
                {(*amount != 0).then(|| view! { <text class="t-text" x=middle.clone() y=106 - height text-anchor="middle">{label}</text> })}
                <text class="t-text" x=middle y="128" text-anchor="middle">{name}</text>
            }
        })
        .collect_view();
    let spoken = months
        .iter()
        .zip(&amounts)
        .map(|(month, amount)| format!("{} {}", month.format("%B"), Money::new(*amount, currency)))
        .collect::<Vec<_>>()
        .join(", ");
    view! {
        <figure class="chart">
            <figcaption>{format!("{total} in six months")}</figcaption>
            <svg height="132" role="img" aria-label=format!("{currency}: {spoken}")>{bars}</svg>
        </figure>
    }
}
