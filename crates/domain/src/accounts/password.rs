//! What a password must be, and how it is kept: argon2id, at most as many at once as there are cores.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::AccountError;
use super::breached::is_breached;
use super::cause::Source;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer than 8 characters.
    TooShort,
    /// More than 100 characters.
    TooLong,
    /// Published after a breach.
    Breached,
    /// Among those that are guessed first, or made of the person's own name or address.
    TooCommon,
    /// The one that an admin put out of use.
    PutOutOfUse,
}

/// How much of a password is compared with what is guessed first: the work grows with the square of it, and with every character that may
/// stand for another (a hundred of the right ones kept a core for a second).
const COMPARED: usize = 32;

/// Looks at a new password. Nothing is folded, and all characters count (NIST SP 800-63B, 5.1.1.2).
fn check(password: &str, own_words: &[&str]) -> Result<(), PasswordProblem> {
    match password.chars().count() {
        0..8 => Err(PasswordProblem::TooShort),
        101.. => Err(PasswordProblem::TooLong),
        _ => {
            let end = password.char_indices().nth(COMPARED).map_or(password.len(), |(end, _)| end);
            let score = zxcvbn::zxcvbn(&password[..end], own_words).score();
            if score < zxcvbn::Score::Two {
                Err(PasswordProblem::TooCommon)
            } else if is_breached(password) {
                Err(PasswordProblem::Breached)
            } else {
                Ok(())
            }
        }
    }
}

/// Whatever takes a core its time: judging a new password, hashing and verifying. OWASP's second recommended setting of argon2id (19 MiB,
/// 2 passes, 1 lane), about 16 ms of one core each.
#[derive(Debug, Clone)]
pub struct Hasher {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// Verified against when there is no account, so that both answers take as long; whoever knows its password gets nothing by it. Not made at
/// start: hashing takes memory that stays.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$EYno+9VPfniwh7gTSJcQlw$SAAPi6ABCvokH5vB6aNWQvzj/UrtLgR3i61lQ6bp3RI";

impl Hasher {
    /// At most `cores` at once; thirty-two times as many may wait their turn, the rest are sent away.
    pub fn new(cores: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(cores.max(1))), queue: Arc::new(Semaphore::new(cores.max(1) * 32)) }
    }

    /// Looks at a new password, which must not be made of `own_words` either.
    pub(super) async fn check(&self, password: &SecretString, own_words: &[&str]) -> Result<Result<(), PasswordProblem>, AccountError> {
        let password = password.clone();
        let own_words: Vec<String> = own_words.iter().map(|word| word.chars().take(100).collect()).collect();
        self.run(move || {
            let own_words: Vec<&str> = own_words.iter().map(String::as_str).collect();
            check(password.expose_secret(), &own_words)
        })
        .await
    }

    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: &SecretString) -> Result<String, AccountError> {
        let password = password.clone();
        self.run(move || hash(password.expose_secret())).await?
    }

    /// Whether `password` is the one behind `stored`; with `None`, and where it was put out of use, it takes as long and is false.
    pub(super) async fn verify(&self, password: &SecretString, stored: Option<String>) -> Result<bool, AccountError> {
        let stored = stored.filter(|stored| !stored.starts_with(NO_PASSWORD));
        let (password, known) = (password.clone(), stored.is_some());
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        let matches = self.run(move || verify(password.expose_secret(), &stored)).await??;
        Ok(matches && known)
    }

    /// Whether `password` is the one that was put out of use.
    pub(super) async fn was_put_out_of_use(&self, password: &SecretString, stored: &str) -> Result<bool, AccountError> {
        match stored.strip_prefix(NO_PASSWORD) {
            None | Some("") => Ok(false),
            Some(last) => self.verify(password, Some(last.to_owned())).await,
        }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
        let _place = self.queue.try_acquire().map_err(|_| AccountError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| AccountError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|error| Source::Argon2(error.to_string()).into())
    }
}

/// No password opens the account. What follows is the hash of the last that did, as in shadow(5).
pub(in crate::accounts) const NO_PASSWORD: &str = "!";

fn argon2() -> Result<Argon2<'static>, AccountError> {
    let parameters = Params::new(19_456, 2, 1, None).map_err(|error| Source::Argon2(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

fn hash(password: &str) -> Result<String, AccountError> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|error| Source::Argon2(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> Result<bool, AccountError> {
    let stored = PasswordHash::new(stored).map_err(|error| Source::Argon2(error.to_string()))?;
    Ok(argon2()?.verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn common_short_long_and_own_passwords_are_refused() {
        let check = |password: &SecretString, own_words: &[&str]| check(password.expose_secret(), own_words);
        assert_eq!(check(&secret("short"), &[]), Err(PasswordProblem::TooShort));
        assert_eq!(check(&secret(&"x7!".repeat(34)), &[]), Err(PasswordProblem::TooLong));
        for common in ["password", "password1", "12345678", "qwertyuiop", "iloveyou", "letmein123", "football1"] {
            assert_eq!(check(&secret(common), &[]), Err(PasswordProblem::TooCommon), "{common}");
        }
        assert_eq!(check(&secret("noorhaddad"), &["noorhaddad"]), Err(PasswordProblem::TooCommon));
        assert_eq!(check(&secret("Rahul123"), &[]), Err(PasswordProblem::Breached));
        assert_eq!(check(&secret("weaving-light-9"), &["Noor"]), Ok(()));
        assert_eq!(check(&secret("ключ от квартиры"), &[]), Ok(()));
        // Cut between characters, not in one.
        assert_eq!(check(&secret(&"ключ от квартиры где деньги".repeat(3)), &[]), Ok(()));
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_nobody_matches_none() {
        let hasher = Hasher::new(1);
        let stored = hasher.hash(&secret("weaving-light-9")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify(&secret("weaving-light-9"), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify(&secret("weaving-light-8"), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify(&secret("no password at all, for nobody"), None).await.unwrap());
        // As long as any other: of the same settings.
        assert!(verify("no password at all, for nobody", NOBODY).unwrap());
        assert_eq!(NOBODY[..31], stored[..31]);
        // Put out of use it opens nothing, and is known for what it was.
        let ended = format!("{NO_PASSWORD}{stored}");
        assert!(!hasher.verify(&secret("weaving-light-9"), Some(ended.clone())).await.unwrap());
        assert!(hasher.was_put_out_of_use(&secret("weaving-light-9"), &ended).await.unwrap());
        assert!(!hasher.was_put_out_of_use(&secret("weaving-light-8"), &ended).await.unwrap());
        assert!(!hasher.was_put_out_of_use(&secret("weaving-light-9"), &stored).await.unwrap());
        assert!(!hasher.verify(&secret(""), Some(NO_PASSWORD.to_owned())).await.unwrap());
        assert!(!hasher.was_put_out_of_use(&secret(""), NO_PASSWORD).await.unwrap());
    }

    #[tokio::test]
    async fn when_the_queue_is_full_the_next_is_sent_away_at_once() {
        let hasher = Hasher::new(1);
        let _all = hasher.queue.clone().acquire_many_owned(32).await.unwrap();
        assert!(matches!(hasher.hash(&secret("weaving-light-9")).await, Err(AccountError::Busy)));
        // Judging one takes a core as well, and longer than hashing where somebody chose it for that.
        assert!(matches!(hasher.check(&secret("4@8({[<3691!|70$5+%2"), &[]).await, Err(AccountError::Busy)));
    }
}
