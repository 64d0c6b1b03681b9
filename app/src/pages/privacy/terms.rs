//! By what terms this installation is used.

use leptos::prelude::*;

use super::super::sale::policies;
use crate::components::PublicFrame;
use crate::context::PageContext;
use crate::document::Document;

/// `/terms`
pub fn terms(context: &PageContext) -> Document {
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <h1>"Terms"</h1>
            <p class="soft mt-2">"By what this installation of Kairos may be used. Whoever runs it answers for it, and may add to this page what their law wants."</p>
            <section class="section" aria-labelledby="h-everybody">
                <div class="section-head"><h2 id="h-everybody">"Everybody"</h2></div>
                <ul class="stack">
                    <li>"Your account is yours: nobody else uses it, and you keep its password and second factor to yourself."</li>
                    <li>"You connect calendars that are yours, or that you may read. Kairos reads them and changes nothing in them."</li>
                    <li>"You try nothing on this server that would harm others. What is suspicious is looked at, and may be stopped."</li>
                    <li>"You may leave whenever you like; what then becomes of what is kept stands on the " <a href="/privacy">"privacy page"</a> "."</li>
                </ul>
            </section>
            <section class="section" aria-labelledby="h-clients">
                <div class="section-head"><h2 id="h-clients">"Whoever books a session"</h2></div>
                <ul class="stack">
                    <li>"The contract is between you and whoever sells the session; its price, tax and what comes back when you cancel stand on its page before you pay."</li>
                    <li>"You pay at Stripe. A payment for a time that is gone by then is given back at once, whole."</li>
                    <li>"What comes back is the policy that you accepted, also when it is changed later:"</li>
                </ul>
                {policies()}
            </section>
            <section class="section" aria-labelledby="h-builders">
                <div class="section-head"><h2 id="h-builders">"Whoever sells"</h2></div>
                <ul class="stack">
                    <li>"What you offer is yours to keep: you are there at the time, or cancel in time and everything goes back."</li>
                    <li>"Stripe pays you out by its own terms; taxes on what you take are yours to pay."</li>
                    <li>"Names, addresses and answers of clients are for the session that they booked, and for nothing else."</li>
                </ul>
            </section>
        </PublicFrame>
    };
    Document::new("Terms", body)
}
