//! Bytes → UTF-8 text: byte-order marks, UTF-16 and UTF-32, and whatever a [`TextDecoder`] knows.

use super::encoding::{Encoding, NewDecoder, TextDecoder};
use super::guess::{guess, is_damaged_utf8};

/// What turns a file's bytes into UTF-8.
pub(super) enum Decoder {
    Utf8,
    Unicode(Units),
    Other(Encoding, Box<dyn TextDecoder>),
}

/// UTF-16 or UTF-32 in pieces.
#[derive(Debug)]
pub(super) struct Units {
    bytes_each: usize,
    is_big_endian: bool,
    /// Bytes of a unit that is not complete, and the first half of a pair.
    held: [u8; 4],
    n_held: usize,
    high: Option<u16>,
}

impl Decoder {
    /// Reads the signs of `head`, or takes `given`; says how many bytes to leave out.
    pub(super) fn sniff(head: &[u8], given: Option<Encoding>, decoders: Option<NewDecoder>) -> (Self, usize) {
        let (found, skip) = match head {
            [0xef, 0xbb, 0xbf, ..] => (Some(Encoding::Utf8), 3),
            [0xff, 0xfe, 0, 0, ..] => (Some(Encoding::Utf32Le), 4),
            [0, 0, 0xfe, 0xff, ..] => (Some(Encoding::Utf32Be), 4),
            [0xff, 0xfe, ..] => (Some(Encoding::Utf16Le), 2),
            [0xfe, 0xff, ..] => (Some(Encoding::Utf16Be), 2),
            _ => (without_mark(head), 0),
        };
        let skip = if given.is_none() || given == found { skip } else { 0 };
        let encoding = given.or(found).unwrap_or_else(|| match decoders {
            Some(_) if is_other(head) => guess(head),
            _ => Encoding::Utf8,
        });
        (Self::of(encoding, decoders), skip)
    }

    fn of(encoding: Encoding, decoders: Option<NewDecoder>) -> Self {
        let units = |bytes_each, is_big_endian| {
            Self::Unicode(Units { bytes_each, is_big_endian, held: [0; 4], n_held: 0, high: None })
        };
        match encoding {
            Encoding::Utf8 => Self::Utf8,
            Encoding::Utf16Le => units(2, false),
            Encoding::Utf16Be => units(2, true),
            Encoding::Utf32Le => units(4, false),
            Encoding::Utf32Be => units(4, true),
            other => match decoders.and_then(|new| new(other)) {
                Some(decoder) => Self::Other(other, decoder),
                None => Self::Utf8,
            },
        }
    }

    /// What the text was in.
    pub(super) fn encoding(&self) -> Encoding {
        match self {
            Self::Utf8 => Encoding::Utf8,
            Self::Unicode(Units { bytes_each: 2, is_big_endian: false, .. }) => Encoding::Utf16Le,
            Self::Unicode(Units { bytes_each: 2, .. }) => Encoding::Utf16Be,
            Self::Unicode(Units { is_big_endian: false, .. }) => Encoding::Utf32Le,
            Self::Unicode(_) => Encoding::Utf32Be,
            Self::Other(encoding, _) => *encoding,
        }
    }

    /// Text of the next bytes, appended to `text`; what is no character becomes U+FFFD.
    pub(super) fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) {
        match self {
            Self::Utf8 => text.extend_from_slice(bytes),
            Self::Unicode(units) => units.decode(bytes, text),
            Self::Other(_, decoder) => decoder.decode(bytes, is_last, text),
        }
    }
}

