//! Trees as data: what is exported, and how it predicts.

use serde::{Deserialize, Serialize};

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
