//! The settings of boosted trees, with their ranges.

use serde::{Deserialize, Serialize};

use super::Objective;
use crate::domain::range::Range;
use crate::domain::setting::Setting;

/// How trees are boosted. The defaults are those of Wen et al. 2020, section 4, where it states them; for categories, of
/// which it says nothing, LightGBM's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoostingSpec {
    /// Trees of each ensemble.
    pub trees: usize,
    /// Questions on a tree's longest path.
    pub depth: usize,
    /// Rows in a leaf at the least.
    pub min_leaf: usize,
    /// Share of the rows that each tree sees.
    pub row_sampling: f64,
    /// Share of the features that each tree may split on.
    pub feature_sampling: f64,
    /// What each tree's values are multiplied by. The paper does not state it.
    pub learning_rate: f64,
    /// λ, which draws leaf values to 0. The paper does not state it.
    pub l2: f64,
    /// Added to a category's curvature when categories are put in order by their mean gradient; also the rows of a node
    /// that a category must have to be named by its split. LightGBM's `cat_smooth`.
    pub category_smoothing: f64,
    /// Added to λ where a split names several categories. LightGBM's `cat_l2`.
    pub category_l2: f64,
    /// Categories that a split names at the most. LightGBM's `max_cat_threshold`.
    pub max_categories: usize,
    /// Rows of the categories that each further set has more than the one tried before it, and that are left over at
    /// the least. LightGBM's `min_data_per_group`.
    pub min_category_rows: usize,
    /// In fields with fewer categories than this each split names one category, without smoothing and further λ.
    /// LightGBM's `max_cat_to_onehot`.
    pub max_one_hot: usize,
}

impl Default for BoostingSpec {
    fn default() -> Self {
        Self {
            trees: 150,
            depth: 8,
            min_leaf: 20,
            row_sampling: 0.6,
            feature_sampling: 0.6,
            learning_rate: 0.1,
            l2: 1.0,
            category_smoothing: 10.0,
            category_l2: 10.0,
            max_categories: 32,
            min_category_rows: 100,
            max_one_hot: 4,
        }
    }
}

/// A number of [`BoostingSpec`], under its key in it.
macro_rules! boosting {
    ($field:ident as $type:ty, $range:expr) => {
        Setting::new(
            concat!("boosting.", stringify!($field)),
            $range,
            |objective| boosting_of(objective).map(|boosting| boosting.$field as f64),
            |objective, value| {
                if let Objective::BoostedTrees { boosting, .. } = objective {
                    boosting.$field = value as $type;
                }
            },
        )
    };
}

fn boosting_of(objective: &Objective) -> Option<&BoostingSpec> {
    match objective {
        Objective::BoostedTrees { boosting, .. } => Some(boosting),
        _ => None,
    }
}

/// Every number of [`BoostingSpec`].
pub(super) static BOOSTING: [Setting<Objective>; 12] = [
    boosting!(trees as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(models::parameters::trees), text!(models::parameters::trees_hint)),
    boosting!(depth as usize, Range::linear(1.0, 12.0).whole())
        .words(text!(models::parameters::depth), text!(models::parameters::depth_hint)),
    boosting!(min_leaf as usize, Range::logarithmic(1.0, 100_000.0).whole())
        .words(text!(models::parameters::min_leaf), ""),
    boosting!(row_sampling as f64, Range::linear(0.05, 1.0))
        .words(text!(models::parameters::rows), text!(models::parameters::paper_share)),
    boosting!(feature_sampling as f64, Range::linear(0.05, 1.0))
        .words(text!(models::parameters::features), text!(models::parameters::paper_share)),
    boosting!(learning_rate as f64, Range::logarithmic(0.001, 1.0))
        .words(text!(models::parameters::learning_rate), text!(models::parameters::not_stated)),
    boosting!(l2 as f64, Range::linear(0.0, 1000.0))
        .offered(Range::linear(0.0, 100.0))
        .words(text!(models::parameters::l2), text!(models::parameters::not_stated)),
    boosting!(category_smoothing as f64, Range::linear(0.0, 1000.0))
        .offered(Range::linear(0.0, 100.0))
        .words(text!(models::parameters::category_smoothing), text!(models::parameters::category_smoothing_hint)),
    boosting!(category_l2 as f64, Range::linear(0.0, 1000.0))
        .offered(Range::linear(0.0, 100.0))
        .words(text!(models::parameters::category_l2), text!(models::parameters::category_l2_hint)),
    boosting!(max_categories as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(models::parameters::max_categories), text!(models::parameters::max_categories_hint)),
    boosting!(min_category_rows as usize, Range::logarithmic(1.0, 100_000.0).whole())
        .words(text!(models::parameters::min_category_rows), text!(models::parameters::min_category_rows_hint)),
    boosting!(max_one_hot as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(models::parameters::max_one_hot), text!(models::parameters::max_one_hot_hint)),
];
