//! A builder's account at Calendly: connecting it, how it is, and what can be booked there.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::calendar::{CalendarError, Titles, Wanted};
use domain::scheduling::{CalendlyView, EventTypeView, Failing, Refusal};
use leptos::prelude::*;

use super::way_in::WayIn;
use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/builder/connect";

/// The frame and the account.
pub const fn connect_wants(_asked: &Asked) -> Wanted {
    Wanted { scheduling: true, ..Wanted::FRAME }
}

/// `/builder/connect`
pub fn connect(context: &PageContext) -> Document {
    let (notice, form, has_consent) = (context.notice(), context.form.clone(), context.site.has_calendly_consent);
    let page = context.page().and_then(|page| {
        let account = page.scheduling().ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let (now, zone) = (context.asked.now, frame.person.zoned.zone);
        let is_connected = account.is_some();
        let needs_way_in = account.as_ref().is_none_or(|account| account.failing.is_some());
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Calendly"</h1>
                    <p class="sub">"Where your sessions take place. Kairos reads what you offer there, and books and cancels what is sold here."</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                {account.clone().map(|account| view! { <Account account=account now=now zone=zone /> })}
                {needs_way_in.then(|| view! { <WayIn form=form is_connected=is_connected has_consent=has_consent /> })}
                {account.map(|account| view! { <Offers event_types=account.event_types /> })}
            </AppFrame>
        };
        Ok(Document::new("Calendly", body))
    });
    or_not_found(context, page)
}

/// The account, and how it is.
#[component]
fn Account(account: CalendlyView, now: DateTime<Utc>, zone: Tz) -> impl IntoView {
    let name = account.name.unwrap_or_else(|| "Name not readable".to_owned());
    let email = account.email.unwrap_or_default();
    let state = match &account.failing {
        None => {
            let read = format!("Read {}", format::ago(account.read_at, now, zone));
            view! { <span class="state is-good"><Icon name="check" /> " " {read}</span> }.into_any()
        }
        Some(failing) => {
            let since = format!("Last read {}", format::ago(account.read_at, now, zone));
            let (what, next) = explain(failing);
            view! {
                <span class="state is-bad"><Icon name="cross" /> " " {since}</span>
                <div class="banner is-bad" role="status">
                    <Icon name="cross" />
                    <h3>{what}</h3>
                    <p>{next} " What was read before is kept below."</p>
                </div>
            }
            .into_any()
        }
    };
    let since = format!("connected {}", format::moment(account.connected_at, now, zone));
    let leaving = if account.is_by_consent {
        "Disconnecting gives the permission back to Calendly, and deletes what was read with it here. What was booked stays, here and there."
    } else {
        "Disconnecting deletes the token and what was read with it here. Calendly still lists the token: end it there too."
    };
    view! {
        <section class="ledger" aria-labelledby="h-account">
            <header>
                <h2 id="h-account">"Your account"</h2>
                <p>"It is read once a day, and when you ask."</p>
            </header>
            <div class="stack">
                <p><strong>{name}</strong> " " <span class="quiet">{email} ", " {since}</span></p>
                {state}
                {account.scheduling_url.map(|url| view! { <p><a href=url rel="external noopener">"Your page at Calendly"</a></p> })}
                <div class="cluster">
                    <form method="post" action="/builder/connect/calendly/read"><button class="button small">"Read it now"</button></form>
                    <form method="post" action="/builder/connect/calendly/disconnect">
                        <button class="button small danger" aria-describedby="disconnect-says">"Disconnect"</button>
                    </form>
                </div>
                <p class="hint" id="disconnect-says">{leaving}</p>
            </div>
        </section>
    }
}

/// What can be booked there, and whether it can be sold here.
#[component]
fn Offers(event_types: Vec<EventTypeView>) -> impl IntoView {
    let sellable = event_types.iter().filter(|event_type| event_type.refusal.is_none()).count();
    let count = format!("{} of {} can be sold here", sellable, event_types.len());
    let is_empty = event_types.is_empty();
    let rows = event_types.iter().map(row).collect_view();
    view! {
        <section class="ledger" aria-labelledby="h-offers">
            <header>
                <h2 id="h-offers">"What you offer"</h2>
                <p>{count}</p>
            </header>
            {if is_empty {
                view! { <p class="empty">"Calendly lists no event type for this account. Make one there, then read it again."</p> }.into_any()
            } else {
                view! {
                    <table class="table folds">
                        <caption class="visually-hidden">"Event types at Calendly, by name"</caption>
                        <thead><tr><th scope="col">"Name"</th><th scope="col">"Takes"</th><th scope="col">"Here"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any()
            }}
        </section>
    }
}

fn row(event_type: &EventTypeView) -> impl IntoView + use<> {
    let name = event_type.name.clone().unwrap_or_else(|| "Name not readable".to_owned());
    let takes = format!("{} min", event_type.minutes);
    let here = match event_type.refusal {
        None => view! { <span class="state is-good"><Icon name="check" /> " can be sold"</span> }.into_any(),
        Some(refusal) => view! { <span class="quiet">{because(refusal)}</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><strong>{name}</strong></th>
            <td data-label="Takes">{takes}</td>
            <td data-label="Here">{here}</td>
        </tr>
    }
}

const fn because(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Paid => "Calendly takes money for it: your client would pay twice. Switch that off there.",
        Refusal::Inactive => "It is switched off at Calendly.",
        Refusal::Group => "Several people book the same hour, and cancelling one would cancel all.",
        Refusal::Team => "Several hosts share it, so nobody knows whose hour it takes.",
        Refusal::Asks => {
            "It asks the invitee where it is to be, or something in a way that Kairos does not know. Give it one place, or make the question optional there."
        }
        Refusal::NotInstant => "Its times are voted on or made for one occasion.",
    }
}

/// What is wrong, and what to do.
fn explain(failing: &Failing) -> (&'static str, &'static str) {
    match failing.because.as_str() {
        "token_refused" => (
            "Calendly lets Kairos in no more: the permission or the token was ended there, or the account is gone.",
            "Connect it again below.",
        ),
        "client_refused" => ("Calendly refuses this installation itself.", "Tell whoever runs it; it is read again within half an hour."),
        "scope_missing" => {
            ("Calendly does not let everything be read that is needed.", "Connect it again below, with everything that is listed.")
        }
        "forbidden" => ("Calendly does not let this account be read.", "Look there whether its plan or its organization changed."),
        "rate_limited" => ("Calendly asks to wait.", "It is read again within half an hour."),
        "unreadable" => (
            "Calendly's answer could not be read.",
            "It is read again within half an hour; tell whoever runs this installation if it lasts.",
        ),
        _ => ("Calendly does not answer.", "It is read again within half an hour."),
    }
}
