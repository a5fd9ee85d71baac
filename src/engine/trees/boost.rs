//! Boosting one event's ensemble, tree by tree.

use super::grow::{GrowOptions, grow};
use super::histogram::Derivatives;
use super::inputs::TreeInputs;
use super::model::{Node, Tree};
use super::pass::Test;
use crate::domain::behavior::reference::{log_sigmoid, sigmoid};
use crate::domain::random::Stream;

/// How an ensemble is boosted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostOptions {
    pub grow: GrowOptions,
    /// Share of the rows that each tree sees, drawn without replacement.
    pub row_sampling: f64,
    /// Share of the inputs that each tree may split on, at least one.
    pub feature_sampling: f64,
}

/// One event's ensemble while it grows.
#[derive(Debug, Clone)]
pub struct Booster {
    /// Training rows that meet the event's condition, and their labels.
    rows: Vec<u32>,
    labels: Vec<bool>,
    /// How much each of these rows counts, 1 in the mean; empty where all count alike.
    weights: Vec<f64>,
    pub base: f64,
    pub trees: Vec<Tree>,
    /// `[n_rows of the log]`: the logit of every row so far.
    pub logits: Vec<f64>,
    derivatives: Vec<Derivatives>,
}

impl Booster {
    /// An ensemble without trees: every logit is that of the rate among `rows`.
    ///
    /// # Shapes
    /// - `labels`: one for each of `rows`, which are not empty
    pub fn new(n_rows: usize, rows: Vec<u32>, labels: Vec<bool>) -> Self {
        let (n, positives) = (rows.len() as f64, labels.iter().filter(|&&yes| yes).count() as f64);
        // A rate of exactly 0 or 1 has no logit: half a row of each kind more gives it one.
        let is_mixed = positives > 0.0 && positives < n;
        let (positives, negatives) =
            if is_mixed { (positives, n - positives) } else { (positives + 0.5, n - positives + 0.5) };
        let base = libm::log(positives / negatives);
        Self {
            rows,
            labels,
            weights: Vec::new(),
            base,
            trees: Vec::new(),
            logits: vec![base; n_rows],
            derivatives: vec![Derivatives::default(); n_rows],
        }
    }

    /// The same with rows that count `weights` times, in proportion.
    ///
    /// Over their own mean: what is compared with a sum over rows (λ, the smoothing of categories) keeps its meaning, among
    /// clicks as among all impressions.
    ///
    /// # Shapes
    /// - `weights`: one for each of the rows
    #[must_use]
    pub fn weighted(mut self, weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        self.weights = weights.iter().map(|weight| weight * weights.len() as f64 / total).collect();
        let positive: f64 =
            self.weights.iter().zip(&self.labels).filter(|(_, yes)| **yes).map(|(weight, _)| weight).sum();
        let negative = weights.len() as f64 - positive;
        if self.labels.contains(&true) && self.labels.contains(&false) {
            self.base = libm::log(positive / negative);
            self.logits.fill(self.base);
        }
        self
    }

    fn weight(&self, index: usize) -> f64 {
        self.weights.get(index).copied().unwrap_or(1.0)
    }

    /// Mean cross-entropy over the training rows, in nats.
    pub fn loss(&self) -> f64 {
        let loss = |(index, (&row, &label)): (usize, (&u32, &bool))| {
            let z = self.logits[row as usize];
            -self.weight(index) * log_sigmoid(if label { z } else { -z })
        };
        self.rows.iter().zip(&self.labels).enumerate().map(loss).sum::<f64>() / self.rows.len() as f64
    }

    /// Grows one tree, on rows and inputs drawn from `random`, and moves every logit.
    pub fn step(&mut self, inputs: &TreeInputs, options: &BoostOptions, random: &mut Stream) {
        for (index, (&row, &label)) in self.rows.iter().zip(&self.labels).enumerate() {
            let (p, weight) = (sigmoid(self.logits[row as usize]), self.weight(index));
            self.derivatives[row as usize] = Derivatives {
                gradient: weight * (p - f64::from(u8::from(label))),
                curvature: weight * (p * (1.0 - p)),
            };
        }
        let sampled = random.sample(&self.rows, share(self.rows.len(), options.row_sampling));
        let all: Vec<usize> = (0..inputs.inputs.len()).collect();
        let candidates = random.sample(&all, share(all.len(), options.feature_sampling));
        let tree = grow(inputs, &candidates, &sampled, &self.derivatives, &options.grow);
        add_to_logits(&tree, inputs, &mut self.logits);
        self.trees.push(tree);
    }
}

impl Booster {
    /// Goes on from trees that were grown before, on the same rows and inputs.
    pub fn take_up(&mut self, trees: Vec<Tree>, inputs: &TreeInputs) {
        self.logits.fill(self.base);
        trees.iter().for_each(|tree| add_to_logits(tree, inputs, &mut self.logits));
        self.trees = trees;
    }

    /// Logits of impressions that the log need not have.
    pub fn logits_of(&self, inputs: &TreeInputs) -> Vec<f64> {
        let mut logits = vec![self.base; inputs.n_rows];
        self.trees.iter().for_each(|tree| add_to_logits(tree, inputs, &mut logits));
        logits
    }
}

/// A share of `n`, at least one.
fn share(n: usize, share: f64) -> usize {
    (libm::round(n as f64 * share) as usize).clamp(1, n.max(1))
}

fn add_to_logits(tree: &Tree, inputs: &TreeInputs, logits: &mut [f64]) {
    let steps: Vec<Step> = tree.nodes.iter().map(|node| Step::of(node, inputs)).collect();
    for (row, logit) in logits.iter_mut().enumerate() {
        let mut at = 0;
        *logit += loop {
            match &steps[at] {
                Step::Leaf(value) => break *value,
                Step::Split { test, yes, no } => at = if test.passes(row) { *yes } else { *no },
            }
        };
    }
}

/// A node with its test as a look-up by bin.
enum Step<'a> {
    Leaf(f64),
    Split { test: Test<'a>, yes: usize, no: usize },
}

impl<'a> Step<'a> {
    fn of(node: &Node, inputs: &'a TreeInputs) -> Self {
        match node {
            Node::Leaf { value } => Self::Leaf(*value),
            Node::Split { input, split, yes, no } => {
                let test = Test::new(split, &inputs.inputs[*input]);
                Self::Split { test, yes: *yes as usize, no: *no as usize }
            }
        }
    }
}
