//! The second step of signing in: a code.

use leptos::prelude::*;

use crate::components::{Field, FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;
use crate::islands::{Ceremony, PasskeyButton};

/// `/sign-in/code`
pub fn sign_in_code(context: &PageContext) -> Document {
    let form = context.form.clone();
    let has_passkeys = context.site.has_passkeys;
    let next = form.value("next").or_else(|| context.asked.query.get("next").cloned()).unwrap_or_default();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>"Your code"</h1>
                <p class="soft mt-2">"The six digits that your authenticator app shows for Kairos now, or one of your recovery codes." {has_passkeys.then_some(" Without an app: your passkey, below.")}</p>
                <form class="stack mt-5" method="post" action="/sign-in/code">
                    <FormError form=form.clone() />
                    <input type="hidden" name="next" value=next.clone() />
                    <Field form=form name="code" label="Code" autocomplete="one-time-code" autofocus=true />
                    <button class="button moment wide">"Sign in"</button>
                </form>
                {has_passkeys.then(|| view! {
                    <form class="stack mt-4" method="post" action="/sign-in/passkey">
                        <PasskeyButton ceremony=Ceremony::Authenticate label="Use a passkey".to_owned() class="button wide".to_owned() />
                        <input type="hidden" name="next" value=next />
                    </form>
                })}
                <p class="small soft mt-4"><a href="/sign-in">"Begin again"</a></p>
            </div>
        </PublicFrame>
    };
    Document::new("Your code", body)
}
