//! Bytes → UTF-8 text: byte-order marks, and UTF-16 as spreadsheets write it.

/// What a file's characters are written in.
#[derive(Debug)]
pub(super) enum Decoder {
    Utf8,
    Utf16 {
        is_big_endian: bool,
        /// An odd byte, and the first half of a pair.
        byte: Option<u8>,
        unit: Option<u16>,
    },
}

impl Decoder {
    /// Reads the signs of `head`; says how many bytes to leave out.
    pub(super) fn sniff(head: &[u8]) -> (Self, usize) {
        let utf16 = |is_big_endian| Self::Utf16 { is_big_endian, byte: None, unit: None };
        match head {
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [0xff, 0xfe, ..] => (utf16(false), 2),
            [0xfe, 0xff, ..] => (utf16(true), 2),
            _ => (without_mark(head).map_or(Self::Utf8, utf16), 0),
        }
    }

    /// Text of the next bytes, appended to `text`; what is no character becomes U+FFFD.
    pub(super) fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        let Self::Utf16 { is_big_endian, byte, unit } = self else {
            text.extend_from_slice(bytes);
            return;
        };
        for &next in bytes {
            let Some(first) = byte.take() else {
                *byte = Some(next);
                continue;
            };
            let code =
                if *is_big_endian { u16::from_be_bytes([first, next]) } else { u16::from_le_bytes([first, next]) };
            let is_low = (0xdc00..0xe000).contains(&code);
            match unit.take() {
                Some(high) if is_low => push(char::decode_utf16([high, code]), text),
                Some(high) => {
                    push(char::decode_utf16([high]), text);
                    Self::start(code, unit, text);
                }
                None => Self::start(code, unit, text),
            }
        }
    }

    fn start(code: u16, unit: &mut Option<u16>, text: &mut Vec<u8>) {
        if (0xd800..0xdc00).contains(&code) {
            *unit = Some(code);
        } else {
            push(char::decode_utf16([code]), text);
        }
    }
}

fn push(decoded: impl Iterator<Item = Result<char, std::char::DecodeUtf16Error>>, text: &mut Vec<u8>) {
    for character in decoded {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Text in a Latin script has a zero in every other byte; whether the first of each two has.
fn without_mark(head: &[u8]) -> Option<bool> {
    const MIN_BYTES: usize = 8;
    let head = &head[..head.len().min(512) & !1];
    let zeros = |start: usize| head.iter().skip(start).step_by(2).filter(|&&byte| byte == 0).count();
    let (first, second, pairs) = (zeros(0), zeros(1), head.len() / 2);
    match head.len() >= MIN_BYTES {
        true if second * 10 >= pairs * 8 && first == 0 => Some(false),
        true if first * 10 >= pairs * 8 && second == 0 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_decoded_however_it_is_cut() {
        let text = "name;größe;😀\r\nx;1,5;y\n";
        for is_big_endian in [false, true] {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if is_big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            for piece in [1, 2, 3, 7, 1000] {
                let (mut decoder, skip) = Decoder::sniff(&bytes);
                let mut decoded = Vec::new();
                bytes[skip..].chunks(piece).for_each(|piece| decoder.decode(piece, &mut decoded));
                assert_eq!(String::from_utf8(decoded).expect("UTF-8"), text, "pieces of {piece}");
            }
        }
    }

    #[test]
    fn utf_16_without_a_mark_is_recognised() {
        let bytes: Vec<u8> = "click,price\n0,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(Decoder::sniff(&bytes), (Decoder::Utf16 { is_big_endian: false, .. }, 0)));
        assert!(matches!(Decoder::sniff(b"click,price\n"), (Decoder::Utf8, 0)));
    }
}
