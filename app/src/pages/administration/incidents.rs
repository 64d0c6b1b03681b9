//! What was found, and how far each has been worked on.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, IncidentFilter, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use domain::incidents::IncidentView;
use leptos::prelude::*;
use types::incident_name;

use super::{cut, documents, look, place, severity, short, status_word, tabs};
use crate::components::{AppFrame, Frame};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const STATUSES: [(&str, &str); 3] = [("", "Under way"), ("closed", "Closed"), ("all", "All")];

/// The frame, and the incidents that the address asks for.
pub fn incidents_wants(asked: &Asked) -> calendar::Wanted {
    let status = asked.query.get("status").filter(|status| STATUSES.iter().any(|(known, _)| known == status && !known.is_empty()));
    let before = asked.query.get("before").and_then(|number| number.parse().ok());
    look(&Wanted::Incidents(IncidentFilter { status: status.cloned(), before }))
}

/// `/admin/incidents`
pub fn incidents(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let mut found = administration::incidents(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let has_more = cut(&mut found);
        let chosen = context.asked.query.get("status").cloned().unwrap_or_default();
        let tabs = tabs("/admin/incidents", "status", &STATUSES, &chosen);
        let older = found.last().filter(|_| has_more).map(|last| format!("/admin/incidents?status={chosen}&before={}", last.number));
        let is_empty = found.is_empty();
        let rows = found.iter().map(|incident| row(incident, now)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/incidents">
                <div class="page-head"><div><h1>"Incidents"</h1><p class="sub">"Kairos looks every five seconds for what is suspicious, and keeps what it counted with its proofs. Times in UTC."</p></div></div>
                <nav class="tabs" aria-label="Which incidents">{tabs}</nav>
                {if is_empty {
                    view! { <div class="empty"><p>"Nothing suspicious was found, or all of it is closed."</p></div> }.into_any()
                } else {
                    view! {
                        <table class="table folds">
                            <caption class="visually-hidden">"Incidents, newest first"</caption>
                            <thead><tr><th scope="col">"Incident"</th><th scope="col">"What was found"</th><th scope="col">"Severity"</th><th scope="col">"How far"</th><th scope="col">"About"</th><th scope="col">"Last seen"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }}
                {older.map(|href| view! { <div class="pages"><span></span><a href=href>"Older incidents"</a></div> })}
                {documents("docs/security/incident-runbook.md", "What to do when one is opened, in order:")}
            </AppFrame>
        };
        Ok(Document::new("Incidents", body))
    });
    or_not_found(context, page)
}

fn row(incident: &IncidentView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let about = match (&incident.subject_user_id, &incident.address) {
        (Some(user), _) => {
            view! { <a href=format!("/admin/users/{user}")>"person " <code>{short(&user.to_string())}</code></a> }.into_any()
        }
        (None, Some(address)) => view! { <span>"address " <code>{place(address)}</code></span> }.into_any(),
        (None, None) => view! { <span>"the installation"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/incidents/{}", incident.id)>{incident_name(incident.number)}</a></th>
            <td data-label="Found"><span>{incident.rule.words()} " " <small class="quiet">{format!("counted {}", format::count(incident.found))}</small></span></td>
            <td data-label="Severity">{severity(incident.severity)}</td>
            <td data-label="How far"><span>{status_word(incident.status)}</span></td>
            <td data-label="About">{about}</td>
            <td data-label="Last seen"><time datetime=format::machine(incident.last_found_at)>{format::capital(&format::ago(incident.last_found_at, now, UTC))}</time></td>
        </tr>
    }
}
