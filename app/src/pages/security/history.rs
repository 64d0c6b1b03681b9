//! Sessions, and who was at the entry.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::accounts::{HistoryView, SessionView};
use leptos::prelude::*;

use crate::components::Icon;
use crate::format;

/// A session, and the way to end it.
pub(super) fn row(session: &SessionView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
    let (program, network) = match &session.browser {
        Some(browser) => (browser.program.clone(), browser.network.clone().unwrap_or_else(|| "not known".to_owned())),
        None => ("Not known".to_owned(), "not known".to_owned()),
    };
    let began = format!("began {}", format::moment(session.began_at, now, zone));
    let last = format::capital(&format::ago(session.last_seen_at, now, zone));
    let end = match (session.is_present, session.label) {
        (true, _) => view! { <span class="state is-good"><Icon name="check" /> " this one"</span> }.into_any(),
        (false, Some(label)) => view! {
            <form method="post" action="/app/settings/security/sessions/end">
                <input type="hidden" name="session" value=label.to_string() />
                <button class="button small" aria-label=format!("Sign out of {program}, last used {}", last.to_lowercase())>"Sign out"</button>
            </form>
        }
        .into_any(),
        (false, None) => view! { <span class="quiet">"with all others"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><strong>{program}</strong> " " <small class="quiet">{began}</small></th>
            <td data-label="Network"><span>{network}</span></td>
            <td data-label="Last used"><time datetime=format::machine(session.last_seen_at)>{last}</time></td>
            <td class="amount">{end}</td>
        </tr>
    }
}

/// Somebody at the entry.
pub(super) fn history_row(entry: &HistoryView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
    let is_by = |way: &str| entry.by.as_deref() == Some(way);
    let (by_passkey, by_google) = (is_by("passkey"), is_by("google"));
    let (class, icon, what) = match entry.action.as_str() {
        "user.signed_in" if by_passkey => ("state is-good", "check", "Signed in with a passkey"),
        "user.sign_in_refused" if by_passkey => ("state is-bad", "cross", "With a passkey, and not let in"),
        "user.proof_refused" if by_passkey => ("state is-bad", "cross", "A passkey that was refused, in a session of yours"),
        "user.sign_in_refused" if is_by("google") => ("state is-bad", "cross", "By Google, while the account was locked"),
        "user.signed_in" if by_google => ("state is-good", "check", "Signed in with Google"),
        "user.password_accepted" if by_google => ("state", "key", "Google says it is you, code to follow"),
        "user.google_linked" => ("state is-good", "key", "Google linked"),
        "user.google_unlinked" => ("state is-warn", "key", "Google unlinked"),
        "user.proof_refused" if by_google => ("state is-bad", "cross", "Another account at Google, in a session of yours"),
        "user.passkey_added" => ("state is-good", "key", "Passkey added"),
        "user.passkey_removed" => ("state is-warn", "key", "Passkey removed"),
        "user.signed_in" => ("state is-good", "check", "Signed in"),
        "user.sign_in_refused" => ("state is-bad", "cross", "A wrong password"),
        "user.code_refused" => ("state is-bad", "cross", "A wrong code"),
        "user.proof_refused" => ("state is-bad", "cross", "A wrong password, in a session of yours"),
        "user.password_accepted" => ("state", "key", "The right password, code to follow"),
        "user.recovery_codes_renewed" => ("state is-warn", "key", "New recovery codes"),
        "user.second_factor_added" => ("state is-good", "key", "Authenticator app added"),
        "user.second_factor_removed" => ("state is-warn", "key", "Authenticator app removed"),
        "user.signed_out" => ("state", "check", "Signed out"),
        "user.password_reset" => ("state is-warn", "key", "A new password by mail"),
        "user.password_changed" => ("state is-warn", "key", "Password changed"),
        _ => ("state", "check", "Signed out of other sessions"),
    };
    let from = match (entry.is_from_here, &entry.place) {
        (Some(true), _) => "where you are now".to_owned(),
        (_, Some(place)) => format!("another place ({place})"),
        (_, None) => "not known".to_owned(),
    };
    let when = format::capital(&format::ago(entry.at, now, zone));
    view! {
        <tr>
            <td data-label="When"><time datetime=format::machine(entry.at)>{when}</time></td>
            <td data-label="What"><span class=class><Icon name=icon /> " " {what}</span></td>
            <td data-label="From"><span>{from}</span></td>
        </tr>
    }
}
