//! Every time zone there is, for a field that completes what is typed.

use std::fmt::Write as _;
use std::sync::LazyLock;

use leptos::prelude::*;

/// The list is the same on every page, so it is written once.
static OPTIONS: LazyLock<String> = LazyLock::new(|| {
    let mut options = String::new();
    for zone in chrono_tz::TZ_VARIANTS {
        // Names of zones hold letters, digits, slashes, underscores and signs: nothing to escape.
        let _ = write!(options, "<option value=\"{}\"></option>", zone.name());
    }
    options
});

/// The list that a field names with `list="zones"`.
#[component]
pub fn Zones() -> impl IntoView {
    view! { <datalist id="zones" inner_html=OPTIONS.as_str()></datalist> }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_names_of_zones_need_no_escaping() {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/_-+".contains(letter);
        assert!(chrono_tz::TZ_VARIANTS.iter().all(|zone| zone.name().chars().all(is_plain)));
    }
}
