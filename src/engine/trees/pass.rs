//! A split as a look-up by bin: which rows pass.

use super::inputs::{Input, InputKind};
use super::model::Split;

/// The test of a split on its binned input.
pub(super) struct Test<'a> {
    input: &'a Input,
    /// By bin; a bin beyond the last does not pass.
    passes: Vec<bool>,
}

impl<'a> Test<'a> {
    pub fn new(split: &Split, input: &'a Input) -> Self {
        let passes = match (split, &input.kind) {
            (Split::IdAtMost(id), _) => vec![true; *id as usize + 1],
            (Split::AtMost(value), InputKind::Dense { edges }) => {
                // A bin lies below the edge of its own number.
                vec![true; edges.partition_point(|edge| edge <= value)]
            }
            (Split::AtMost(_), _) => Vec::new(),
            (Split::OneOf(ids) | Split::AnyOf(ids), _) => {
                let mut passes = vec![false; ids.iter().max().map_or(0, |&last| last as usize + 1)];
                ids.iter().for_each(|&id| passes[id as usize] = true);
                passes
            }
        };
        Self { input, passes }
    }

    pub fn passes(&self, row: usize) -> bool {
        let passes = |bin: u16| self.passes.get(usize::from(bin)).copied().unwrap_or(false);
        self.input.row(row).iter().any(|&bin| passes(bin))
    }
}
