//! The words that somebody agrees to, where they do.

use domain::consents::Wording;
use leptos::prelude::*;
use types::ConsentPurpose;

/// What is allowed by what comes next.
#[component]
pub fn ConsentWords(
    /// What for.
    purpose: ConsentPurpose,
) -> impl IntoView {
    Wording::newest(purpose).map(|wording| view! { <p class="small soft">{wording.text} " " <span class="quiet">{format!("Version {}.", wording.version)}</span></p> })
}
