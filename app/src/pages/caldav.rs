//! Connects a CalDAV account.

use domain::calendar::{ICLOUD, Titles};
use leptos::prelude::*;
use types::ConsentPurpose;

use super::or_not_found;
use crate::components::{AppFrame, ConsentWords, Field, FieldError, FormError, Frame};
use crate::context::{Form, PageContext};
use crate::document::Document;

/// `/app/settings/caldav`; with `?for=apple`, the same for iCloud.
pub fn connect_caldav(context: &PageContext) -> Document {
    let form = context.form.clone();
    let apple = context.asked.query.get("for").is_some_and(|name| name == "apple") || form.value("server").as_deref() == Some(ICLOUD);
    let page = context.page().map(|page| {
        let name = if apple { "Apple" } else { "CalDAV" };
        let fields = if apple { view! { <AppleFields form=form /> }.into_any() } else { view! { <CaldavFields form=form /> }.into_any() };
        let body = view! {
            <AppFrame site=context.site.clone() frame=Frame::of(page, Titles::LeftSealed) here="/app/settings">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href="/app/settings">"Connections"</a></li><li aria-current="page">{name}</li></ol>
                </nav>
                <div class="gate">{fields}</div>
            </AppFrame>
        };
        Document::new(format!("Connect {name}"), body)
    });
    or_not_found(context, page)
}

#[component]
fn CaldavFields(form: Form) -> impl IntoView {
    view! {
        <h1>"Connect a CalDAV account"</h1>
        <p class="soft mt-2">"Make an app password at your provider and use it here, not your own password. Kairos keeps it encrypted, reads, and never writes."</p>
        <form class="stack mt-5" method="post" action="/app/settings/caldav">
            <FormError form=form.clone() />
            <Field form=form.clone() name="server" label="Address of the server" hint="Such as https://cloud.example.com or the address of your calendars there." autofocus=true />
            <Field form=form.clone() name="username" label="User name" autocomplete="off" hint="Often your email address." />
            <Field form=form name="password" label="App password" kind="password" autocomplete="off" />
            <ConsentWords purpose=ConsentPurpose::Calendars />
            <div class="cluster"><button class="button moment">"Connect and read"</button> <a class="button" href="/app/settings">"Not now"</a></div>
        </form>
    }
}

#[component]
fn AppleFields(form: Form) -> impl IntoView {
    view! {
        <h1>"Connect your Apple calendars"</h1>
        <ol class="numbered soft mt-2 stack tight">
            <li>"At account.apple.com open Sign-In and Security, then App-Specific Passwords. Two-factor authentication has to be on."</li>
            <li>"Make one for Kairos. Apple shows it once: four groups of four letters."</li>
            <li>"Use it here. Never your Apple Account password."</li>
        </ol>
        <p class="soft mt-2">"An app-specific password opens mail and contacts too. Kairos keeps it encrypted, reads calendars only, and never writes. You can take it back at Apple at any time; all of them end when you change your Apple Account password."</p>
        <form class="stack mt-5" method="post" action="/app/settings/caldav">
            <FormError form=form.clone() />
            <input type="hidden" name="server" value=ICLOUD />
            <FieldError form=form.clone() name="server" />
            <Field form=form.clone() name="username" label="Apple Account email" autocomplete="off" autofocus=true />
            <Field form=form name="password" label="App-specific password" kind="password" autocomplete="off" hint="abcd-efgh-ijkl-mnop" />
            <div class="cluster"><button class="button moment">"Connect and read"</button> <a class="button" href="/app/settings">"Not now"</a></div>
        </form>
    }
}
