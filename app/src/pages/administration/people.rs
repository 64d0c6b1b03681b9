//! Everybody who has an account, without names.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, PeopleFilter, PersonView, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use leptos::prelude::*;

use super::{cut, documents, look, short};
use crate::components::{AppFrame, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const STATES: [(&str, &str); 5] =
    [("", "Everybody"), ("locked", "Locked"), ("unconfirmed", "Not confirmed"), ("admin", "Admins"), ("builder", "Builders")];

/// The frame, and the people that the address asks for.
pub fn people_wants(asked: &Asked) -> calendar::Wanted {
    let given = |name: &str| asked.query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty() && text.len() <= 254);
    look(&Wanted::People(PeopleFilter {
        text: given("q"),
        state: given("state").filter(|state| STATES.iter().any(|(known, _)| known == state)),
        before: given("before").and_then(|id| id.parse().ok()),
    }))
}

/// `/admin/users`
pub fn people(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let mut found = administration::people(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let (now, asked) = (context.asked.now, context.asked.clone());
        let has_more = cut(&mut found);
        let chosen = asked.query.get("state").cloned().unwrap_or_default();
        let text = asked.query.get("q").cloned().unwrap_or_default();
        let states = STATES.into_iter().map(|(value, label)| view! { <option value=value selected=value == chosen>{label}</option> }).collect_view();
        let older = found.last().filter(|_| has_more).map(|last| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(asked.query.iter().filter(|(name, _)| *name != "before")).append_pair("before", &last.id.to_string());
            format!("/admin/users?{}", query.finish())
        });
        let is_empty = found.is_empty();
        let rows = found.iter().map(|person| row(person, now)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/users">
                <div class="page-head"><div><h1>"People"</h1><p class="sub">"Newest first, by id: a name is shown on a person’s page to whoever says why. Times in UTC."</p></div></div>
                <form class="filters" method="get" action="/admin/users" role="search">
                    <div class="field"><label for="q">"Id or whole email address"</label><input class="input" id="q" name="q" value=text autocomplete="off" /></div>
                    <div class="field"><label for="state">"State"</label><select class="select" id="state" name="state">{states}</select></div>
                    <button class="button">"Show"</button>
                </form>
                {if is_empty {
                    view! { <div class="empty"><p>"Nobody is like that. " <a href="/admin/users">"Show everybody"</a></p></div> }.into_any()
                } else {
                    view! {
                        <table class="table folds">
                            <caption class="visually-hidden">"People, newest first"</caption>
                            <thead><tr><th scope="col">"Person"</th><th scope="col">"Roles"</th><th scope="col">"State"</th><th scope="col">"Sessions"</th><th scope="col">"Connections"</th><th scope="col">"Since"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }}
                {older.map(|href| view! { <div class="pages"><span></span><a href=href>"Older accounts"</a></div> })}
                {documents("docs/adr/0021-incidents.md", "Why admins see ids and places as hashes:")}
            </AppFrame>
        };
        Ok(Document::new("People", body))
    });
    or_not_found(context, page)
}

fn row(person: &PersonView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let id = person.id.to_string();
    let roles = person.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let state = match (person.locked_at, person.email_verified_at) {
        (Some(_), _) => ("state is-bad", "lock", "locked"),
        (None, None) => ("state is-unknown", "unknown", "not confirmed"),
        (None, Some(_)) => ("state is-good", "check", "confirmed"),
    };
    let seen = person.last_seen_at.map(|at| format!("last used {}", format::ago(at, now, UTC)));
    let factor = if person.has_second_factor { "second factor" } else { "no second factor" };
    let troubled = (person.troubled > 0)
        .then(|| view! { " " <span class="state is-warn"><Icon name="warn" /> " " {person.troubled} " not well"</span> });
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/users/{id}")><code title=id.clone()>{short(&id)}</code></a></th>
            <td data-label="Roles"><span>{roles}</span></td>
            <td data-label="State"><span><span class=state.0><Icon name=state.1 /> " " {state.2}</span> " " <small class="quiet">{factor}</small></span></td>
            <td data-label="Sessions"><span>{person.sessions} " " <small class="quiet">{seen}</small></span></td>
            <td data-label="Connections"><span>{person.connections} {troubled}</span></td>
            <td data-label="Since"><time datetime=format::machine(person.created_at)>{person.created_at.format("%-d %b %Y").to_string()}</time></td>
        </tr>
    }
}
