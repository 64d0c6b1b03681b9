//! The second factor: passkeys are in `passkeys/`; here are codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost.

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use totp_rs::{Algorithm, Builder, Totp};
use types::{ConsentPurpose, UserId};
use zeroize::Zeroizing;

use super::cause::Source;
use super::{AccountError, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Chance, Deps, Op, Tx};
use crate::consents;
use crate::jobs::{Job, SignInChange, enqueue};
use crate::limits::{self, Limit};
use crate::vault::{LookupHash, PersonKey, Place};

/// Codes for when the app is lost; each works once.
const RECOVERY_CODES: usize = 10;
/// How long a secret waits for its first code.
pub(super) const BEGUN: TimeDelta = TimeDelta::minutes(15);
/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const RECOVERY_LENGTH: usize = 10;

/// Which of the two a code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Factor {
    Totp,
    Recovery,
}

impl Factor {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Recovery => "recovery_code",
        }
    }
}

/// Who tries a code. Each is counted by itself: whoever has the password and nothing else cannot keep its owner waiting in a browser of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trier {
    /// A browser that signed in to the account before.
    KnownBrowser,
    /// Any other.
    Stranger,
    /// A session of the person.
    Session,
}

impl Trier {
    fn key(self, user: UserId) -> Vec<u8> {
        let of: &[u8] = match self {
            Self::Stranger => b"",
            Self::KnownBrowser => b" known browser",
            Self::Session => b" session",
        };
        [user.0.as_bytes(), of].concat()
    }
}

fn place(user: UserId) -> Place {
    Place::new("totp_authenticators", "secret_sealed", user.0)
}

/// SHA-1, six digits, thirty seconds: what every app takes. One step before and after, for clocks that differ.
fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(30).with_secret(secret)
}

fn totp(secret: &[u8]) -> Result<Totp, AccountError> {
    builder(secret).build().map_err(|error| Source::Totp(error.to_string()).into())
}

/// What an app is given: an `otpauth` URI, as QR code or as a link.
pub(super) fn totp_uri(secret: &[u8], issuer: &str, account: &str) -> Option<String> {
    let clean = |text: &str| text.replace(':', " ");
    builder(secret).with_issuer(Some(clean(issuer))).with_account_name(clean(account)).build().ok()?.to_url().ok()
}

/// The secret of an app that was not confirmed yet.
pub(super) fn open_totp(key: &PersonKey, user: UserId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    key.open(place(user), sealed).ok()
}

/// A secret as it is typed into an app: base32 in groups of four.
pub(super) fn spoken(secret: &[u8]) -> String {
    let text = totp_rs::Secret::from(secret).to_base32();
    text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// Makes a secret for an app, which counts when its first code was right. Another that waits is replaced; one that counts is not.
pub async fn begin_totp(deps: &Deps, op: &Op) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let secret: [u8; 20] = deps.chance.bytes();
    let sealed = key.seal(place(user), &secret, &*deps.chance);
    if store::begin_totp(&mut tx, user, &sealed, deps.now()).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::UserSecondFactorBegun, user, user.0));
    }
    tx.commit().await?;
    Ok(())
}

/// The app's first code. From here on one is asked for at sign-in; the answer are recovery codes, which are shown once, or none if there were some
/// already.
pub async fn confirm_totp(deps: &Deps, op: &Op, session: &LookupHash, code: &SecretString) -> Result<Vec<String>, AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    limits::take(deps, op, Limit::CodesOfPerson, &Trier::Session.key(user)).await??;
    let mut tx = deps.begin(op).await?;
    // Before the app's own row, as whoever removes one does: a passkey that goes meanwhile knows of the app, or the app of it.
    store::lock_in(&mut tx, user).await?;
    let Some(step) = step_of(&mut tx, deps, user, code, false).await? else {
        audit::append(&mut tx, deps, op, Event::done(Action::UserCodeRefused, user, user.0).ending(Outcome::Refused));
        tx.commit().await?;
        return Err(AccountError::Refused);
    };
    if !store::confirm_totp(&mut tx, user, step, deps.now()).await? {
        return Err(AccountError::Refused);
    }
    let (codes, ended) = first_of_person(&mut tx, deps, user, session).await?;
    changed(&mut tx, deps, op, user, SignInChange::Added).await?;
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(codes)
}

