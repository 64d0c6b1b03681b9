//! The unguessable part of the addresses that providers push to.

use std::path::Path;

use secrecy::SecretString;

use super::keys::kept;
use super::{Environment, Source};

const NAME: &str = "WEBHOOK_PATH_TOKEN";
const LEAST: usize = 32;

/// `WEBHOOK_PATH_TOKEN`; in development made on first start.
pub(super) fn read(source: &mut Source, environment: Environment, data_dir: &Path) -> SecretString {
    let text = match source.secret(NAME) {
        Some(text) => text,
        None if environment.is_development() => match kept(NAME, data_dir) {
            // Kept as keys are; in a path only letters, digits, - and _ stay as they are.
            Ok(text) => text.replace('+', "-").replace('/', "_").replace('=', ""),
            Err(error) => {
                source.problem(NAME, format!("is not set and could not be kept in {}: {error}", data_dir.display()));
                return SecretString::default();
            }
        },
        None => {
            source.problem(NAME, "is not set: the addresses that providers push to need it; make one with: openssl rand -hex 32");
            return SecretString::default();
        }
    };
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if text.len() < LEAST || !text.chars().all(fits) {
        source.problem(NAME, "is not 32 or more letters, digits, - and _: make one with: openssl rand -hex 32");
    }
    text.into()
}
