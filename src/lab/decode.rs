//! Text in other encodings than Unicode's.

use crate::domain::log::{Encoding, TextDecoder};

/// Decodes with `encoding_rs`, as browsers do.
struct Decoder(encoding_rs::Decoder);

impl TextDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) {
        let longest = self.0.max_utf8_buffer_length(bytes.len()).unwrap_or_default();
        let start = text.len();
        text.resize(start + longest, 0);
        let (_, _, written, _) = self.0.decode_to_utf8(bytes, &mut text[start..], is_last);
        text.truncate(start + written);
    }
}

/// The decoder of `encoding`.
pub fn decoder(encoding: Encoding) -> Option<Box<dyn TextDecoder>> {
    let encoding = encoding_rs::Encoding::for_label(encoding.label().as_bytes())?;
    Some(Box::new(Decoder(encoding.new_decoder_without_bom_handling())))
}
