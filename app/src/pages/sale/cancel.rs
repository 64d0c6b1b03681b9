//! Before a client cancels: what comes back.

use leptos::prelude::*;

use super::super::not_found;
use crate::components::{FormError, PublicFrame};
use crate::context::{PageContext, Sale};
use crate::document::Document;
use crate::format;

/// `/bookings/{token}/cancel`
pub fn cancel(context: &PageContext) -> Document {
    let Some(Sale::Booking(view, token)) = context.sale.as_deref() else { return not_found(context) };
    let Some(quote) = view.quote else { return not_found(context) };
    let here = format!("/bookings/{token}");
    let zone = view.client_zone;
    let when = format!("{}, {}", view.starts_at.with_timezone(&zone).format("%A %-d %B"), format::span(view.starts_at, view.ends_at, zone));
    let paid = view.payment.as_ref().map(|payment| payment.amount);
    let back = match paid {
        None => "Nothing, because nothing was paid yet.".to_owned(),
        Some(paid) if quote.minor == 0 => format!("Nothing of {paid}."),
        Some(paid) if paid == quote => format!("All of it: {quote}."),
        Some(paid) => format!("{quote} of {paid}."),
    };
    let policy = view.policy.map(|policy| policy.words()).unwrap_or_default();
    let button = if quote.minor > 0 { format!("Cancel and get {quote} back") } else { "Cancel it".to_owned() };
    let (title, expected, form) = (format!("Cancel {}?", view.title), quote.minor, context.form.clone());
    let (place, zone_name) = (format!("{here}/cancel"), format::zone_name(zone, view.starts_at));
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <div class="gate">
                <h1>{title}</h1>
                <dl class="facts mt-5">
                    <dt>"When"</dt>
                    <dd>{when} <br /><small>{zone_name}</small></dd>
                    <dt>"What comes back"</dt>
                    <dd><strong>{back}</strong></dd>
                    <dt>"By the policy"</dt>
                    <dd>{policy}</dd>
                    <dt>"What happens"</dt>
                    <dd>"The hour opens for others at once. This cannot be undone; booking again is a new booking."</dd>
                </dl>
                <form class="stack mt-5" method="post" action=place>
                    <FormError form=form />
                    <input type="hidden" name="back" value=expected />
                    <div class="cluster">
                        <button class="button danger sure">{button}</button>
                        <a class="button" href=here>"Keep it"</a>
                    </div>
                </form>
            </div>
        </PublicFrame>
    };
    Document::new("Cancel a booking", body)
}
