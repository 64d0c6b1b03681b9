//! The start page: what it is, and the way in.

use leptos::prelude::*;

use crate::components::PublicFrame;
use crate::context::PageContext;
use crate::document::Document;

/// `/`
pub fn home(context: &PageContext) -> Document {
    let signed_in = context.user.is_some();
    let ways = if signed_in {
        view! { <a class="button moment" href="/app">"Go to your day"</a> }.into_any()
    } else {
        view! {
            <a class="button moment" href="/sign-in">"Sign in"</a>
            <a class="button" href="/sign-up">"Sign up"</a>
        }
        .into_any()
    };
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <h1 class="lead">"The hours that are still open, and why."</h1>
            <p class="soft mt-4">
                "Kairos reads the calendars you already have and shows one thing: what is taken, what is open, and what nobody can know right now. It runs on this server and writes nothing to your calendars."
            </p>
            <p class="cluster mt-5">{ways}</p>
            <div class="strip mt-7">
                <svg height="72" role="img" aria-label="An example day: busy, open, busy, open, unknown">
                    <rect class="t-off" width="100%" height="44" rx="2"></rect>
                    <rect class="t-open" x="8%" width="76%" height="44"></rect>
                    <rect class="t-busy" x="12%" width="14%" height="44"></rect>
                    <rect class="t-busy" x="34%" width="8%" height="44"></rect>
                    <rect class="t-busy" x="58%" width="6%" height="44"></rect>
                    <rect fill="url(#fog)" x="70%" width="14%" height="44"></rect>
                    <g class="t-text">
                        <text x="12%" y="62">"taken"</text>
                        <text x="43%" y="62">"open"</text>
                        <text x="70%" y="62">"unknown"</text>
                    </g>
                </svg>
            </div>
            <dl class="why roomy mt-6">
                <dt>"Taken"</dt>
                <dd>"From Google, Outlook or any CalDAV server, each event once, at the right hour in your zone."</dd>
                <dt>"Open"</dt>
                <dd>"What is left of your working hours. Every number opens into the events and rules it came from."</dd>
                <dt>"Unknown"</dt>
                <dd>"When a calendar cannot be read, its hours are neither free nor full. Kairos says so, since when, and how to mend it."</dd>
            </dl>
        </PublicFrame>
    };
    Document::new("Your calendars, truthfully", body)
}
