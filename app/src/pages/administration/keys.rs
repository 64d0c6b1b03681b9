//! Every key and secret of the installation, by fingerprint: how old it is, when another is due, and whether an older one can go.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, ENCRYPTION_KEY, KeyState, KeysPage, PasswordView, SecretView, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use domain::upkeep::CheckView;
use leptos::prelude::*;

use super::{documents, look, short};
use crate::components::{AppFrame, Flash, Frame, Icon};
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
    let notice = context.notice();
    let page = context.page().and_then(|page| {
        let found: KeysPage = administration::keys(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let secrets = found.secrets.iter().map(|known| secret(known, now)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Keys"</h1>
                    <p class="sub">"By fingerprint; no key is ever shown. Times in UTC."</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                <section class="ledger" aria-labelledby="h-encryption">
                    <header><h2 id="h-encryption">"Encryption"</h2><p>"One key wraps the data keys of people and clients. Older ones open until nothing is wrapped by them: a job sees to that, while everybody goes on working."</p></header>
                    <div><EncryptionKeys keys=found.encryption now=now /></div>
                </section>
                <section class="ledger" aria-labelledby="h-secrets">
                    <header><h2 id="h-secrets">"Everything else"</h2><p>"As it was given at a start, or read anew since. Of client secrets, webhook secrets and session keys two hold at once. Each has a page where it is revoked."</p></header>
                    <div>
                        <table class="table folds">
                            <caption class="visually-hidden">"Secrets, by name, the newest of each first"</caption>
                            <thead><tr><th scope="col">"For"</th><th scope="col">"Fingerprint"</th><th scope="col">"Known since"</th><th scope="col">"Last used"</th><th scope="col">"Another is due"</th><th scope="col">"State"</th></tr></thead>
                            <tbody>{secrets}</tbody>
                        </table>
                    </div>
                </section>
                <section class="ledger" aria-labelledby="h-passwords">
                    <header><h2 id="h-passwords">"App passwords"</h2><p>"What people gave so that their calendar server is read. After a year they are asked for another."</p></header>
                    <div><Passwords passwords=found.passwords now=now /></div>
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
                {documents("docs/security/rotating-keys.md", "How each kind is changed, and what to do after a leak:")}
            </AppFrame>
        };
        Ok(Document::new("Keys", body))
    });
    or_not_found(context, page)
}

