//! Shows times in the browser's own zone, where the address asks for no other.

use leptos::prelude::*;

/// Goes to the same page in the browser's zone, once. Without scripts the host's zone is shown, and a form changes it.
#[island]
pub fn ViewerZone(
    /// The zone that is shown.
    shown: String,
    /// The page.
    here: String,
    /// Whether the address asks for a zone.
    asked: bool,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let zone = super::browser_zone::browser_zone().filter(|zone| !asked && *zone != shown);
        if let (Some(zone), Some(window)) = (zone, leptos::web_sys::window()) {
            let _ = window.location().replace(&format!("{here}?zone={zone}"));
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (shown, here, asked);
}
