//! `/bookings/{token}…`: one booking, for whoever has the link to it: to pay it, to cancel it, to put it into a calendar.

use std::collections::HashMap;
use std::sync::Arc;

use app::context::{Asked, Sale};
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::booking::{self, BookingError, BookingView};
use providers::ical::{Meeting, write_meeting};
use types::{BookingStatus, Notice};

use super::form::{Fields, go, go_saying};
use super::pages::missing;
use super::render::{Extra, Ready, show};
use super::sale::failed;
use crate::middleware::Caller;
use crate::state::AppState;

const HERE: &str = "/bookings/{token}";
const CANCEL: &str = "/bookings/{token}/cancel";

fn place(token: &str) -> String {
    format!("/bookings/{token}")
}

/// The booking that a link is for, or the answer where it is for none.
async fn find(state: &AppState, caller: &Caller, token: &str) -> Result<BookingView, Response> {
    match BookingView::read(&state.deps, token).await {
        Ok(Some(view)) => Ok(view),
        Ok(None) => Err(missing(state, caller)),
        Err(error) => Err(failed(&error)),
    }
}

fn asked(state: &AppState, token: &str, query: Option<&str>) -> Asked {
    Asked::new(state.deps.now(), HashMap::from([("token".to_owned(), token.to_owned())]), query)
}

/// The booking. Somebody who comes back from Stripe's page is not believed: Stripe is asked.
pub async fn page(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let view = match find(&state, &caller, &token).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let asked = asked(&state, &token, query.as_deref());
    let waits = matches!(view.status, BookingStatus::Held | BookingStatus::AwaitingPayment);
    if asked.query.get("back").is_some_and(|back| back == "paid") && waits {
        let op = caller.op.as_client_of(view.builder);
        if let Err(error) = booking::come_back(&state.deps, &op, view.builder, view.id).await {
            // The webhook says it too.
            tracing::warn!(%error, "a payment could not be read when its client came back");
        }
        return go(&place(&token));
    }
    let is_under_way = view.status == BookingStatus::Paid && view.pick_url.is_none();
    let is_new = view.changes.first().is_some_and(|change| state.deps.now() - change.happened_at < TimeDelta::minutes(2));
    let mut response = shown(&state, &caller, HERE, asked, view, token, Extra::default());
    if is_under_way {
        // Booked within seconds, as a rule; the page looks again by itself, also without scripts.
        response.headers_mut().insert(REFRESH, HeaderValue::from_static(if is_new { "3" } else { "30" }));
    }
    response
}

fn shown(state: &AppState, caller: &Caller, path: &str, asked: Asked, view: BookingView, token: String, extra: Extra) -> Response {
    let ready = Ready { route: app::routes::page(path), asked, page: None };
    show(state, caller, ready, Extra { sale: Some(Arc::new(Sale::Booking(Box::new(view), token))), ..extra })
}

/// To Stripe's page, or back where there is nothing to pay. A link, because a form may lead only to where it is known to.
pub async fn pay(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(token): Path<String>) -> Response {
    let view = match find(&state, &caller, &token).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let op = caller.op.as_client_of(view.builder);
    match booking::pay(&state.deps, &op, view.builder, view.id).await {
        Ok(Some(url)) => go(&url),
        Ok(None) => go(&place(&token)),
        Err(error @ (BookingError::Payment(_) | BookingError::TooOften(_))) => {
            tracing::warn!(%error, "Stripe's page could not be opened");
            go_saying(&place(&token), Notice::PaymentsDown)
        }
        Err(error) => failed(&error),
    }
}

/// What comes back, before it is cancelled.
pub async fn ask(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(token): Path<String>) -> Response {
    match find(&state, &caller, &token).await {
        Ok(view) if view.quote.is_some() => {
            let asked = asked(&state, &token, None);
            shown(&state, &caller, CANCEL, asked, view, token, Extra::default())
        }
        Ok(_) => go(&place(&token)),
        Err(answer) => answer,
    }
}

/// Cancels it, if as much comes back as was said.
pub async fn cancel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    fields: Fields,
) -> Response {
    let view = match find(&state, &caller, &token).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let op = caller.op.as_client_of(view.builder);
    // A form that says nothing is asked to say it: less than nothing was never shown.
    let Ok(expected) = fields.text("back").parse() else { return go(&format!("{}/cancel", place(&token))) };
    match booking::cancel(&state.deps, &op, view.builder, view.id, Some(expected)).await {
        Ok(()) => go_saying(&place(&token), Notice::BookingCancelled),
        Err(BookingError::QuoteChanged) => {
            let sentence = "Less comes back now than when this page was shown: a step of the policy was passed. Nothing was cancelled yet.";
            let extra = Extra { status: Some(StatusCode::CONFLICT), ..Extra::invalid(fields.back(vec![("", sentence.to_owned())])) };
            match find(&state, &caller, &token).await {
                Ok(view) => shown(&state, &caller, CANCEL, asked(&state, &token, None), view, token, extra),
                Err(answer) => answer,
            }
        }
        // Cancelled already, or begun: its page says so.
        Err(BookingError::NotNow(_)) => go(&place(&token)),
        Err(error) => failed(&error),
    }
}

/// The session as a file for a calendar.
pub async fn file(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(token): Path<String>) -> Response {
    let view = match find(&state, &caller, &token).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let host = url::Url::parse(&state.web.public_origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let seller = view.page.as_ref().map(|page| format!(", with {}", page.name)).unwrap_or_default();
    let meeting = Meeting {
        uid: format!("booking-{}@{host}", view.id),
        sequence: view.times_moved,
        starts_at: view.starts_at,
        ends_at: view.ends_at,
        title: format!("{}{seller}", view.title),
        url: booking::link(&state.deps, view.id),
        is_cancelled: !view.status.takes_time(),
    };
    let text = write_meeting(&meeting, state.deps.now());
    ([(CONTENT_TYPE, "text/calendar; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"session.ics\"")], text).into_response()
}
