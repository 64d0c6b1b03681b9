//! Showing once more who one is, before something that matters.

use domain::accounts::SecondFactor;
use domain::calendar::{CalendarError, Titles};
use leptos::prelude::*;

use super::or_not_found;
use super::sign_in::onward;
use crate::components::{AppFrame, Field, Flash, FormError, Frame};
use crate::context::PageContext;
use crate::document::Document;
use crate::islands::{Ceremony, PasskeyButton};

/// `/app/settings/security/confirm`
pub fn confirm(context: &PageContext) -> Document {
    let form = context.form.clone();
    let next = form.value("next").or_else(|| context.asked.query.get("next").cloned()).unwrap_or_default();
    let (has_google, notice) = (context.site.has_google, context.notice());
    let page = context.page().and_then(|page| {
        let ways = page.security().ok_or(CalendarError::NotFound)?;
        let has_second_factor = page.has_second_factor();
        let takes_passkeys = has_second_factor && context.site.has_passkeys;
        let frame = Frame::of(page, Titles::LeftSealed);
        let has_app = matches!(ways.second_factor, SecondFactor::Totp { .. });
        let has_field = has_second_factor || ways.has_password;
        let by_google = !has_field && has_google && ways.google.is_some();
        let field = if has_second_factor {
            // Who has no app is not asked for its digits.
            let hint = if has_app { "The six digits of your authenticator app, or a recovery code." } else { "One of your recovery codes, if the passkey is not at hand." };
            view! { <Field form=form.clone() name="code" label="Code" autocomplete="one-time-code" hint=hint autofocus=has_app /> }
        } else {
            view! { <Field form=form.clone() name="password" label="Password" kind="password" autocomplete="current-password" autofocus=true /> }
        };
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings/security">
                <div class="page-head">
                    <div>
                        <h1>"Confirm that it is you"</h1>
                        <p class="sub">"It was not asked in the last fifteen minutes. Afterwards you go back to where you were, and try again."</p>
                    </div>
                </div>
                <Flash notice=notice path="/app/settings/security/confirm".to_owned() />
                {takes_passkeys.then(|| view! {
                    <form class="stack gate-left" method="post" action="/app/settings/security/confirm/passkey">
                        <PasskeyButton ceremony=Ceremony::Authenticate label="Use a passkey".to_owned() class="button primary".to_owned() />
                        <input type="hidden" name="next" value=next.clone() />
                    </form>
                })}
                {has_field.then(|| view! {
                    <form class="stack gate-left mt-4" method="post" action="/app/settings/security/confirm">
                        <FormError form=form.clone() />
                        <input type="hidden" name="next" value=next.clone() />
                        {field}
                        <div class="cluster"><button class="button primary">"Confirm"</button> <a href="/app/settings">"Cancel"</a></div>
                    </form>
                })}
                {by_google.then(|| view! { <p class="mt-4"><a class="button" href=format!("/app/settings/security/confirm/google?{}", onward(&next))>"Continue with Google"</a> " " <a href="/app/settings">"Cancel"</a></p> })}
                {(!has_field && !by_google).then(|| view! { <p>"No password opens this account. " <a href="/forgot">"Have a link sent to set one"</a> ", then come back."</p> })}
            </AppFrame>
        };
        Ok(Document::new("Confirm", body))
    });
    or_not_found(context, page)
}
