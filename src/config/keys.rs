//! Keys: from the environment, or in development made on first start and kept in the data folder with mode 0600.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use domain::base::{Chance, OsChance};
use domain::vault::Key;
use secrecy::{ExposeSecret, SecretBox};

use super::{Environment, Source};

const HOW: &str = "make one with: openssl rand -base64 32";
/// Keys that stand in documents, ours or others', and are therefore none. By fingerprint.
const PUBLISHED: &[&str] = &["Fo16o0bIenkHEed/QCTxbxXaNHnJD1oM2EKnNZXI+Mo="];

/// The keys.
#[derive(Debug)]
pub struct KeyConfig {
    /// `CALENDAR_ENCRYPTION_KEY`.
    pub current: Key,
    /// `CALENDAR_ENCRYPTION_KEYS_OLD`.
    pub older: Vec<Key>,
    /// `SESSION_KEY`.
    pub session: Key,
    /// `SESSION_KEYS_OLD`.
    pub older_sessions: Vec<Key>,
    /// `AUDIT_SIGNING_KEY`: the seed of an Ed25519 key.
    pub audit: Arc<SecretBox<[u8; 32]>>,
    /// `AUDIT_SIGNING_KEYS_OLD`.
    pub older_audits: Vec<Arc<SecretBox<[u8; 32]>>>,
}

pub(super) fn read(source: &mut Source, environment: Environment, data_dir: &Path) -> Option<KeyConfig> {
    let current = key(source, "CALENDAR_ENCRYPTION_KEY", environment, data_dir);
    let session = key(source, "SESSION_KEY", environment, data_dir);
    let audit = seed(source, "AUDIT_SIGNING_KEY", environment, data_dir);
    let older = keys(source, "CALENDAR_ENCRYPTION_KEYS_OLD");
    let older_sessions = keys(source, "SESSION_KEYS_OLD");
    let older_audits = seeds(source, "AUDIT_SIGNING_KEYS_OLD");
    let (current, session, audit) = (current?, session?, audit?);
    if current.id() == session.id() {
        source.problem("SESSION_KEY", "is the same as CALENDAR_ENCRYPTION_KEY; each needs its own");
    }
    if [current.id(), session.id()].contains(&Key::new(*audit.expose_secret()).id()) {
        source.problem("AUDIT_SIGNING_KEY", "is the same as another key; each needs its own");
    }
    Some(KeyConfig { current, older, session, older_sessions, audit: Arc::new(audit), older_audits })
}

fn keys(source: &mut Source, name: &'static str) -> Vec<Key> {
    several(source, name).iter().filter_map(|text| Key::parse(text).ok()).collect()
}

fn seeds(source: &mut Source, name: &'static str) -> Vec<Arc<SecretBox<[u8; 32]>>> {
    several(source, name).iter().filter_map(|text| bytes(text)).map(Arc::new).collect()
}

/// Texts of keys, separated by commas. What is no key is a problem, and none of them.
fn several(source: &mut Source, name: &'static str) -> Vec<String> {
    let mut texts = Vec::new();
    for text in source.secret(name).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match Key::parse(text) {
            Ok(_) => texts.push(text.to_owned()),
            Err(error) => source.problem(name, format!("holds an entry that {error}")),
        }
    }
    texts
}

fn key(source: &mut Source, name: &'static str, environment: Environment, data_dir: &Path) -> Option<Key> {
    text(source, name, environment, data_dir).and_then(|text| Key::parse(&text).ok())
}

fn seed(source: &mut Source, name: &'static str, environment: Environment, data_dir: &Path) -> Option<SecretBox<[u8; 32]>> {
    bytes(&text(source, name, environment, data_dir)?)
}

fn bytes(text: &str) -> Option<SecretBox<[u8; 32]>> {
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim().trim_end_matches('=')).ok()?;
    bytes.try_into().ok().map(|bytes| SecretBox::new(Box::new(bytes)))
}

/// The text of a key that is one.
fn text(source: &mut Source, name: &'static str, environment: Environment, data_dir: &Path) -> Option<String> {
    let text = match source.secret(name) {
        Some(text) => text,
        None if environment.is_development() => match kept(name, data_dir) {
            Ok(text) => text,
            Err(error) => {
                source.problem(name, format!("is not set and could not be kept in {}: {error}", data_dir.display()));
                return None;
            }
        },
        None => {
            source.problem(name, format!("is not set: {HOW}"));
            return None;
        }
    };
    let parsed = match Key::parse(&text) {
        Ok(key) => key,
        Err(error) => {
            source.problem(name, format!("{error}: {HOW}"));
            return None;
        }
    };
    let published = PUBLISHED.iter().filter_map(|text| Key::parse(text).ok()).any(|known| known.id() == parsed.id());
    let repeated = text.trim_end_matches('=').chars().collect::<std::collections::HashSet<_>>().len() < 12;
    if !environment.is_development() && (published || repeated) {
        source.problem(name, format!("is a sample, not a secret: {HOW}"));
    }
    Some(text)
}

/// The development key, or other secret of 256 bits, of this name: made on first use. Never overwrites one.
pub(super) fn kept(name: &str, data_dir: &Path) -> std::io::Result<String> {
    let folder = data_dir.join("keys");
    let path = folder.join(name);
    if let Ok(text) = fs::read_to_string(&path) {
        return Ok(text);
    }
    fs::create_dir_all(&folder)?;
    let chance: &dyn Chance = &OsChance;
    let text = base64::engine::general_purpose::STANDARD.encode(chance.bytes::<32>());
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text)
        }
        // Another replica on the same folder was quicker.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => fs::read_to_string(&path),
        Err(error) => Err(error),
    }
}
