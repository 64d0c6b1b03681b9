//! What a builder does: their page, their kinds of session, and their bookings.

use app::words::REFUND_REASONS;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::accounts;
use domain::booking::{self, BookingError};
use domain::offers::{self, OfferError, PageForm, PageProblem, SessionForm, SessionProblem};
use domain::payments::PaymentError;
use types::{BookingId, Notice, PriceError, SessionTypeId};

use super::form::{Fields, go_saying};
use super::pages::missing;
use super::render::{Extra, broken, render, render_of};
use crate::middleware::Caller;
use crate::state::AppState;

const PROFILE: &str = "/builder/profile";
const BOOKING: &str = "/builder/bookings/{id}";
const SESSIONS: &str = "/builder/sessions";

/// Saves the page that everybody sees.
pub async fn save_page(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let form = PageForm { slug: fields.text("slug"), name: fields.text("name"), about: fields.text("about") };
    let problems = match offers::save_page(&state.deps, &caller.op, form).await {
        Ok(()) => return go_saying(PROFILE, Notice::BuilderPageSaved),
        Err(OfferError::Page(problems)) => problems,
        Err(error) => return failed(&error),
    };
    let errors = problems.into_iter().map(|problem| match problem {
        PageProblem::NotAnAddress => ("slug", "3 to 40 small letters, digits and single hyphens, such as bruno-costa."),
        PageProblem::AddressTaken => ("slug", "Somebody else has this address. Choose another."),
        PageProblem::Name => ("name", "A name has 1 to 80 characters."),
        PageProblem::AboutTooLong => ("about", "At most 600 characters."),
    });
    let extra = Extra::invalid(fields.back(errors.map(|(field, text)| (field, text.to_owned())).collect()));
    render(&state, &caller, &Uri::from_static(PROFILE), extra).await
}

/// Makes or changes a kind of session.
pub async fn save_session(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    let id = uri.path().strip_prefix("/builder/sessions/").filter(|rest| *rest != "new").map(str::parse::<SessionTypeId>);
    let id = match id {
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return missing(&state, &caller),
        None => None,
    };
    let form = SessionForm {
        id,
        event_type: fields.text("event_type").parse().ok(),
        title: fields.text("title"),
        slug: fields.text("slug"),
        description: fields.text("description"),
        price: fields.text("price"),
        currency: fields.text("currency"),
        tax: fields.text("tax"),
        policy: fields.text("policy"),
        makes_invoice: fields.has("makes_invoice"),
    };
    let problems = match offers::save_session(&state.deps, &caller.op, form).await {
        Ok(_) => return go_saying(SESSIONS, Notice::SessionSaved),
        Err(OfferError::Session(problems)) => problems,
        Err(OfferError::NotFound) => return missing(&state, &caller),
        Err(error) => return failed(&error),
    };
    let extra = Extra::invalid(fields.back(problems.into_iter().map(explain).collect()));
    match id {
        Some(id) => render_of(&state, &caller, "/builder/sessions/{id}", &id.to_string(), extra).await,
        None => render(&state, &caller, &Uri::from_static("/builder/sessions/new"), extra).await,
    }
}

fn explain(problem: SessionProblem) -> (&'static str, String) {
    let (field, text) = match problem {
        SessionProblem::EventType => ("event_type", "Choose one of your event types at Calendly that can be sold."),
        SessionProblem::Title => ("title", "A title has 1 to 120 characters."),
        SessionProblem::NotAnAddress => ("slug", "3 to 60 small letters, digits and single hyphens, such as pricing-review."),
        SessionProblem::AddressTaken => ("slug", "Another session of yours has this address. Choose another."),
        SessionProblem::DescriptionTooLong => ("description", "At most 1,000 characters."),
        SessionProblem::Currency => ("currency", "Stripe does not charge in this currency. Choose one from the list."),
        SessionProblem::Tax => ("tax", "Choose how tax stands to the price."),
        SessionProblem::Policy => ("policy", "Choose what comes back when a client cancels."),
        SessionProblem::Price(error) => return ("price", price(error)),
    };
    (field, text.to_owned())
}

fn price(error: PriceError) -> String {
    match error {
        PriceError::NotANumber => "This is not an amount. It looks like 140 or 140.50.".to_owned(),
        PriceError::TooManyDecimals { at_most: 0 } => "This currency has no decimals.".to_owned(),
        PriceError::TooManyDecimals { at_most } => format!("At most {at_most} decimals."),
        PriceError::TooSmall { least } => format!("Stripe charges {least} at least."),
        PriceError::TooLarge => "Stripe charges at most 999,999.99.".to_owned(),
    }
}

