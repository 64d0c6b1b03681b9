//! What somebody allows, in the words that they saw, and the way to take it back.

use chrono::{DateTime, Utc};
use domain::consents::{ConsentView, Wording};
use leptos::prelude::*;
use types::ConsentPurpose;

/// What somebody allows, and what they allowed.
#[component]
pub(super) fn Allowed(consents: Vec<ConsentView>, zone: chrono_tz::Tz) -> impl IntoView {
    if consents.is_empty() {
        return view! { <p class="empty">"Nothing. Whatever you connect is written down here, with what you agreed to."</p> }.into_any();
    }
    let rows = consents.into_iter().map(|consent| {
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y").to_string();
        let when = match consent.withdrawn_at {
            None => format!("Since {}", day(consent.given_at)),
            Some(until) => format!("From {} to {}", day(consent.given_at), day(until)),
        };
        let text = Wording::find(consent.purpose, consent.version).map(|wording| wording.text);
        let back = match (consent.withdrawn_at, consent.purpose) {
            (Some(_), _) => view! { <span class="quiet">"taken back"</span> }.into_any(),
            (None, ConsentPurpose::GoogleSignIn) => view! { <a href="/app/settings/security">"Take it back under Security"</a> }.into_any(),
            (None, purpose) => view! {
                <form method="post" action="/app/settings/privacy/consents/withdraw">
                    <input type="hidden" name="purpose" value=purpose.as_str() />
                    <button class="button small">{match purpose {
                        ConsentPurpose::Calendars => "Disconnect all calendars",
                        _ => "Disconnect Calendly",
                    }}</button>
                </form>
            }.into_any(),
        };
        view! {
            <li class="stack tight">
                <p><strong>{consent.purpose.label()}</strong> " " <span class="quiet">{format!("{when}, version {}", consent.version)}</span></p>
                {text.map(|text| view! { <details><summary>"The words"</summary><p class="soft">{text}</p></details> })}
                {back}
            </li>
        }
    });
    view! { <ul class="stack">{rows.collect_view()}</ul> }.into_any()
}
