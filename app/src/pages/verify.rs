//! Confirms an address. A visit alone confirms nothing, because programs that scan mail visit links; the button does.

use leptos::prelude::*;

use crate::components::{FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;

/// `/verify`
pub fn verify(context: &PageContext) -> Document {
    let token = context.form.value("token").or_else(|| context.asked.query.get("token").cloned()).unwrap_or_default();
    let dead = context.form.error("token");
    let form = context.form.clone();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>"Confirm your address"</h1>
                <FormError form=form />
                {match dead {
                    Some(text) => view! {
                        <div class="banner is-warn mt-4" role="alert"><p>{text}</p></div>
                        <form class="stack mt-5" method="post" action="/verify/resend">
                            <div class="field">
                                <label for="email">"Email"</label>
                                <input class="input" id="email" name="email" type="email" autocomplete="username" required=true />
                                <p class="hint">"If this address waits to be confirmed, a new link is on its way."</p>
                            </div>
                            <button class="button primary">"Send a new link"</button>
                        </form>
                    }
                    .into_any(),
                    None => view! {
                        <p class="soft mt-2">"This confirms that the address is yours. Then you can sign in."</p>
                        <form class="stack mt-5" method="post" action="/verify">
                            <input type="hidden" name="token" value=token />
                            <button class="button moment wide">"Confirm my address"</button>
                        </form>
                    }
                    .into_any(),
                }}
            </div>
        </PublicFrame>
    };
    Document::new("Confirm your address", body)
}
