//! FNV-1a, 64 bits: enough to tell two builds of a file apart, and no dependency.

/// Hex digits of the hash of `bytes`.
pub fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    let hash = bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn hash_agrees_with_the_published_test_vectors() {
        for (text, expected) in [("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8")] {
            assert_eq!(hex(text.bytes()), expected, "{text:?}");
        }
    }
}
