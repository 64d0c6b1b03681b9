//! Connects a CalDAV account.

use domain::calendar::Wanted;
use leptos::prelude::*;

use super::loaded::loaded;
use crate::components::{AppFrame, Field, FormError, load_frame};
use crate::context::PageContext;

/// `/app/settings/caldav`
#[component]
pub fn ConnectCaldav() -> impl IntoView {
    let context = expect_context::<PageContext>();
    let form = context.form.clone();
    let load = async move { load_frame(&context, Wanted::TODAY).await };
    loaded(load, move |frame| {
        view! {
            <AppFrame frame=frame title="Connect CalDAV".to_owned() here="/app/settings">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href="/app/settings">"Connections"</a></li><li aria-current="page">"CalDAV"</li></ol>
                </nav>
                <div class="gate">
                    <h1>"Connect a CalDAV account"</h1>
                    <p class="soft mt-2">"Make an app password at your provider and use it here, not your own password. Kairos keeps it encrypted, reads, and never writes."</p>
                    <form class="stack mt-5" method="post" action="/app/settings/caldav">
                        <FormError form=form.clone() />
                        <Field form=form.clone() name="server" label="Address of the server" hint="Such as https://cloud.example.com or the address of your calendars there." autofocus=true />
                        <Field form=form.clone() name="username" label="User name" autocomplete="off" hint="Often your email address." />
                        <Field form=form name="password" label="App password" kind="password" autocomplete="off" />
                        <div class="cluster"><button class="button moment">"Connect and read"</button> <a class="button" href="/app/settings">"Not now"</a></div>
                    </form>
                </div>
            </AppFrame>
        }
    })
}
