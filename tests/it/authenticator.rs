//! An authenticator in software, as WebAuthn Level 3 describes one: ES256 keys, attestation `none`. Does what it is told, also what a sound one would
//! not do.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Reply, Site, send};

/// One credential, and how it answers.
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    pub count: u32,
    pub origin: &'static str,
    pub verifies_user: bool,
    /// Those that are synchronised between devices do not.
    pub counts: bool,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

impl Authenticator {
    pub fn new(id: &[u8]) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        Self { key, id: id.to_vec(), handle: Vec::new(), count: 0, origin: "http://localhost:3000", verifies_user: true, counts: true }
    }

    fn client_data(&self, what: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        json!({ "type": what, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string().into_bytes()
    }

    /// Authenticator data (6.1): the hash of the host, flags, the count, and what follows.
    fn data(&self, flags: u8, rest: &[u8]) -> Vec<u8> {
        let flags = flags | 0x01 | if self.verifies_user { 0x04 } else { 0 };
        [&Sha256::digest(b"localhost")[..], &[flags], &self.count.to_be_bytes(), rest].concat()
    }

    /// What `navigator.credentials.create()` gives.
    pub fn create(&mut self, options: &Value) -> Value {
        self.handle = decoded(&options["user"]["id"]);
        let point = self.key.public_key().as_ref();
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &point[1..33], &[0x22, 0x58, 32], &point[33..]].concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = self.data(0x40, &[&[0; 16][..], &length, &self.id, &key].concat());
        let size = u8::try_from(data.len()).unwrap();
        let object = [b"\xa3cfmtdnonegattStmt\xa0hauthData\x58", &[size][..], &data].concat();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encoded(&self.client_data("webauthn.create", options)),
                "attestationObject": encoded(&object), "transports": ["internal"],
            },
        })
    }

    /// What `navigator.credentials.get()` gives.
    pub fn get(&mut self, options: &Value) -> Value {
        self.count += u32::from(self.counts);
        let (data, client_data) = (self.data(0, &[]), self.client_data("webauthn.get", options));
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encoded(&client_data), "authenticatorData": encoded(&data),
                "signature": encoded(signature.as_ref()), "userHandle": encoded(&self.handle),
            },
        })
    }
}

/// A challenge, and the session it waits in.
pub async fn challenge(site: &Site, path: &str, cookie: Option<&str>) -> (Value, String) {
    let reply = send(&site.router, Method::POST, path, cookie, None).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let session = reply.session_cookie().split(';').next().unwrap_or_default();
    let session = if session.is_empty() { cookie.unwrap_or_default() } else { session };
    (serde_json::from_str(&reply.body).unwrap(), session.to_owned())
}

/// A form with a credential in it.
pub fn form(credential: &Value, more: &str) -> String {
    let text: String = url::form_urlencoded::byte_serialize(credential.to_string().as_bytes()).collect();
    format!("credential={text}&{more}")
}

/// Adds a passkey, as the page does.
pub async fn add(site: &Site, cookie: &str, authenticator: &mut Authenticator, name: &str) -> Reply {
    let (options, _) = challenge(site, "/sf/passkey/register", Some(cookie)).await;
    let made = authenticator.create(&options);
    site.post("/app/settings/security/passkeys", Some(cookie), &form(&made, &format!("name={name}"))).await
}

/// Signs in with a passkey and nothing else.
pub async fn sign_in(site: &Site, authenticator: &mut Authenticator) -> Reply {
    let (options, session) = challenge(site, "/sf/passkey/authenticate", None).await;
    let answer = authenticator.get(&options);
    site.post("/sign-in/passkey", Some(&session), &form(&answer, "next=%2Fapp%2Fcalendar")).await
}
