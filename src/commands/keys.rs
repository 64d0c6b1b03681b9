//! `kairos keys`: every key and secret of the installation by fingerprint, as `/admin/keys` shows them.

use chrono::{DateTime, Utc};
use domain::administration::{self, KeyState, SecretView};
use domain::base::{Clock as _, SystemClock};

use super::start::open;
use crate::config::Config;

/// Prints them.
pub async fn keys() -> Result<(), Vec<String>> {
    let (_memory, state) = open(Config::load().await?).await?;
    let found = administration::list_keys(&state.deps).await.map_err(|error| vec![error.to_string()])?;
    let now = SystemClock.now();
    println!("Encryption keys");
    for key in &found.encryption {
        println!("  {}  wraps {:>8}{}  {}", key.fingerprint, key.uses.unwrap_or_default(), times(key), words(key, now));
    }
    println!("Everything else");
    for secret in &found.secrets {
        println!("  {:<26} {}{}  {}", secret.purpose, secret.fingerprint, times(secret), words(secret, now));
    }
    println!("App passwords of people: {}", found.passwords.first().map_or(0, |password| password.in_all));
    for password in &found.passwords {
        let (given, due) = (day(password.given_at), day(password.due_at()));
        let late = if password.due_at() <= now { "  DUE" } else { "" };
        println!("  {}  given {given}, another is due {due}{late}", password.user_id);
    }
    match found.scan.as_ref().and_then(|scan| Some((day(scan.started_at), scan.scanned()?))) {
        Some((day, scanned)) if scanned.unreadable == 0 => println!("All {} encrypted values opened on {day}", scanned.values),
        Some((_, scanned)) => println!("{} encrypted values do NOT open: /admin/keys names them", scanned.unreadable),
        None => println!("Nothing was scanned yet"),
    }
    Ok(())
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn times(known: &SecretView) -> String {
    let told = |what: &str, at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| format!("  {what} {}", day(at)));
    told("known since", known.since) + &told("last used", known.last_used_at) + &told("another is due", known.due_at)
}

fn words(known: &SecretView, now: DateTime<Utc>) -> &'static str {
    match known.state {
        KeyState::Active if known.due_at.is_some_and(|due| due <= now) => "active, OVERDUE: make another",
        KeyState::Active => "active",
        KeyState::Pending => "pending: given, and not in use yet",
        KeyState::Retiring => "retiring: what was made by it still holds",
        KeyState::SafeToRemove => "safe to remove: it wraps nothing",
        KeyState::Missing => "MISSING here: add it to CALENDAR_ENCRYPTION_KEYS_OLD",
        KeyState::Retired => "retired",
        KeyState::Revoked => "revoked",
    }
}
