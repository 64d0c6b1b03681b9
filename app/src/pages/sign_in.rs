//! Sign in.

use leptos::prelude::*;

use crate::components::{Field, Flash, FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;
use crate::islands::{Ceremony, PasskeyButton};

/// The query that says where somebody goes on to.
pub(super) fn onward(next: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish()
}

/// `/sign-in`
pub fn sign_in(context: &PageContext) -> Document {
    let form = context.form.clone();
    let (has_google, has_passkeys) = (context.site.has_google, context.site.has_passkeys);
    let next = form.value("next").or_else(|| context.asked.query.get("next").cloned()).unwrap_or_default();
    let resend = form.error("verify").map(|text| {
        let email = form.value("email").unwrap_or_default();
        view! {
            <div class="banner is-warn" role="alert">
                <p>{text}</p>
                <form class="cluster" method="post" action="/verify/resend">
                    <input type="hidden" name="email" value=email />
                    <button class="button small">"Send the link again"</button>
                </form>
            </div>
        }
    });
    let mut shown = form.clone();
    shown.errors.retain(|(name, _)| *name != "verify");
    let notice = context.notice();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <Flash notice=notice path="/sign-in".to_owned() />
                <h1>"Sign in"</h1>
                {resend}
                <form class="stack mt-5" method="post" action="/sign-in">
                    <FormError form=shown.clone() />
                    <input type="hidden" name="next" value=next.clone() />
                    <Field form=shown.clone() name="email" label="Email" kind="email" autocomplete="username" autofocus=true />
                    <Field form=shown name="password" label="Password" kind="password" autocomplete="current-password" />
                    <button class="button moment wide">"Sign in"</button>
                </form>
                {has_google.then(|| view! { <p class="mt-4"><a class="button wide" href=format!("/sign-in/google?{}", onward(&next))>"Continue with Google"</a></p> })}
                {has_passkeys.then(|| view! {
                    <form class="stack mt-4" method="post" action="/sign-in/passkey">
                        <PasskeyButton ceremony=Ceremony::Authenticate label="Sign in with a passkey".to_owned() class="button wide".to_owned() />
                        <input type="hidden" name="next" value=next />
                    </form>
                })}
                <p class="cluster mt-5 small"><a href="/forgot">"Forgot your password"</a> <a href="/sign-up">"Make an account"</a></p>
            </div>
        </PublicFrame>
    };
    Document::new("Sign in", body)
}
