//! Text in the making: a dictionary in one piece of memory, and codes.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher as _;

use crate::domain::log::MISSING;

/// Words by code, each once, in order of first use.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// All words, one after the other.
    text: String,
    /// Where each word ends in `text`.
    ends: Vec<u32>,
    known: HashTable<Known>,
    hasher: FixedState,
}

/// A word in the table: its key beside its code, so that a short word is found without a look at its text.
#[derive(Debug, Clone, Copy)]
struct Known {
    key: [u8; 8],
    code: u32,
}

impl Dictionary {
    /// Code of `word`, new or known. `None` when the words fill all the memory that codes can address (4 GB).
    pub(super) fn code(&mut self, word: &str) -> Option<u32> {
        let Self { text, ends, known, hasher } = self;
        let key = short_key(word.as_bytes()).unwrap_or_else(|| long_key(hasher.hash_one(word)));
        let is_short = word.len() < SHORT_BYTES;
        let is_word = |found: &Known| found.key == key && (is_short || word_at(text, ends, found.code) == word);
        let hash = spread(key);
        if let Some(found) = known.find(hash, is_word) {
            return Some(found.code);
        }
        let end = u32::try_from(text.len() + word.len()).ok()?;
        let code = u32::try_from(ends.len()).ok().filter(|&code| code < MISSING)?;
        text.push_str(word);
        ends.push(end);
        known.insert_unique(hash, Known { key, code }, |known| spread(known.key));
        Some(code)
    }

    pub(super) fn word(&self, code: u32) -> &str {
        word_at(&self.text, &self.ends, code)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Memory that the words take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + 4 * self.ends.len() + (size_of::<Known>() + 1) * self.known.capacity()
    }

    /// Whether most words are such that none of `codes` stands for them.
    pub(super) fn is_mostly_unused(&self, codes: &[u32]) -> bool {
        let mut is_used = vec![false; self.len()];
        codes.iter().filter(|&&code| code != MISSING).for_each(|&code| is_used[code as usize] = true);
        2 * is_used.iter().filter(|&&used| used).count() <= self.len()
    }

    /// Forgets the words that none of `codes` stands for; `codes` are changed to match.
    pub(super) fn forget_unused(&mut self, codes: &mut [u32]) {
        const NONE: u32 = MISSING;
        let mut kept = Self::default();
        let mut new = vec![NONE; self.len()];
        for code in codes.iter_mut().filter(|code| **code != NONE) {
            let new = &mut new[*code as usize];
            if *new == NONE {
                // Fewer words than there were: there is room.
                *new = kept.code(self.word(*code)).unwrap_or(NONE);
            }
            *code = *new;
        }
        *self = kept;
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|code| self.word(code))
    }

    pub(super) fn into_words(self) -> Vec<String> {
        self.words().map(str::to_owned).collect()
    }
}

/// Words of fewer bytes are their own key.
const SHORT_BYTES: usize = 8;

/// A short word's bytes and, in the last place, their count. Longer pieces overlap where the count is no power of two.
#[inline]
fn short_key(word: &[u8]) -> Option<[u8; SHORT_BYTES]> {
    let n = word.len();
    let bits = match n {
        0 => 0,
        1..4 => u64::from(word[0]) | u64::from(word[n / 2]) << (8 * (n / 2)) | u64::from(word[n - 1]) << (8 * (n - 1)),
        4..SHORT_BYTES => {
            let (&first, &last) = (word.first_chunk()?, word.last_chunk()?);
            u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << (8 * (n - 4))
        }
        _ => return None,
    };
    Some((bits | (n as u64) << 56).to_le_bytes())
}

/// A longer word's hash, marked by a count that no short word has.
#[inline]
fn long_key(hash: u64) -> [u8; SHORT_BYTES] {
    (hash | 0xff << 56).to_le_bytes()
}

/// The key's hash: each of its bits moves both ends of the product's upper half, which the lower half takes in.
#[inline]
fn spread(key: [u8; SHORT_BYTES]) -> u64 {
    let key = u64::from_le_bytes(key);
    let product = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

#[inline]
fn word_at<'a>(text: &'a str, ends: &[u32], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends[code - 1] as usize };
    &text[start..ends[code] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_one_code_each_in_order_of_first_use() {
        let mut dictionary = Dictionary::default();
        let codes: Vec<Option<u32>> = ["b", "", "a", "b", "", "é"].map(|word| dictionary.code(word)).to_vec();
        assert_eq!(codes, [Some(0), Some(1), Some(2), Some(0), Some(1), Some(3)]);
        assert_eq!(dictionary.into_words(), ["b", "", "a", "é"]);
    }

    #[test]
    fn words_of_all_lengths_are_told_apart() {
        let mut dictionary = Dictionary::default();
        let long = "abcdefghijklmnop\0\0";
        let words: Vec<&str> = (0..=long.len()).flat_map(|n| [&long[..n], &long[long.len() - n..]]).collect();
        let codes: Vec<Option<u32>> = words.iter().map(|word| dictionary.code(word)).collect();
        for (&word, &code) in words.iter().zip(&codes) {
            assert_eq!(dictionary.word(code.expect("room")), word);
            assert_eq!(dictionary.code(word), code);
        }
        assert_eq!(dictionary.len(), 2 * long.len(), "the empty and the whole word are there twice");
    }

    #[test]
    fn words_that_most_rows_have_left_are_forgotten() {
        let mut dictionary = Dictionary::default();
        for word in ["a", "b", "c", "d"] {
            let _ = dictionary.code(word);
        }
        let mut codes = [3, MISSING, 1, 3];
        assert!(dictionary.is_mostly_unused(&codes) && !dictionary.is_mostly_unused(&[0, 1, 2]));
        dictionary.forget_unused(&mut codes);
        assert_eq!(codes, [0, MISSING, 1, 0]);
        assert_eq!(dictionary.code("a"), Some(2));
        assert_eq!(dictionary.into_words(), ["d", "b", "a"]);
    }

    #[test]
    fn a_million_words_are_found_again() {
        let mut dictionary = Dictionary::default();
        for round in 0..2 {
            for number in 0..1_000_000u32 {
                assert_eq!(dictionary.code(&number.to_string()), Some(number), "round {round}");
            }
        }
        assert!(dictionary.bytes() < 40_000_000, "{} bytes", dictionary.bytes());
    }
}
