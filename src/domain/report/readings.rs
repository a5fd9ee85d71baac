//! Readings of one evaluation: the tree with its rates, the towers' distributions, the pCTR × pCVR density.
//!
//! All are summaries: their size does not grow with the log, so the page never holds predictions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::Measure;
use super::flow::FlowReading;
use super::late::TaskMaturity;
use super::learning::Training;
use crate::domain::metrics::{Curves, GroupCoverage, Metric, Support, TaskSlices};

/// All that one evaluation shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub step: u64,
    pub epoch: f64,
    pub eval_rows: usize,
    /// `<metric>.<task>` → value.
    pub metrics: BTreeMap<String, Metric>,
    /// `<metric>.<task>` → what one number for every row would score, as
    /// [`constant_rate`](crate::domain::metrics::constant_rate) says. Computed where intervals are; else empty.
    #[serde(default)]
    pub constant_rate: BTreeMap<String, f64>,
    /// Bootstrap replicates by the same keys: the same resamples for every model, so differences can be paired.
    pub replicates: BTreeMap<String, Vec<f32>>,
    /// What the model has to say of itself beside its metrics, such as `ratio_above_one`.
    #[serde(default)]
    pub notes: BTreeMap<String, f64>,
    /// Task → what its metrics rest on.
    #[serde(default)]
    pub support: BTreeMap<String, Support>,
    /// Task → groups behind its GAUC; empty when the log has no users or groups.
    #[serde(default)]
    pub coverage: BTreeMap<String, GroupCoverage>,
    /// Task → how much of its labels is known; empty where all are.
    #[serde(default)]
    pub maturity: BTreeMap<String, TaskMaturity>,
    /// Mean cross-entropy by event over the evaluation rows, in nats.
    pub losses: BTreeMap<String, f64>,
    /// One per [`Scope`] that has rows.
    pub trees: Vec<TreeReading>,
    /// One per question, in the tree's order.
    pub towers: Vec<TowerReading>,
    /// pCTR against pCVR over the evaluation rows.
    pub density: DensityReading,
    /// Mean pCVR and true CVR by decile of true CTR, when the truth is known: the picture of selection bias.
    pub deciles: Vec<DecileReading>,
    /// Impressions of nearly one true CVR, by true CTR, when the truth is known: the picture of independence priority.
    #[serde(default)]
    pub independence: Vec<BandReading>,
    /// Tells evaluations of other rows apart: their replicates do not pair.
    #[serde(default)]
    pub rows_crc32: u32,
    /// Task → its curves.
    #[serde(default)]
    pub curves: BTreeMap<String, Curves>,
    /// Task → slices of the log's features. Computed where intervals are; else empty.
    #[serde(default)]
    pub slices: BTreeMap<String, TaskSlices>,
    /// What flows through the network on a fixed sample of the training rows; absent for trees, and where nobody looks.
    #[serde(default)]
    pub flow: Option<FlowReading>,
}

impl Evaluation {
    /// The evaluation as runs are compared by.
    pub fn measure<'a>(&'a self, model: &'a str, seed: u64, training: Training<'a>) -> Measure<'a> {
        Measure {
            model,
            seed,
            rows: self.rows_crc32,
            metrics: &self.metrics,
            replicates: &self.replicates,
            support: &self.support,
            training,
        }
    }
}

/// A fifth, by true CTR, of the impressions whose true CVR is in the middle fifth of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandReading {
    pub rows: usize,
    pub mean_true_ctr: f64,
    pub mean_p_cvr: f64,
    pub mean_true_cvr: f64,
}

/// One decile of impressions by true CTR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecileReading {
    pub rows: usize,
    pub mean_true_ctr: f64,
    pub mean_true_cvr: f64,
    pub mean_p_cvr: f64,
    /// Share of the clicks that fall into this decile.
    pub click_share: f64,
}

/// Which evaluation rows a reading is over.
///
/// `Clicked` and `Unclicked` select on the click's own answer: what they observe of the click (1, 0) and of events seen
/// from the root is that selection, not a rate to compare a prediction with. What comes after the click is read as
/// "given the click" in both: what was observed in `Clicked`, and in `Unclicked` what would be, had it been clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    All,
    Clicked,
    Unclicked,
    /// A part that is chosen by what was known before the click, as [`super::RowsPart`] does: rates are rates in it.
    Part,
}

