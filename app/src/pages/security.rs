//! Password, sessions, and who was at the door.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::accounts::{DoorView, SessionView};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{AppFrame, Field, Flash, FormError, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;

/// The frame, sessions and history.
pub const fn security_wants(_asked: &Asked) -> Wanted {
    Wanted { security: true, ..Wanted::FRAME }
}

/// `/app/settings/security`
pub fn security(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let found = page.security().ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let (now, zone) = (context.asked.now, frame.person.zoned.zone);
        let others = found.sessions.iter().filter(|session| !session.is_present).count();
        let sessions = found.sessions.iter().map(|session| row(session, now, zone)).collect_view();
        let history = found.history.iter().map(|door| door_row(door, now, zone)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings/security">
                <div class="page-head"><div><h1>"Security"</h1><p class="sub">"Your password, where you are signed in, and who tried to be."</p></div></div>
                <Flash notice=notice path="/app/settings/security".to_owned() />
                <section class="ledger" aria-labelledby="h-sessions">
                    <header>
                        <h2 id="h-sessions">"Where you are signed in"</h2>
                        <p>"A session ends by itself two hours after its last use, and 24 hours after it began."</p>
                    </header>
                    <div class="stack">
                        <table class="table folds">
                            <caption class="visually-hidden">"Your sessions, this one first"</caption>
                            <thead><tr><th scope="col">"Browser"</th><th scope="col">"Network"</th><th scope="col">"Last used"</th><th scope="col"><span class="visually-hidden">"End it"</span></th></tr></thead>
                            <tbody>{sessions}</tbody>
                        </table>
                        {(others > 0).then(|| view! {
                            <form method="post" action="/app/settings/security/sessions/end-others">
                                <button class="button danger">{format!("Sign out everywhere else ({others})")}</button>
                            </form>
                        })}
                    </div>
                </section>
                <section class="ledger" aria-labelledby="h-password">
                    <header>
                        <h2 id="h-password">"Password"</h2>
                        <p>"Setting another one signs you out everywhere else, and ends the address of your calendar feed if there is one."</p>
                    </header>
                    <form class="stack gate-left" method="post" action="/app/settings/security/password">
                        <FormError form=form.clone() />
                        <Field form=form.clone() name="current_password" label="Present password" kind="password" autocomplete="current-password" />
                        <Field form=form name="password" label="New password" kind="password" autocomplete="new-password" hint="8 to 100 characters, not one that is guessed first." />
                        <button class="button primary">"Change password"</button>
                    </form>
                </section>
                <section class="ledger" aria-labelledby="h-history">
                    <header>
                        <h2 id="h-history">"Who was at the door"</h2>
                        <p>"The last twenty times that somebody signed in, or tried to. Places are not kept: only whether they are the same."</p>
                    </header>
                    <table class="table folds">
                        <caption class="visually-hidden">"Newest first"</caption>
                        <thead><tr><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"From"</th></tr></thead>
                        <tbody>{history}</tbody>
                    </table>
                </section>
            </AppFrame>
        };
        Ok(Document::new("Security", body))
    });
    or_not_found(context, page)
}

fn row(session: &SessionView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
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

fn door_row(door: &DoorView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
    let (class, icon, what) = match door.action.as_str() {
        "user.signed_in" => ("state is-good", "check", "Signed in"),
        "user.sign_in_refused" => ("state is-bad", "cross", "A wrong password"),
        "user.signed_out" => ("state", "check", "Signed out"),
        "user.password_reset" => ("state is-warn", "key", "A new password by mail"),
        "user.password_changed" => ("state is-warn", "key", "Password changed"),
        _ => ("state", "check", "Signed out of other sessions"),
    };
    let from = match (door.is_from_here, &door.place) {
        (Some(true), _) => "where you are now".to_owned(),
        (_, Some(place)) => format!("another place ({place})"),
        (_, None) => "not known".to_owned(),
    };
    let when = format::capital(&format::ago(door.at, now, zone));
    view! {
        <tr>
            <td data-label="When"><time datetime=format::machine(door.at)>{when}</time></td>
            <td data-label="What"><span class=class><Icon name=icon /> " " {what}</span></td>
            <td data-label="From"><span>{from}</span></td>
        </tr>
    }
}
