//! `GET /api/bookings`

use std::collections::HashMap;

use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::NaiveDate;
use domain::booking::{BookingFilter, BookingLine, BookingsView};
use domain::calendar::Wanted;
use serde_json::json;
use types::{BookingId, Problem};

use crate::middleware::{Caller, PageRows, problem};

/// What is to be read for a query that makes sense.
pub(crate) fn wanted(query: &HashMap<String, String>) -> Option<Wanted> {
    let day = |name: &str| query.get(name).map(|text| text.parse::<NaiveDate>()).transpose().ok();
    let after = query.get("cursor").map(|text| text.parse::<BookingId>()).transpose().ok()?;
    let which = query.get("which").map_or("all", String::as_str);
    let which = BookingFilter::WHICH.into_iter().find(|name| *name == which)?;
    let filter = BookingFilter { which, from: day("from")?, to: day("to")?, after };
    Some(Wanted { part: Some(BookingsView::part(filter)), ..Wanted::FRAME })
}

/// What was booked with a builder, a page at a time.
pub async fn list(Extension(caller): Extension<Caller>, page: Option<Extension<PageRows>>) -> Response {
    let request_id = caller.op.request_id.to_string();
    let Some(Extension(page)) = page else { return problem(Problem::Invalid, &request_id) };
    let Some(view) = BookingsView::of(&page) else { return problem(Problem::NotFound, &request_id) };
    let next = view.bookings.last().filter(|_| view.has_more).map(|last| last.id);
    let bookings: Vec<_> = view.bookings.iter().map(shape).collect();
    ([(CACHE_CONTROL, "private, no-store")], Json(json!({ "bookings": bookings, "next_cursor": next }))).into_response()
}

fn shape(line: &BookingLine) -> serde_json::Value {
    let client = line.client.as_ref().map(|client| json!({ "name": client.name, "email": client.email }));
    json!({
        "id": line.id, "title": line.title, "status": line.status, "attention": line.attention, "starts_at": line.starts_at, "ends_at": line.ends_at,
        "client": client,
        "price": { "amount": line.price.minor, "currency": line.price.currency },
        "refunded": line.refunded.map_or(0, |back| back.minor),
    })
}
