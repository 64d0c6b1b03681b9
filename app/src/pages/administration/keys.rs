//! Every key and secret of the installation, by fingerprint: how old it is, when another is due, and whether an older one can go.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, EncryptionKey, KeyState, KeysPage, SecretView, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use domain::upkeep::CheckView;
use leptos::prelude::*;

use super::{documents, look};
use crate::components::{AppFrame, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/admin/keys";

/// The frame, and the keys.
pub fn keys_wants(_asked: &Asked) -> calendar::Wanted {
    look(&Wanted::Keys)
}

/// `/admin/keys`
pub fn keys(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let found: KeysPage = administration::keys(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let secrets = found.secrets.iter().map(|known| secret(known, now)).collect_view();
        let passwords = match found.passwords {
            (0, _) | (_, None) => "Nobody has left an app password here.".to_owned(),
            (1, Some(oldest)) => format!("One person's app password is kept, since {}.", format::ago(oldest, now, UTC)),
            (count, Some(oldest)) => format!("{} app passwords of people are kept; the oldest since {}.", format::count(count), format::ago(oldest, now, UTC)),
        };
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Keys"</h1>
                    <p class="sub">"By fingerprint; no key is ever shown. Times in UTC."</p>
                </div></div>
                <section class="ledger" aria-labelledby="h-encryption">
                    <header><h2 id="h-encryption">"Encryption"</h2><p>"One key wraps the data keys of people and clients. Older ones open until nothing is wrapped by them: a job sees to that, while everybody goes on working."</p></header>
                    <EncryptionKeys keys=found.encryption />
                </section>
                <section class="ledger" aria-labelledby="h-secrets">
                    <header><h2 id="h-secrets">"Everything else"</h2><p>"As it was given at a start, or read anew since. Two webhook secrets hold at once; so do two session keys."</p></header>
                    <div>
                        <table class="table folds">
                            <caption class="visually-hidden">"Secrets, by name, the newest of each first"</caption>
                            <thead><tr><th scope="col">"For"</th><th scope="col">"Fingerprint"</th><th scope="col">"Known since"</th><th scope="col">"Another is due"</th><th scope="col">"State"</th></tr></thead>
                            <tbody>{secrets}</tbody>
                        </table>
                        <p class="soft mt-4">{passwords}</p>
                    </div>
                </section>
                <section class="ledger" aria-labelledby="h-scan">
                    <header><h2 id="h-scan">"Whether everything opens"</h2><p>"Every night each encrypted value is opened and forgotten again."</p></header>
                    <div><Scan scan=found.scan now=now /></div>
                </section>
                <section class="ledger" aria-labelledby="h-how">
                    <header><h2 id="h-how">"How one is changed"</h2></header>
                    <ol class="stack">
                        <li>"Make another: " <code>"openssl rand -base64 32"</code> "."</li>
                        <li>"Move what is in " <code>"CALENDAR_ENCRYPTION_KEY"</code> " to " <code>"CALENDAR_ENCRYPTION_KEYS_OLD"</code> ", and put the new one in its place. From files and from a secret store it is read within a minute, or at once on SIGHUP; from the environment, start the replicas again, one after another."</li>
                        <li>"Wait until the old one is safe to remove here. Then take it out the same way."</li>
                    </ol>
                </section>
                {documents("docs/adr/0005-two-kinds-of-keys.md", "What each key is for:")}
            </AppFrame>
        };
        Ok(Document::new("Keys", body))
    });
    or_not_found(context, page)
}

/// Encryption keys with their states.
#[component]
pub(super) fn EncryptionKeys(keys: Vec<EncryptionKey>) -> impl IntoView {
    let rows = keys.iter().map(encryption).collect_view();
    view! {
        <table class="table folds">
            <caption class="visually-hidden">"Encryption keys, the current one first"</caption>
            <thead><tr><th scope="col">"Key"</th><th scope="col">"Wraps"</th><th scope="col">"State"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn encryption(key: &EncryptionKey) -> impl IntoView + use<> {
    let state = match key.state {
        KeyState::Active => view! { <span class="state is-good"><Icon name="check" /> " active"</span> }.into_any(),
        KeyState::Retiring => {
            view! { <span class="state is-warn"><Icon name="sync" /> " retiring: not safe to remove yet"</span> }.into_any()
        }
        KeyState::SafeToRemove => view! { <span class="state is-good"><Icon name="check" /> " safe to remove"</span> }.into_any(),
        KeyState::Missing => {
            view! { <span class="state is-bad"><Icon name="cross" /> " missing here: add it to CALENDAR_ENCRYPTION_KEYS_OLD"</span> }
                .into_any()
        }
    };
    let wraps = format::counted(key.wraps, "data key", "data keys");
    view! {
        <tr>
            <th scope="row"><code>{key.fingerprint.clone()}</code></th>
            <td data-label="Wraps">{wraps}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
}

fn secret(known: &SecretView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let state = match (known.is_present, known.due_at <= now) {
        (true, false) => view! { <span class="state is-good"><Icon name="check" /> " in use"</span> }.into_any(),
        (true, true) => view! { <span class="state is-bad"><Icon name="warn" /> " overdue: make another"</span> }.into_any(),
        (false, _) => {
            let last = format!(" not here any more, last {}", format::ago(known.last_seen_at, now, UTC));
            view! { <span class="quiet">{last}</span> }.into_any()
        }
    };
    view! {
        <tr>
            <th scope="row"><code>{known.purpose.clone()}</code></th>
            <td data-label="Fingerprint"><code>{known.fingerprint.clone()}</code></td>
            <td data-label="Known since">{format::ago(known.since, now, UTC)}</td>
            <td data-label="Another is due">{known.due_at.format("%-d %B %Y").to_string()}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
}

/// How the last scan of what is sealed went.
#[component]
fn Scan(scan: Option<CheckView>, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let Some((when, scanned)) = scan.and_then(|scan| Some((format::ago(scan.started_at, now, UTC), scan.scanned()?))) else {
        return view! { <p class="empty">"There was no scan yet. The first begins when the server has started."</p> }.into_any();
    };
    let (values, people) = (format::count(scanned.values), format::count(scanned.people));
    if scanned.unreadable == 0 {
        return view! { <p>{format!("All {values} values of {people} people opened, {when}.")}</p> }.into_any();
    }
    let rows = scanned
        .places
        .into_iter()
        .map(|place| view! { <tr><td data-label="Table">{place.table}</td><td data-label="Column">{place.column}</td><td data-label="Row"><code>{place.row.to_string()}</code></td></tr> })
        .collect_view();
    view! {
        <p class="state is-bad"><Icon name="cross" />{format!("{} of {values} values do not open, {when}.", format::count(scanned.unreadable))}</p>
        <table class="table folds mt-4">
            <caption class="visually-hidden">"Values that do not open, the first hundred"</caption>
            <thead><tr><th scope="col">"Table"</th><th scope="col">"Column"</th><th scope="col">"Row"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="soft mt-4">"Where all of one person's are listed, the key to them is missing or was changed; where it is one value, that value was."</p>
    }
    .into_any()
}
