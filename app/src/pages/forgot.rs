//! Asks for a link that sets a new password.

use leptos::prelude::*;

use crate::components::{Field, FormError, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;

/// `/forgot`
pub fn forgot(context: &PageContext) -> Document {
    let sent = context.asked.query.contains_key("sent");
    let has_outbox = context.site.has_outbox;
    let form = context.form.clone();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>"Set a new password"</h1>
                {if sent {
                    view! {
                        <p class="soft mt-2" role="status">"If the address has an account, a link is on its way. It works once, for 30 minutes."</p>
                        {has_outbox.then(|| view! { <p class="cluster mt-5"><a class="button moment" href="/dev/mail">"Open the outbox of this development server"</a></p> })}
                    }
                    .into_any()
                } else {
                    view! {
                        <p class="soft mt-2">"We mail you a link. Your password stays as it is until you use it."</p>
                        <form class="stack mt-5" method="post" action="/forgot">
                            <FormError form=form.clone() />
                            <Field form=form.clone() name="email" label="Email" kind="email" autocomplete="username" autofocus=true />
                            <button class="button moment wide">"Mail me a link"</button>
                        </form>
                    }
                    .into_any()
                }}
                <p class="mt-5 small"><a href="/sign-in">"Back to sign-in"</a></p>
            </div>
        </PublicFrame>
    };
    Document::new("Forgot your password", body)
}
