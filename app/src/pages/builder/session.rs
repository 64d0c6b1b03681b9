//! One kind of session: made or changed.

use domain::calendar::{CalendarError, Titles};
use domain::offers::{OffersView, Policy, SessionTypeView};
use leptos::prelude::*;
use types::{Currency, SessionTypeId, Tax};

use crate::components::{AppFrame, Field, FieldError, FormError, Frame};
use crate::context::{Form, PageContext};
use crate::document::Document;
use crate::pages::or_not_found;
use crate::pages::sale::PolicyRibbon;

const LIST: &str = "/builder/sessions";

/// `/builder/sessions/new` and `/builder/sessions/{id}`
pub fn session(context: &PageContext) -> Document {
    let form = context.form.clone();
    let page = context.page().and_then(|page| {
        let view = OffersView::of(page).ok_or(CalendarError::NotFound)?;
        let named = context.asked.path.get("id").map(|id| id.parse::<SessionTypeId>());
        let known = match named {
            None => None,
            Some(id) => {
                let id = id.map_err(|_| CalendarError::NotFound)?;
                Some(view.sessions.iter().find(|session| session.id == id).cloned().ok_or(CalendarError::NotFound)?)
            }
        };
        let frame = Frame::of(page, Titles::LeftSealed);
        let (title, here) = match &known {
            Some(session) => (session.title.clone(), format!("{LIST}/{}", session.id)),
            None => ("New session".to_owned(), format!("{LIST}/new")),
        };
        let name = title.clone();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=LIST>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href=LIST>"Sessions"</a></li><li aria-current="page">{title.clone()}</li></ol>
                </nav>
                <div class="page-head"><div>
                    <h1>{title.clone()}</h1>
                    <p class="sub">"How long it takes is what Calendly says. It is closed until you open it."</p>
                </div></div>
                <form class="stack gate-left" method="post" action=here>
                    <FormError form=form.clone() />
                    <Fields view=view known=known form=form />
                    <div class="cluster">
                        <button class="button primary">"Save session"</button>
                        <a class="button" href=LIST>"Back without saving"</a>
                    </div>
                </form>
            </AppFrame>
        };
        Ok(Document::new(name, body))
    });
    or_not_found(context, page)
}

#[component]
fn Fields(view: OffersView, known: Option<SessionTypeView>, form: Form) -> impl IntoView {
    let of = |field: &str, value: Option<String>| form.value(field).or(value).unwrap_or_default();
    let event_type = of("event_type", known.as_ref().and_then(|session| session.event_type).map(|id| id.to_string()));
    let event_types = view
        .event_types
        .iter()
        .filter(|event_type| event_type.refusal.is_none())
        .map(|offered| {
            let (id, name) = (offered.id.to_string(), offered.name.clone().unwrap_or_else(|| "Name not readable".to_owned()));
            let is_chosen = id == event_type;
            view! { <option value=id selected=is_chosen>{format!("{name}, {} min", offered.minutes)}</option> }
        })
        .collect_view();
    let currency = of("currency", Some(known.as_ref().map_or("EUR".to_owned(), |session| session.price.currency.to_string())));
    let currencies = Currency::all()
        .into_iter()
        .map(|other| view! { <option value=other.to_string() selected=other.code() == currency>{other.to_string()}</option> })
        .collect_view();
    let tax = of("tax", Some(known.as_ref().map_or(Tax::None, |session| session.tax).to_string()));
    let taxes = [
        (Tax::None, "No tax is worked out", "The price is what is paid."),
        (Tax::Inclusive, "Tax is in the price", "Stripe Tax works out how much of it is tax, by where the client is."),
        (Tax::Exclusive, "Tax is added", "Stripe Tax works it out, and adds it to the price."),
    ]
    .into_iter()
    .map(|(value, label, small)| choice("tax", value.to_string(), label.to_owned(), small.to_owned(), value.as_str() == tax, ().into_any()))
    .collect_view();
    let policy = of("policy", known.as_ref().map(|session| session.policy.name.to_owned()));
    let policies = Policy::offered()
        .map(|other| {
            let ribbon = view! { <PolicyRibbon policy=other /> }.into_any();
            choice(
                "policy",
                other.name.to_owned(),
                format!("{} (version {})", other.label, other.version),
                String::new(),
                other.name == policy,
                ribbon,
            )
        })
        .collect_view();
    // A box that is not ticked sends nothing: what was typed counts once anything was.
    let makes_invoice = if form.values.is_empty() {
        known.as_ref().is_some_and(|session| session.makes_invoice)
    } else {
        form.value("makes_invoice").is_some()
    };
    let description = of("description", known.as_ref().map(|session| session.description.clone()));
    view! {
        <div class="field">
            <label for="event_type">"Event type at Calendly"</label>
            <select class="select" id="event_type" name="event_type" aria-invalid=form.invalid("event_type") aria-describedby=form.described_by("event_type", true)>
                <option value="">"Choose one"</option>
                {event_types}
            </select>
            <FieldError form=form.clone() name="event_type" />
            <p class="hint" id="hint-event_type">"Those that cannot be sold are left out; " <a href="/builder/connect">"why"</a> "."</p>
        </div>
        <Field form=form.clone() name="title" label="Title" value=known.as_ref().map(|session| session.title.clone()).unwrap_or_default() />
        <div class="field">
            <label for="slug">"Address"</label>
            <input class="input" id="slug" name="slug" value=of("slug", known.as_ref().map(|session| session.slug.clone())) autocomplete="off" aria-invalid=form.invalid("slug") aria-describedby=form.described_by("slug", true) />
            <FieldError form=form.clone() name="slug" />
            <p class="hint" id="hint-slug">"The end of its address. Left empty, it is made out of the title."</p>
        </div>
        <div class="field">
            <label for="description">"What the client gets"</label>
            <textarea class="input" id="description" name="description" rows="5" maxlength="1000" aria-invalid=form.invalid("description") aria-describedby=form.described_by("description", false)>{description}</textarea>
            <FieldError form=form.clone() name="description" />
        </div>
        <div class="cluster">
            <Field form=form.clone() name="price" label="Price" value=known.as_ref().map(|session| session.price.number()).unwrap_or_default() />
            <div class="field">
                <label for="currency">"Currency"</label>
                <select class="select" id="currency" name="currency" aria-invalid=form.invalid("currency") aria-describedby=form.described_by("currency", false)>{currencies}</select>
                <FieldError form=form.clone() name="currency" />
            </div>
        </div>
        <fieldset class="field" id="tax"><legend>"Tax"</legend>{taxes} <FieldError form=form.clone() name="tax" /></fieldset>
        <label class="choice" for="makes_invoice">
            <input type="checkbox" id="makes_invoice" name="makes_invoice" value="true" checked=makes_invoice />
            " "
            <span>"Stripe makes an invoice" <small>"It is sent with the receipt; Stripe charges for each."</small></span>
        </label>
        <fieldset class="field" id="policy"><legend>"If the client cancels"</legend>{policies} <FieldError form=form name="policy" /></fieldset>
    }
}

fn choice(name: &'static str, value: String, label: String, small: String, is_chosen: bool, below: AnyView) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name=name value=value checked=is_chosen />
            " "
            <span>{label} {(!small.is_empty()).then(|| view! { <small>{small}</small> })} {below}</span>
        </label>
    }
}
