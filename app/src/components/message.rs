//! What is said on top of a page: one flash, or a failure in four lines.

use leptos::prelude::*;
use types::Notice;

use super::Icon;
use crate::words::{self, Rest};

/// The message of a redirect. `path` is the page without the message, for Dismiss.
#[component]
pub fn Flash(
    /// What to say; nothing when `None`.
    notice: Option<Notice>,
    /// The page without it.
    path: String,
) -> impl IntoView {
    notice.map(|notice| {
        let message = words::notice(notice);
        match message.rest {
            None => view! {
                <div class="flash" role="status" data-notice=notice.as_str()>
                    <span>{message.happened}</span>
                    <a class="end" href=path>"Dismiss"</a>
                </div>
            }
            .into_any(),
            Some(rest) => view! {
                <div role="status" data-notice=notice.as_str()>
                    <Failure happened=message.happened.to_owned() rest=rest>
                        <a class="button small" href=path>"Dismiss"</a>
                    </Failure>
                </div>
            }
            .into_any(),
        }
    })
}

/// What happened, what it means, what was kept, what to do; the ways on are its children.
#[component]
pub fn Failure(
    /// What happened.
    happened: String,
    /// The other three lines.
    rest: Rest,
    /// Buttons and links.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="banner is-warn">
            <Icon name="warn" />
            <dl class="why">
                <dt>"What happened"</dt>
                <dd>{happened}</dd>
                <dt>"What it means"</dt>
                <dd>{rest.means}</dd>
                <dt>"What was kept"</dt>
                <dd>{rest.kept}</dd>
                <dt>"What to do"</dt>
                <dd>{rest.next}</dd>
            </dl>
            <div class="cluster">{children()}</div>
        </div>
    }
    .into_any()
}
