//! Messages as bytes: `postcard`, which names no field and so is small to send, fast to read and little code.
//!
//! It reads back what it wrote and nothing else, which suits two sides built from one commit. What a message carries must
//! therefore not depend on names: no `tag`, `untagged`, `flatten` or `skip_serializing_if` on its types. The experiment's
//! types and those of a log's roles have those, for people's sake, so they travel as the JSON that they have in files and links ([`as_json`]).

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message that is not one: the other side is of another build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WireError(String);

/// The message's bytes.
///
/// # Errors
/// For a type that breaks the rule above; a test of every message finds it first.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, WireError> {
    postcard::to_allocvec(message).map_err(|error| WireError(text!(saved::message::unwritten, error = error)))
}

/// The message of these bytes.
///
/// # Errors
/// When they are not those of [`encode`] of the same type.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, WireError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(WireError(text!(saved::message::not_read_to_its_end, bytes = rest.len()))),
        Err(error) => Err(WireError(text!(saved::message::unread, error = error))),
    }
}

/// What a message begins with.
///
/// # Errors
/// When it does not begin with such a thing.
pub fn decode_first<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, WireError> {
    let first = postcard::take_from_bytes(bytes);
    first.map(|(first, _)| first).map_err(|error| WireError(text!(saved::message::unread, error = error)))
}

/// A part of a message as JSON text within it.
pub(super) mod as_json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}
