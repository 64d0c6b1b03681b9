//! The way to an account at Calendly, or back to it.

use domain::scheduling::SCOPES;
use leptos::prelude::*;
use types::ConsentPurpose;

use crate::components::{ConsentWords, Field, FormError};
use crate::context::Form;

/// The way to an account, or back to it: by consent where this installation is registered at Calendly, else by a token made by hand.
#[component]
pub fn WayIn(form: Form, is_connected: bool, has_consent: bool) -> impl IntoView {
    let title = if is_connected { "Connect it again" } else { "Connect your account" };
    if !has_consent {
        return view! {
            <section class="ledger" aria-labelledby="h-token">
                <header>
                    <h2 id="h-token">{title}</h2>
                    <p>{BY_HAND}</p>
                </header>
                <TokenForm form=form is_connected=is_connected />
            </section>
        }
        .into_any();
    }
    // What was typed wrong is shown where it was typed.
    let is_tried = !form.errors.is_empty();
    view! {
        <section class="ledger" aria-labelledby="h-token">
            <header>
                <h2 id="h-token">{title}</h2>
                <p>"At Calendly you see what is asked for, and you can take it back there or here at any time."</p>
            </header>
            <div class="stack gate-left">
                <ConsentWords purpose=ConsentPurpose::Calendly />
                <p><a class="button primary" href="/builder/connect/calendly/begin">"Continue at Calendly"</a></p>
                <details open=is_tried>
                    <summary>"With a personal token instead"</summary>
                    <div class="stack">
                        <p>{BY_HAND}</p>
                        <TokenForm form=form is_connected=is_connected />
                    </div>
                </details>
            </div>
        </section>
    }
    .into_any()
}

const BY_HAND: &str = "At Calendly: Integrations and apps, then API and webhooks, then a personal access token with these scopes.";

#[component]
fn TokenForm(form: Form, is_connected: bool) -> impl IntoView {
    let button = if is_connected { "Use this token" } else { "Connect Calendly" };
    let scopes = SCOPES.iter().map(|scope| view! { <li><code>{*scope}</code></li> }).collect_view();
    view! {
        <form class="stack" method="post" action="/builder/connect/calendly">
            <FormError form=form.clone() />
            <ul class="stack" aria-label="Scopes">{scopes}</ul>
            <Field form=form name="access_token" label="Personal access token" kind="password" hint="Kept encrypted under your own key, and shown to nobody." />
            <ConsentWords purpose=ConsentPurpose::Calendly />
            <button class="button primary">{button}</button>
        </form>
    }
}
