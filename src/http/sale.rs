//! `/b/{builder}` and `/b/{builder}/{session}`: a builder's public page, and holding a time on it.
//!
//! Who is signed in does not matter here: everybody sees the same.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::context::{Asked, Sale};
use app::pages::sale::ANSWERS;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::base::security_event;
use domain::booking::{self, AnswerProblem, BookingError, HoldForm, HoldProblem, Paused, SessionPage, Shop, Taken};
use domain::limits::{self, Limit};
use domain::scheduling;

use super::form::{Fields, go};
use super::pages::missing;
use super::render::{Extra, Ready, broken, show};
use crate::middleware::Caller;
use crate::state::AppState;

/// As long as a page waits for Calendly, when what it shows is old.
const PATIENCE: Duration = Duration::from_secs(6);

/// A builder's page.
pub async fn shop(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(builder): Path<String>) -> Response {
    match Shop::read(&state.deps, &builder).await {
        Ok(Some(shop)) => page(&state, &caller, "/b/{builder}", Sale::Shop(shop), None, Extra::default()),
        Ok(None) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

/// One session, with the times at which it can begin.
pub async fn session(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((builder, session)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    match read(&state, &caller, &builder, &session).await {
        Ok(Some(found)) => page(&state, &caller, SESSION, Sale::Session(found), query.as_deref(), Extra::default()),
        Ok(None) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

const SESSION: &str = "/b/{builder}/{session}";

fn page(state: &AppState, caller: &Caller, path: &str, sale: Sale, query: Option<&str>, extra: Extra) -> Response {
    let asked = Asked::new(state.deps.now(), HashMap::new(), query);
    let ready = Ready { route: app::routes::page(path), asked, page: None };
    show(state, caller, ready, Extra { sale: Some(Arc::new(sale)), ..extra })
}

/// What the page shows. Where that is old, Calendly is asked first, for as long as somebody waits for a page; many who come at once ask once.
async fn read(state: &AppState, caller: &Caller, builder: &str, session: &str) -> Result<Option<SessionPage>, BookingError> {
    let Some((owner, found)) = SessionPage::read(&state.deps, builder, session).await?.map(|(page, found)| (page.user(), found)) else {
        return Ok(None);
    };
    let Some(event_type) = found.session.event_type.filter(|_| found.is_stale(state.deps.now())) else { return Ok(Some(found)) };
    let op = caller.op.as_client_of(owner);
    if limits::take(&state.deps, &op, Limit::TimesOfEventType, event_type.as_bytes()).await?.is_err() {
        return Ok(Some(found));
    }
    let deps = state.deps.clone();
    // To its end also when the client goes away, so that the next one finds it.
    let refreshing = state.deps.finish(async move { scheduling::refresh_times(&deps, &op, event_type).await });
    match tokio::time::timeout(PATIENCE, refreshing).await {
        Ok(Some(Ok(()))) => Ok(SessionPage::read(&state.deps, builder, session).await?.map(|(_, found)| found)),
        Ok(Some(Err(error))) => {
            tracing::warn!(%error, "times could not be read at Calendly");
            Ok(Some(found))
        }
        _ => Ok(Some(found)),
    }
}

/// Holds a time, and leads to Stripe's page.
pub async fn hold(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((builder, session)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    let form = HoldForm {
        builder: builder.clone(),
        session: session.clone(),
        starts_at: fields.text("starts_at"),
        name: fields.text("name"),
        email: fields.text("email"),
        zone: fields.text("zone"),
        policy: fields.text("policy"),
        price: fields.text("price"),
        answers: ANSWERS.iter().map(|name| fields.all(name)).collect(),
        attempt: fields.text("attempt"),
    };
    let extra = match booking::hold(&state.deps, &caller.op, form).await {
        Ok((owner, held)) => {
            let op = caller.op.as_client_of(owner);
            let own = booking::link(&state.deps, held);
            let url = booking::pay(&state.deps, &op, owner, held).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "Stripe's page could not be opened");
                None
            });
            return match url {
                Some(url) if state.web.pays_at(&url) => go(&url),
                // Elsewhere than a form may lead to, or not just now: the booking's own page has the way.
                _ => go(own.strip_prefix(&state.deps.settings.public_url).unwrap_or(&own)),
            };
        }
        Err(BookingError::NotFound) => return missing(&state, &caller),
        Err(BookingError::Form(problems)) => Extra::invalid(fields.back(problems.into_iter().map(explain).collect())),
        Err(BookingError::Taken(taken)) => {
            let form = fields.back(vec![("starts_at", taken_words(taken).to_owned())]);
            Extra { status: Some(StatusCode::CONFLICT), ..Extra::invalid(form) }
        }
        Err(BookingError::TooOften(too_often)) => {
            security_event("holds_limited", "medium");
            Extra::limited(&fields, too_often, "holds_limited", "medium", "Too many times were held from here without being paid.")
        }
        Err(error) => return failed(&error),
    };
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("zone", &fields.text("zone")).finish();
    match read(&state, &caller, &builder, &session).await {
        Ok(Some(found)) => page(&state, &caller, SESSION, Sale::Session(found), Some(&query), extra),
        Ok(None) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

fn explain(problem: HoldProblem) -> (&'static str, String) {
    let (field, text) = match problem {
        HoldProblem::NoTime => ("starts_at", "Choose a time."),
        HoldProblem::Name => ("name", "Say what you are called, in at most 120 letters."),
        HoldProblem::Email => ("email", "This is not an address. It looks like tomasz@example.com."),
        HoldProblem::Zone => ("zone", "This is not a time zone. Choose one from the list, such as Europe/Lisbon."),
        HoldProblem::PolicyNotAccepted => ("policy", "What comes back when you cancel has to be accepted before you pay."),
        HoldProblem::TermsChanged => {
            ("policy", "The price or the policy was changed while you were here. Look at both again; nothing was held and nothing charged.")
        }
        HoldProblem::Answer(place, problem) => (ANSWERS.get(place).copied().unwrap_or_default(), answer_words(problem)),
        HoldProblem::TooManyHeld => {
            ("", "Three times are held for you already and not paid. Pay or cancel one of them, or wait until they open again.")
        }
    };
    (field, text.to_owned())
}

const fn answer_words(problem: AnswerProblem) -> &'static str {
    match problem {
        AnswerProblem::Missing => "Your host needs an answer to this.",
        AnswerProblem::TooLong => "An answer has at most 1,000 letters, and lines only where there is room for several.",
        AnswerProblem::NotAChoice => "Choose from what is offered.",
        AnswerProblem::NotAPhone => "This is not a telephone number. It looks like +351 912 345 678.",
    }
}

const fn taken_words(taken: Taken) -> &'static str {
    match taken {
        Taken::Gone => "Somebody was faster, or this time is not offered any more. Nothing was charged; choose another.",
        Taken::Unknown => "Nobody knows just now whether this time is free, because a calendar cannot be read. Choose another.",
        Taken::Paused(Paused::NotOffered) => "This session is not offered any more. Nothing was charged.",
        Taken::Paused(Paused::NoPayments) => "Payments are not set up here. Nothing was held.",
        Taken::Paused(Paused::SchedulingUnknown { .. } | Paused::CalendarUnknown { .. }) => {
            "Nobody can say just now whether this time is free, so nothing was held and nothing charged. Try again in a few minutes."
        }
    }
}

pub(super) fn failed(error: &BookingError) -> Response {
    tracing::error!(%error, "a page of what is sold, or a booking, could not be made");
    broken()
}
