//! What a list under a key holds.

use std::collections::HashSet;

use serde::de::SeqAccess;
use serde_json::Value;

/// The items of one list.
pub(super) enum Items {
    /// Texts and numbers; empty where an item is null.
    Values(Vec<String>),
    /// Objects of a key and its value, as BigQuery repeats them: the first value of each key.
    KeyValues(Vec<(String, String)>),
    /// Other objects, or lists.
    Nested,
}

impl Items {
    /// Reads a list to its end.
    pub(super) fn read<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut values = Vec::new();
        while let Some(item) = list.next_element::<Value>()? {
            values.push(item);
        }
        Ok(Self::of(&values))
    }

    pub(super) fn of(values: &[Value]) -> Self {
        if let Some(texts) = values.iter().map(scalar).collect() {
            return Self::Values(texts);
        }
        let Some(mut pairs) = values.iter().map(key_value).collect::<Option<Vec<_>>>() else { return Self::Nested };
        let mut known = HashSet::new();
        pairs.retain(|(key, _)| known.insert(key.clone()));
        Self::KeyValues(pairs)
    }
}

/// The text of a value that is no list and no object.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Null => Some(String::new()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// The pair of an object like `{"key": "slot", "value": {"string_value": "top"}}`.
fn key_value(item: &Value) -> Option<(String, String)> {
    let object = item.as_object().filter(|object| object.len() == 2)?;
    let key = ["key", "name", "index"].into_iter().find_map(|name| object.get(name))?;
    let value = match object.get("value")? {
        Value::Object(typed) => {
            let set = typed.iter().find(|(name, value)| name.ends_with("_value") && !value.is_null());
            set.map_or_else(|| Some(String::new()), |(_, value)| scalar(value))?
        }
        value => scalar(value)?,
    };
    Some((scalar(key).filter(|key| !key.is_empty())?, value))
}
