//! What a step uploads: one buffer of words, its head first.
//!
//! ```text
//! [head | rows of the log | draws | table row of each place | fetched rows | where their places start | places | masks]
//! ```

use crate::engine::backend::StepInputs;
use crate::engine::batch::BatchIndices;
use crate::engine::optimizer::clip::CLIP_EPSILON;
use crate::engine::optimizer::{Adam, Optimizer, Rule};
use crate::engine::sem::SemLayout;

/// Rows of a batch that one part of the gradient of weights sums.
const ROWS_OF_PART: usize = 256;
/// Parts at most, and numbers of all of them.
const MOST_PARTS: usize = 16;
const MOST_PART_NUMBERS: usize = 1 << 22;

/// Declares the words of the head, for Rust and for the kernels.
macro_rules! head {
    ($($(#[$doc:meta])* $word:ident),* $(,)?) => {
        /// Words of the head.
        #[derive(Debug, Clone, Copy)]
        pub(super) enum Word { $($(#[$doc])* $word),* }

        const WORDS: &[&str] = &[$(stringify!($word)),*];
    };
}

head! {
    /// Of the batch.
    Rows,
    /// Rows of the table in one copy that are fetched.
    Fetched,
    /// Which of the steps that were not read yet this is.
    Slot,
    /// Of the log.
    LogRows,
    RowsAt, DrawsAt, IdsAt, UniqueAt, StartsAt, PositionsAt,
    /// 0 without dropout.
    MasksAt,
    /// Parts of the gradient of weights, and the rows of each but the last.
    Parts, RowsOfPart,
    Rule, Beta1, Beta2, Rest1, Rest2, StepSize, RootScale, Epsilon, Rate, Momentum, WeightDecay, EmbeddingDecay,
    /// 0 where nothing is clipped.
    ClipNorm,
    ClipEpsilon,
}

/// What [`Word::Rule`] says, as the kernels name it.
const RULES: [&str; 3] = ["ADAM", "ADAM_W", "SGD"];

/// The words' places and the rules, as constants of a kernel.
pub(super) fn declarations() -> String {
    let declared = |(at, name): (usize, &&str)| format!("const {name} = {at}u;\n");
    WORDS.iter().enumerate().map(declared).chain(RULES.iter().enumerate().map(declared)).collect()
}

/// The words of a step.
#[derive(Debug)]
pub(super) struct BatchWords {
    pub words: Vec<u32>,
    pub n_rows: usize,
    /// Rows of the table in one copy that are fetched.
    pub n_fetched: usize,
    pub n_parts: usize,
    /// Whether the objective is given draws.
    pub draws: bool,
}

impl BatchWords {
    /// The rows of a forward pass with the table row of each of their places in the first copy.
    pub fn of_rows(log_rows: usize, n_parameters: usize, rows: &[u32], ids: impl Iterator<Item = u32>) -> Self {
        let n_rows = rows.len();
        // A large layer has work for many workgroups anyway.
        let most_parts = (MOST_PART_NUMBERS / n_parameters.max(1)).clamp(1, MOST_PARTS);
        let rows_of_part = n_rows.div_ceil(most_parts).max(ROWS_OF_PART);
        let n_parts = n_rows.div_ceil(rows_of_part);
        let mut batch = Self { words: vec![0; WORDS.len()], n_rows, n_fetched: 0, n_parts, draws: false };
        batch.set(Word::Rows, n_rows as u32);
        batch.set(Word::LogRows, log_rows as u32);
        batch.set(Word::Parts, n_parts as u32);
        batch.set(Word::RowsOfPart, rows_of_part as u32);
        batch.append(Word::RowsAt, rows.iter().copied());
        batch.append(Word::IdsAt, ids);
        batch
    }

    /// A step that fetches rows of the table.
    pub fn of_step(
        log_rows: usize,
        n_parameters: usize,
        layout: &SemLayout,
        inputs: &StepInputs,
        indices: &BatchIndices,
    ) -> Self {
        // The copies fetch the same rows, each of its own part of the table.
        let unique: Vec<u32> = match indices.unique.is_empty() {
            true => (0..layout.rows_per_copy as u32).collect(),
            false => indices.unique[..indices.unique.len() / layout.copies].iter().map(|&row| row as u32).collect(),
        };
        let inverse = &indices.inverse[..indices.inverse.len() / layout.copies];
        let mut batch =
            Self::of_rows(log_rows, n_parameters, &inputs.rows, inverse.iter().map(|&at| unique[at as usize]));
        batch.n_fetched = unique.len();
        batch.set(Word::Fetched, unique.len() as u32);
        let (starts, positions) = places_of_rows(unique.len(), inverse);
        batch.append(Word::UniqueAt, unique.into_iter());
        batch.append(Word::StartsAt, starts.into_iter());
        batch.append(Word::PositionsAt, positions.into_iter());
        batch.draws = !inputs.draws.is_empty();
        batch.append(Word::DrawsAt, inputs.draws.iter().map(|draw| draw.to_bits()));
        if !inputs.masks.is_empty() {
            batch.append(Word::MasksAt, inputs.masks.iter().flatten().map(|mask| mask.to_bits()));
        }
        batch
    }

    /// How the step moves the parameters.
    pub fn set_optimizer(&mut self, optimizer: &Optimizer, clip_norm: Option<f64>) {
        let rule = match optimizer.rule {
            Rule::Adam(adam) => {
                self.set_adam(&adam);
                0
            }
            Rule::AdamW(adamw) => {
                self.set_adam(&adamw.adam);
                self.set_number(Word::Rate, adamw.rate);
                1
            }
            Rule::Sgd(sgd) => {
                self.set_number(Word::Rate, sgd.rate);
                self.set_number(Word::Momentum, sgd.momentum);
                2
            }
        };
        self.set(Word::Rule, rule);
        self.set_number(Word::WeightDecay, optimizer.weight_decay);
        self.set_number(Word::EmbeddingDecay, optimizer.embedding_decay);
        self.set_number(Word::ClipNorm, clip_norm.unwrap_or_default());
        self.set_number(Word::ClipEpsilon, CLIP_EPSILON);
    }

    pub fn set(&mut self, word: Word, value: u32) {
        self.words[word as usize] = value;
    }

    fn set_adam(&mut self, adam: &Adam) {
        self.set_number(Word::Beta1, adam.beta1);
        self.set_number(Word::Beta2, adam.beta2);
        self.set_number(Word::Rest1, 1.0 - adam.beta1);
        self.set_number(Word::Rest2, 1.0 - adam.beta2);
        self.set_number(Word::StepSize, adam.step_size);
        self.set_number(Word::RootScale, adam.root_scale);
        self.set_number(Word::Epsilon, adam.epsilon);
    }

    fn set_number(&mut self, word: Word, value: f64) {
        self.set(word, (value as f32).to_bits());
    }

    /// Puts words behind those that are there, and where they begin into the head.
    fn append(&mut self, at: Word, words: impl Iterator<Item = u32>) {
        self.set(at, self.words.len() as u32);
        self.words.extend(words);
    }
}

/// Where the places of each fetched row start among `positions`, and the positions row by row.
fn places_of_rows(n_fetched: usize, inverse: &[i32]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; n_fetched + 1];
    for &row in inverse {
        starts[row as usize + 1] += 1;
    }
    for row in 0..n_fetched {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut positions = vec![0; inverse.len()];
    for (position, &row) in inverse.iter().enumerate() {
        let at = &mut next[row as usize];
        positions[*at as usize] = position as u32;
        *at += 1;
    }
    (starts, positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_listed_at_its_row() {
        let (starts, positions) = places_of_rows(3, &[2, 0, 2, 2, 0]);
        assert_eq!((starts, positions), (vec![0, 2, 2, 5], vec![1, 4, 0, 2, 3]));
        assert_eq!(places_of_rows(0, &[]), (vec![0], vec![]));
    }
}