impl Units {
    fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for &next in bytes {
            self.held[self.n_held] = next;
            self.n_held += 1;
            if self.n_held < self.bytes_each {
                continue;
            }
            self.n_held = 0;
            if self.bytes_each == 4 {
                let code =
                    if self.is_big_endian { u32::from_be_bytes(self.held) } else { u32::from_le_bytes(self.held) };
                push(char::from_u32(code), text);
                continue;
            }
            let pair = [self.held[0], self.held[1]];
            let code = if self.is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.take_unit(code, text);
        }
    }

    fn take_unit(&mut self, code: u16, text: &mut Vec<u8>) {
        let units = |units: &[u16], text: &mut Vec<u8>| {
            char::decode_utf16(units.iter().copied()).for_each(|decoded| push(decoded.ok(), text));
        };
        let is_low = (0xdc00..0xe000).contains(&code);
        match self.high.take() {
            Some(high) if is_low => return units(&[high, code], text),
            Some(high) => units(&[high], text),
            None => {}
        }
        if (0xd800..0xdc00).contains(&code) {
            self.high = Some(code);
        } else {
            units(&[code], text);
        }
    }
}

fn push(character: Option<char>, text: &mut Vec<u8>) {
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether the bytes are neither UTF-8, which may be cut at their end, nor such text with a few broken bytes, nor binary.
fn is_other(head: &[u8]) -> bool {
    let is_broken = std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some());
    is_broken && !head.contains(&0) && !is_damaged_utf8(head, 0)
}

/// Unicode without a mark, by where its zeros are: text in UTF-8 has none.
fn without_mark(head: &[u8]) -> Option<Encoding> {
    const MIN_BYTES: usize = 8;
    let head = &head[..head.len().min(512) & !3];
    let zeros = |start: usize| head.iter().skip(start).step_by(4).filter(|&&byte| byte == 0).count();
    let n = head.len() / 4;
    let counts = [zeros(0), zeros(1), zeros(2), zeros(3)];
    let most = |count: usize| count * 10 >= n * 8;
    // Delimiters, digits and line ends have a zero in any script.
    let some = |count: usize| count * 10 >= n * 3;
    match counts {
        _ if head.len() < MIN_BYTES => None,
        [_, _, c, d] if d == n && most(c) => Some(Encoding::Utf32Le),
        [a, b, _, _] if a == n && most(b) => Some(Encoding::Utf32Be),
        // A few characters beyond Latin have a zero in their other byte.
        [a, b, c, d] if some(b) && some(d) && 4 * (a + c) <= b + d => Some(Encoding::Utf16Le),
        [a, b, c, d] if some(a) && some(c) && 4 * (b + d) <= a + c => Some(Encoding::Utf16Be),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], piece: usize) -> (Encoding, String) {
        let (mut decoder, skip) = Decoder::sniff(bytes, None, None);
        let mut text = Vec::new();
        bytes[skip..].chunks(piece).for_each(|piece| decoder.decode(piece, false, &mut text));
        (decoder.encoding(), String::from_utf8(text).expect("UTF-8"))
    }

    #[test]
    fn unicode_is_decoded_however_it_is_cut() {
        use Encoding::{Utf16Be, Utf16Le, Utf32Be, Utf32Le};
        let text = "name;größe;😀\r\nx;1,5;y\n";
        for mark in ["\u{feff}", ""] {
            let marked = format!("{mark}{text}");
            let utf16 = |of: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(of).collect::<Vec<u8>>();
            let utf32 = |of: fn(u32) -> [u8; 4]| marked.chars().flat_map(|c| of(c.into())).collect::<Vec<u8>>();
            for (encoding, bytes) in [
                (Utf16Le, utf16(u16::to_le_bytes)),
                (Utf16Be, utf16(u16::to_be_bytes)),
                (Utf32Le, utf32(u32::to_le_bytes)),
                (Utf32Be, utf32(u32::to_be_bytes)),
            ] {
                for piece in [1, 2, 3, 7, 1000] {
                    assert_eq!(decoded(&bytes, piece), (encoding, text.to_owned()), "pieces of {piece}");
                }
            }
        }
        assert_eq!(decoded(b"click,price\n", 5).0, Encoding::Utf8);
    }
}
