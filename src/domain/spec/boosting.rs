//! The settings of boosted trees; their ranges are in `parameters.rs`.

use serde::{Deserialize, Serialize};

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
