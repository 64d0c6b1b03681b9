//! Signatures of webhooks, which Stripe and Calendly write alike (docs.stripe.com/webhooks#verify-manually,
//! developer.calendly.com/api-docs): over the bytes that came, before anything is read of them.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How old a delivery may be, and how far ahead of our clock.
pub(crate) const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Whether one of `secrets` signed `body` at about `now`. While a secret is exchanged Stripe signs with both, and there are two of ours.
pub(crate) fn is_signed(header: &str, body: &[u8], secrets: &[SecretString], now: DateTime<Utc>) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let Some(timestamp) = parts().find(|(name, _)| *name == "t").map(|(_, value)| value) else { return false };
    let Some(signed_at) = timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)) else { return false };
    if (now - signed_at).abs() > TOLERANCE {
        return false;
    }
    // Only `v1`: `v0` is a decoy of test mode.
    let signatures: Vec<Vec<u8>> = parts().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| hex::decode(value).ok()).collect();
    // An empty secret would let everybody sign.
    secrets.iter().filter(|secret| !secret.expose_secret().trim().is_empty()).any(|secret| {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        let mac = mac.chain_update(timestamp).chain_update(b".").chain_update(body);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(secret: &str, timestamp: i64, body: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(format!("{timestamp}.{body}"));
        hex::encode(mac.finalize().into_bytes())
    }

    #[test]
    fn a_delivery_is_believed_only_with_its_own_secret_bytes_and_time() {
        let (now, body) = (DateTime::from_timestamp(1_800_000_000, 0).unwrap(), r#"{"id":"evt_1"}"#);
        let secrets = ["whsec_new".to_owned().into(), "whsec_old".to_owned().into()];
        let believed = |header: &str, body: &str, at: DateTime<Utc>| is_signed(header, body.as_bytes(), &secrets, at);
        let time = now.timestamp();
        let good = format!("t={time},v1={}", sign("whsec_new", time, body));
        assert!(believed(&good, body, now));
        assert!(believed(&format!("v1={},t={time}", sign("whsec_old", time, body)), body, now), "in any order, with the older secret");
        assert!(believed(&format!("t={time},v1=00,v1={},v0=11", sign("whsec_new", time, body)), body, now), "one of several");
        assert!(believed(&good, body, now + TOLERANCE) && believed(&good, body, now - TOLERANCE));
        assert!(!believed(&good, body, now + TOLERANCE + TimeDelta::seconds(1)), "too old");
        assert!(!believed(&good, body, now - TOLERANCE - TimeDelta::seconds(1)), "from the future");
        assert!(!believed(&good, r#"{"id":"evt_2"}"#, now), "another body");
        assert!(!believed(&good.replace("v1=", "v0="), body, now), "only the decoy");
        assert!(!believed(&format!("t={},v1={}", time + 1, sign("whsec_new", time, body)), body, now), "another time");
        for header in ["", "t=", "v1=00", "t=1,t=2", "t=99999999999999999999,v1=00"] {
            assert!(!believed(header, body, now), "{header}");
        }
        let empty = ["  ".to_owned().into()];
        assert!(
            !is_signed(&format!("t={time},v1={}", sign("  ", time, body)), body.as_bytes(), &empty, now),
            "an empty secret signs nothing"
        );
    }
}
