//! The page before a connection is removed: what goes, what stays.

use domain::calendar::Titles;
use leptos::prelude::*;
use types::Provider;

use super::or_not_found;
use crate::components::{AppFrame, Frame};
use crate::context::{PageContext, named};
use crate::document::Document;

/// `/app/settings/connections/{id}/disconnect`
pub fn disconnect(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let frame = Frame::of(page, Titles::LeftSealed);
        let connection = named(&context.asked, &frame.connections)?.clone();
        let name = connection.account.clone().unwrap_or_else(|| format!("{} account", connection.provider.label()));
        let path = format!("/app/settings/connections/{}", connection.id);
        let given_back = match connection.provider {
            Provider::Google => "Google is told to forget the permission you gave to Kairos, everywhere it was used.",
            Provider::Outlook => {
                "Microsoft gives apps no way to hand a permission back. Kairos deletes its tokens; the next page says where you remove it there."
            }
            Provider::Caldav => "The user name and app password are deleted here. Remove the app password at your provider too.",
        };
        let title = format!("Disconnect {name}");
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings">
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
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}