/// The behaviour tree with numbers on it.
///
/// Edges and events average differently. An edge averages over the impressions that reach its question, so its
/// predicted, observed and true rates are three values of one quantity: `E[P(reach)·p] / E[P(reach)]` as predicted,
/// yes/asked as observed, the first again with the true probabilities. An event averages plainly over the scope's
/// rows: pCVR over `All` is `E_D[pCVR]`, to be compared with the truth, and not observable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeReading {
    pub scope: Scope,
    pub rows: usize,
    /// Whether labels are still to come: what is observed is then the rate to expect once they are there.
    #[serde(default)]
    pub is_early: bool,
    /// Impressions that the rows stand for, which every rate is of; absent where each row stands for itself.
    #[serde(default)]
    pub population: Option<f64>,
    /// One per question, in the tree's order: the conditional probability of "yes" where it is asked.
    pub edges: Vec<EdgeReading>,
    /// Event name → predicted, observed and true probability, plain means over the scope's rows.
    pub events: BTreeMap<String, Rates>,
}

/// A question's conditional probability of "yes".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeReading {
    pub question: String,
    /// Mean predicted probability of reaching the question; in the scope `Clicked`, given the click.
    pub p_reached: f64,
    pub rates: Rates,
    /// Rows in which the question was asked, by the observed labels.
    pub observed_rows: usize,
    /// Whether a loss term is about this conditional alone; else it is learned only through a product or a mixture.
    pub own_loss: bool,
    /// Whether the supervised events together determine this conditional. Through a product they do (`cvr` of ESMM),
    /// through a mixture alone they don't (`y3` and `y4` of ESM²).
    pub identifiable: bool,
}

/// A probability as predicted, observed and true, averaged over the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    pub predicted: f64,
    /// Absent where it cannot be observed.
    pub observed: Option<f64>,
    /// Absent where the truth is not known.
    pub truth: Option<f64>,
}

/// The distribution of one tower's predictions on a logit axis, split by click.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TowerReading {
    pub question: String,
    pub clicked: Histogram,
    pub unclicked: Histogram,
}

/// Counts over equal bins of logits; the outer bins hold all that lies beyond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    pub low_logit: f64,
    pub high_logit: f64,
    pub counts: Vec<u32>,
    /// Absent when there is nothing to count.
    pub mean_p: Option<f64>,
}

/// Counts over a square grid of logit(pCTR) × logit(pCVR), row-major with pCTR as the row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DensityReading {
    pub low_logit: f64,
    pub high_logit: f64,
    pub bins: usize,
    pub counts: Vec<u32>,
    /// Of which clicked.
    pub clicked_counts: Vec<u32>,
}

/// One impression as a model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImpressionReading {
    pub row: usize,
    /// Question → σ(logit).
    pub questions: BTreeMap<String, Rates>,
    /// Event → probability.
    pub events: BTreeMap<String, Rates>,
    /// Feature → raw value as text.
    pub features: Vec<(String, String)>,
}

/// One event's probability in some rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRows {
    pub event: String,
    /// One a row.
    pub predicted: Vec<f64>,
    /// One a row, when the truth is known.
    pub truth: Option<Vec<f64>>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An evaluation of nothing.
    pub(crate) fn empty() -> Evaluation {
        let density =
            DensityReading { low_logit: 0.0, high_logit: 1.0, bins: 0, counts: vec![], clicked_counts: vec![] };
        Evaluation {
            step: 1,
            epoch: 1.0,
            eval_rows: 100,
            metrics: BTreeMap::new(),
            constant_rate: BTreeMap::new(),
            maturity: BTreeMap::new(),
            replicates: BTreeMap::new(),
            notes: BTreeMap::new(),
            support: BTreeMap::new(),
            coverage: BTreeMap::new(),
            losses: BTreeMap::new(),
            trees: vec![],
            towers: vec![],
            density,
            deciles: vec![],
            independence: vec![],
            rows_crc32: 1,
            curves: BTreeMap::new(),
            slices: BTreeMap::new(),
            flow: None,
        }
    }
}
