//! Where settings come from, what was asked for, and what was wrong.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use url::Url;

use super::report::{Problem, Setting};

/// Settings by name. Remembers what was asked, so that `kairos check` can show it.
#[derive(Default)]
pub struct Source {
    settings: BTreeMap<String, String>,
    asked: BTreeMap<&'static str, Setting>,
    problems: Vec<Problem>,
    secrets: BTreeMap<&'static str, String>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

impl Source {
    /// The process' environment, over an optional `.env` file unless `APP_ENV` there says otherwise.
    pub fn environment() -> Self {
        let mut settings = super::dotenv::read();
        settings.extend(std::env::vars().filter(|(_, value)| !value.trim().is_empty()));
        Self { settings, ..Self::default() }
    }

    /// Exactly these.
    pub fn of(settings: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { settings: settings.into_iter().collect(), ..Self::default() }
    }

    /// A setting that may be shown.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.settings.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        self.asked.insert(name, value.clone().map_or(Setting::Default, Setting::Shown));
        value
    }

    /// What is not set yet.
    pub(super) fn add(&mut self, settings: impl IntoIterator<Item = (String, String)>) {
        for (name, value) in settings {
            self.settings.entry(name).or_insert(value);
        }
    }

    /// A setting that may not be shown, or the file that `…_FILE` names.
    pub fn secret(&mut self, name: &'static str) -> Option<String> {
        let file = self.settings.get(&format!("{name}_FILE")).filter(|_| !self.settings.contains_key(name)).cloned();
        if let Some(path) = file {
            match std::fs::read_to_string(path.trim()) {
                Ok(text) => {
                    self.settings.insert(name.to_owned(), text);
                }
                Err(error) => self.problem(name, format!("is to be read from a file, and that cannot be read: {error}")),
            }
        }
        let value = self.settings.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        self.asked.insert(name, if value.is_some() { Setting::Secret } else { Setting::Default });
        if let Some(value) = &value {
            self.secrets.insert(name, value.clone());
        }
        value
    }

    /// A setting parsed into a type; what does not parse is a problem and counts as not set.
    pub fn parsed<T: std::str::FromStr>(&mut self, name: &'static str, what: &str) -> Option<T> {
        let text = self.text(name)?;
        if let Ok(value) = text.parse() {
            Some(value)
        } else {
            self.problem(name, format!("is not {what}"));
            None
        }
    }

    /// An address that is asked over HTTP, for `what`, such as `example`.
    pub fn http_url(&mut self, name: &'static str, what: &str, example: &str) -> Option<Url> {
        let url = self.parsed::<Url>(name, &format!("{what}, such as {example}"));
        if url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base()) {
            self.problem(name, format!("is not an address of HTTP, such as {example}"));
        }
        url
    }

    /// An email address.
    pub fn email(&mut self, name: &'static str) -> Option<String> {
        let address = self.text(name);
        if address.as_ref().is_some_and(|address| !address.contains('@')) {
            self.problem(name, "is not an email address");
        }
        address
    }

    /// Notes a problem.
    pub fn problem(&mut self, name: &'static str, what: impl Into<String>) {
        self.problems.push(Problem { name, what: what.into() });
    }

    /// Everything that was wrong.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// A digest of every secret that was asked for: two that are equal are of the same secrets.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for (name, value) in &self.secrets {
            for part in [name.as_bytes(), value.as_bytes()] {
                digest.update(part.len().to_be_bytes());
                digest.update(part);
            }
        }
        digest.finalize().into()
    }

    /// What was asked for, by name.
    pub fn asked(&self) -> &BTreeMap<&'static str, Setting> {
        &self.asked
    }
}