/// No app any more. With the last second factor the recovery codes go too.
pub async fn remove_totp(deps: &Deps, op: &Op) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    store::lock_in(&mut tx, user).await?;
    if store::remove_totp(&mut tx, user).await? {
        store::settle_second_factor(&mut tx, user).await?;
        changed(&mut tx, deps, op, user, SignInChange::Removed).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whoever knew the password before it was set anew may have added ways in of their own: an account at Google is unlinked, and passkeys come after
/// the new password, as a second step, until each was used so once.
pub(super) async fn distrust_other_ways_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<(), AccountError> {
    store::set_opens_alone(tx, user, None).await?;
    if store::delete_openid_identity(tx, user).await? {
        changed(tx, deps, op, user, SignInChange::GoogleUnlinked).await?;
    }
    Ok(())
}

/// What follows from the first second factor of somebody: every session but the one that asks ends, because they were begun without it, and there
/// are recovery codes. Returns these and the hashes of those.
pub(super) async fn first_of_person(
    tx: &mut Tx,
    deps: &Deps,
    user: UserId,
    session: &LookupHash,
) -> Result<(Vec<String>, Vec<LookupHash>), AccountError> {
    if !store::set_second_factor(tx, user).await? {
        return Ok(Default::default());
    }
    store::session_has_second_factor(tx, user, session).await?;
    let ended = store::delete_other_sessions(tx, user, session).await?;
    Ok((renew_codes(tx, deps, user).await?, ended))
}

/// Other recovery codes; those of before work no more. `Refused`: there is no second factor to recover.
pub async fn renew_recovery_codes(deps: &Deps, op: &Op) -> Result<Vec<String>, AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    store::find_own(&mut tx, user).await?.filter(|own| own.has_second_factor).ok_or(AccountError::Refused)?;
    let codes = renew_codes(&mut tx, deps, user).await?;
    changed(&mut tx, deps, op, user, SignInChange::CodesRenewed).await?;
    tx.commit().await?;
    Ok(codes)
}

/// The person is told by mail of a change that somebody else may have made.
pub(in crate::accounts) async fn changed(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    user: UserId,
    change: SignInChange,
) -> Result<(), AccountError> {
    let action = match change {
        SignInChange::Added => Action::UserSecondFactorAdded,
        SignInChange::Removed | SignInChange::AllRemoved => Action::UserSecondFactorRemoved,
        SignInChange::PasskeyAdded => Action::UserPasskeyAdded,
        SignInChange::PasskeyRemoved => Action::UserPasskeyRemoved,
        SignInChange::GoogleLinked => Action::UserGoogleLinked,
        SignInChange::GoogleUnlinked => Action::UserGoogleUnlinked,
        SignInChange::CodesRenewed => Action::UserRecoveryCodesRenewed,
    };
    audit::append(tx, deps, op, Event::done(action, user, user.0));
    match change {
        SignInChange::GoogleLinked => consents::give_in(tx, deps, op, user, ConsentPurpose::GoogleSignIn).await?,
        SignInChange::GoogleUnlinked => consents::withdraw_in(tx, deps, op, user, ConsentPurpose::GoogleSignIn).await?,
        _ => {}
    }
    enqueue(tx, Job::SendSignInChanged { user, change })?;
    Ok(())
}

async fn renew_codes(tx: &mut Tx, deps: &Deps, user: UserId) -> Result<Vec<String>, AccountError> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(&*deps.chance)).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| recovery_hash(deps, user, code).to_vec()).collect();
    store::replace_recovery_codes(tx, user, &hashes, deps.now()).await?;
    Ok(codes)
}

/// `ABCDE-FGHJK`: fifty random bits.
fn recovery_code(chance: &dyn Chance) -> String {
    let letters: [u8; RECOVERY_LENGTH] = chance.bytes();
    let mut code: String = letters.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    code.insert(RECOVERY_LENGTH / 2, '-');
    code
}

fn recovery_hash(deps: &Deps, user: UserId, code: &str) -> LookupHash {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    deps.vault.lookup().hash("recovery code", format!("{user} {plain}").as_bytes())
}

