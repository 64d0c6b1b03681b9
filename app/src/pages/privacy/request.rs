//! A request to be forgotten, for whoever has the link to it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use types::PrivacyStatus;

use crate::components::{Flash, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;
use crate::pages::not_found;

/// `/privacy/requests/{token}`
pub fn request(context: &PageContext) -> Document {
    let Some((request, token)) = context.request.as_deref().cloned() else { return not_found(context) };
    let (notice, site, signed_in) = (context.notice(), context.site.clone(), context.user.is_some());
    let here = format!("/privacy/requests/{token}");
    let at = |at: DateTime<Utc>| at.format("%-d %B %Y, %H:%M UTC").to_string();
    let body = match request.status {
        PrivacyStatus::Grace => {
            let words = format!("Asked on {}. It is done on {}; until then it can be taken back.", at(request.asked_at), at(request.runs_at));
            view! {
                <h1>"Your account will be erased"</h1>
                <p class="soft mt-2">{words}</p>
                <form class="cluster mt-5" method="post" action=format!("{here}/cancel")><button class="button primary">"Keep my account"</button></form>
            }
            .into_any()
        }
        PrivacyStatus::Running => view! {
            <h1>"Your account is being erased"</h1>
            <p class="soft mt-2">"It waits only for what was sold or bought to be settled, and cannot be taken back any more. Look again in a while; the certificate will be here."</p>
        }
        .into_any(),
        PrivacyStatus::Cancelled => view! {
            <h1>"Your account stays"</h1>
            <p class="soft mt-2">"The request was taken back. What was closed for booking stays closed until you open it again."</p>
            <p class="mt-5"><a class="button" href="/sign-in">"Sign in"</a></p>
        }
        .into_any(),
        PrivacyStatus::Done => {
            let when = request.ended_at.map(at).unwrap_or_default();
            view! {
                <h1>"Your account is erased"</h1>
                <p class="soft mt-2">{format!("Done on {when}. Nothing here says any more who you were. This certificate is signed; whoever runs this installation publishes the key that checks it.")}</p>
                <pre class="fingerprint lines mt-5" tabindex="0">{request.certificate.clone()}</pre>
                <p class="mt-4"><a class="button" href=format!("{here}/certificate") download=true>"Download the certificate"</a></p>
            }
            .into_any()
        }
    };
    let body = view! {
        <PublicFrame site=site signed_in=signed_in>
            <Flash notice=notice path=here />
            <div class="gate">{body}</div>
        </PublicFrame>
    };
    Document::new("Your request", body)
}
