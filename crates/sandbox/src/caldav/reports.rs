//! A calendar collection: its state, and the reports of RFC 4791 and RFC 6578.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::data::{ACCOUNT_ID, Resource};
use super::{CaldavState, Call, answer, xml};
use crate::Shared;
use crate::faults::Route;

pub(super) async fn calendar(State(shared): State<Arc<Shared>>, Path((_, name)): Path<(String, String)>, request: Request) -> Response {
    answer(&shared, Route::CaldavEvents, request, |state, call| {
        if let Some(refusal) = call.expect_partition(state) {
            return refusal;
        }
        if !state.calendars.contains_key(&name) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let href = format!("/caldav/{ACCOUNT_ID}/calendars/{name}/");
        match (call.method.as_str(), call.depth.as_str()) {
            ("PROPFIND", "0") => {
                let properties = format!("<sync-token>{0}</sync-token><s:getctag>{0}</s:getctag>", state.token());
                xml::multistatus(&xml::item(&href, &properties), None)
            }
            ("REPORT", "0") if call.body.contains("sync-collection") => sync_collection(state, call, &name, &href),
            ("REPORT", "1") if call.body.contains("calendar-query") => query(state, call, &name, &href),
            ("REPORT", _) if call.body.contains("calendar-multiget") => multiget(state, call, &name),
            // iCloud has no free-busy-query.
            _ => StatusCode::BAD_REQUEST.into_response(),
        }
    })
    .await
}

fn etag(resource: &Resource) -> String {
    format!("<getetag>\"{}\"</getetag>", resource.sequence)
}

/// What changed since a token. The collection is among its own members, and what does not fit is promised by 507.
fn sync_collection(state: &CaldavState, call: &Call, name: &str, href: &str) -> Response {
    let token = call.body.split("<sync-token>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    let Some(since) = state.since(token) else { return xml::condition(StatusCode::FORBIDDEN, "valid-sync-token") };
    let mut changed: Vec<(&String, &Resource)> =
        state.calendars[name].resources.iter().filter(|(_, entry)| entry.sequence > since).collect();
    changed.sort_by_key(|(_, resource)| resource.sequence);
    let size = state.page_size.unwrap_or(usize::MAX);
    let mut items = xml::item(href, "<getetag>\"collection\"</getetag>");
    for (member, resource) in changed.iter().take(size) {
        let member = format!("{href}{member}");
        items += &if resource.deleted { xml::bare(&member, "404 Not Found") } else { xml::item(&member, &etag(resource)) };
    }
    let token = if changed.len() > size {
        items += &xml::bare(href, "507 Insufficient Storage");
        let last = changed.get(size - 1).map_or(since, |(_, resource)| resource.sequence);
        format!("http://sandbox.invalid/sync/{}/{last}", state.epoch)
    } else {
        state.token()
    };
    xml::multistatus(&items, Some(&token))
}

/// Everything, whatever the time range: servers answer too much, and the client has to cut.
fn query(state: &CaldavState, call: &Call, name: &str, href: &str) -> Response {
    if !call.body.contains("comp-filter name=\"VEVENT\"") || !call.body.contains("time-range start=") {
        return xml::condition(StatusCode::FORBIDDEN, "valid-filter");
    }
    let with_data = call.body.contains("calendar-data");
    let mut items = String::new();
    for (member, resource) in state.calendars[name].resources.iter().filter(|(_, resource)| !resource.deleted) {
        let data = if with_data { format!("<c:calendar-data>{}</c:calendar-data>", xml::escape(&resource.text)) } else { String::new() };
        items += &xml::item(&format!("{href}{member}"), &format!("{}{data}", etag(resource)));
    }
    xml::multistatus(&items, None)
}

fn multiget(state: &mut CaldavState, call: &Call, name: &str) -> Response {
    let mut items = String::new();
    for href in call.body.split("<href>").skip(1).filter_map(|rest| rest.split('<').next()) {
        let member = href.rsplit('/').next().unwrap_or_default();
        let found = state.calendars[name].resources.get(member).filter(|resource| !resource.deleted);
        if state.silent_members > 0 {
            state.silent_members -= 1;
            continue;
        }
        items += &match found {
            Some(_) if state.broken_members > 0 => {
                state.broken_members -= 1;
                xml::bare(href, "503 Service Unavailable")
            }
            Some(resource) => {
                xml::item(href, &format!("{}<c:calendar-data>{}</c:calendar-data>", etag(resource), xml::escape(&resource.text)))
            }
            None => xml::bare(href, "404 Not Found"),
        };
    }
    xml::multistatus(&items, None)
}
