//! Sign up.

use leptos::prelude::*;

use crate::components::{Field, FormError, PublicFrame};
use crate::context::PageContext;
use crate::islands::BrowserZone;

/// `/sign-up`
#[component]
pub fn SignUp() -> impl IntoView {
    let context = expect_context::<PageContext>();
    if context.query.contains_key("sent") {
        return view! { <Sent has_outbox=context.site.has_outbox /> }.into_any();
    }
    let form = context.form.clone();
    view! {
        <PublicFrame title="Sign up">
            <div class="gate">
                <h1>"Make an account"</h1>
                <p class="soft mt-2">"Kairos keeps your name and address encrypted, and mails you only about your account."</p>
                <form class="stack mt-5" method="post" action="/sign-up">
                    <FormError form=form.clone() />
                    <Field form=form.clone() name="name" label="Name" autocomplete="name" autofocus=true />
                    <Field form=form.clone() name="email" label="Email" kind="email" autocomplete="username" hint="You confirm it by a link we mail you." />
                    <Field form=form name="password" label="Password" kind="password" autocomplete="new-password" hint="8 to 100 characters, not one that is guessed first. A sentence is fine." />
                    <BrowserZone />
                    <button class="button moment wide">"Sign up"</button>
                </form>
                <p class="mt-5 small"><a href="/sign-in">"I have an account"</a></p>
            </div>
        </PublicFrame>
    }
    .into_any()
}

/// The same page whether the address had an account or not.
#[component]
fn Sent(has_outbox: bool) -> impl IntoView {
    view! {
        <PublicFrame title="Look into your mail">
            <div class="gate">
                <h1>"Look into your mail"</h1>
                <p class="soft mt-2">"We sent a link that confirms your address. It works for 24 hours. Without it nobody gets in."</p>
                {has_outbox.then(|| view! { <p class="cluster mt-5"><a class="button moment" href="/dev/mail">"Open the outbox of this development server"</a></p> })}
                <p class="mt-5 small"><a href="/sign-in">"To sign-in"</a></p>
            </div>
        </PublicFrame>
    }
}
