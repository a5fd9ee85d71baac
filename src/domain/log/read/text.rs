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
    codes: HashTable<u32>,
    hasher: FixedState,
}

impl Dictionary {
    /// Code of `word`, new or known. `None` when the words fill all the memory that codes can address (4 GB).
    pub(super) fn code(&mut self, word: &str) -> Option<u32> {
        let Self { text, ends, codes, hasher } = self;
        let hash = hasher.hash_one(word);
        if let Some(&code) = codes.find(hash, |&code| word_at(text, ends, code) == word) {
            return Some(code);
        }
        let end = u32::try_from(text.len() + word.len()).ok()?;
        let code = u32::try_from(ends.len()).ok().filter(|&code| code < MISSING)?;
        text.push_str(word);
        ends.push(end);
        codes.insert_unique(hash, code, |&code| hasher.hash_one(word_at(text, ends, code)));
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
        self.text.len() + 4 * self.ends.len() + 5 * self.codes.capacity()
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
