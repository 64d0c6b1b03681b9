//! A builder's page: who they are, and what can be booked.

use domain::booking::Shop;
use domain::offers::SessionTypeView;
use leptos::prelude::*;

use super::super::not_found;
use crate::components::PublicFrame;
use crate::context::{PageContext, Sale};
use crate::document::Document;
use crate::format;

/// `/b/{builder}`
pub fn shop(context: &PageContext) -> Document {
    let Some(Sale::Shop(shop)) = context.sale.as_deref() else { return not_found(context) };
    let Shop { page, sessions, has_stripe, .. } = shop.clone();
    let is_empty = sessions.is_empty();
    let (slug, title) = (page.slug.clone(), page.name.clone());
    let rows = sessions.iter().map(|session| row(&slug, session)).collect_view();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <h1>{page.name.clone()}</h1>
            {(!page.about.is_empty()).then(|| view! { <p class="sub soft mt-2 lines">{page.about.clone()}</p> })}
            {(!has_stripe).then(|| view! { <p class="empty mt-5">"Payments are not set up here yet, so nothing can be booked."</p> })}
            <section class="mt-6" aria-labelledby="h-sessions">
                <h2 id="h-sessions">"Sessions"</h2>
                {if is_empty {
                    view! { <p class="empty mt-4">"Nothing can be booked here just now. Look again later."</p> }.into_any()
                } else {
                    view! { <ul class="offers mt-4">{rows}</ul> }.into_any()
                }}
            </section>
        </PublicFrame>
    };
    Document::new(title, body)
}

fn row(slug: &str, session: &SessionTypeView) -> impl IntoView + use<> {
    let href = format!("/b/{slug}/{}", session.slug);
    let facts = format!("{}, {}", format::length(i64::from(session.minutes)), session.price);
    let description = session.description.clone();
    view! {
        <li>
            <h3><a href=href>{session.title.clone()}</a></h3>
            <p class="small">{facts}</p>
            {(!description.is_empty()).then(|| view! { <p class="small soft lines">{description}</p> })}
        </li>
    }
}
