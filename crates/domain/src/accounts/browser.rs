//! What a person recognises one of their sessions by: which browser, and roughly from where. Sealed with their own key, in the session.

use chrono::TimeDelta;
use types::UserId;
use uuid::Uuid;

use super::{AccountError, store};
use crate::audit::{self, Action};
use crate::base::Deps;
use crate::jobs::{Job, enqueue};
use crate::vault::{PersonKey, Place};

/// A browser, as a person would name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// `Firefox on Linux`.
    pub program: String,
    /// The network it came from: `203.0.113.0/24`, `2001:db8:1::/48`.
    pub network: Option<String>,
}

impl Browser {
    /// Out of a `User-Agent` header. Those are written by whoever sends them: only a few known words of it are taken.
    pub fn from_user_agent(text: &str, network: Option<String>) -> Self {
        // The first that is found names it: most pretend to be the ones further down.
        let programs = [
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser/", "Samsung Internet"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ];
        let systems = [
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("CrOS", "ChromeOS"),
            ("Windows", "Windows"),
            ("Macintosh", "Mac"),
            ("Linux", "Linux"),
        ];
        let find = |names: &[(&str, &'static str)]| names.iter().find(|(word, _)| text.contains(word)).map(|(_, name)| *name);
        let program = match (find(&programs), find(&systems)) {
            (Some(program), Some(system)) => format!("{program} on {system}"),
            (Some(program), None) => program.to_owned(),
            (None, Some(system)) => format!("A program on {system}"),
            (None, None) => "An unknown program".to_owned(),
        };
        Self { program, network }
    }

    fn to_text(&self) -> String {
        serde_json::json!([self.program, self.network]).to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        let (program, network) = serde_json::from_str(text).ok()?;
        Some(Self { program, network })
    }
}

fn place(label: Uuid) -> Place {
    Place::new("sessions", "browser_sealed", label)
}

/// What the session named `label` runs in; `None` when it is over, or cannot be read.
pub async fn browser_of(deps: &Deps, user: UserId, label: Uuid) -> Result<Option<Browser>, sqlx::Error> {
    let mut tx = deps.database.begin(Some(user)).await?;
    let Some(sealed) = store::find_browser(&mut tx, user, label).await? else { return Ok(None) };
    let key = PersonKey::load_in(&mut tx, deps, user).await.ok();
    Ok(key.and_then(|key| open_browser(&key, label, &sealed)))
}

/// Tells the person by mail of a browser that signed in for the first time, if another one did before.
pub async fn tell_of_browser(deps: &Deps, user: UserId, label: Uuid) -> Result<(), AccountError> {
    let mut tx = deps.database.begin(Some(user)).await?;
    // The log says who signed in for a year; an account that is older than a day was signed in to before.
    let is_older = store::is_older_than(&mut tx, user, deps.now() - TimeDelta::days(1)).await?;
    if is_older || audit::happened_twice(&mut tx, user, Action::UserSignedIn).await? {
        enqueue(&mut tx, Job::SendNewBrowser { user, label })?;
    }
    tx.commit().await?;
    Ok(())
}

/// What goes into the session named `label`, in hexadecimal.
pub async fn seal_browser(deps: &Deps, user: UserId, label: Uuid, browser: &Browser) -> Result<String, AccountError> {
    let mut tx = deps.database.begin(Some(user)).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    tx.rollback().await?;
    Ok(hex::encode(key.seal(place(label), browser.to_text().as_bytes(), &*deps.chance)))
}

/// What was sealed there; `None` when it cannot be opened.
pub(super) fn open_browser(key: &PersonKey, label: Uuid, sealed: &str) -> Option<Browser> {
    let sealed = hex::decode(sealed).ok()?;
    Browser::from_text(&key.open_text(place(label), &sealed).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_known_words_only() {
        let named = |text: &str| Browser::from_user_agent(text, None).program;
        assert_eq!(named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), "Firefox on Linux");
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(named(chrome), "Chrome on Windows");
        assert_eq!(named(&format!("{chrome} Edg/156.0")), "Edge on Windows");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
        assert_eq!(named(iphone), "Safari on iPhone");
        assert_eq!(named("<script>alert(1)</script>"), "An unknown program");
        let browser = Browser { program: "Firefox on Linux".to_owned(), network: Some("203.0.113.0/24".to_owned()) };
        assert_eq!(Browser::from_text(&browser.to_text()), Some(browser));
    }
}
