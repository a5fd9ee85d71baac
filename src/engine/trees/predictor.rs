//! Exported trees without their run. Nothing has to be binned: their tests name ids and values as a log is encoded.

use super::model::{Forest, Node, Split};
use crate::domain::behavior::BehaviorTree;
use crate::domain::features::{EncodedLog, FieldEncoding, FittedFeatures};
use crate::engine::EngineError;

/// Trees as their file says them, checked against the encoders and the behaviour tree that they are for.
#[derive(Debug)]
pub struct TreePredictor {
    forest: Forest,
    /// Question of each ensemble.
    questions: Vec<usize>,
    n_questions: usize,
    n_fields: usize,
}

impl TreePredictor {
    /// Reads a `.trees.json`, which may be anybody's.
    ///
    /// # Errors
    /// When it is none, or does not belong to these encoders and this tree.
    pub fn from_json(bytes: &[u8], fitted: &FittedFeatures, tree: &BehaviorTree) -> Result<Self, EngineError> {
        let refused = |reason: &str| EngineError::TreesFile(reason.to_owned());
        let forest: Forest =
            serde_json::from_slice(bytes).map_err(|error| EngineError::TreesFile(error.to_string()))?;
        if !fitted.columns().map(|(name, _)| name).eq(forest.inputs.iter().map(String::as_str)) {
            return Err(refused(text!(engine::trees::inputs)));
        }
        let asked = |name: &str| tree.question_index(name).ok_or_else(|| refused(text!(engine::trees::question)));
        let questions: Vec<usize> =
            forest.ensembles.iter().map(|ensemble| asked(&ensemble.question)).collect::<Result<_, _>>()?;
        let n_questions = tree.questions.len();
        if (0..n_questions).any(|question| questions.iter().filter(|&&other| other == question).count() != 1) {
            return Err(refused(text!(engine::trees::question)));
        }
        let mut trees = forest.ensembles.iter().flat_map(|ensemble| &ensemble.trees);
        if !trees.all(|tree| is_sound(&tree.nodes, fitted)) {
            return Err(refused(text!(engine::trees::node)));
        }
        Ok(Self { forest, questions, n_questions, n_fields: fitted.fields.len() })
    }

    /// The tree's logits of a log that the sheet's encoders encoded.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// When one is not finite.
    pub fn logits_of(&self, encoded: &EncodedLog) -> Result<Vec<f32>, EngineError> {
        let lists: Vec<_> =
            (0..self.n_fields).map(|field| encoded.lists.iter().find(|list| list.field == field)).collect();
        let n_dense = self.forest.inputs.len() - self.n_fields;
        let passes = |input: usize, split: &Split, row: usize| match input.checked_sub(self.n_fields) {
            Some(dense) => match split {
                Split::AtMost(most) => f64::from(encoded.dense[row * n_dense + dense]) <= *most,
                Split::IdAtMost(_) | Split::OneOf(_) | Split::AnyOf(_) => false,
            },
            None => {
                let single = [encoded.ids[row * self.n_fields + input]];
                let ids = lists[input].map_or(&single[..], |list| list.row(row));
                match split {
                    Split::IdAtMost(most) => ids.iter().any(|id| id <= most),
                    Split::OneOf(some) | Split::AnyOf(some) => ids.iter().any(|id| some.contains(id)),
                    Split::AtMost(_) => false,
                }
            }
        };
        let mut logits = vec![0.0; encoded.n_rows * self.n_questions];
        for (ensemble, &question) in self.forest.ensembles.iter().zip(&self.questions) {
            for row in 0..encoded.n_rows {
                let leaf = |nodes: &[Node]| leaf(nodes, |input, split| passes(input, split, row));
                // In the order of the run, which rounds as it did.
                let logit = ensemble.trees.iter().fold(ensemble.base, |logit, tree| logit + leaf(&tree.nodes)) as f32;
                if !logit.is_finite() {
                    return Err(EngineError::TreesFile(text!(engine::not_finite).to_owned()));
                }
                logits[row * self.n_questions + question] = logit;
            }
        }
        Ok(logits)
    }
}

/// The value of the leaf that a row falls into.
fn leaf(nodes: &[Node], passes: impl Fn(usize, &Split) -> bool) -> f64 {
    let mut at = 0;
    loop {
        match &nodes[at] {
            Node::Leaf { value } => break *value,
            Node::Split { input, split, yes, no } => at = if passes(*input, split) { *yes } else { *no } as usize,
        }
    }
}

/// Whether every way leads on to a leaf, over tests that their inputs have.
fn is_sound(nodes: &[Node], fitted: &FittedFeatures) -> bool {
    let is_later = |node: usize, child: u32| (node + 1..nodes.len()).contains(&(child as usize));
    let fits = |input: usize, split: &Split| match fitted.fields.get(input) {
        Some(field) => match split {
            Split::IdAtMost(_) => matches!(field.encoding, FieldEncoding::Buckets { .. }),
            Split::OneOf(_) => matches!(field.encoding, FieldEncoding::Vocabulary { .. }),
            Split::AnyOf(_) => matches!(field.encoding, FieldEncoding::Lists { .. }),
            Split::AtMost(_) => false,
        },
        None => input < fitted.fields.len() + fitted.dense.len() && matches!(split, Split::AtMost(_)),
    };
    let is_sound = |(at, node): (usize, &Node)| match node {
        Node::Leaf { .. } => true,
        Node::Split { input, split, yes, no } => fits(*input, split) && is_later(at, *yes) && is_later(at, *no),
    };
    !nodes.is_empty() && nodes.iter().enumerate().all(is_sound)
}
