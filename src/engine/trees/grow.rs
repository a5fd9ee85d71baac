//! One tree: histograms of gradients, and the best split of each node.

use super::inputs::{Input, InputKind, TreeInputs};
use super::model::{Node, Split, Tree};

/// Curvature that a side of a split must have at the least: below it a leaf's value is noise divided by nothing.
const MIN_CURVATURE: f64 = 1e-3;

/// How a tree grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GrowOptions {
    /// Questions on the longest path.
    pub depth: usize,
    /// Rows in a leaf at the least.
    pub min_leaf: usize,
    /// λ, added to every sum of curvatures.
    pub l2: f64,
    /// Added to a category's curvature when categories are put in order, so that rare ones do not lead.
    /// Source: `cat_smooth` of LightGBM.
    pub category_smoothing: f64,
    /// η, what leaf values are multiplied by.
    pub learning_rate: f64,
}

/// First and second derivative of the loss with respect to a row's logit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Derivatives {
    pub gradient: f64,
    pub curvature: f64,
}

/// Sums over a bin or a node.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
    rows: usize,
}

/// A candidate split and the bins that pass it.
struct Candidate {
    gain: f64,
    input: usize,
    /// By bin.
    passes: Vec<bool>,
    split: Split,
}

/// A node that is still to be split or made a leaf.
struct Open {
    node: usize,
    depth: usize,
    /// Its rows, as a stretch of the rows in order.
    start: usize,
    end: usize,
}

/// Grows a tree on `rows`, splitting on `inputs[candidates]` alone.
///
/// # Shapes
/// - `derivatives`: one for each row of the log
///
/// Of equal gains the first input's first split is taken.
pub fn grow(
    inputs: &TreeInputs,
    candidates: &[usize],
    rows: &[u32],
    derivatives: &[Derivatives],
    options: &GrowOptions,
) -> Tree {
    let mut rows = rows.to_vec();
    let mut tree = Tree { nodes: vec![Node::Leaf { value: 0.0 }] };
    let mut open = vec![Open { node: 0, depth: 0, start: 0, end: rows.len() }];
    let mut histogram = Vec::new();
    while let Some(Open { node, depth, start, end }) = open.pop() {
        let here = &rows[start..end];
        let total = Sums::over(here, derivatives);
        let best = (depth < options.depth && here.len() >= 2 * options.min_leaf)
            .then(|| best_split(inputs, candidates, here, derivatives, total, options, &mut histogram))
            .flatten();
        let Some(Candidate { input, passes, split, .. }) = best else {
            tree.nodes[node] = Node::Leaf { value: options.learning_rate * total.value(options.l2) };
            continue;
        };
        let bins = &inputs.inputs[input].bins;
        let middle = start + partition(&mut rows[start..end], |row| passes[bins[row as usize] as usize]);
        let (yes, no) = (tree.nodes.len(), tree.nodes.len() + 1);
        tree.nodes[node] = Node::Split { input, split, yes: yes as u32, no: no as u32 };
        tree.nodes.extend([Node::Leaf { value: 0.0 }, Node::Leaf { value: 0.0 }]);
        open.push(Open { node: no, depth: depth + 1, start: middle, end });
        open.push(Open { node: yes, depth: depth + 1, start, end: middle });
    }
    tree
}

/// Puts the rows that pass first, both parts in their order; returns how many pass.
fn partition(rows: &mut [u32], passes: impl Fn(u32) -> bool) -> usize {
    let (first, rest): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| passes(row));
    rows[..first.len()].copy_from_slice(&first);
    rows[first.len()..].copy_from_slice(&rest);
    first.len()
}

fn best_split(
    inputs: &TreeInputs,
    candidates: &[usize],
    rows: &[u32],
    derivatives: &[Derivatives],
    total: Sums,
    options: &GrowOptions,
    histogram: &mut Vec<Sums>,
) -> Option<Candidate> {
    let mut best: Option<Candidate> = None;
    for &index in candidates {
        let input = &inputs.inputs[index];
        histogram.clear();
        histogram.resize(input.n_bins, Sums::default());
        for &row in rows {
            histogram[input.bins[row as usize] as usize].add(derivatives[row as usize]);
        }
        let order = bins_in_order(input, histogram, options);
        let floor = best.as_ref().map_or(0.0, |best| best.gain);
        if let Some((gain, cut)) = best_cut(&order, histogram, total, options, floor) {
            let mut passes = vec![false; input.n_bins];
            order[..cut].iter().for_each(|&bin| passes[bin] = true);
            best = Some(Candidate { gain, input: index, split: split_at(input, &order, cut), passes });
        }
    }
    best
}

/// The filled bins in the order in which they may be cut: as they are, or categories by their mean gradient, which for
/// λ = 0 has the best of all subsets among its prefixes (Fisher 1958).
fn bins_in_order(input: &Input, histogram: &[Sums], options: &GrowOptions) -> Vec<usize> {
    let mut order: Vec<usize> = (0..histogram.len()).filter(|&bin| histogram[bin].rows > 0).collect();
    if !input.is_ordered() {
        let mean = |bin: usize| histogram[bin].gradient / (histogram[bin].curvature + options.category_smoothing);
        order.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)).then(a.cmp(&b)));
    }
    order
}

/// The cut with the largest gain above `floor`: how many bins of `order` pass.
fn best_cut(
    order: &[usize],
    histogram: &[Sums],
    total: Sums,
    options: &GrowOptions,
    floor: f64,
) -> Option<(f64, usize)> {
    let allowed = |side: &Sums| side.rows >= options.min_leaf && side.curvature >= MIN_CURVATURE;
    let (mut left, mut best) = (Sums::default(), None);
    let mut best_gain = floor;
    for (position, &bin) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
        left.merge(histogram[bin]);
        let right = total.without(left);
        if !allowed(&left) || !allowed(&right) {
            continue;
        }
        let gain = left.score(options.l2) + right.score(options.l2) - total.score(options.l2);
        if gain > best_gain {
            best_gain = gain;
            best = Some((gain, position + 1));
        }
    }
    best
}

fn split_at(input: &Input, order: &[usize], cut: usize) -> Split {
    let last = order[cut - 1];
    match &input.kind {
        InputKind::Buckets => Split::IdAtMost(last as u32),
        InputKind::Dense { edges } => Split::AtMost(edges[last]),
        InputKind::Categories => {
            let mut ids: Vec<u32> = order[..cut].iter().map(|&bin| bin as u32).collect();
            ids.sort_unstable();
            Split::OneOf(ids)
        }
    }
}

impl Sums {
    fn over(rows: &[u32], derivatives: &[Derivatives]) -> Self {
        let mut sums = Self::default();
        rows.iter().for_each(|&row| sums.add(derivatives[row as usize]));
        sums
    }

    fn add(&mut self, row: Derivatives) {
        self.gradient += row.gradient;
        self.curvature += row.curvature;
        self.rows += 1;
    }

    fn merge(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.rows += other.rows;
    }

    fn without(self, part: Self) -> Self {
        Self {
            gradient: self.gradient - part.gradient,
            curvature: self.curvature - part.curvature,
            rows: self.rows - part.rows,
        }
    }

    /// Twice what the loss falls by when these rows take their best common value.
    fn score(self, l2: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + l2)
    }

    /// The best common value; 0 where there is no curvature to divide by.
    fn value(self, l2: f64) -> f64 {
        let curvature = self.curvature + l2;
        if curvature > 0.0 { -self.gradient / curvature } else { 0.0 }
    }
}
