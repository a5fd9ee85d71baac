//! Slices: how a task does within each value of a feature, and which of them stand out.
//!
//! # The rule
//! A slice is looked at from [`MIN_ROWS`] rows on. It is put to at most two tests, each over users (rows without one):
//!
//! - *calibration*, when at least [`MIN_LABELS`] positives would be expected in it: is predicted over observed that of
//!   all rows? What a model over-predicts everywhere is not the slice's. With the predictions' sum `P`, the labels' sum
//!   `Y` and `c = P/Y` over all rows, `z = (P_s − c·Y_s)/σ`; `σ²` is the squares' sum of what each user adds, and never
//!   less than binomial labels would give, times the factor by which users vary more than that over all rows (positives
//!   are counted by the same measure: four of one user are not four);
//! - *ranking*, when at least [`MIN_LABELS`] users have each class: is its AUC below that of the same feature's other
//!   slices? (The AUC of all rows would be the wrong measure: it also counts pairs across slices, which the feature
//!   itself tells apart.) `σ²` is that of DeLong's placements, summed by user; the tail is Student's.
//!
//! Of all tests of a task, those are findings that Benjamini and Hochberg's procedure keeps at a false discovery rate
//! of [`FALSE_DISCOVERY_RATE`]: among the findings, one in twenty is expected to be chance.

use serde::{Deserialize, Serialize};

use super::registry::{Measurement, Task};
use super::slice_estimates::{Estimates, Overall};
use super::student::{as_normal, lower_p, two_sided_p};
use super::{Metric, Undefined};

/// Rows of a slice that is looked at, at least.
pub const MIN_ROWS: usize = 50;
/// Positives that are expected in a slice whose calibration is tested; labels of each class where its ranking is.
pub const MIN_LABELS: usize = 10;
/// Share of chance among the findings, in expectation.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;
/// Findings that are told, the clearest first.
const MAX_FINDINGS: usize = 12;
/// Slices of a feature that are shown, the largest first. All are tested.
const MAX_SHOWN: usize = 8;
/// Of a row that no slice of the feature holds.
pub const NO_SLICE: u32 = u32::MAX;

/// The slices of one feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SliceMembership {
    pub feature: String,
    /// Each slice's name.
    pub values: Vec<String>,
    /// Slice of each evaluation row, or [`NO_SLICE`].
    pub slice_of_row: Vec<u32>,
}

/// One task by slices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskSlices {
    /// Tests that were made: what the findings are corrected for.
    pub tests: usize,
    /// Tests that were kept; the list below may be shorter.
    pub found: usize,
    /// The slices that stand out, the clearest first.
    pub findings: Vec<SliceFinding>,
    /// Feature → its largest slices.
    pub features: Vec<FeatureSlices>,
}

/// The largest slices of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureSlices {
    pub feature: String,
    pub slices: Vec<Slice>,
}

/// One task within one value of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    pub value: String,
    pub rows: usize,
    pub positives: usize,
    pub auc: Metric,
    pub pcoc: Metric,
    pub logloss: Metric,
}

/// A slice that stands out, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceFinding {
    pub feature: String,
    pub flag: SliceFlag,
    pub slice: Slice,
    /// What the flagged metric is elsewhere: PCOC of all rows, or AUC of the feature's other slices.
    pub elsewhere: f64,
    /// Chance of a deviation as large, were there none; before the correction.
    pub p_value: f64,
}

/// What stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceFlag {
    /// Predicted over observed is above that of all rows.
    OverPredicted,
    UnderPredicted,
    /// AUC is below that of the feature's other slices.
    WorseRanked,
}

impl Measurement<'_> {
    /// Every task by the slices of every feature.
    pub fn slices(&self, features: &[SliceMembership]) -> std::collections::BTreeMap<String, TaskSlices> {
        let of_task = |task: &Task| (task.name.to_owned(), task_slices(task, self.n_units(), features));
        self.tasks().iter().map(of_task).collect()
    }
}

