//! Name, time zone, working hours.

use domain::accounts::WorkingHours;
use domain::calendar::{self, Wanted};
use leptos::prelude::*;

use super::loaded::loaded;
use crate::components::{AppFrame, Field, Flash, FormError, Icon, begin, read_frame};
use crate::context::PageContext;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `/app/settings/profile`
#[component]
pub fn Profile() -> impl IntoView {
    let context = expect_context::<PageContext>();
    let (notice, form) = (context.notice(), context.form.clone());
    let load = async move {
        let mut reading = begin(&context).await?;
        let frame = read_frame(&mut reading, Wanted::TODAY).await?;
        let feed = calendar::feed_address(&context.deps, &mut reading).await?;
        Ok((frame, feed))
    };
    loaded(load, move |(frame, feed)| {
        let person = frame.person.clone();
        let zone = form.value("zone").unwrap_or_else(|| person.zone.name().to_owned());
        let zones = chrono_tz::TZ_VARIANTS.iter().map(|tz| view! { <option value=tz.name()></option> }).collect_view();
        let zone_error = form.error("zone");
        let days_error = form.error("hours");
        let weekdays = weekdays(person.hours, &form);
        view! {
            <AppFrame frame=frame title="Profile".to_owned() here="/app/settings/profile">
                <div class="page-head"><div><h1>"Profile"</h1><p class="sub">"Capacity is counted in your zone and inside your working hours."</p></div></div>
                <Flash notice=notice path="/app/settings/profile".to_owned() />
                <form class="stack gate-left" method="post" action="/app/settings/profile">
                    <FormError form=form.clone() />
                    <Field form=form.clone() name="name" label="Name" autocomplete="name" value=person.name.clone().unwrap_or_default() />
                    <div class="field">
                        <label for="zone">"Time zone"</label>
                        <input class="input" id="zone" name="zone" list="zones" value=zone autocomplete="off" required=true aria-invalid=zone_error.is_some().then_some("true") aria-describedby="hint-zone" />
                        <datalist id="zones">{zones}</datalist>
                        {zone_error.map(|text| view! { <p class="error"><Icon name="cross" /> <span>{text}</span></p> })}
                        <p class="hint" id="hint-zone">"A city, such as Europe/Lisbon or America/New_York."</p>
                    </div>
                    <Field form=form.clone() name="starts" label="Working day begins" kind="time" value=clock(person.hours.starts_minute) />
                    <Field form=form.clone() name="ends" label="Working day ends" kind="time" value=clock(person.hours.ends_minute) />
                    <fieldset class="field">
                        <legend>"Working days"</legend>
                        {weekdays}
                        {days_error.map(|text| view! { <p class="error"><Icon name="cross" /> <span>{text}</span></p> })}
                    </fieldset>
                    <button class="button primary">"Save profile"</button>
                </form>
                <section class="section" aria-labelledby="h-feed">
                    <div class="section-head"><h2 id="h-feed">"Your calendar in other programs"</h2></div>
                    <Feed address=feed />
                </section>
            </AppFrame>
        }
    })
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

fn weekdays(hours: WorkingHours, form: &crate::context::Form) -> impl IntoView + use<> {
    let typed = form.values.get("weekday").cloned();
    let came_back = !form.values.is_empty();
    WEEKDAYS
        .iter()
        .enumerate()
        .map(|(bit, name)| {
            let value = bit.to_string();
            let checked = if came_back { typed.as_ref().is_some_and(|typed| typed.contains(&value)) } else { hours.weekdays & (1 << bit) != 0 };
            view! { <label class="choice"><input type="checkbox" name="weekday" value=value checked=checked /> " " <span>{*name}</span></label> }
        })
        .collect_view()
}

/// `09:00`; the end of the day is shown as 23:59, because a time field knows no 24:00.
fn clock(minute: i16) -> String {
    let minute = minute.min(1439);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
