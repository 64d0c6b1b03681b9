//! Fills in the browser's own time zone at sign-up, so that nobody has to look for it in a list of four hundred.

use leptos::prelude::*;

/// A hidden field with the zone; without scripts it stays empty and the profile page asks later.
#[island]
pub fn BrowserZone() -> impl IntoView {
    let (zone, set_zone) = signal(String::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| set_zone.set(browser_zone().unwrap_or_default()));
    #[cfg(not(feature = "hydrate"))]
    let _ = set_zone;
    view! { <input type="hidden" name="zone" prop:value=move || zone.get() value="" /> }
}

#[cfg(feature = "hydrate")]
pub(super) fn browser_zone() -> Option<String> {
    use leptos::wasm_bindgen::JsValue;
    use leptos::web_sys::js_sys::{Array, Intl, Object, Reflect};

    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &JsValue::from_str("timeZone")).ok()?.as_string()
}
