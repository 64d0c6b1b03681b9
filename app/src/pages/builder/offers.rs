//! A builder's public page and the list of what is on it.

use domain::calendar::{CalendarError, Titles, Wanted};
use domain::offers::{OffersView, Sellable, SessionTypeView};
use leptos::prelude::*;

use crate::components::{AppFrame, Field, FieldError, Flash, FormError, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const SESSIONS: &str = "/builder/sessions";
const PROFILE: &str = "/builder/profile";

/// The frame and what is offered.
pub fn offers_wants(_asked: &Asked) -> Wanted {
    Wanted { part: Some(OffersView::part()), ..Wanted::FRAME }
}

/// `/builder/sessions`
pub fn sessions(context: &PageContext) -> Document {
    let notice = context.notice();
    let page = context.page().and_then(|page| {
        let view = OffersView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let slug = view.page.as_ref().map(|page| page.slug.clone());
        let rows = view.sessions.iter().map(|session| row(slug.as_deref(), session)).collect_view();
        let can_make = view.event_types.iter().any(|event_type| event_type.refusal.is_none());
        let way = match (view.has_account, can_make) {
            (false, _) => view! { <p class="empty">"Sessions are made of event types at Calendly. " <a href="/builder/connect">"Connect your account there"</a> " first."</p> }.into_any(),
            (true, false) => view! { <p class="empty">"No event type at Calendly can be sold. " <a href="/builder/connect">"See why"</a> "."</p> }.into_any(),
            (true, true) if view.sessions.is_empty() => view! { <p class="empty">"Nothing is for sale yet. " <a href="/builder/sessions/new">"Make your first session"</a> "."</p> }.into_any(),
            (true, true) => ().into_any(),
        };
        let no_page = slug.is_none().then(|| view! { <p class="hint">"Nobody finds these before your public page has a name and an address. " <a href=PROFILE>"Make it"</a> "."</p> });
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=SESSIONS>
                <div class="page-head">
                    <div><h1>"Sessions"</h1><p class="sub">"What you sell. What was sold before stays as it was sold, whatever you change here."</p></div>
                    {can_make.then(|| view! { <a class="button primary" href="/builder/sessions/new">"New session"</a> })}
                </div>
                <Flash notice=notice path=SESSIONS.to_owned() />
                {no_page}
                {way}
                {(!view.sessions.is_empty()).then(|| view! {
                    <table class="table folds">
                        <caption class="visually-hidden">"Your sessions, those that are open first"</caption>
                        <thead><tr><th scope="col">"Session"</th><th scope="col">"Price"</th><th scope="col">"If cancelled"</th><th scope="col">"State"</th><th scope="col"><span class="visually-hidden">"Change"</span></th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                })}
            </AppFrame>
        };
        Ok(Document::new("Sessions", body))
    });
    or_not_found(context, page)
}

fn row(slug: Option<&str>, session: &SessionTypeView) -> impl IntoView + use<> {
    let href = format!("{SESSIONS}/{}", session.id);
    let open_href = slug.filter(|_| session.is_open).map(|slug| format!("/b/{slug}/{}", session.slug));
    let state = match (&session.sellable, session.is_open) {
        (Sellable::Yes, true) => view! { <span class="state is-good"><Icon name="check" /> " open"</span> }.into_any(),
        (Sellable::Yes, false) => view! { <span class="state is-unknown"><Icon name="clock" /> " closed"</span> }.into_any(),
        (Sellable::EventTypeGone, _) => view! { <span class="state is-bad"><Icon name="cross" /> " its event type is gone at Calendly"</span> }.into_any(),
        (Sellable::Refused(_), _) => view! { <span class="state is-bad"><Icon name="cross" /> " its event type cannot be sold any more"</span> }.into_any(),
        (Sellable::OtherLength { there }, _) => view! { <span class="state is-bad"><Icon name="cross" /> {format!(" it takes {there} min at Calendly now: save it again")}</span> }.into_any(),
    };
    let button = if session.is_open { "Close it" } else { "Open it for booking" };
    let facts = format::length(i64::from(session.minutes));
    let name = session.title.clone();
    view! {
        <tr>
            <th scope="row"><a href=href.clone()>{session.title.clone()}</a> " " <small>{facts}</small></th>
            <td data-label="Price">{session.price.to_string()}</td>
            <td data-label="If cancelled">{session.policy.label}</td>
            <td data-label="State">{state} {open_href.map(|href| view! { " " <a class="small" href=href>"see it"</a> })}</td>
            <td>
                <form method="post" action=format!("{href}/open")>
                    <input type="hidden" name="open" value=if session.is_open { "false" } else { "true" } />
                    <button class="button small">{button}<span class="visually-hidden">{format!(": {name}")}</span></button>
                </form>
            </td>
        </tr>
    }
}

/// `/builder/profile`
pub fn profile(context: &PageContext) -> Document {
    let notice = context.notice();
    let form = context.form.clone();
    let page = context.page().and_then(|page| {
        let view = OffersView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let own = view.page.clone();
        let name = own.as_ref().map_or_else(|| frame.person.name.clone().unwrap_or_default(), |page| page.name.clone());
        let slug = own.as_ref().map(|page| page.slug.clone()).unwrap_or_default();
        let about = form.value("about").unwrap_or_else(|| own.as_ref().map(|page| page.about.clone()).unwrap_or_default());
        let link = own.map(|page| format!("/b/{}", page.slug));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=PROFILE>
                <div class="page-head">
                    <div><h1>"Your public page"</h1><p class="sub">"Everybody sees what you write here, and nothing else of you."</p></div>
                    {link.map(|href| view! { <a class="button" href=href>"See it"</a> })}
                </div>
                <Flash notice=notice path=PROFILE.to_owned() />
                <form class="stack gate-left" method="post" action=PROFILE>
                    <FormError form=form.clone() />
                    <Field form=form.clone() name="name" label="Name" value=name />
                    <Field form=form.clone() name="slug" label="Address" value=slug hint="The end of the address: /b/ and then this. Small letters, digits and hyphens. Changed, the old address leads nowhere." />
                    <div class="field">
                        <label for="about">"About you"</label>
                        <textarea class="input" id="about" name="about" rows="5" maxlength="600" aria-invalid=form.invalid("about") aria-describedby=form.described_by("about", false)>{about}</textarea>
                        <FieldError form=form.clone() name="about" />
                    </div>
                    <button class="button primary">"Save page"</button>
                </form>
            </AppFrame>
        };
        Ok(Document::new("Your public page", body))
    });
    or_not_found(context, page)
}