/// Opens a session for booking, or closes it.
pub async fn set_open(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(id) = id.parse::<SessionTypeId>() else { return missing(&state, &caller) };
    let is_open = fields.text("open") == "true";
    match offers::set_open(&state.deps, &caller.op, id, is_open).await {
        Ok(()) => go_saying(SESSIONS, if is_open { Notice::SessionOpened } else { Notice::SessionClosed }),
        Err(OfferError::NotFound) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

pub(super) fn place(booking: BookingId) -> String {
    format!("/builder/bookings/{booking}")
}

/// What became of something that was done to a booking.
pub(super) async fn done(
    state: &AppState,
    caller: &Caller,
    booking: BookingId,
    fields: &Fields,
    result: Result<Notice, BookingError>,
) -> Response {
    let sentence = match result {
        Ok(notice) => return go_saying(&place(booking), notice),
        Err(BookingError::NotFound) => return missing(state, caller),
        Err(BookingError::NotNow(_)) => return go_saying(&place(booking), Notice::NotNow),
        Err(BookingError::Amount(error)) => ("amount", price(error)),
        Err(BookingError::Payment(PaymentError::MoreThanIsLeft)) => ("amount", "That is more than is left of what was paid.".to_owned()),
        Err(BookingError::QuoteChanged) => {
            ("amount", "Something was given back since this page was shown. Look at what is left, and say again how much.".to_owned())
        }
        Err(BookingError::Disputed) => {
            ("", "The payment is disputed: Stripe decides where the money goes, and until then nothing is given back from here.".to_owned())
        }
        Err(error) => {
            tracing::error!(%error, "something could not be done to a booking");
            return broken();
        }
    };
    render_of(state, caller, BOOKING, &booking.to_string(), Extra::invalid(fields.back(vec![sentence]))).await
}

/// The builder cancels: everything goes back.
pub async fn cancel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let (Ok(id), Some(builder)) = (id.parse::<BookingId>(), caller.identity.user) else { return missing(&state, &caller) };
    let result = booking::cancel(&state.deps, &caller.op, builder, id, None).await.map(|()| Notice::BookingCancelled);
    done(&state, &caller, id, &fields, result).await
}

/// The builder gives money back, and the session stays.
pub async fn refund(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(id) = id.parse::<BookingId>() else { return missing(&state, &caller) };
    let Some((why, _)) = REFUND_REASONS.into_iter().find(|(name, _)| *name == fields.text("why")) else {
        let extra = Extra::invalid(fields.back(vec![("why", "Choose a reason: it stands in the audit log.".to_owned())]));
        return render_of(&state, &caller, BOOKING, &id.to_string(), extra).await;
    };
    let result = booking::give_back(&state.deps, &caller.op, id, &fields.text("amount"), fields.text("left").parse().ok(), why)
        .await
        .map(|_| Notice::RefundAsked);
    done(&state, &caller, id, &fields, result).await
}

/// What could not be given back is tried again.
pub async fn retry_refund(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(id) = id.parse::<BookingId>() else { return missing(&state, &caller) };
    let result = booking::retry_refund(&state.deps, &caller.op, id).await.map(|()| Notice::RefundAsked);
    done(&state, &caller, id, &fields, result).await
}

/// The client did not come, or did after all.
pub async fn no_show(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(id) = id.parse::<BookingId>() else { return missing(&state, &caller) };
    let did_not_come = fields.text("came") != "true";
    let result = booking::set_no_show(&state.deps, &caller.op, id, did_not_come).await.map(|()| Notice::Noted);
    done(&state, &caller, id, &fields, result).await
}

fn failed(error: &OfferError) -> Response {
    tracing::error!(%error, "what a builder offers could not be changed");
    broken()
}

/// All of a builder's bookings, as a table.
pub async fn export(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    let Some(builder) = caller.identity.user else { return missing(&state, &caller) };
    let zone = match accounts::zone_of(&state.deps, builder).await {
        Ok(zone) => zone,
        Err(error) => {
            tracing::error!(%error, "a zone could not be read");
            return broken();
        }
    };
    match booking::export(&state.deps, &caller.op, zone).await {
        Ok(table) => {
            let name = format!("attachment; filename=\"bookings-{}.csv\"", state.deps.now().with_timezone(&zone).format("%Y-%m-%d"));
            ([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], table).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "bookings could not be exported");
            broken()
        }
    }
}
