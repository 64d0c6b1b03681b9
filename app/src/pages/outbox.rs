//! Mail that was sent, on a development server only.

use leptos::prelude::*;

use crate::components::PublicFrame;
use crate::context::PageContext;
use crate::document::Document;

/// `/dev/mail`
pub fn outbox(context: &PageContext) -> Document {
    let mails = context.outbox.clone();
    let body = if mails.is_empty() {
        view! { <div class="empty"><p>"No mail yet. Sign up, and the link that confirms your address appears here within a second or two."</p><div class="cluster"><a class="button small" href="/dev/mail">"Look again"</a></div></div> }.into_any()
    } else {
        mails
            .into_iter()
            .map(|mail| {
                view! {
                    <article class="connection">
                        <header><h2>{mail.subject}</h2> <span class="soft small">"to " {mail.to}</span></header>
                        <p class="mail">{linked(&mail.text)}</p>
                    </article>
                }
            })
            .collect_view()
            .into_any()
    };
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="page-head"><div><h1>"Mail that was sent"</h1><p class="sub">"On this development server mail goes nowhere else. Newest first."</p></div></div>
            {body}
        </PublicFrame>
    };
    Document::new("Outbox", body)
}

/// The text with its addresses as links.
fn linked(text: &str) -> impl IntoView + use<> {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let address = word.trim_end();
            if address.starts_with("http://") || address.starts_with("https://") {
                let rest = word[address.len()..].to_owned();
                let (href, address) = (address.to_owned(), address.to_owned());
                view! { <a href=href rel="external">{address}</a> {rest} }.into_any()
            } else {
                word.to_owned().into_any()
            }
        })
        .collect_view()
}
