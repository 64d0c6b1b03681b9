//! What Postgres writes into JSON, and what of it serde does not read by itself.

use serde::{Deserialize, Deserializer, de::Error};

/// What a statement returned as JSON.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A `bytea`: `\x` and two hexadecimal digits a byte.
pub(crate) fn bytea<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    decode(&std::borrow::Cow::<'de, str>::deserialize(deserializer)?)
}

/// The same where there may be none.
pub(crate) fn optional_bytea<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?.map(|text| decode(&text)).transpose()
}

/// An array that is null when it is empty, as `json_agg` makes it.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn decode<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    hex::decode(text.strip_prefix("\\x").ok_or_else(|| E::custom("a bytea begins with \\x"))?).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        #[serde(deserialize_with = "bytea")]
        sealed: Vec<u8>,
        #[serde(deserialize_with = "optional_bytea")]
        title: Option<Vec<u8>>,
        #[serde(deserialize_with = "list")]
        numbers: Vec<i32>,
    }

    #[test]
    fn what_postgres_writes_is_read_and_anything_else_is_refused() {
        let row: Row = serde_json::from_str(r#"{"sealed":"\\x01ff","title":null,"numbers":null}"#).unwrap();
        assert_eq!(row, Row { sealed: vec![1, 255], title: None, numbers: Vec::new() });
        for wrong in [r#"{"sealed":"01","title":null,"numbers":[]}"#, r#"{"sealed":"\\x0","title":null,"numbers":[]}"#] {
            assert!(serde_json::from_str::<Row>(wrong).is_err(), "{wrong}");
        }
    }
}
