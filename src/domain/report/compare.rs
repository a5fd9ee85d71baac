//! Models over their seeds, and against a baseline: values, intervals, verdicts.
//!
//! The layer that the page and REPORT.json share: pure functions of runs' metrics and replicates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::learning::Training;
use super::significance::{Interval, Sample, support};
use super::verdict::{Compared, Difference, Judgement, paired_difference};
use crate::domain::metrics::{Metric, MetricKey, Support, discoveries};

/// One run's metrics and the replicates behind them.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    pub model: &'a str,
    pub seed: u64,
    /// Tells evaluations of other rows apart: their replicates do not pair.
    pub rows: u32,
    pub metrics: &'a BTreeMap<String, Metric>,
    pub replicates: &'a BTreeMap<String, Vec<f32>>,
    /// Task → what its metrics rest on.
    pub support: &'a BTreeMap<String, Support>,
    pub training: Training<'a>,
}

/// One model over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    pub model: String,
    pub seeds: Vec<u64>,
    /// `<metric>.<task>` → mean over the seeds, with the interval of rows and seeds together.
    pub metrics: BTreeMap<String, Metric>,
    /// `<metric>.<task>` → spread over the seeds; empty with one seed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<String, Spread>,
}

/// A metric over training seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Standard deviation.
    pub sd: f64,
    pub min: f64,
    pub max: f64,
}

/// Every other model against one.
///
/// With a hundred comparisons some exclude zero by chance. Of all that are judged here, Benjamini and Hochberg's procedure
/// keeps those at a false discovery rate of 5 %; the others that exclude zero are [`Judgement::AmongMany`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparisons {
    pub baseline: String,
    pub models: Vec<ModelComparison>,
    /// Comparisons that were judged.
    #[serde(default)]
    pub tests: usize,
    /// Of them, those that are said to differ.
    #[serde(default)]
    pub found: usize,
}

impl Comparisons {
    /// The comparison of a model in the metric `key`; `None` when there is none, or only a reason why.
    pub fn difference(&self, model: &str, key: &str) -> Option<&Difference> {
        let of_model = self.models.iter().find(|compared| compared.model == model)?;
        match of_model.metrics.get(key)? {
            Compared::Difference(difference) => Some(difference),
            Compared::Undefined { .. } => None,
        }
    }
}

/// One model against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelComparison {
    pub model: String,
    /// Seeds that both were trained with.
    pub seeds: Vec<u64>,
    /// `<metric>.<task>` → the paired difference, or why there is none.
    pub metrics: BTreeMap<String, Compared>,
}

/// The model that others are compared with when none is named: the conventional one, else the first.
pub fn default_baseline<'a>(mut models: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let first = models.clone().next();
    models.find(|model| *model == "naive").or(first)
}

/// Each model over its seeds, in order of first appearance.
pub fn summarize(measures: &[Measure]) -> Vec<ModelSummary> {
    models(measures).into_iter().map(|model| summary(&of_model(measures, model))).collect()
}

/// Every other model against `baseline`, in order of first appearance.
pub fn compare(measures: &[Measure], baseline: &str) -> Comparisons {
    let others = models(measures).into_iter().filter(|model| *model != baseline);
    let mut models: Vec<ModelComparison> = others.map(|model| compare_models(measures, model, baseline)).collect();
    let (tests, found) = keep_discoveries(&mut models);
    Comparisons { baseline: baseline.to_owned(), models, tests, found }
}

/// Takes back what of so many comparisons may well be chance. Returns how many were judged, and how many are left.
fn keep_discoveries(models: &mut [ModelComparison]) -> (usize, usize) {
    let mut judged: Vec<&mut Difference> = models
        .iter_mut()
        .flat_map(|model| model.metrics.values_mut())
        .filter_map(|compared| match compared {
            Compared::Difference(found) if found.verdict.tells() || found.verdict == Judgement::NoDifference => {
                Some(found)
            }
            _ => None,
        })
        .collect();
    judged.sort_by(|a, b| a.p_value.total_cmp(&b.p_value));
    let kept = discoveries(&judged.iter().map(|found| found.p_value).collect::<Vec<_>>());
    judged.iter_mut().skip(kept).filter(|found| found.verdict.tells()).for_each(|found| {
        found.verdict = Judgement::AmongMany;
    });
    (judged.len(), judged.iter().filter(|found| found.verdict.tells()).count())
}

