//! Icons from the one sprite, the mark, and the hatch that means unknown.

use leptos::prelude::*;

/// An icon; always beside a word, so hidden from screen readers.
#[component]
pub fn Icon(
    /// Its id in the sprite.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use href=format!("/sprite.svg#{name}")></use></svg> }
}

/// The mark and the name, leading to `href`.
#[component]
pub fn Brand(
    /// Where it leads.
    href: &'static str,
) -> impl IntoView {
    view! {
        <a class="brand" href=href>
            <svg viewBox="0 0 32 32" aria-hidden="true">
                <path class="mark-ink" d="M4 3h6v26H4z"></path>
                <path class="mark-light" d="M12 16 28 5v22z"></path>
                <path class="mark-ink" d="M12 11.5 21 3h7L12 14zM12 20.5 21 29h7L12 18z"></path>
            </svg>
            " Kairos"
        </a>
    }
}

/// The hatch, once per page.
#[component]
pub fn FogPattern() -> impl IntoView {
    view! {
        <svg class="defs" aria-hidden="true">
            <defs>
                <pattern id="fog" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="fog-ground" width="6" height="6"></rect>
                    <rect class="fog-line" width="1.5" height="6"></rect>
                </pattern>
            </defs>
        </svg>
    }
}
