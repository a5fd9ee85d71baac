//! Trees as data: what is exported, and how it predicts.

use serde::{Deserialize, Serialize};

use super::inputs::{Input, InputKind};

/// Trained trees of one model, enough to recompute every logit from the encoded inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// Names of the inputs that splits count: the fitted fields, then the dense inputs.
    pub inputs: Vec<String>,
    pub ensembles: Vec<Ensemble>,
}

/// The trees of one event: its logit is `base + Σ value of the leaf that a row falls into`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    pub event: String,
    /// Question of the behaviour tree whose logit this is.
    pub question: String,
    /// ln(rate/(1−rate)) of the training rows.
    pub base: f64,
    pub trees: Vec<Tree>,
}

/// A binary tree; node 0 is the root, and children come after their parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

impl Tree {
    /// Whether it can predict from these inputs: what comes from outside need not be a tree at all.
    pub fn fits(&self, inputs: &[Input]) -> bool {
        let is_ahead = |at: usize, node: u32| (at + 1..self.nodes.len()).contains(&(node as usize));
        let fits = |(at, node): (usize, &Node)| match node {
            Node::Leaf { value } => value.is_finite(),
            Node::Split { input, split, yes, no } => {
                is_ahead(at, *yes) && is_ahead(at, *no) && inputs.get(*input).is_some_and(|input| split.fits(input))
            }
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(fits)
    }
}

impl Split {
    /// Whether it can be asked of this input.
    fn fits(&self, input: &Input) -> bool {
        let is_bin = |id: &u32| (*id as usize) < input.n_bins;
        match (self, &input.kind) {
            (Self::IdAtMost(id), InputKind::Buckets) => is_bin(id),
            (Self::AtMost(value), InputKind::Dense { .. }) => value.is_finite(),
            (Self::OneOf(ids), InputKind::Categories) | (Self::AnyOf(ids), InputKind::Lists { .. }) => {
                ids.iter().all(is_bin)
            }
            _ => false,
        }
    }
}

/// A node of a [`Tree`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// What is added to the logit, learning rate included.
    Leaf { value: f64 },
    Split {
        /// Index of the input.
        input: usize,
        #[serde(flatten)]
        split: Split,
        /// Node of the rows that pass the test, and of the others.
        yes: u32,
        no: u32,
    },
}

/// The test of a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// A field of buckets: id ≤ this.
    IdAtMost(u32),
    /// A dense input, as encoded (for example `tanh((x − mean)/std)`, rounded to f32): value ≤ this.
    AtMost(f64),
    /// A field of categories: the id is one of these.
    OneOf(Vec<u32>),
    /// A field with several values a row: the id of any of them is one of these.
    AnyOf(Vec<u32>),
}
