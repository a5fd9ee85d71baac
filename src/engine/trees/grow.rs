//! One tree: the best split of each node, until none is worth it.

use std::rc::Rc;

use super::categories::{CategoryOptions, NodeRows, best_set};
use super::histogram::{Derivatives, Histogram, Sums};
use super::inputs::{Input, InputKind, TreeInputs};
use super::model::{Node, Split, Tree};
use super::pass::Test;

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
    pub categories: CategoryOptions,
    /// η, what leaf values are multiplied by.
    pub learning_rate: f64,
}

impl GrowOptions {
    /// Whether these rows may be one side of a split.
    pub(super) fn allows(&self, side: &Sums) -> bool {
        side.rows >= self.min_leaf && side.curvature >= MIN_CURVATURE
    }
}

/// Where an input is cut.
pub(super) struct Cut<At> {
    pub gain: f64,
    /// λ of the two leaves.
    pub l2: f64,
    pub at: At,
}

/// A node that is still to be split or made a leaf.
struct Open {
    node: usize,
    depth: usize,
    /// Its rows, as a stretch of the rows in order.
    start: usize,
    end: usize,
    /// λ of its value, should it become a leaf.
    l2: f64,
    /// Inputs to split on.
    candidates: Rc<[usize]>,
}

/// Grows a tree on `rows`, splitting on `inputs[candidates]` alone. A root that cannot be split has the value 0.
///
/// # Shapes
/// - `derivatives`: one for each row of the log
///
/// Of equal gains the first input's first split is taken. A field of categories without any gain in a node is not tried
/// again below it, as in LightGBM: among many categories some part of the node has one by chance.
pub fn grow(
    inputs: &TreeInputs,
    candidates: &[usize],
    rows: &[u32],
    derivatives: &[Derivatives],
    options: &GrowOptions,
) -> Tree {
    let mut rows = rows.to_vec();
    let mut tree = Tree { nodes: vec![Node::Leaf { value: 0.0 }] };
    let mut open =
        vec![Open { node: 0, depth: 0, start: 0, end: rows.len(), l2: options.l2, candidates: candidates.into() }];
    let mut histogram = Histogram::default();
    while let Some(Open { node, depth, start, end, l2, candidates }) = open.pop() {
        let here = &rows[start..end];
        let here = NodeRows { rows: here, derivatives, total: Sums::over(here, derivatives) };
        let best = (depth < options.depth && here.rows.len() >= 2 * options.min_leaf)
            .then(|| best_split(inputs, &candidates, here, options, &mut histogram))
            .flatten();
        let Some(Best { input, cut: Cut { at: split, l2, .. }, remaining }) = best else {
            if depth > 0 {
                tree.nodes[node] = Node::Leaf { value: options.learning_rate * here.total.value(l2) };
            }
            continue;
        };
        let test = Test::new(&split, &inputs.inputs[input]);
        let middle = start + partition(&mut rows[start..end], |row| test.passes(row as usize));
        let (yes, no) = (tree.nodes.len(), tree.nodes.len() + 1);
        tree.nodes[node] = Node::Split { input, split, yes: yes as u32, no: no as u32 };
        tree.nodes.extend([Node::Leaf { value: 0.0 }, Node::Leaf { value: 0.0 }]);
        let (depth, candidates) = (depth + 1, Rc::<[usize]>::from(remaining));
        open.push(Open { node: no, depth, start: middle, end, l2, candidates: Rc::clone(&candidates) });
        open.push(Open { node: yes, depth, start, end: middle, l2, candidates });
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

/// A node's split.
struct Best {
    input: usize,
    cut: Cut<Split>,
    /// The inputs to be tried below.
    remaining: Vec<usize>,
}

fn best_split(
    inputs: &TreeInputs,
    candidates: &[usize],
    node: NodeRows,
    options: &GrowOptions,
    histogram: &mut Histogram,
) -> Option<Best> {
    let (mut best, mut remaining): (Option<(usize, Cut<Split>)>, Vec<usize>) = (None, Vec::new());
    for &index in candidates {
        let input = &inputs.inputs[index];
        histogram.fill(input, node.rows, node.derivatives);
        let cut = match &input.kind {
            InputKind::Categories => best_set(input, histogram, node, options).map(|cut| cut.map(Split::OneOf)),
            InputKind::Lists { .. } => best_set(input, histogram, node, options).map(|cut| cut.map(Split::AnyOf)),
            InputKind::Buckets | InputKind::Dense { .. } => {
                best_threshold(histogram, node.total, options).map(|cut| cut.map(|bin| at_most(input, bin)))
            }
        };
        if cut.is_some() || input.is_ordered() {
            remaining.push(index);
        }
        let Some(cut) = cut else { continue };
        if best.as_ref().is_none_or(|(_, best)| cut.gain > best.gain) {
            best = Some((index, cut));
        }
    }
    best.map(|(input, cut)| Best { input, cut, remaining })
}

/// The last bin of the smaller values, for the largest gain if there is any.
fn best_threshold(histogram: &Histogram, total: Sums, options: &GrowOptions) -> Option<Cut<u16>> {
    let (_, but_last) = histogram.filled.split_last()?;
    let (mut left, mut best, mut best_gain) = (Sums::default(), None, 0.0);
    for &bin in but_last {
        left.merge(histogram.of(bin));
        let right = total.without(left);
        if !options.allows(&left) || !options.allows(&right) {
            continue;
        }
        let gain = left.score(options.l2) + right.score(options.l2) - total.score(options.l2);
        if gain > best_gain {
            best_gain = gain;
            best = Some(Cut { gain, l2: options.l2, at: bin });
        }
    }
    best
}

fn at_most(input: &Input, last: u16) -> Split {
    match &input.kind {
        InputKind::Dense { edges } => Split::AtMost(edges[usize::from(last)]),
        _ => Split::IdAtMost(u32::from(last)),
    }
}

impl<At> Cut<At> {
    fn map<To>(self, to: impl FnOnce(At) -> To) -> Cut<To> {
        Cut { gain: self.gain, l2: self.l2, at: to(self.at) }
    }
}
