//! The calendar: a day, a week or a month, moved through by links.

use chrono::{Datelike, Days, Months, NaiveDate};
use domain::calendar::{Day, Titles, Wanted};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{Agenda, AppFrame, DayStrip, Frame, MonthGrid, WeekGrid, empty_day};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format::{self, length};

/// How much is shown at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Day,
    Week,
    Month,
}

impl View {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    const fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }

    /// The first day shown, and how many.
    fn days(self, date: NaiveDate) -> (NaiveDate, u64) {
        match self {
            Self::Day => (date, 1),
            Self::Week => (monday(date), 7),
            Self::Month => {
                let first = date.with_day(1).unwrap_or(date);
                let last = (first + Months::new(1)).pred_opt().unwrap_or(first);
                let start = monday(first);
                let weeks = (monday(last) - start).num_days() / 7 + 1;
                (start, u64::try_from(weeks * 7).unwrap_or(42))
            }
        }
    }

    fn step(self, date: NaiveDate, forward: bool) -> NaiveDate {
        let moved = match (self, forward) {
            (Self::Day, true) => date.checked_add_days(Days::new(1)),
            (Self::Day, false) => date.checked_sub_days(Days::new(1)),
            (Self::Week, true) => date.checked_add_days(Days::new(7)),
            (Self::Week, false) => date.checked_sub_days(Days::new(7)),
            (Self::Month, true) => date.checked_add_months(Months::new(1)),
            (Self::Month, false) => date.checked_sub_months(Months::new(1)),
        };
        moved.unwrap_or(date)
    }
}

fn monday(date: NaiveDate) -> NaiveDate {
    date - chrono::TimeDelta::days(date.weekday().num_days_from_monday().into())
}

/// No day further away is shown: nothing is read of it.
const FARTHEST: i64 = 3 * 366;

/// How much is shown, and of which date; what is not understood is this week.
fn shown(asked: &Asked) -> (View, Option<NaiveDate>) {
    let code = asked.query.get("view").map_or("week", String::as_str);
    let view = View::ALL.into_iter().find(|view| view.code() == code).unwrap_or(View::Week);
    (view, asked.query.get("date").and_then(|text| text.parse().ok()))
}

fn near(date: Option<NaiveDate>, today: NaiveDate) -> NaiveDate {
    date.filter(|date| (*date - today).num_days().abs() <= FARTHEST).unwrap_or(today)
}

/// The days of the view. Whether today is yesterday's or tomorrow's date in the person's zone is not known yet, so all three are asked for.
pub fn calendar_wants(asked: &Asked) -> Wanted {
    let (view, date) = shown(asked);
    let utc = asked.now.date_naive();
    let stretches = [-1, 0, 1].map(|days| view.days(near(date, utc + chrono::TimeDelta::days(days))));
    let first = stretches.iter().map(|(first, _)| *first).min();
    let last = stretches.iter().map(|(first, count)| *first + Days::new(*count)).max();
    Wanted { others: first.zip(last), ..Wanted::FRAME }
}

