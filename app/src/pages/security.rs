//! Password, sessions, and who was at the entry.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::accounts::{GoogleView, HistoryView, MAX_PASSKEYS, PasskeyView, SecondFactor, SessionView};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{AppFrame, Field, FieldError, Flash, FormError, Frame, Icon, Qr};
use crate::context::{Asked, Form, PageContext};
use crate::document::Document;
use crate::format;
use crate::islands::{Ceremony, PasskeyButton};

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
                    {if found.has_password { view! {
                    <form class="stack gate-left" method="post" action="/app/settings/security/password">
                        <Field form=form.clone() name="current_password" label="Current password" kind="password" autocomplete="current-password" />
                        <Field form=form name="password" label="New password" kind="password" autocomplete="new-password" hint="8 to 100 characters, not one that is guessed first." />
                        <button class="button primary">"Change password"</button>
                    </form>
                    }.into_any() } else { view! {
                        <form class="stack" method="post" action="/forgot">
                            <p>"No password opens this account."</p>
                            <input type="hidden" name="email" value=email />
                            <button class="button">"Mail me a link to set one"</button>
                        </form>
                    }.into_any() }}
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

/// None, one that waits for its first code, or one that is asked for.
#[component]
fn Factor(factor: SecondFactor, form: Form, zone: Tz) -> impl IntoView {
    match factor {
        SecondFactor::None => view! {
            <form method="post" action="/app/settings/security/totp">
                <button class="button">"Set up an authenticator app"</button>
            </form>
        }
        .into_any(),
        SecondFactor::Begun { secret, uri } => view! {
            <div class="stack gate-left">
                <p>"Scan this with the app, or type the key. Then type the six digits that it shows."</p>
                {uri.map(|uri| view! {
                    <Qr text=uri.clone() label="QR code for an authenticator app" />
                    <p class="small"><a href=uri>"Open it in an app on this device"</a></p>
                })}
                <div>
                    <p class="label">"Key"</p>
                    <code class="fingerprint">{secret.unwrap_or_else(|| "not readable".to_owned())}</code>
                </div>
                <form class="stack" method="post" action="/app/settings/security/totp/confirm">
                    <Field form=form name="code" label="Code" autocomplete="one-time-code" />
                    <button class="button primary">"Turn it on"</button>
                </form>
                <form method="post" action="/app/settings/security/totp/remove"><button class="button small">"Cancel"</button></form>
            </div>
        }
        .into_any(),
        SecondFactor::Totp { since } => {
            let since = format!("Since {}.", since.with_timezone(&zone).format("%-d %B %Y"));
            view! {
                <div class="stack">
                    <p><span class="state is-good"><Icon name="check" /> " Authenticator app"</span> " " {since}</p>
                    <form method="post" action="/app/settings/security/totp/remove"><button class="button small danger">"Remove the app"</button></form>
                </div>
            }
            .into_any()
        }
    }
}

/// Those that were just made, shown this once.
#[component]
fn NewRecoveryCodes(codes: Vec<String>) -> impl IntoView {
    (!codes.is_empty()).then(|| {
        let codes = codes.iter().map(|code| view! { <li><code>{code.clone()}</code></li> }).collect_view();
        view! {
            <div class="banner is-warn" role="status" tabindex="-1" autofocus=true>
                <Icon name="key" />
                <h3>"Your recovery codes"</h3>
                <p>"Each lets you in once without the app or the passkey. Keep them where you find them without your phone: they are shown this once, and those of before work no more."</p>
                <ul class="codes">{codes}</ul>
            </div>
        }
    })
}

/// How many are left, and the way to others.
#[component]
fn RecoveryCodes(left: i64) -> impl IntoView {
    let left = format!("{} left.", format::capital(&format::counted(left, "recovery code", "recovery codes")));
    view! {
        <div class="cluster">
            <span>{left}</span>
            <form method="post" action="/app/settings/security/recovery-codes"><button class="button small">"New recovery codes"</button></form>
        </div>
    }
}

/// The account at Google, or the way to link one.
#[component]
fn Google(google: Option<GoogleView>, now: DateTime<Utc>, zone: Tz) -> impl IntoView {
    match google {
        None => view! { <p><a class="button" href="/app/settings/security/google">"Link an account at Google"</a></p> }.into_any(),
        Some(google) => {
            let name = google.email.unwrap_or_else(|| "An account at Google".to_owned());
            let since = format!("linked {}, used {}", format::moment(google.since, now, zone), format::ago(google.last_used_at, now, zone));
            view! {
                <div class="cluster">
                    <span><strong>{name}</strong> " " <small class="quiet">{since}</small></span>
                    <form method="post" action="/app/settings/security/google/unlink"><button class="button small danger">"Unlink"</button></form>
                </div>
            }
            .into_any()
        }
    }
}

/// Those there are, and the way to another.
#[component]
fn Passkeys(passkeys: Vec<PasskeyView>, form: Form, now: DateTime<Utc>, zone: Tz) -> impl IntoView {
    let can_add = passkeys.len() < MAX_PASSKEYS;
    let rows = passkeys
        .iter()
        .map(|passkey| {
            let name = passkey.name.clone().unwrap_or_else(|| "A passkey".to_owned());
            let since = format!("added {}", format::moment(passkey.since, now, zone));
            let used = passkey.last_used_at.map_or_else(|| "not used yet".to_owned(), |at| format!("used {}", format::ago(at, now, zone)));
            view! {
                <li class="cluster">
                    <span><strong>{name.clone()}</strong> " " <small class="quiet">{since} ", " {used}</small></span>
                    <form method="post" action="/app/settings/security/passkeys/remove">
                        <input type="hidden" name="passkey" value=passkey.id.to_string() />
                        <button class="button small danger" aria-label=format!("Remove the passkey {name}")>"Remove"</button>
                    </form>
                </li>
            }
        })
        .collect_view();
    let typed = form.value("name").unwrap_or_default();
    view! {
        <div class="stack">
            {(!passkeys.is_empty()).then(|| view! { <ul class="stack" aria-label="Your passkeys">{rows}</ul> })}
            {can_add.then(|| view! {
                <form class="stack gate-left" method="post" action="/app/settings/security/passkeys">
                    <FieldError form=form name="passkey" />
                    <PasskeyButton ceremony=Ceremony::Register label="Add a passkey".to_owned() class="button primary".to_owned() name=Some(typed) />
                </form>
            })}
        </div>
    }
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

fn history_row(entry: &HistoryView, now: DateTime<Utc>, zone: Tz) -> impl IntoView + use<> {
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
