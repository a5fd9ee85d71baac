//! Inputs that are nearly right: sample files, cut, doubled and bent. Seeded, so that a failure can be had again.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Longest input, in bytes: what is wrong is wrong in a few rows too.
const MAX_BYTES: usize = 1 << 14;

/// Makes input after input from a set of good ones.
pub struct Mutator {
    random: ChaCha8Rng,
    samples: Vec<Vec<u8>>,
}

/// Pieces of text that readers treat in their own way.
const WORDS: [&[u8]; 44] = [
    b"\"",
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b":",
    b"\x01",
    b"\x02",
    b"\x03",
    b"nan",
    b"-",
    b"1e308",
    b"9007199254740993",
    b"\xc3",
    b"sep=;\n",
    b"2024-02-30",
    b"1,5",
    b"PAR1",
    b"\x1f\x8b\x08\x00",
    b"click",
    b"\xf0\x9f\x98\x80",
    b"101:5:1.0 102:7",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"\x28\xb5\x2f\xfd",
    b"N1-1 N2-0",
    b"NA",
    b"Total",
    b"{\"data\":[",
    b"$1,234.50",
    b"\x82\xa0",
    b"1709280823000",
];

impl Mutator {
    pub fn new(samples: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), samples }
    }

    /// Uniform enough below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.random.next_u64() % bound as u64) as usize }
    }

    /// The next input.
    pub fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.sample();
        for _ in 0..=self.below(6) {
            self.bend(&mut bytes);
        }
        bytes.truncate(MAX_BYTES);
        bytes
    }

    /// An input that is good but for a few bytes in its last third, or as it is.
    pub fn next_little(&mut self) -> Vec<u8> {
        let mut bytes = self.sample();
        bytes.truncate(MAX_BYTES);
        for _ in 0..self.below(3) {
            let at = bytes.len() - self.below(bytes.len() / 3 + 1);
            match self.below(4) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(7),
                1 if at < bytes.len() => drop(bytes.drain(at..(at + 1 + self.below(8)).min(bytes.len()))),
                2 => bytes.truncate(at),
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    bytes.splice(at..at, word.iter().copied());
                }
            }
        }
        bytes
    }

    fn sample(&mut self) -> Vec<u8> {
        let at = self.below(self.samples.len());
        self.samples[at].clone()
    }

    fn bend(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let length = self.below(64.min(bytes.len() - at) + 1);
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let piece = bytes[at..at + length].repeat(1 + self.below(16));
                bytes.splice(at..at, piece);
            }
            5 | 6 => {
                let word = WORDS[self.below(WORDS.len())];
                bytes.splice(at..at + length.min(word.len()), word.iter().copied());
            }
            7 => {
                let other = self.sample();
                let cut = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[cut..]);
            }
            _ => {
                let word = WORDS[self.below(WORDS.len())].repeat(1 + self.below(300));
                bytes.splice(at..at, word);
            }
        }
    }
}
