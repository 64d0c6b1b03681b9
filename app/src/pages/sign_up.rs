//! Sign up.

use leptos::prelude::*;
use types::ConsentPurpose;

use crate::components::{ConsentWords, Field, FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;
use crate::islands::BrowserZone;

/// `/sign-up`
pub fn sign_up(context: &PageContext) -> Document {
    if context.asked.query.contains_key("sent") {
        return sent(context);
    }
    let form = context.form.clone();
    let has_google = context.site.has_google;
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
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
                {has_google.then(|| view! {
                    <p class="mt-4"><a class="button wide" href="/sign-in/google">"Continue with Google"</a></p>
                    <ConsentWords purpose=ConsentPurpose::GoogleSignIn />
                })}
                <p class="mt-5 small"><a href="/sign-in">"I have an account"</a></p>
            </div>
        </PublicFrame>
    };
    Document::new("Sign up", body)
}

/// The same page whether the address had an account or not.
fn sent(context: &PageContext) -> Document {
    let has_outbox = context.site.has_outbox;
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>"Look into your mail"</h1>
                <p class="soft mt-2">"We sent a link that confirms your address. It works for 24 hours. Without it nobody gets in."</p>
                {has_outbox.then(|| view! { <p class="cluster mt-5"><a class="button moment" href="/dev/mail">"Open the outbox of this development server"</a></p> })}
                <p class="mt-5 small"><a href="/sign-in">"To sign-in"</a></p>
            </div>
        </PublicFrame>
    };
    Document::new("Look into your mail", body)
}
