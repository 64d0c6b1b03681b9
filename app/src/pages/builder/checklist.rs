//! What is missing before a builder can sell.

use domain::offers::{OffersView, Sellable};
use leptos::prelude::*;

use crate::components::Icon;

/// One thing that is needed.
struct Step {
    is_done: bool,
    what: &'static str,
    why: String,
    href: &'static str,
}

fn steps(offers: &OffersView) -> Vec<Step> {
    let sellable = offers.event_types.iter().filter(|event_type| event_type.refusal.is_none()).count();
    let open = offers.sessions.iter().filter(|session| session.is_open && session.sellable == Sellable::Yes).count();
    let stripe = match (offers.has_stripe, offers.is_live) {
        (false, _) => "Whoever runs this installation sets STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.".to_owned(),
        (true, false) => "Test money: nobody is charged.".to_owned(),
        (true, true) => "Real money.".to_owned(),
    };
    vec![
        Step {
            is_done: offers.has_account && offers.account_failed_since.is_none(),
            what: "Calendly is connected",
            why: if offers.account_failed_since.is_some() {
                "It cannot be read just now."
            } else {
                "Sessions take place in your account there."
            }
            .to_owned(),
            href: "/builder/connect",
        },
        Step {
            is_done: sellable > 0,
            what: "An event type can be sold",
            why: format!("{sellable} of {} at Calendly can.", offers.event_types.len()),
            href: "/builder/connect",
        },
        Step { is_done: offers.has_stripe, what: "Stripe takes the money", why: stripe, href: "/builder" },
        Step {
            is_done: offers.page.is_some(),
            what: "Your page has a name and an address",
            why: "Everybody sees it.".to_owned(),
            href: "/builder/profile",
        },
        Step {
            is_done: open > 0,
            what: "A session is open",
            why: format!("{open} of {} can be booked.", offers.sessions.len()),
            href: "/builder/sessions",
        },
    ]
}

/// Whether nothing is missing.
pub fn is_live(offers: &OffersView) -> bool {
    steps(offers).iter().all(|step| step.is_done)
}

/// The list, with what is done and what is not.
#[component]
pub fn Checklist(offers: OffersView) -> impl IntoView {
    let rows = steps(&offers)
        .into_iter()
        .map(|step| {
            let state = if step.is_done {
                view! { <span class="state is-good"><Icon name="check" /> " done"</span> }.into_any()
            } else {
                view! { <span class="state is-warn"><Icon name="warn" /> " missing"</span> }.into_any()
            };
            view! { <tr><th scope="row"><a href=step.href>{step.what}</a></th><td data-label="State">{state}</td><td data-label="Why">{step.why}</td></tr> }
        })
        .collect_view();
    let calendars = match offers.calendars {
        0 => "No calendar of yours is connected here, so only Calendly says when you are busy.".to_owned(),
        1 => "One connected calendar is asked too before a time is sold. When it cannot be read, booking pauses.".to_owned(),
        count => format!("{count} connected calendars are asked too before a time is sold. When one cannot be read, booking pauses."),
    };
    view! {
        <table class="table folds">
            <caption class="visually-hidden">"What is needed before you can sell"</caption>
            <thead><tr><th scope="col">"What"</th><th scope="col">"State"</th><th scope="col">"Why"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="hint">{calendars} " " <a href="/app/settings">"Connections"</a></p>
    }
}
