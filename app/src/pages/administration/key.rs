//! One key or secret: what it is for, where it stands, and what stops when it is revoked, said before it is.

use chrono_tz::UTC;
use domain::administration::{self, ENCRYPTION_KEY, KeyState, KeysPage, SecretView};
use domain::calendar::{CalendarError, Titles};
use leptos::prelude::*;

use super::documents;
use super::keys::{address, due, since, state};
use crate::components::{AppFrame, FormError, Frame};
use crate::context::PageContext;
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const LIST: &str = "/admin/keys";

/// `/admin/keys/{purpose}/{fingerprint}`
pub fn key(context: &PageContext) -> Document {
    let form = context.form.clone();
    let page = context.page().and_then(|page| {
        let found: KeysPage = administration::keys(page).ok_or(CalendarError::NotFound)?;
        let asked = |name: &str| context.asked.path.get(name).cloned().unwrap_or_default();
        let known = found.find(&asked("purpose"), &asked("fingerprint")).cloned().ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let title = format!("{} {}", known.purpose, known.fingerprint);
        let used = known.last_used_at.map(|at| view! { <dt>"Last used"</dt><dd>{format::ago(at, now, UTC)}</dd> });
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=LIST>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href=LIST>"Keys"</a></li><li aria-current="page"><code>{known.fingerprint.clone()}</code></li></ol>
                </nav>
                <div class="gate-left">
                    <h1><code>{known.purpose.clone()}</code></h1>
                    <FormError form=form.clone() />
                    <dl class="why roomy mt-5">
                        <dt>"Fingerprint"</dt><dd><code>{known.fingerprint.clone()}</code></dd>
                        <dt>"State"</dt><dd>{state(&known, now)}</dd>
                        <dt>"Known since"</dt><dd>{since(&known, now)}</dd>
                        {used}
                        {known.due_at.map(|_| view! { <dt>"Another is due"</dt><dd>{due(&known)}</dd> })}
                    </dl>
                    <Revoke known=known />
                </div>
                {documents("docs/security/rotating-keys.md", "How it is changed, and what to do after a leak:")}
            </AppFrame>
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}

#[component]
fn Revoke(known: SecretView) -> impl IntoView {
    match known.state {
        KeyState::Revoked => {
            view! { <p class="mt-5">"It is revoked: no server uses it, whatever its configuration says. That is not taken back; make another."</p> }.into_any()
        }
        KeyState::Missing => {
            view! { <p class="mt-5">"No server that answers you has it, so there is nothing to revoke here."</p> }.into_any()
        }
        KeyState::Active if administration::is_needed(&known.purpose) => view! {
            <p class="mt-5">"It is the one in use, and nothing goes on without one. To revoke it, put another in first and leave this one beside it; when every server has both, revoke this one here."</p>
            <p class="mt-4"><a class="button" href=LIST>"Back to all keys"</a></p>
        }
        .into_any(),
        _ => {
            let action = format!("{}/revoke", address(&known));
            view! {
                <h2 class="mt-6">"When it is revoked"</h2>
                <p class="mt-2">{what_stops(&known)}</p>
                <p class="mt-2">"Every server stops using it within seconds, also one whose configuration still has it. That cannot be taken back."</p>
                <form class="cluster mt-5" method="post" action=action>
                    <button class="button danger sure">"Revoke it now"</button>
                    <a class="button" href=LIST>"Keep it"</a>
                </form>
            }
            .into_any()
        }
    }
}

/// What does not work any more, with how much of it there is.
fn what_stops(known: &SecretView) -> String {
    let uses = known.uses.unwrap_or_default();
    let is_active = known.state == KeyState::Active;
    match known.purpose.as_str() {
        ENCRYPTION_KEY if uses > 0 => format!(
            "What is encrypted for {} is never readable again: names, addresses, tokens, events. They have to sign up or connect anew. Waiting until it wraps nothing avoids that; a job is at it.",
            format::counted(uses, "person or client", "people and clients")
        ),
        ENCRYPTION_KEY => "Nothing: it wraps nothing. A copy of the database that was made while it did cannot be read any more.".to_owned(),
        "SESSION_KEY" => "Everybody is signed out, you too, and access tokens of programs that it signed are refused. People sign in again; keys of programs stay.".to_owned(),
        "AUDIT_SIGNING_KEY" => "Nothing: another signs the log already. Heads that it signed stay valid up to the size at which it was followed.".to_owned(),
        "GOOGLE_CLIENT_SECRET" if is_active => connections(uses, "Google", "Nobody can sign in with Google. "),
        "OUTLOOK_CLIENT_SECRET" if is_active => connections(uses, "Outlook", ""),
        "CALENDLY_CLIENT_SECRET" if is_active => format::capital(&format!(
            "{} connected by consent cannot be read, and no session of theirs be booked. If another secret is given beside it, that one is used instead.",
            format::counted(uses, "builder who is", "builders who are")
        )),
        "STRIPE_SECRET_KEY" if is_active => format!(
            "Nothing can be sold, refunded or compared until another key is in; {} under way. Money that was paid meanwhile is found then.",
            format::counted(uses, "payment is", "payments are")
        ),
        "CALENDLY_WEBHOOK_SECRET" | "STRIPE_WEBHOOK_SECRET" => {
            "What is signed by it is refused. If nothing else is given beside it, what happens there is found by comparing, within fifteen minutes instead of at once.".to_owned()
        }
        _ => "Nothing that is in use: another of its name is.".to_owned(),
    }
}

fn connections(count: i64, provider: &str, besides: &str) -> String {
    format::capital(&format!(
        "{} not read any more, and their pages say that access is refused. {besides}If another secret is given beside it, that one is used instead.",
        format::counted(count, &format!("{provider} connection is"), &format!("{provider} connections are"))
    ))
}
