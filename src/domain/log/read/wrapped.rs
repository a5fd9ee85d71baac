//! Lines that are one quoted field each, with the delimited text inside: a spreadsheet opened the file with another delimiter
//! and saved it.

use super::sniff::{SNIFFED_RECORDS, split_evenly};

/// The text inside, where every line of `head` is wrapped so and what is inside has columns.
pub(super) fn unwrapped(head: &[u8]) -> Option<Vec<u8>> {
    let lines = head.split(|&byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let mut inner = Vec::new();
    let mut n_lines = 0;
    for line in lines.clone().take(SNIFFED_RECORDS) {
        if !is_wrapped(line) {
            return None;
        }
        n_lines += 1;
    }
    Unwrapper::default().push(head, &mut inner);
    (n_lines >= 2 && split_evenly(&inner)).then_some(inner)
}

/// Whether a line is in quotes and all quotes inside are doubled.
fn is_wrapped(line: &[u8]) -> bool {
    let [b'"', inside @ .., b'"'] = line else { return false };
    let mut quotes = inside.split(|&byte| byte != b'"').map(<[u8]>::len);
    !inside.is_empty() && quotes.all(|length| length % 2 == 0)
}

/// Takes the quotes around lines away, and one of each two inside.
#[derive(Debug, Default)]
pub(super) struct Unwrapper {
    is_inside: bool,
    /// A quote that ends the line or is the first of two.
    has_quote: bool,
}

impl Unwrapper {
    pub(super) fn push(&mut self, text: &[u8], inner: &mut Vec<u8>) {
        for &byte in text {
            match (byte, self.is_inside, self.has_quote) {
                (b'"', false, _) => self.is_inside = true,
                (b'"', true, false) => self.has_quote = true,
                (b'"', true, true) => {
                    inner.push(b'"');
                    self.has_quote = false;
                }
                (b'\n' | b'\r', _, true) => {
                    inner.push(byte);
                    (self.is_inside, self.has_quote) = (false, false);
                }
                _ => {
                    inner.push(byte);
                    self.has_quote = false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_are_unwrapped() {
        let text = b"\"a;\"\"b\"\"\"\r\n\"1;\"\"x \"\"\"\"y\"\"\"\r\n";
        assert_eq!(unwrapped(text).as_deref(), Some(&b"a;\"b\"\r\n1;\"x \"\"y\"\r\n"[..]));
        for other in [&b"\"a\",\"b\"\n\"1\",\"2\"\n"[..], b"\"a, b\"\n\"c\"\n", b"a,b\n1,2\n"] {
            assert_eq!(unwrapped(other), None);
        }
    }
}
