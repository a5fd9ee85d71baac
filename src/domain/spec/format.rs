//! RunSpec ⇄ TOML and JSON text.
use serde::Deserialize;

use super::{RunSpec, SpecError, VERSION};

/// The one key that is read before all others: another version may have other keys.
#[derive(Deserialize)]
struct Versioned {
    version: Option<u64>,
}

impl Versioned {
    fn check(self) -> Result<(), SpecError> {
        match self.version {
            Some(version) if version == u64::from(VERSION) => Ok(()),
            Some(found) => Err(SpecError::Version { found, supported: VERSION }),
            None => Err(SpecError::NoVersion { supported: VERSION }),
        }
    }
}

impl RunSpec {
    /// Reads and checks a spec in TOML.
    ///
    /// # Errors
    /// [`SpecError`]: the unknown key, the wrong value or the range, with its line where there is one.
    pub fn from_toml(text: &str) -> Result<Self, SpecError> {
        let syntax = |error: toml::de::Error| {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            SpecError::Syntax { format: "TOML", reason: format!("{place}{}", error.message()) }
        };
        toml::from_str::<Versioned>(text).map_err(syntax)?.check()?;
        let spec: Self = toml::from_str(text).map_err(syntax)?;
        spec.validate()?;
        Ok(spec)
    }

    /// Reads and checks a spec in JSON.
    ///
    /// # Errors
    /// [`SpecError`]: the unknown key, the wrong value or the range, with line and column.
    pub fn from_json(text: &str) -> Result<Self, SpecError> {
        let syntax = |error: serde_json::Error| SpecError::Syntax { format: "JSON", reason: error.to_string() };
        serde_json::from_str::<Versioned>(text).map_err(syntax)?.check()?;
        let spec: Self = serde_json::from_str(text).map_err(syntax)?;
        spec.validate()?;
        Ok(spec)
    }

    /// The spec as TOML, to be read by people and [`RunSpec::from_toml`].
    ///
    /// # Errors
    /// [`SpecError`] when the spec is not valid: a seed beyond TOML's integers cannot be written.
    pub fn to_toml(&self) -> Result<String, SpecError> {
        toml::to_string_pretty(self).map_err(|error| SpecError::Syntax { format: "TOML", reason: error.to_string() })
    }

    /// The spec as one line of JSON.
    pub fn to_json(&self) -> String {
        match serde_json::to_string(self) {
            Ok(text) => text,
            // Strings as keys and no foreign serializers: nothing in a spec can fail to be written.
            Err(error) => unreachable!("a spec is always JSON: {error}"),
        }
    }
}
