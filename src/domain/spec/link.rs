//! The experiment in a link: `#v1.<base64url of raw-deflated JSON>.<crc32 hex>`.
//!
//! The checksum is that of the deflated bytes, in eight hex digits. Links come from anywhere: reading one is bounded in
//! time and memory and never panics.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::{RunSpec, SpecError};

/// No spec is near this; a crafted link would inflate to gigabytes.
const MAX_JSON_BYTES: usize = 1 << 20;

/// No browser passes on a longer address.
const MAX_LINK_BYTES: usize = 1 << 20;

const DEFLATE_LEVEL: u8 = 9;

/// Why a link cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LinkError {
    #[error("{}", words!(spec::link::checksum))]
    Checksum,
    #[error("{}", words!(spec::link::format))]
    Format,
    #[error("{}", words!(spec::link::version, found = .found))]
    Version { found: String },
    #[error("{}", words!(spec::link::too_long, bytes = .bytes))]
    TooLong { bytes: usize },
    #[error("{}", words!(spec::link::too_large, limit = .limit))]
    TooLarge { limit: usize },
    #[error("{}", words!(spec::link::spec, reason = .0))]
    Spec(#[from] SpecError),
}

/// The hash part of a link, without `#`.
///
/// ```
/// use esmm_playground::domain::spec::{RunSpec, decode_link, encode_link};
///
/// let spec = RunSpec { seeds: vec![7], ..RunSpec::default() };
/// let link = encode_link(&spec);
/// assert!(link.starts_with("v1."));
/// assert_eq!(decode_link(&link), Ok(spec));
/// assert!(decode_link(&link[..link.len() - 1]).is_err(), "a link that was cut off is refused");
/// ```
pub fn encode_link(spec: &RunSpec) -> String {
    let deflated = compress_to_vec(spec.to_json().as_bytes(), DEFLATE_LEVEL);
    format!("v1.{}.{:08x}", URL_SAFE_NO_PAD.encode(&deflated), crc32fast::hash(&deflated))
}

/// Reads what [`encode_link`] wrote; a leading `#` is allowed.
///
/// # Errors
/// [`LinkError`], each with what to do.
pub fn decode_link(hash: &str) -> Result<RunSpec, LinkError> {
    let hash = hash.strip_prefix('#').unwrap_or(hash);
    if hash.len() > MAX_LINK_BYTES {
        return Err(LinkError::TooLong { bytes: hash.len() });
    }
    let (version, rest) = hash.split_once('.').ok_or(LinkError::Format)?;
    if version != "v1" {
        let digits = version.strip_prefix('v').unwrap_or_default();
        let is_version = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let found = version.to_owned();
        return Err(if is_version { LinkError::Version { found } } else { LinkError::Format });
    }
    let (payload, checksum) = rest.split_once('.').ok_or(LinkError::Format)?;
    let is_checksum = checksum.len() == 8 && checksum.bytes().all(|byte| byte.is_ascii_hexdigit());
    let expected = u32::from_str_radix(checksum, 16).ok().filter(|_| is_checksum).ok_or(LinkError::Format)?;
    let deflated = URL_SAFE_NO_PAD.decode(payload).map_err(|_| LinkError::Checksum)?;
    if crc32fast::hash(&deflated) != expected {
        return Err(LinkError::Checksum);
    }
    let json = decompress_to_vec_with_limit(&deflated, MAX_JSON_BYTES).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => LinkError::TooLarge { limit: MAX_JSON_BYTES },
        _ => LinkError::Format,
    })?;
    let json = String::from_utf8(json).map_err(|_| LinkError::Format)?;
    Ok(RunSpec::from_json(&json)?)
}
