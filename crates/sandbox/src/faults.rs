//! What can go wrong on purpose: the next calls of a route fail in a given way.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Shared;

/// A route of the stand-ins that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Code exchange and refresh.
    GoogleToken,
    /// Revocation.
    GoogleRevoke,
    /// The keys that ID tokens are signed with.
    GoogleKeys,
    /// The list of calendars.
    GoogleCalendarList,
    /// The events of a calendar.
    GoogleEvents,
    /// Opening a watch channel.
    GoogleWatch,
    /// Closing a watch channel.
    GoogleStop,
    /// Code exchange and refresh.
    MicrosoftToken,
    /// The account.
    GraphMe,
    /// The list of calendars.
    GraphCalendars,
    /// The events of a calendar.
    GraphEvents,
    /// Everything about subscriptions.
    GraphSubscriptions,
    /// The entry and the account.
    CaldavAccount,
    /// The list of calendars.
    CaldavCalendars,
    /// A calendar's state and its events.
    CaldavEvents,
    /// Code exchange and refresh.
    CalendlyToken,
    /// Whose account a token opens.
    CalendlyUser,
    /// What can be booked.
    CalendlyEventTypes,
    /// The times that can be booked.
    CalendlyTimes,
    /// Booking one.
    CalendlyBook,
    /// Events and who is in them.
    CalendlyEvents,
    /// Cancelling an event.
    CalendlyCancel,
    /// That somebody did not come.
    CalendlyNoShow,
    /// A link for one booking.
    CalendlyLinks,
    /// Opening a Checkout Session.
    StripeCheckout,
    /// Reading one.
    StripeSession,
    /// Ending one.
    StripeExpire,
    /// Giving money back.
    StripeRefund,
    /// What was given back.
    StripeRefunds,
    /// What happened lately.
    StripeEvents,
    /// The secret store.
    SecretStore,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 31] = [
        Self::GoogleToken,
        Self::GoogleRevoke,
        Self::GoogleKeys,
        Self::GoogleCalendarList,
        Self::GoogleEvents,
        Self::GoogleWatch,
        Self::GoogleStop,
        Self::MicrosoftToken,
        Self::GraphMe,
        Self::GraphCalendars,
        Self::GraphEvents,
        Self::GraphSubscriptions,
        Self::CaldavAccount,
        Self::CaldavCalendars,
        Self::CaldavEvents,
        Self::CalendlyToken,
        Self::CalendlyUser,
        Self::CalendlyEventTypes,
        Self::CalendlyTimes,
        Self::CalendlyBook,
        Self::CalendlyEvents,
        Self::CalendlyCancel,
        Self::CalendlyNoShow,
        Self::CalendlyLinks,
        Self::StripeCheckout,
        Self::StripeSession,
        Self::StripeExpire,
        Self::StripeRefund,
        Self::StripeRefunds,
        Self::StripeEvents,
        Self::SecretStore,
    ];

    /// Its name on the fault page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GoogleToken => "google.token",
            Self::GoogleRevoke => "google.revoke",
            Self::GoogleKeys => "google.keys",
            Self::GoogleCalendarList => "google.calendar_list",
            Self::GoogleEvents => "google.events",
            Self::GoogleWatch => "google.watch",
            Self::GoogleStop => "google.stop",
            Self::MicrosoftToken => "microsoft.token",
            Self::GraphMe => "graph.me",
            Self::GraphCalendars => "graph.calendars",
            Self::GraphEvents => "graph.events",
            Self::GraphSubscriptions => "graph.subscriptions",
            Self::CaldavAccount => "caldav.account",
            Self::CaldavCalendars => "caldav.calendars",
            Self::CaldavEvents => "caldav.events",
            Self::CalendlyToken => "calendly.token",
            Self::CalendlyUser => "calendly.user",
            Self::CalendlyEventTypes => "calendly.event_types",
            Self::CalendlyTimes => "calendly.times",
            Self::CalendlyBook => "calendly.book",
            Self::CalendlyEvents => "calendly.events",
            Self::CalendlyCancel => "calendly.cancel",
            Self::CalendlyNoShow => "calendly.no_show",
            Self::CalendlyLinks => "calendly.links",
            Self::StripeCheckout => "stripe.checkout",
            Self::StripeSession => "stripe.session",
            Self::StripeExpire => "stripe.expire",
            Self::StripeRefund => "stripe.refund",
            Self::StripeRefunds => "stripe.refunds",
            Self::StripeEvents => "stripe.events",
            Self::SecretStore => "vault.read",
        }
    }
}