fn task_slices(task: &Task, n_units: usize, features: &[SliceMembership]) -> TaskSlices {
    let overall = Overall::new(task, n_units);
    let mut found = TaskSlices::default();
    let mut tests = Vec::new();
    for membership in features {
        let estimates: Vec<(usize, Estimates)> = overall.estimates(task, membership);
        tests.extend(feature_tests(&overall, membership, &estimates));
        let mut largest: Vec<&(usize, Estimates)> = estimates.iter().collect();
        largest.sort_by_key(|(_, estimates)| std::cmp::Reverse(estimates.rows));
        largest.truncate(MAX_SHOWN);
        // Shown in the feature's own order: numbers ascend.
        largest.sort_by_key(|(slice, _)| *slice);
        let slices: Vec<Slice> = largest.iter().map(|(slice, e)| shown(&membership.values[*slice], e)).collect();
        if !slices.is_empty() {
            found.features.push(FeatureSlices { feature: membership.feature.clone(), slices });
        }
    }
    found.tests = tests.len();
    tests.sort_by(|a, b| a.p_value.total_cmp(&b.p_value));
    found.found = discoveries(&tests.iter().map(|test| test.p_value).collect::<Vec<_>>());
    tests.truncate(found.found.min(MAX_FINDINGS));
    found.findings = tests;
    found
}

/// Benjamini and Hochberg: how many of the ascending p-values are kept at a false discovery rate of 5 %.
pub fn discoveries(p_values: &[f64]) -> usize {
    let tests = p_values.len() as f64;
    let bound = |rank: usize| (rank + 1) as f64 / tests * FALSE_DISCOVERY_RATE;
    (0..p_values.len()).rev().find(|&rank| p_values[rank] <= bound(rank)).map_or(0, |rank| rank + 1)
}

fn feature_tests(
    overall: &Overall,
    membership: &SliceMembership,
    estimates: &[(usize, Estimates)],
) -> Vec<SliceFinding> {
    let ranked = || estimates.iter().filter_map(|(_, e)| Some((e, e.auc.as_ref().ok()?)));
    let pairs = |e: &Estimates| e.pairs;
    let all_pairs: f64 = ranked().map(|(e, _)| pairs(e)).sum();
    let all_area: f64 = ranked().map(|(e, auc)| pairs(e) * auc.0).sum();
    let all_variance: f64 = ranked().map(|(e, auc)| pairs(e) * pairs(e) * auc.1).sum();
    let mut tests = Vec::new();
    for (slice, e) in estimates {
        let mut test = |flag: SliceFlag, elsewhere: f64, p_value: f64| {
            let slice = shown(&membership.values[*slice], e);
            tests.push(SliceFinding { feature: membership.feature.clone(), flag, slice, elsewhere, p_value });
        };
        if let Some(z) = e.calibration_z {
            let flag = if z > 0.0 { SliceFlag::OverPredicted } else { SliceFlag::UnderPredicted };
            test(flag, overall.pcoc, two_sided_p(z));
        }
        let rest = all_pairs - e.auc.as_ref().map_or(all_pairs, |_| pairs(e));
        if let (Ok((auc, variance)), true) = (e.auc, rest > 0.0) {
            let elsewhere = (all_area - pairs(e) * auc) / rest;
            let variance_elsewhere = (all_variance - pairs(e) * pairs(e) * variance).max(0.0) / (rest * rest);
            let error = libm::sqrt(variance + variance_elsewhere);
            if error > 0.0 {
                test(SliceFlag::WorseRanked, elsewhere, lower_p(as_normal((auc - elsewhere) / error, e.auc_units)));
            }
        }
    }
    tests
}

fn shown(value: &str, estimates: &Estimates) -> Slice {
    let metric = |estimate: Result<(f64, f64, f64), Undefined>| match estimate {
        Ok((value, low, high)) => Metric::Value { value, low, high },
        Err(reason) => reason.into(),
    };
    Slice {
        value: value.to_owned(),
        rows: estimates.rows,
        positives: estimates.positives,
        auc: metric(estimates.auc_interval()),
        pcoc: metric(estimates.pcoc_interval()),
        logloss: metric(Ok(estimates.logloss_interval())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discoveries_are_those_of_the_step_up_procedure() {
        // Benjamini and Hochberg 1995, section 3.2: of these 15 p-values the first four are kept at .05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(discoveries(&p), 4);
        assert_eq!(discoveries(&[0.2, 0.9]), 0);
        assert_eq!(discoveries(&[]), 0);
    }
}
