//! One entry, and the bytes of it that are a leaf.
//!
//! A leaf is JSON as RFC 8785 canonicalizes it. What says who it was about stands in it only as a commitment, SHA-256 over a salt and those
//! fields: without the salt nobody can find out which fields it was made from, so salt and fields can be erased and the leaf stays as it is.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::hash::Hash;

/// Random bytes that belong to one entry.
pub type Salt = [u8; 16];

/// What says who an entry is about. Its fields stand in the order of their names, in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// Who acted, if it was a person.
    pub actor_id: Option<Uuid>,
    /// The keyed hash of the address they came from, in hexadecimal.
    pub address_pseudonym: Option<String>,
    /// The request.
    pub request_id: Uuid,
    /// What it was done to.
    pub resource_id: Option<Uuid>,
    /// Whose it is.
    pub subject_user_id: Option<Uuid>,
}

impl Personal {
    /// The bytes that a commitment is made over.
    pub fn text(&self) -> String {
        canonical(self)
    }

    /// What stands for these fields in a leaf.
    pub fn commitment(&self, salt: &Salt) -> Hash {
        commitment(salt, &self.text())
    }
}

/// What stands in a leaf for personal fields as [`Personal::text`] writes them.
pub fn commitment(salt: &Salt, personal: &str) -> Hash {
    Hash(Sha256::new().chain_update(salt).chain_update(personal).finalize().into())
}

/// What anybody may see of an entry. Its fields stand in the order of their names, in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was done, as `resource.past_participle`.
    pub action: String,
    /// What kind of actor.
    pub actor_kind: String,
    /// What stands for [`Personal`].
    pub commitment: Hash,
    /// Codes and counts.
    #[serde(serialize_with = "sorted")]
    pub detail: Value,
    /// Its id.
    pub id: Uuid,
    /// When, to the microsecond.
    #[serde(serialize_with = "to_the_microsecond")]
    pub occurred_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: String,
    /// What kind of thing it was done to.
    pub resource_kind: String,
}

impl Entry {
    /// The bytes of its leaf.
    pub fn leaf(&self) -> String {
        canonical(self)
    }
}

fn to_the_microsecond<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// JSON without spaces, in the order in which the fields stand.
fn canonical(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn sorted<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Sorted(value).serialize(serializer)
}

/// With the keys of every object in order, whatever order they came in. Numbers are whole: others have several forms.
struct Sorted<'v>(&'v Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                // RFC 8785 has them by UTF-16 code units; names are ASCII, where bytes have the same order.
                fields.sort_unstable_by_key(|(name, _)| *name);
                serializer.collect_map(fields.into_iter().map(|(name, value)| (name, Sorted(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn personal() -> Personal {
        let id = |number| Some(Uuid::from_u128(number));
        Personal {
            actor_id: id(1),
            address_pseudonym: Some("ab".to_owned()),
            request_id: Uuid::from_u128(2),
            resource_id: None,
            subject_user_id: id(1),
        }
    }

    #[test]
    fn a_leaf_is_the_same_bytes_whatever_order_its_detail_came_in() {
        let entry = |detail: &str| Entry {
            action: "user.signed_in".to_owned(),
            actor_kind: "user".to_owned(),
            commitment: personal().commitment(&[3; 16]),
            detail: serde_json::from_str(detail).unwrap(),
            id: Uuid::from_u128(7),
            occurred_at: "2026-11-25T21:00:00.5Z".parse().unwrap(),
            outcome: "succeeded".to_owned(),
            resource_kind: "user".to_owned(),
        };
        let leaf = entry(r#"{"b":[1,{"d":null,"c":"é\n"}],"a":true}"#).leaf();
        assert_eq!(leaf, entry(r#"{"a":true,"b":[1,{"c":"é\n","d":null}]}"#).leaf());
        assert!(leaf.starts_with(r#"{"action":"user.signed_in","actor_kind":"user","commitment":""#), "{leaf}");
        assert!(leaf.ends_with(r#""detail":{"a":true,"b":[1,{"c":"é\n","d":null}]},"id":"00000000-0000-0000-0000-000000000007","occurred_at":"2026-11-25T21:00:00.500000Z","outcome":"succeeded","resource_kind":"user"}"#), "{leaf}");
    }

    #[test]
    fn another_salt_or_another_person_is_another_commitment() {
        let other = Personal { subject_user_id: Some(Uuid::from_u128(9)), ..personal() };
        assert_ne!(personal().commitment(&[1; 16]), personal().commitment(&[2; 16]));
        assert_ne!(personal().commitment(&[1; 16]), other.commitment(&[1; 16]));
    }
}
