//! The page before a connection is removed: what goes, what stays.

use domain::calendar::{CalendarError, Wanted};
use leptos::prelude::*;
use types::Provider;

use super::connection::connection_id;
use super::loaded::loaded;
use crate::components::{AppFrame, load_frame};
use crate::context::PageContext;

/// `/app/settings/connections/{id}/disconnect`
#[component]
pub fn Disconnect() -> impl IntoView {
    let context = expect_context::<PageContext>();
    let id = connection_id();
    let load = async move {
        let id = id?;
        let frame = load_frame(&context, Wanted::TODAY).await?;
        let connection = frame.connections.iter().find(|connection| connection.id == id).cloned().ok_or(CalendarError::NotFound)?;
        Ok((frame, connection))
    };
    loaded(load, move |(frame, connection)| {
        let name = connection.account.clone().unwrap_or_else(|| format!("{} account", connection.provider.label()));
        let path = format!("/app/settings/connections/{}", connection.id);
        let given_back = match connection.provider {
            Provider::Google => "Google is told to forget the permission you gave to Kairos, everywhere it was used.",
            Provider::Outlook => {
                "Microsoft gives apps no way to hand a permission back. Kairos deletes its tokens; the next page says where you remove it there."
            }
            Provider::Caldav => "The user name and app password are deleted here. Remove the app password at your provider too.",
        };
        view! {
            <AppFrame frame=frame title=format!("Disconnect {name}") here="/app/settings">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href="/app/settings">"Connections"</a></li><li><a href=path.clone()>{name.clone()}</a></li><li aria-current="page">"Disconnect"</li></ol>
                </nav>
                <div class="gate">
                    <h1>{format!("Disconnect {name}")}</h1>
                    <dl class="why roomy mt-5">
                        <dt>"What goes"</dt>
                        <dd>{format!("Its {} calendars, every event read from them, its history and its keys. At once.", connection.calendars.len())}</dd>
                        <dt>"Given back"</dt>
                        <dd>{given_back}</dd>
                        <dt>"What stays"</dt>
                        <dd>"Everything in the calendar itself; Kairos never wrote to it. Your other connections. The audit entry that you disconnected."</dd>
                        <dt>"Undo"</dt>
                        <dd>"Connect it again at any time; it is then read anew."</dd>
                    </dl>
                    <form class="cluster mt-5" method="post" action=format!("{path}/disconnect")>
                        <button class="button danger sure">"Disconnect and delete what was read"</button>
                        <a class="button" href=path.clone()>"Keep it"</a>
                    </form>
                </div>
            </AppFrame>
        }
    })
}
