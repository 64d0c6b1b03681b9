//! Signed notes (<https://c2sp.org/signed-note>) with Ed25519 (RFC 8032): a text, an empty line, and a line a signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

/// The signature type of Ed25519 in key ids and verifier keys.
const ED25519_TYPE: u8 = 1;
/// Bytes of a key's id.
const ID: usize = 4;

/// Why a note or a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no verifier key.
    #[error("this is not a verifier key: name+id+base64, as `kairos audit key` prints it")]
    NotAKey,
    /// The seed is no key.
    #[error("this is not an Ed25519 seed")]
    NotASeed,
    /// The name cannot stand in a note.
    #[error("a key's name has neither spaces nor plus signs")]
    BadName,
    /// The text is no note.
    #[error("this is not a signed note")]
    NotANote,
    /// None of its signatures is by the key.
    #[error("it is not signed by this key")]
    NotSignedByKey,
    /// The signature does not belong to the text.
    #[error("the signature does not fit the text")]
    BadSignature,
}

/// What signs.
#[derive(Debug)]
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

impl SigningKey {
    /// From the 32 bytes of an Ed25519 seed. `name` says whose it is, in the form of a host.
    pub fn from_seed(name: &str, seed: &SecretBox<[u8; 32]>) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()).map_err(|_| NoteError::NotASeed)?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| NoteError::NotASeed)?;
        Ok(Self { pair, public: VerifierKey::new(name, bytes)? })
    }

    /// What checks its signatures.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    /// `text`, which ends with a newline, as a note with one signature.
    pub fn sign(&self, text: &str) -> String {
        self.sign_too(text, format!("{text}\n"))
    }

    /// Another signature for `note`, whose text this is.
    pub(crate) fn sign_too(&self, text: &str, note: String) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let bytes: Vec<u8> = self.public.id.iter().chain(signature.as_ref()).copied().collect();
        note + &format!("\u{2014} {} {}\n", self.public.name, STANDARD.encode(bytes))
    }
}

/// What checks signatures. As text: `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; ID],
    bytes: [u8; 32],
}

impl VerifierKey {
    fn new(name: &str, bytes: [u8; 32]) -> Result<Self, NoteError> {
        if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || letter == '+') {
            return Err(NoteError::BadName);
        }
        let hash = Sha256::new().chain_update(name).chain_update(b"\n").chain_update([ED25519_TYPE]).chain_update(bytes).finalize();
        let mut id = [0; ID];
        id.copy_from_slice(&hash[..ID]);
        Ok(Self { name: name.to_owned(), id, bytes })
    }

    /// From its text.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(NoteError::NotAKey) };
        let key = STANDARD.decode(key).map_err(|_| NoteError::NotAKey)?;
        let Some((&ED25519_TYPE, bytes)) = key.split_first() else { return Err(NoteError::NotAKey) };
        let key = Self::new(name, bytes.try_into().map_err(|_| NoteError::NotAKey)?)?;
        if hex::encode(key.id) == id { Ok(key) } else { Err(NoteError::NotAKey) }
    }

    /// Whose it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and id: what tells it from others on a page.
    pub fn fingerprint(&self) -> String {
        format!("{}+{}", self.name, hex::encode(self.id))
    }

    /// The text of `note`, if it is signed by this key.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::NotANote)?;
        let text = &note[..=text.len()];
        let own = signatures.lines().find_map(|line| {
            let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let bytes = STANDARD.decode(signature).ok()?;
            let (id, signature) = bytes.split_at_checked(ID)?;
            (name == self.name && id == self.id).then(|| signature.to_vec())
        });
        let signature = own.ok_or(NoteError::NotSignedByKey)?;
        let key = UnparsedPublicKey::new(&ED25519, self.bytes);
        key.verify(text.as_bytes(), &signature).map_err(|_| NoteError::BadSignature)?;
        Ok(text)
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes: Vec<u8> = std::iter::once(ED25519_TYPE).chain(self.bytes).collect();
        write!(f, "{}+{}", self.fingerprint(), STANDARD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the note with which Go's `golang.org/x/mod/sumdb/note` documents itself.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_that_another_program_signed_is_accepted_and_a_changed_one_is_not() {
        let key = VerifierKey::parse(KEY).unwrap();
        assert_eq!(key.to_string(), KEY);
        assert!(key.open(NOTE).unwrap().ends_with("problem is.\n"));
        assert_eq!(key.open(&NOTE.replace("answer", "question")), Err(NoteError::BadSignature));
        assert_eq!(key.open(&NOTE.replace("x08go", "y08go")), Err(NoteError::NotSignedByKey));
        assert_eq!(key.open("nothing"), Err(NoteError::NotANote));
    }

    #[test]
    fn what_is_signed_is_opened_by_its_own_key_only() {
        let key = |seed: u8| SigningKey::from_seed("kairos.example.com", &SecretBox::new(Box::new([seed; 32]))).unwrap();
        let note = key(1).sign("a\nb\n");
        assert_eq!(key(1).verifier().open(&note), Ok("a\nb\n"));
        assert_eq!(key(2).verifier().open(&note), Err(NoteError::NotSignedByKey));
        assert_eq!(VerifierKey::parse(&key(1).verifier().to_string()).as_ref(), Ok(key(1).verifier()));
        assert!(!format!("{:?}", key(1)).contains(&hex::encode([1_u8; 32])));
    }
}
