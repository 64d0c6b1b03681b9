//! Passkeys, an authenticator app, recovery codes, and an account at Google.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::accounts::{GoogleView, MAX_PASSKEYS, PasskeyView, SecondFactor};
use leptos::prelude::*;

use crate::components::{Field, FieldError, Icon, Qr};
use crate::context::Form;
use crate::format;
use crate::islands::{Ceremony, PasskeyButton};

/// None, one that waits for its first code, or one that is asked for.
#[component]
pub(super) fn Factor(factor: SecondFactor, form: Form, zone: Tz) -> impl IntoView {
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
pub(super) fn NewRecoveryCodes(codes: Vec<String>) -> impl IntoView {
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
pub(super) fn RecoveryCodes(left: i64) -> impl IntoView {
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
pub(super) fn Google(google: Option<GoogleView>, now: DateTime<Utc>, zone: Tz) -> impl IntoView {
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
pub(super) fn Passkeys(passkeys: Vec<PasskeyView>, form: Form, now: DateTime<Utc>, zone: Tz) -> impl IntoView {
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
