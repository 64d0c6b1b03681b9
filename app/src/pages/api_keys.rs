//! The keys of a person's programs.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::api_keys::{ApiKeyView, Lifetime};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;
use types::Scope;

use super::or_not_found;
use crate::components::{AppFrame, Field, FieldError, Flash, FormError, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;

/// The frame and the keys.
pub const fn api_keys_wants(_asked: &Asked) -> Wanted {
    Wanted { api_keys: true, ..Wanted::FRAME }
}

/// `/app/settings/security/keys`
pub fn api_keys(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let keys = page.api_keys().ok_or(CalendarError::NotFound)?;
        let allowed: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| scope.permission().allows(page.roles())).collect();
        let made = context.secrets.first().cloned();
        let frame = Frame::of(page, Titles::LeftSealed);
        let (now, zone) = (context.asked.now, frame.person.zoned.zone);
        let is_empty = keys.is_empty();
        let rows = keys.iter().map(|key| row(key, now, zone)).collect_view();
        let chosen = form.values.get("scope").cloned().unwrap_or_default();
        let scopes = allowed
            .into_iter()
            .map(|scope| {
                let is_chosen = chosen.iter().any(|text| text == scope.as_str());
                view! {
                    <label class="choice">
                        <input type="checkbox" name="scope" value=scope.as_str() checked=is_chosen />
                        <span>{scope.label()} " " <code>{scope.as_str()}</code></span>
                    </label>
                }
            })
            .collect_view();
        let days = form.value("days").unwrap_or_else(|| Lifetime::Days90.days().to_string());
        let lifetimes = Lifetime::ALL
            .into_iter()
            .map(|lifetime| {
                let value = lifetime.days().to_string();
                view! { <option value=value.clone() selected=value == days>{format!("{} days", lifetime.days())}</option> }
            })
            .collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings/security">
                <div class="page-head"><div>
                    <h1>"API keys"</h1>
                    <p class="sub">"For programs of yours that read Kairos. " <a href="/app/settings/security">"Back to security"</a></p>
                </div></div>
                <Flash notice=notice path="/app/settings/security/keys".to_owned() />
                {made.map(|key| view! {
                    <div class="banner is-warn" role="status">
                        <Icon name="key" />
                        <h2>"Your new key"</h2>
                        <p>"Copy it now: it is shown this once. Whoever has it can read what it allows."</p>
                        <code class="fingerprint">{key}</code>
                    </div>
                })}
                <section class="ledger" aria-labelledby="h-keys">
                    <header>
                        <h2 id="h-keys">"Your keys"</h2>
                        <p>"A key reads and changes nothing. It ends on its day or when you end it, and its tokens with it at once."</p>
                    </header>
                    {if is_empty {
                        view! { <p class="empty">"No program reads Kairos in your name. If one is to, make a key for it below."</p> }.into_any()
                    } else {
                        view! {
                            <table class="table folds">
                                <caption class="visually-hidden">"Newest first"</caption>
                                <thead><tr><th scope="col">"Name"</th><th scope="col">"Reads"</th><th scope="col">"Last used"</th><th scope="col">"Ends"</th><th scope="col"><span class="visually-hidden">"End it"</span></th></tr></thead>
                                <tbody>{rows}</tbody>
                            </table>
                        }
                        .into_any()
                    }}
                </section>
                <section class="ledger" aria-labelledby="h-new">
                    <header>
                        <h2 id="h-new">"Make a key"</h2>
                        <p>"The program sends it to " <code>"POST /api/token"</code> " and gets a token for 30 minutes. What can be asked then is in " <a href="/api/openapi.json" rel="external">"the OpenAPI document"</a> "."</p>
                    </header>
                    <form class="stack gate-left" method="post" action="/app/settings/security/keys">
                        <FormError form=form.clone() />
                        <Field form=form.clone() name="name" label="Name" hint="What it is for: backup script, kitchen display." />
                        <fieldset class="field" aria-describedby=form.described_by("scope", false)>
                            <legend>"What it may read"</legend>
                            {scopes}
                            <FieldError form=form.clone() name="scope" />
                        </fieldset>
                        <div class="field">
                            <label for="days">"Ends after"</label>
                            <select class="input" id="days" name="days">{lifetimes}</select>
                        </div>
                        <button class="button primary">"Make the key"</button>
                    </form>
                </section>
            </AppFrame>
        };
        Ok(Document::new("API keys", body))
    });
    or_not_found(context, page)
}

fn row(key: &ApiKeyView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
    let name = key.name.clone().unwrap_or_else(|| "not readable".to_owned());
    let scopes = key.scopes.iter().map(|scope| view! { <code>{scope.as_str()}</code> " " }).collect_view();
    let made = format!("made {}", format::moment(key.created_at, now, zone));
    let last = match key.last_used_at {
        Some(at) => view! { <time datetime=format::machine(at)>{format::capital(&format::ago(at, now, zone))}</time> }.into_any(),
        None => view! { <span class="quiet">"never"</span> }.into_any(),
    };
    let ends = key.expires_at.with_timezone(&zone).format("%-d %B %Y").to_string();
    view! {
        <tr>
            <th scope="row"><strong>{name.clone()}</strong> " " <small class="quiet">{made}</small></th>
            <td data-label="Reads"><span>{scopes}</span></td>
            <td data-label="Last used">{last}</td>
            <td data-label="Ends"><time datetime=format::machine(key.expires_at)>{ends}</time></td>
            <td class="amount">
                <form method="post" action="/app/settings/security/keys/end">
                    <input type="hidden" name="key" value=key.id.to_string() />
                    <button class="button small danger" aria-label=format!("End the key {name}")>"End"</button>
                </form>
            </td>
        </tr>
    }
}