/// Encryption keys with their states; `in_short`, without their ages, which not every page reads.
#[component]
pub(super) fn EncryptionKeys(keys: Vec<SecretView>, now: DateTime<Utc>, #[prop(optional)] in_short: bool) -> impl IntoView {
    let rows = keys.iter().map(|known| encryption(known, now, in_short)).collect_view();
    view! {
        <table class="table folds">
            <caption class="visually-hidden">"Encryption keys, the current one first"</caption>
            <thead><tr><th scope="col">"Key"</th><th scope="col">"Wraps"</th>{(!in_short).then(|| view! { <th scope="col">"Known since"</th><th scope="col">"Another is due"</th> })}<th scope="col">"State"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn encryption(known: &SecretView, now: DateTime<Utc>, in_short: bool) -> impl IntoView + use<> {
    let wraps = known.uses.map_or_else(|| "nothing".to_owned(), |wraps| format::counted(wraps, "data key", "data keys"));
    view! {
        <tr>
            <th scope="row"><KeyLink known=known.clone() text=known.fingerprint.clone() /></th>
            <td data-label="Wraps">{wraps}</td>
            {(!in_short).then(|| view! {
                <td data-label="Known since">{since(known, now)}</td>
                <td data-label="Another is due">{due(known)}</td>
            })}
            <td data-label="State">{state(known, now)}</td>
        </tr>
    }
}

fn secret(known: &SecretView, now: DateTime<Utc>) -> impl IntoView + use<> {
    let used = known.last_used_at.map_or_else(|| "not known".to_owned(), |at| format::ago(at, now, UTC));
    view! {
        <tr>
            <th scope="row"><KeyLink known=known.clone() text=known.purpose.clone() /></th>
            <td data-label="Fingerprint"><code>{known.fingerprint.clone()}</code></td>
            <td data-label="Known since">{since(known, now)}</td>
            <td data-label="Last used">{used}</td>
            <td data-label="Another is due">{due(known)}</td>
            <td data-label="State">{state(known, now)}</td>
        </tr>
    }
}

/// To its own page, where it can be revoked.
#[component]
fn KeyLink(known: SecretView, text: String) -> impl IntoView {
    view! { <a href=address(&known)><code>{text}</code></a> }
}

/// Where one is by itself.
pub(super) fn address(known: &SecretView) -> String {
    format!("{HERE}/{}/{}", known.purpose, known.fingerprint)
}

/// Since when it is known.
pub(super) fn since(known: &SecretView, now: DateTime<Utc>) -> String {
    known.since.map_or_else(|| "not known".to_owned(), |since| format::ago(since, now, UTC))
}

/// When another is due, if one is.
pub(super) fn due(known: &SecretView) -> String {
    known.due_at.map_or_else(|| "–".to_owned(), |due| due.format("%-d %B %Y").to_string())
}

/// Where it stands.
pub(super) fn state(known: &SecretView, now: DateTime<Utc>) -> AnyView {
    let is_late = known.due_at.is_some_and(|due| due <= now);
    match known.state {
        KeyState::Active if is_late => {
            view! { <span class="state is-bad"><Icon name="warn" /> " active, overdue: make another"</span> }.into_any()
        }
        KeyState::Active => view! { <span class="state is-good"><Icon name="check" /> " active"</span> }.into_any(),
        KeyState::Pending => {
            view! { <span class="state is-unknown"><Icon name="clock" /> " pending: given, and not in use yet"</span> }.into_any()
        }
        KeyState::Retiring if known.purpose == ENCRYPTION_KEY => {
            view! { <span class="state is-warn"><Icon name="sync" /> " retiring: not safe to remove yet"</span> }.into_any()
        }
        KeyState::Retiring => {
            view! { <span class="state is-warn"><Icon name="sync" /> " retiring: what was made by it still holds"</span> }.into_any()
        }
        KeyState::SafeToRemove => view! { <span class="state is-good"><Icon name="check" /> " safe to remove"</span> }.into_any(),
        KeyState::Missing => {
            view! { <span class="state is-bad"><Icon name="cross" /> " missing here: add it to CALENDAR_ENCRYPTION_KEYS_OLD"</span> }
                .into_any()
        }
        KeyState::Retired => {
            let last = known.last_seen_at.map_or_else(String::new, |at| format!(", last here {}", format::ago(at, now, UTC)));
            view! { <span class="quiet">{format!("retired{last}")}</span> }.into_any()
        }
        KeyState::Revoked => view! { <span class="state is-bad"><Icon name="lock" /> " revoked"</span> }.into_any(),
    }
}

/// App passwords of people by their age.
#[component]
fn Passwords(passwords: Vec<PasswordView>, now: DateTime<Utc>) -> impl IntoView {
    let in_all = passwords.first().map_or(0, |password| password.in_all);
    if in_all == 0 {
        return view! { <p class="empty">"Nobody has left an app password here."</p> }.into_any();
    }
    let rows = passwords
        .iter()
        .map(|password| {
            let state = if password.due_at() <= now {
                view! { <span class="state is-warn"><Icon name="warn" /> " due: they are asked for another"</span> }.into_any()
            } else {
                view! { <span class="state is-good"><Icon name="check" /> " in its time"</span> }.into_any()
            };
            view! {
                <tr>
                    <th scope="row"><a href=format!("/admin/users/{}", password.user_id)><code>{short(&password.user_id.to_string())}</code></a></th>
                    <td data-label="Given">{password.given_at.format("%-d %B %Y").to_string()}</td>
                    <td data-label="Last used">{password.last_used_at.map_or_else(|| "never".to_owned(), |at| format::ago(at, now, UTC))}</td>
                    <td data-label="Another is due">{password.due_at().format("%-d %B %Y").to_string()}</td>
                    <td data-label="State">{state}</td>
                </tr>
            }
        })
        .collect_view();
    let more = in_all > i64::try_from(passwords.len()).unwrap_or(i64::MAX);
    view! {
        <table class="table folds">
            <caption class="visually-hidden">"App passwords, the oldest first"</caption>
            <thead><tr><th scope="col">"Whose"</th><th scope="col">"Given"</th><th scope="col">"Last used"</th><th scope="col">"Another is due"</th><th scope="col">"State"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {more.then(|| view! { <p class="soft mt-4">{format!("The oldest hundred of {}.", format::count(in_all))}</p> })}
    }
    .into_any()
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
