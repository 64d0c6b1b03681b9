//! Sets a new password by a link from the mail.

use leptos::prelude::*;

use crate::components::{Field, FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;

/// `/reset`
pub fn reset(context: &PageContext) -> Document {
    let token = context.form.value("token").or_else(|| context.asked.query.get("token").cloned()).unwrap_or_default();
    let dead = context.form.error("token");
    let mut form = context.form.clone();
    form.errors.retain(|(name, _)| *name != "token");
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>"Choose a new password"</h1>
                {match dead {
                    Some(text) => view! {
                        <div class="banner is-warn mt-4" role="alert"><p>{text}</p></div>
                        <p class="cluster mt-5"><a class="button primary" href="/forgot">"Ask for a new link"</a></p>
                    }
                    .into_any(),
                    None => view! {
                        <p class="soft mt-2">"Every session of yours ends, also this one. Then you sign in with the new password."</p>
                        <form class="stack mt-5" method="post" action="/reset">
                            <FormError form=form.clone() />
                            <input type="hidden" name="token" value=token />
                            <Field form=form name="password" label="New password" kind="password" autocomplete="new-password" hint="8 to 100 characters, not one that is guessed first." autofocus=true />
                            <button class="button moment wide">"Set it and sign out everywhere"</button>
                        </form>
                    }
                    .into_any(),
                }}
            </div>
        </PublicFrame>
    };
    Document::new("New password", body)
}
