//! The experiment as a file, for when a link would be too long: a line for people, then what the link would have been.
//!
//! An experiment's JSON, as the lab reads it, is opened in the same way.

use super::{LinkError, RunSpec, SpecError, decode_link, encode_link};

/// Longer links are cut or refused by some of the programs that people send them with.
pub const LONGEST_LINK: usize = 8_000;

/// Ending of a bundle's name.
pub const BUNDLE_EXTENSION: &str = "esmm";

/// No experiment's file is near this.
pub const MAX_BUNDLE_BYTES: usize = 2 << 20;

const FIRST_LINE: &str = "An experiment of ESMM Playground. Drop this file on the page to open it.";

/// Why a file is no experiment that can be opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BundleError {
    #[error("{}", words!(spec::bundle::checksum))]
    Checksum,
    #[error("{}", words!(spec::bundle::format))]
    Format,
    #[error("{}", words!(spec::bundle::version, found = .found))]
    Version { found: String },
    #[error("{}", words!(spec::bundle::too_large, limit = .limit))]
    TooLarge { limit: usize },
    #[error("{}", words!(spec::bundle::spec, reason = .0))]
    Spec(#[from] SpecError),
}

impl From<LinkError> for BundleError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Checksum => Self::Checksum,
            LinkError::Format => Self::Format,
            LinkError::Version { found } => Self::Version { found },
            LinkError::TooLong { .. } | LinkError::TooLarge { .. } => Self::TooLarge { limit: MAX_BUNDLE_BYTES },
            LinkError::Spec(error) => Self::Spec(error),
        }
    }
}

/// The file's text.
pub fn encode_bundle(spec: &RunSpec) -> String {
    format!("{FIRST_LINE}\n{}\n", encode_link(spec))
}

/// Reads what [`encode_bundle`] wrote, or an experiment's JSON.
///
/// # Errors
/// [`BundleError`], each with what to do.
pub fn decode_bundle(text: &str) -> Result<RunSpec, BundleError> {
    if text.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::TooLarge { limit: MAX_BUNDLE_BYTES });
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        return Ok(RunSpec::from_json(text)?);
    }
    // Mail programs break lines and change their ends; the link has no spaces.
    let body = text.strip_prefix(FIRST_LINE).unwrap_or(text);
    let link: String = body.split_whitespace().collect();
    Ok(decode_link(&link)?)
}

/// Whether a file of this name, beginning so, is meant to be an experiment and no log.
pub fn is_bundle(name: &str, beginning: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named = name.ends_with(&format!(".{BUNDLE_EXTENSION}"));
    // A log in JSON is an object a line, or a list of them; none has an experiment's first key.
    let says_so = || {
        let beginning = beginning.trim_start_matches('\u{feff}').trim_start();
        let key = beginning.strip_prefix('{').map(str::trim_start);
        key.is_some_and(|key| key.starts_with("\"version\"")) && beginning.contains("\"data\"")
    };
    is_named || beginning.starts_with(FIRST_LINE) || name.ends_with(".json") && says_so()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::spec_preset;

    #[test]
    fn an_experiment_comes_back_from_its_file_and_from_its_json() {
        let spec = spec_preset("default").unwrap();
        let text = encode_bundle(&spec);
        assert!(
            is_bundle("a.esmm", "") && is_bundle("renamed.txt", &text) && !is_bundle("log.csv", "click,buy\n1,0\n")
        );
        assert_eq!(decode_bundle(&text).unwrap(), spec);
        assert_eq!(decode_bundle(&text.replace('\n', "\r\n")).unwrap(), spec);
        let json = spec.to_json();
        assert!(is_bundle("experiment.json", &json[..200]), "{}", &json[..200]);
        assert!(!is_bundle("log.json", "[{\"version\":1,\"data\":2}]") && !is_bundle("log.json", "{\"click\":1}\n"));
        assert_eq!(decode_bundle(&json).unwrap(), spec);
    }

    #[test]
    fn a_damaged_file_is_told_from_a_short_one() {
        let text = encode_bundle(&spec_preset("default").unwrap());
        let middle = text.len() / 2;
        let other = if text.as_bytes()[middle] == b'A' { "B" } else { "A" };
        let mut damaged = text.clone();
        damaged.replace_range(middle..=middle, other);
        assert_eq!(decode_bundle(&damaged), Err(BundleError::Checksum));
        assert_eq!(decode_bundle(&text[..middle]), Err(BundleError::Format));
        for text in ["", "click,buy", "v9.abc.00000000", "{}", "{\"version\":1,", &"x".repeat(MAX_BUNDLE_BYTES + 1)] {
            assert!(decode_bundle(text).is_err(), "{}", &text[..text.len().min(20)]);
        }
    }
}
