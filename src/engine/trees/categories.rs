//! The best split of a field of categories: which of them to name.
//!
//! A category's own mean gradient is mostly noise where it has few rows, and putting many categories in order by it finds
//! a split in anything. LightGBM's rules against that are kept here: what is too rare is never named, means are smoothed,
//! a split names few categories, its groups are large, and its two leaves are drawn to 0 by a further λ. Source: Ke et
//! al. 2017, and `FindBestThresholdCategoricalInner` of LightGBM 4.
//!
//! What is too rare and how large a group is are counted in rows *by curvature*: a row counts as its curvature divided by
//! the node's mean. LightGBM does so because its histograms hold no counts. It is kept because it matters: curvature is
//! what a row tells of a logit, so where conversions are likely fewer rows are enough.

use super::grow::{Cut, GrowOptions};
use super::histogram::{Derivatives, Histogram, Sums};
use super::inputs::{Input, InputKind};
use crate::domain::features::ID_UNKNOWN;

/// What keeps splits on categories from learning noise; after each its name in LightGBM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CategoryOptions {
    /// Added to a category's curvature when categories are put in order, and the rows by curvature that a category must
    /// have in a node to be named there: `cat_smooth`.
    pub smoothing: f64,
    /// Added to λ in the gain of a split that names categories in order, and in its two leaves: `cat_l2`.
    pub l2: f64,
    /// Categories that a split names at the most: `max_cat_threshold`.
    pub most: usize,
    /// Rows by curvature which each further set that is tried has more than the last, and which the others have at the
    /// least: `min_data_per_group`.
    pub group_rows: usize,
    /// In a field of so few bins, all that is not a known value being one, a split names one category, without
    /// smoothing and further λ: `max_cat_to_onehot`.
    pub one_hot: usize,
}

/// A node's rows, and what their derivatives add up to.
#[derive(Clone, Copy)]
pub(super) struct NodeRows<'a> {
    pub rows: &'a [u32],
    pub derivatives: &'a [Derivatives],
    pub total: Sums,
}

/// The set of categories with the largest gain, if one has any. Rows without one of the set, unknown values among them,
/// do not pass.
///
/// For fields with one value a row sets are prefixes of the categories in order of their smoothed mean gradient, from
/// either end: for λ = 0 the best of all sets is one of them (Fisher 1958). With several values a row the order is the
/// same, a row passes that has any of the values, and the prefixes are a heuristic.
pub(super) fn best_set(
    input: &Input,
    histogram: &Histogram,
    node: NodeRows,
    options: &GrowOptions,
) -> Option<Cut<Vec<u32>>> {
    let known = histogram.filled.iter().copied().filter(|&bin| u32::from(bin) != ID_UNKNOWN);
    // The bins of missing and of unknown values are one in LightGBM's count.
    if input.n_bins.saturating_sub(1) <= options.categories.one_hot {
        return best_single(known, histogram, node.total, options);
    }
    let (smoothing, most) = (options.categories.smoothing, options.categories.most);
    let rows = RowsByCurvature::in_node(node.total);
    let mut order: Vec<u16> = known.filter(|&bin| rows.of(histogram.of(bin)) >= smoothing).collect();
    let mean = |bin: u16| histogram.of(bin).gradient / (histogram.of(bin).curvature + smoothing);
    order.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)).then(a.cmp(&b)));
    let most = most.min(order.len().div_ceil(2));
    let mut ends = [order[..most].to_vec(), order[order.len() - most..].to_vec()];
    ends[1].reverse();
    let mut best: Option<Cut<Vec<u32>>> = None;
    for end in ends {
        let added = added(input, histogram, node, &end);
        let Some((gain, length)) = best_prefix(&added, node.total, options) else { continue };
        if best.as_ref().is_none_or(|best| gain > best.gain) {
            best = Some(Cut { gain, l2: options.l2 + options.categories.l2, at: ids(&end[..length]) });
        }
    }
    best
}

fn ids(bins: &[u16]) -> Vec<u32> {
    let mut ids: Vec<u32> = bins.iter().map(|&bin| u32::from(bin)).collect();
    ids.sort_unstable();
    ids
}

/// One category against all others.
fn best_single(
    known: impl Iterator<Item = u16>,
    histogram: &Histogram,
    total: Sums,
    options: &GrowOptions,
) -> Option<Cut<Vec<u32>>> {
    let (mut best, mut best_gain) = (None, 0.0);
    for bin in known {
        let (left, right) = (histogram.of(bin), total.without(histogram.of(bin)));
        if !options.allows(&left) || !options.allows(&right) {
            continue;
        }
        let gain = left.score(options.l2) + right.score(options.l2) - total.score(options.l2);
        if gain > best_gain {
            best_gain = gain;
            best = Some(Cut { gain, l2: options.l2, at: ids(&[bin]) });
        }
    }
    best
}

/// The largest gain of a set, and how many categories it has; each has added its rows to those before it.
fn best_prefix(added: &[Sums], total: Sums, options: &GrowOptions) -> Option<(f64, usize)> {
    let (l2, group_rows) = (options.l2 + options.categories.l2, options.categories.group_rows as f64);
    let rows = RowsByCurvature::in_node(total);
    let (mut left, mut left_rows, mut group) = (Sums::default(), 0.0, 0.0);
    let (mut best, mut best_gain) = (None, 0.0);
    for (position, &more) in added.iter().enumerate() {
        left.merge(more);
        left_rows += rows.of(more);
        group += rows.of(more);
        if !options.allows(&left) {
            continue;
        }
        let right = total.without(left);
        if !options.allows(&right) || total.rows as f64 - left_rows < group_rows {
            break;
        }
        if group < group_rows {
            continue;
        }
        group = 0.0;
        // The parent is a leaf with λ alone.
        let gain = left.score(l2) + right.score(l2) - total.score(options.l2);
        if gain > best_gain {
            best_gain = gain;
            best = Some((gain, position + 1));
        }
    }
    best
}

/// A row counts as its curvature divided by the node's mean.
struct RowsByCurvature {
    per_curvature: f64,
}

impl RowsByCurvature {
    fn in_node(total: Sums) -> Self {
        Self { per_curvature: if total.curvature > 0.0 { total.rows as f64 / total.curvature } else { 0.0 } }
    }

    /// To the nearest whole row.
    fn of(&self, sums: Sums) -> f64 {
        libm::round(sums.curvature * self.per_curvature)
    }
}

/// What each category of `order` adds to the set of those before it.
///
/// A row with several values comes in with the first of them.
fn added(input: &Input, histogram: &Histogram, node: NodeRows, order: &[u16]) -> Vec<Sums> {
    if !matches!(input.kind, InputKind::Lists { .. }) {
        return order.iter().map(|&bin| histogram.of(bin)).collect();
    }
    let mut place_of = vec![order.len(); input.n_bins];
    order.iter().enumerate().for_each(|(place, &bin)| place_of[usize::from(bin)] = place);
    let mut added = vec![Sums::default(); order.len()];
    for &row in node.rows {
        let places = input.row(row as usize).iter().map(|&bin| place_of[usize::from(bin)]);
        if let Some(sums) = places.min().and_then(|place| added.get_mut(place)) {
            sums.add(node.derivatives[row as usize]);
        }
    }
    added
}
