//! `kairos keys`: every key and secret of the installation by fingerprint, as `/admin/keys` shows them.

use domain::administration::{self, KeyState};
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
        let words = match key.state {
            KeyState::Active => "active: everything new is wrapped by it",
            KeyState::Retiring => "retiring: what it wraps is being wrapped by the active one",
            KeyState::SafeToRemove => "safe to remove: it wraps nothing",
            KeyState::Missing => "MISSING here: add it to CALENDAR_ENCRYPTION_KEYS_OLD",
        };
        println!("  {}  wraps {:>8}  {words}", key.fingerprint, key.wraps);
    }
    println!("Everything else");
    for secret in &found.secrets {
        let state = match (secret.is_present, secret.due_at <= now) {
            (true, true) => "OVERDUE: make another",
            (true, false) => "in use",
            (false, _) => "not in use any more",
        };
        let (since, due) = (secret.since.format("%Y-%m-%d"), secret.due_at.format("%Y-%m-%d"));
        println!("  {:<26} {}  known since {since}, another is due {due}  {state}", secret.purpose, secret.fingerprint);
    }
    match found.scan.as_ref().and_then(|scan| Some((scan.started_at.format("%Y-%m-%d"), scan.scanned()?))) {
        Some((day, scanned)) if scanned.unreadable == 0 => println!("All {} encrypted values opened on {day}", scanned.values),
        Some((_, scanned)) => println!("{} encrypted values do NOT open: /admin/keys names them", scanned.unreadable),
        None => println!("Nothing was scanned yet"),
    }
    Ok(())
}