/// The step that a code of the person's app belongs to.
async fn step_of(tx: &mut Tx, deps: &Deps, user: UserId, code: &SecretString, is_confirmed: bool) -> Result<Option<i64>, AccountError> {
    let Some(sealed) = store::find_totp(tx, user, is_confirmed, deps.now() - BEGUN).await? else { return Ok(None) };
    let key = PersonKey::load_in(tx, deps, user).await?;
    let secret = key.open(place(user), &sealed)?;
    let digits: String = code.expose_secret().chars().filter(|letter| !letter.is_whitespace()).collect();
    let seconds = u64::try_from(deps.now().timestamp()).unwrap_or_default();
    Ok(totp(&secret)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// Whether `code` is one of the person's, and uses it up. `Refused` is on the record, and counted.
pub(super) async fn take_code(deps: &Deps, op: &Op, user: UserId, trier: Trier, code: &SecretString) -> Result<Factor, AccountError> {
    limits::take(deps, op, Limit::CodesOfPerson, &trier.key(user)).await??;
    limits::take_for_client(deps, op, Limit::SignInsFromAddress).await??;
    let mut tx = deps.database.begin(Some(user)).await?;
    let taken = match step_of(&mut tx, deps, user, code, true).await? {
        Some(step) => store::use_totp_step(&mut tx, user, step).await?.then_some(Factor::Totp),
        None => {
            let hash = recovery_hash(deps, user, code.expose_secret());
            store::use_recovery_code(&mut tx, user, &hash, deps.now()).await?.then_some(Factor::Recovery)
        }
    };
    if taken.is_none() {
        let event = Event::done(Action::UserCodeRefused, user, user.0).ending(Outcome::Refused);
        audit::append(&mut tx, deps, op, event);
    }
    tx.commit().await?;
    taken.ok_or(AccountError::Refused)
}

/// Somebody in a session of the person's could not show that it is them. `by`: what they tried, `password` or `passkey`.
pub(super) async fn proof_refused(deps: &Deps, op: &Op, user: UserId, by: &'static str) -> Result<(), AccountError> {
    let mut tx = deps.begin(op).await?;
    let event = Event::done(Action::UserProofRefused, user, user.0).ending(Outcome::Refused).with(json!({ "by": by }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(())
}

/// A signed-in person shows once more that it is them: with a code where they have a second factor, else with their password.
pub async fn prove_again(
    deps: &Deps,
    op: &Op,
    hasher: &super::Hasher,
    code: &SecretString,
    password: SecretString,
) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    let own = store::find_own(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    tx.rollback().await?;
    let how = if own.has_second_factor {
        take_code(deps, op, user, Trier::Session, code).await?.as_str()
    } else {
        limits::take(deps, op, Limit::PasswordsAtOwnAccount, user.0.as_bytes()).await??;
        if !hasher.verify(&password, Some(own.password_hash)).await? {
            proof_refused(deps, op, user, "password").await?;
            return Err(AccountError::Refused);
        }
        "password"
    };
    let mut tx = deps.begin(op).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::UserProvedAgain, user, user.0).with(json!({ "by": how })));
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::OsChance;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = totp(b"12345678901234567890").unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.check(code, seconds), Some(seconds / 30));
            assert_eq!(totp.check(code, seconds + 30), Some(seconds / 30), "one step late");
            assert_eq!(totp.check(code, seconds + 90), None);
        }
        assert_eq!(totp.check("", 59), None);
    }

    #[test]
    fn an_app_gets_an_address_that_it_reads_whatever_the_person_is_called() {
        let uri = totp_uri(b"12345678901234567890", "kairos.example:3000", "no:or@example.com").unwrap();
        assert!(
            uri.starts_with("otpauth://totp/kairos.example%203000:no%20or%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{uri}"
        );
    }

    #[test]
    fn recovery_codes_have_letters_that_nobody_mistakes() {
        let code = recovery_code(&OsChance);
        assert_eq!((code.len(), code.find('-')), (11, Some(5)));
        assert!(!code.contains(['0', 'O', '1', 'I']), "{code}");
    }
}