fn models<'a>(measures: &[Measure<'a>]) -> Vec<&'a str> {
    let mut models: Vec<&str> = Vec::new();
    for measure in measures {
        if !models.contains(&measure.model) {
            models.push(measure.model);
        }
    }
    models
}

fn of_model<'a>(measures: &[Measure<'a>], model: &str) -> Vec<Measure<'a>> {
    measures.iter().copied().filter(|measure| measure.model == model).collect()
}

fn keys<'a>(measures: &[Measure<'a>]) -> std::collections::BTreeSet<&'a str> {
    measures.iter().flat_map(|measure| measure.metrics.keys().map(String::as_str)).collect()
}

/// One metric of one model's runs: its mean over their seeds, with the interval of rows and seeds together.
pub fn over_seeds(runs: &[Measure], key: &str) -> Metric {
    match Sample::of(runs, key) {
        Err(why) => Metric::Undefined(why),
        Ok(sample) => interval(&sample, runs, key),
    }
}

fn interval(sample: &Sample, runs: &[Measure], key: &str) -> Metric {
    let name = MetricKey::parse(key).map_or(key, |key| key.metric);
    let one = &runs[0];
    // One run has told its interval. The share of positives is the log's, and the same in every run.
    if let Some(metric) = one.metrics.get(key).filter(|_| runs.len() == 1 || name == "prevalence") {
        return metric.clone();
    }
    let law = support(runs, key).unwrap_or_default().law(name);
    let Interval { value, low, high } = sample.interval(law);
    Metric::Value { value, low, high }
}

fn summary(runs: &[Measure]) -> ModelSummary {
    let mut summary = ModelSummary {
        model: runs[0].model.to_owned(),
        seeds: runs.iter().map(|run| run.seed).collect(),
        metrics: BTreeMap::new(),
        spread: BTreeMap::new(),
    };
    for key in keys(runs) {
        let metric = match Sample::of(runs, key) {
            Err(why) => Metric::Undefined(why),
            Ok(sample) => {
                if sample.values.len() > 1 {
                    summary.spread.insert(key.to_owned(), sample.spread());
                }
                interval(&sample, runs, key)
            }
        };
        summary.metrics.insert(key.to_owned(), metric);
    }
    summary
}

/// The runs of two models that are compared with each other: those of one seed. Predictions as they are would be the same
/// whatever the other's seed, so they stand against each.
pub fn seed_pairs<'a>(measures: &[Measure<'a>], model: &str, baseline: &str) -> Vec<(Measure<'a>, Measure<'a>)> {
    let theirs = of_model(measures, baseline);
    let against = |ours: Measure<'a>| {
        let fits = move |theirs: &Measure| are_paired(&ours, theirs);
        theirs.iter().copied().filter(fits).map(move |theirs| (ours, theirs)).collect::<Vec<_>>()
    };
    of_model(measures, model).into_iter().flat_map(against).collect()
}

fn compare_models(measures: &[Measure], model: &str, baseline: &str) -> ModelComparison {
    let pairs = seed_pairs(measures, model, baseline);
    let all: Vec<Measure> = pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect();
    let compared = |key: &str| match paired_difference(&pairs, key) {
        Ok(difference) => Compared::Difference(difference),
        Err(reason) => Compared::Undefined { reason },
    };
    ModelComparison {
        model: model.to_owned(),
        seeds: pairs.iter().map(|(ours, theirs)| seed_of(ours, theirs)).collect(),
        metrics: keys(&all).into_iter().map(|key| (key.to_owned(), compared(key))).collect(),
    }
}

fn are_paired(ours: &Measure, theirs: &Measure) -> bool {
    let (ours_has, theirs_has) = (ours.training.has_seed(), theirs.training.has_seed());
    ours.seed == theirs.seed || ours_has != theirs_has
}

fn seed_of(ours: &Measure, theirs: &Measure) -> u64 {
    if ours.training.has_seed() { ours.seed } else { theirs.seed }
}