/// How it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// An error answer.
    Status {
        /// The status.
        status: u16,
        /// Google's reason word, or Graph's code.
        reason: String,
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
    },
    /// The answer comes late.
    Slow(Duration),
    /// The work is done, and the answer comes late.
    SlowAnswer(Duration),
    /// The work is done, and the answer is lost on the way.
    AnswerLost,
    /// Something that is not what the protocol promises.
    Garbage,
}

/// One fault that is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub route: Route,
    /// How.
    pub kind: FaultKind,
    /// For how many calls yet.
    pub remaining: u32,
    /// How many calls pass before it begins.
    pub skip: u32,
}

impl Fault {
    /// For the next `times` calls of `route`.
    pub const fn next(route: Route, times: u32, kind: FaultKind) -> Self {
        Self { route, kind, remaining: times, skip: 0 }
    }
}

/// Counts the call, and runs `work` under the fault that is due for it, if any.
pub(crate) async fn under(shared: &Shared, route: Route, work: impl FnOnce() -> Response) -> Response {
    let due = {
        let mut state = shared.lock();
        *state.calls.entry(route).or_default() += 1;
        let mut due = None;
        for fault in state.faults.iter_mut().filter(|fault| fault.route == route) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.remaining > 0 {
                fault.remaining -= 1;
                due = Some(fault.kind.clone());
                break;
            }
        }
        state.faults.retain(|fault| fault.remaining > 0);
        due
    };
    match due {
        None => work(),
        Some(FaultKind::Status { status, reason, retry_after }) => error(route, status, &reason, retry_after),
        Some(FaultKind::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            work()
        }
        Some(FaultKind::SlowAnswer(delay)) => {
            let answer = work();
            tokio::time::sleep(delay).await;
            answer
        }
        Some(FaultKind::AnswerLost) => {
            drop(work());
            lost()
        }
        Some(FaultKind::Garbage) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/html")], "<html><body>Sign in to the network</body></html>").into_response()
        }
    }
}

/// An error answer in the provider's form; the token endpoints' form has the reason as `error`.
fn error(route: Route, status: u16, reason: &str, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = if matches!(route, Route::GoogleToken | Route::GoogleRevoke | Route::MicrosoftToken | Route::CalendlyToken) {
        serde_json::json!({ "error": reason, "error_description": "switched on at the fault page" })
    } else if matches!(route, Route::GraphMe | Route::GraphCalendars | Route::GraphEvents | Route::GraphSubscriptions) {
        serde_json::json!({ "error": { "code": reason, "message": "switched on at the fault page", "innerError": {} } })
    } else if route.as_str().starts_with("calendly.") {
        serde_json::json!({ "title": reason, "message": reason, "details": [] })
    } else if route.as_str().starts_with("stripe.") {
        serde_json::json!({ "error": { "type": "api_error", "code": reason, "message": "switched on at the fault page" } })
    } else {
        serde_json::json!({ "error": { "code": status.as_u16(), "message": "switched on at the fault page", "errors": [{ "domain": "global", "reason": reason, "message": "" }] } })
    };
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Promises more bytes than ever come, and breaks the connection.
fn lost() -> Response {
    struct Broken;
    impl futures_core::Stream for Broken {
        type Item = Result<Bytes, std::io::Error>;

        fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(Some(Err(std::io::Error::other("the answer is lost"))))
        }
    }
    let mut response = Body::from_stream(Broken).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("4096"));
    response
}