/// `/app/calendar?view=week&date=2026-11-23`
pub fn calendar(context: &PageContext) -> Document {
    let (view_kind, date) = shown(&context.asked);
    let page = context.page().map(|page| {
        let frame = Frame::of(page, Titles::LeftSealed);
        let today = frame.today.date;
        let date = near(date, today);
        let (first, count) = view_kind.days(date);
        let days = page.days(first, count, Titles::Opened);
        let title = title(view_kind, date, &days);
        let sub = sub(&frame.today, &days);
        let nothing = frame.connections.is_empty();
        let link = |kind: View, date: NaiveDate| format!("/app/calendar?view={}&date={date}", kind.code());
        let tabs = View::ALL
            .map(|kind| view! { <a href=link(kind, date) aria-current=(kind == view_kind).then_some("page")>{kind.label()}</a> " " });
        let (before, here, after) = match view_kind {
            View::Day => ("Previous day", "Today", "Next day"),
            View::Week => ("Previous week", "This week", "Next week"),
            View::Month => ("Previous month", "This month", "Next month"),
        };
        let body = match view_kind {
            View::Day => one_day(days).into_any(),
            View::Week => week(days, title.clone()).into_any(),
            View::Month => view! { <MonthGrid days=days month=date /> }.into_any(),
        };
        let heading = title.clone();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/calendar">
                <div class="page-head">
                    <div>
                        <h1>{heading}</h1>
                        <p class="sub">{sub}</p>
                    </div>
                    <nav class="cluster" aria-label="Other days">
                        <a class="button small" rel="prev" href=link(view_kind, view_kind.step(date, false))>{before}</a>
                        " "
                        <a class="button small" href=link(view_kind, today)>{here}</a>
                        " "
                        <a class="button small" rel="next" href=link(view_kind, view_kind.step(date, true))>{after}</a>
                    </nav>
                </div>
                <nav class="tabs" aria-label="View">{tabs}</nav>
                {nothing.then(|| view! {
                    <div class="empty">
                        <p>"No calendar is connected, so nothing is known about these days."</p>
                        <div class="cluster"><a class="button moment" href="/app/settings#connect">"Connect a calendar"</a></div>
                    </div>
                })}
                {body}
            </AppFrame>
        };
        Document::new(title, body)
    });
    or_not_found(context, page)
}

fn title(kind: View, date: NaiveDate, days: &[Day]) -> String {
    match kind {
        View::Day => format!("{} {}", format::long_date(date), date.year()),
        View::Month => date.format("%B %Y").to_string(),
        View::Week => {
            let (Some(first), Some(last)) = (days.first(), days.last()) else { return String::new() };
            let (first, last) = (first.date, last.date);
            let from = if first.month() == last.month() { first.format("%-d") } else { first.format("%-d %B") };
            format!("{from} to {}", last.format("%-d %B %Y"))
        }
    }
}

fn sub(today: &Day, days: &[Day]) -> String {
    let open: i64 = days.iter().map(|day| day.capacity.open_minutes).sum();
    let unknown: i64 = days.iter().map(|day| day.capacity.unknown_minutes).sum();
    let zone = format::zone_name(today.zone, days.first().map_or(today.now, |day| day.whole.starts_at));
    let unknown = if unknown > 0 { format!(", {} unknown", length(unknown)) } else { String::new() };
    format!("{} open{unknown}. {zone}.", length(open))
}

fn one_day(mut days: Vec<Day>) -> impl IntoView {
    let day = days.swap_remove(0);
    let agenda = if day.agenda.is_empty() {
        view! { <div class="empty"><p>{empty_day(&day)}</p></div> }.into_any()
    } else {
        view! { <Agenda day=day.clone() /> }.into_any()
    };
    view! { <DayStrip day=day /> <section class="mt-6" aria-labelledby="h-agenda"><div class="section-head"><h2 id="h-agenda">"Agenda"</h2></div>{agenda}</section> }
}

fn week(days: Vec<Day>, name: String) -> impl IntoView {
    let lists = days
        .iter()
        .cloned()
        .map(|day| {
            let heading = format!("d-{}", day.date);
            let labelled = heading.clone();
            let open = if day.is_off() { "day off".to_owned() } else { format!("{} open", length(day.capacity.open_minutes)) };
            let name = format::long_date(day.date);
            let list = if day.agenda.is_empty() {
                view! { <p class="quiet small">{empty_day(&day)}</p> }.into_any()
            } else {
                view! { <Agenda day=day /> }.into_any()
            };
            view! { <section class="section" aria-labelledby=labelled><div class="section-head"><h2 id=heading>{name}</h2> <p>{open}</p></div>{list}</section> }
        })
        .collect_view();
    view! {
        <WeekGrid days=days name=name />
        <p class="key mt-2 wide-only">
            <span><span class="swatch open"></span>"open"</span>
            " "
            <span><span class="swatch"></span>"busy"</span>
            " "
            <span><span class="swatch unknown"></span>"unknown: not free"</span>
            " "
            <span><span class="swatch off"></span>"outside working hours"</span>
            " "
            <span>"dashed: tentative"</span>
            " "
            <span>"outlined: marked free"</span>
        </p>
        <div class="narrow-only">{lists}</div>
    }
}
