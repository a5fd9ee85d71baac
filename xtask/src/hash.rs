//! Two hashes of files: FNV-1a, enough to tell two builds of a file apart in its address, and what browsers check.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha384};

/// Hex digits of the FNV-1a hash of `bytes`, 64 bits.
pub fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    let hash = bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// What an attribute `integrity`, and `fetch`, hold a file of these bytes against.
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::{hex, integrity};

    #[test]
    fn hash_agrees_with_the_published_test_vectors() {
        for (text, expected) in [("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8")] {
            assert_eq!(hex(text.bytes()), expected, "{text:?}");
        }
    }
    #[test]
    fn integrity_is_that_of_the_specifications_example() {
        // Subresource Integrity, W3C, 3.2.
        let expected = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(integrity(b"alert('Hello, world.');"), expected);
    }
}
