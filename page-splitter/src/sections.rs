//! A wasm module without its custom sections: names and the like, which nothing reads when it runs.
//!
//! Source: WebAssembly Core Specification 2.0, 5.5.2 (sections) and 5.2.2 (LEB128).

const HEADER: &[u8; 8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;

/// `module` with the sections that it runs with; `None` when it is no module.
pub fn without_custom(module: &[u8]) -> Option<Vec<u8>> {
    let mut rest = module.strip_prefix(HEADER.as_slice())?;
    let mut lean = HEADER.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (size, width) = unsigned(after)?;
        let end = 1 + width + size;
        let section = rest.get(..end)?;
        if id != CUSTOM {
            lean.extend_from_slice(section);
        }
        rest = &rest[end..];
    }
    Some(lean)
}

/// An unsigned LEB128 number of 32 bits, and how many bytes it takes.
fn unsigned(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_custom;

    #[test]
    fn custom_sections_go_and_all_others_stay() {
        let types = [1, 4, 1, 0x60, 0, 0];
        let name = [0, 5, 4, b'n', b'a', b'm', b'e'];
        let module = [b"\0asm\x01\0\0\0".as_slice(), &name, &types, &name].concat();
        assert_eq!(without_custom(&module), Some([b"\0asm\x01\0\0\0".as_slice(), &types].concat()));
    }

    #[test]
    fn what_is_cut_short_is_no_module() {
        for bytes in [b"".as_slice(), b"\0asm", b"\0asm\x01\0\0\0\x01", b"\0asm\x01\0\0\0\x01\x04\x01"] {
            assert_eq!(without_custom(bytes), None, "{bytes:?}");
        }
    }
}
