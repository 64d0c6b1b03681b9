//! Name, time zone, working hours.

use domain::accounts::WorkingHours;
use domain::calendar::{Titles, Wanted, feed_address};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{AppFrame, Field, FieldError, Flash, FormError, Frame, Zones};
use crate::context::{Asked, Form, PageContext};
use crate::document::Document;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The frame, and the feed's address.
pub const fn profile_wants(_asked: &Asked) -> Wanted {
    Wanted { feed: true, ..Wanted::FRAME }
}

/// `/app/settings/profile`
pub fn profile(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().map(|page| {
        let frame = Frame::of(page, Titles::LeftSealed);
        let (person, feed) = (frame.person.clone(), feed_address(page));
        let zone = form.value("zone").unwrap_or_else(|| person.zoned.zone.name().to_owned());
        let weekdays = weekdays(&person.zoned.hours, &form);
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings/profile">
                <div class="page-head"><div><h1>"Profile"</h1><p class="sub">"Capacity is counted in your zone and inside your working hours."</p></div></div>
                <Flash notice=notice path="/app/settings/profile".to_owned() />
                <form class="stack gate-left" method="post" action="/app/settings/profile">
                    <FormError form=form.clone() />
                    <Field form=form.clone() name="name" label="Name" autocomplete="name" value=person.name.clone().unwrap_or_default() />
                    <div class="field">
                        <label for="zone">"Time zone"</label>
                        <input class="input" id="zone" name="zone" list="zones" value=zone autocomplete="off" required=true aria-invalid=form.invalid("zone") aria-describedby=form.described_by("zone", true) />
                        <Zones />
                        <FieldError form=form.clone() name="zone" />
                        <p class="hint" id="hint-zone">"A city, such as Europe/Lisbon or America/New_York."</p>
                    </div>
                    <fieldset class="field" aria-describedby="hint-hours">
                        <legend>"Working hours"</legend>
                        <p class="hint" id="hint-hours">"From and to, up to eight stretches a day: 09:00 to 12:30, 13:30 to 17:00. Leave a day empty if you do not work then."</p>
                        <div class="hours mt-2">{weekdays}</div>
                    </fieldset>
                    <button class="button primary">"Save profile"</button>
                </form>
                <section class="section" aria-labelledby="h-days">
                    <div class="section-head"><h2 id="h-days">"Days that differ"</h2></div>
                    <Exceptions hours=person.zoned.hours.as_ref().clone() form=form.clone() />
                </section>
                <section class="section" aria-labelledby="h-feed">
                    <div class="section-head"><h2 id="h-feed">"Your calendar in other programs"</h2></div>
                    <Feed address=feed />
                </section>
            </AppFrame>
        };
        Document::new("Profile", body)
    });
    or_not_found(context, page)
}

/// One line a weekday.
fn weekdays(hours: &WorkingHours, form: &Form) -> impl IntoView + use<> {
    WEEKDAYS
        .iter()
        .zip(0..)
        .map(|(name, number)| {
            let field = format!("hours-{number}");
            let value = form.value(&field).unwrap_or_else(|| hours.of_weekday(number).spoken());
            let (invalid, described_by) = (form.invalid(&field), form.described_by(&field, false));
            view! {
                <label for=field.clone()>{*name}</label>
                <input class="input" id=field.clone() name=field.clone() value=value autocomplete="off" placeholder="not working" aria-invalid=invalid aria-describedby=described_by />
                <FieldError form=form.clone() name=field />
            }
        })
        .collect_view()
}

/// Holidays, a Saturday at work: what is there, and one more.
#[component]
fn Exceptions(hours: WorkingHours, form: Form) -> impl IntoView {
    let rows = hours
        .exceptions()
        .map(|(date, hours)| {
            let spoken = hours.spoken();
            let said = if spoken.is_empty() { "Not working".to_owned() } else { spoken };
            let day = date.format("%A %-d %B %Y").to_string();
            let label = format!("Remove {day}");
            view! {
                <tr>
                    <th scope="row"><time datetime=date.to_string()>{day}</time></th>
                    <td data-label="Hours"><span>{said}</span></td>
                    <td class="amount">
                        <form method="post" action="/app/settings/profile/days/remove">
                            <input type="hidden" name="date" value=date.to_string() />
                            <button class="button small" aria-label=label>"Remove"</button>
                        </form>
                    </td>
                </tr>
            }
        })
        .collect_view();
    let list = if hours.exceptions().next().is_none() {
        view! { <div class="empty"><p>"None. Add holidays, or a Saturday on which you work; they go before your weekly hours."</p></div> }
            .into_any()
    } else {
        view! {
            <table class="table folds">
                <caption class="visually-hidden">"Days with hours of their own, in order"</caption>
                <thead><tr><th scope="col">"Day"</th><th scope="col">"Hours"</th><th scope="col"><span class="visually-hidden">"Remove"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        {list}
        <form class="stack gate-left mt-5" method="post" action="/app/settings/profile/days">
            <div class="field">
                <label for="date">"Day"</label>
                <input class="input" id="date" name="date" type="date" required=true value=form.value("date").unwrap_or_default() aria-invalid=form.invalid("date") aria-describedby=form.described_by("date", false) />
                <FieldError form=form.clone() name="date" />
            </div>
            <div class="field">
                <label for="day-hours">"Hours on that day"</label>
                <input class="input" id="day-hours" name="day-hours" autocomplete="off" placeholder="not working" value=form.value("day-hours").unwrap_or_default() aria-invalid=form.invalid("day-hours") aria-describedby=form.described_by("day-hours", true) />
                <FieldError form=form.clone() name="day-hours" />
                <p class="hint" id="hint-day-hours">"Leave it empty for a day off."</p>
            </div>
            <button class="button">"Add this day"</button>
        </form>
    }
}

/// The address for other programs, and the two things one can do with it.
#[component]
fn Feed(address: Option<String>) -> impl IntoView {
    let make = |label: &'static str| view! { <form method="post" action="/app/settings/profile/feed"><button class="button small">{label}</button></form> };
    match address {
        None => view! {
            <p class="soft">"Phones and desktop programs can subscribe to everything Kairos reads, as one calendar. That takes an address which nobody can guess, and which you can end at any time."</p>
            <div class="mt-4">{make("Make an address")}</div>
        }
        .into_any(),
        Some(address) => view! {
            <div class="field">
                <label for="feed">"Address to subscribe to"</label>
                <input class="input" id="feed" value=address readonly=true aria-describedby="hint-feed" />
                <p class="hint" id="hint-feed">"Whoever has it can read your titles and times, without signing in. What Kairos does not know is in it as such, and not as free."</p>
            </div>
            <div class="cluster mt-4">
                {make("Make another address")}
                <form method="post" action="/app/settings/profile/feed/end"><button class="button small danger">"End this address"</button></form>
            </div>
        }
        .into_any(),
    }
}
