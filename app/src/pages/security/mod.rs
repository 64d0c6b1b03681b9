//! Password, sessions, and who was at the entry.

mod history;
mod ways_in;

use domain::accounts::SecondFactor;
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use self::history::{history_row, row};
use self::ways_in::{Factor, Google, NewRecoveryCodes, Passkeys, RecoveryCodes};
use super::or_not_found;
use crate::components::{AppFrame, Field, Flash, FormError, Frame};
use crate::context::{Asked, PageContext};
use crate::document::Document;

/// The frame, sessions and history.
pub const fn security_wants(_asked: &Asked) -> Wanted {
    Wanted { security: true, ..Wanted::FRAME }
}

/// `/app/settings/security`
pub fn security(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let found = page.security().ok_or(CalendarError::NotFound)?;
        let codes = context.secrets.clone();
        let (has_google, has_passkeys) = (context.site.has_google, context.site.has_passkeys);
        let has_factor = matches!(found.second_factor, SecondFactor::Totp { .. }) || !found.passkeys.is_empty();
        let frame = Frame::of(page, Titles::LeftSealed);
        let (now, zone) = (context.asked.now, frame.person.zoned.zone);
        let email = frame.person.email.clone().unwrap_or_default();
        let others = found.sessions.iter().filter(|session| !session.is_present).count();
        let sessions = found.sessions.iter().map(|session| row(session, now, zone)).collect_view();
        let history = found.history.iter().map(|entry| history_row(entry, now, zone)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings/security">
                <div class="page-head"><div><h1>"Security"</h1><p class="sub">"Where you are signed in, your password, and a second factor."</p></div></div>
                <Flash notice=notice path="/app/settings/security".to_owned() />
                <FormError form=form.clone() />
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
                <section class="ledger" aria-labelledby="h-factor">
                    <header>
                        <h2 id="h-factor">"Second factor"</h2>
                        <p>"A passkey, or a code of an app on your phone that is asked for after your password. Then a password alone, known to whoever, opens nothing."</p>
                    </header>
                    <div class="stack">
                        <NewRecoveryCodes codes=codes />
                        {has_passkeys.then(|| view! { <Passkeys passkeys=found.passkeys form=form.clone() now=now zone=zone /> })}
                        <Factor factor=found.second_factor form=form.clone() zone=zone />
                        {has_factor.then(|| view! { <RecoveryCodes left=found.recovery_codes_left /> })}
                    </div>
                </section>
                {has_google.then(|| view! {
                    <section class="ledger" aria-labelledby="h-google">
                        <header>
                            <h2 id="h-google">"Sign in with Google"</h2>
                            <p>"An account at Google that opens this one. It is not asked for your calendars; those are connected by themselves."</p>
                        </header>
                        <Google google=found.google now=now zone=zone />
                    </section>
                })}
                <section class="ledger" aria-labelledby="h-keys">
                    <header>
                        <h2 id="h-keys">"API keys"</h2>
                        <p>"For programs of yours that read your calendars from here."</p>
                    </header>
                    <p><a class="button" href="/app/settings/security/keys">"Keys and scopes"</a></p>
                </section>
                <section class="ledger" aria-labelledby="h-password">
                    <header>
                        <h2 id="h-password">"Password"</h2>
                        <p>"Setting another one signs you out everywhere else, and ends the address of your calendar feed if there is one."</p>
                    </header>
                    {if found.has_password {
                        view! {
                            <form class="stack gate-left" method="post" action="/app/settings/security/password">
                                <Field form=form.clone() name="current_password" label="Current password" kind="password" autocomplete="current-password" />
                                <Field form=form name="password" label="New password" kind="password" autocomplete="new-password" hint="8 to 100 characters, not one that is guessed first." />
                                <button class="button primary">"Change password"</button>
                            </form>
                        }
                        .into_any()
                    } else {
                        view! {
                            <form class="stack" method="post" action="/forgot">
                                <p>"No password opens this account."</p>
                                <input type="hidden" name="email" value=email />
                                <button class="button">"Mail me a link to set one"</button>
                            </form>
                        }
                        .into_any()
                    }}
                </section>
                <section class="ledger" aria-labelledby="h-history">
                    <header>
                        <h2 id="h-history">"Sign-in history"</h2>
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
