//! Models over their seeds, and against a baseline: values, intervals, verdicts.
//!
//! The layer that the page and REPORT.json share: pure functions of runs' metrics and replicates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::significance::{Interval, Sample, mean};
use crate::domain::metrics::{Goal, Metric, has_interval};

/// One run's metrics and the replicates behind them.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    pub model: &'a str,
    pub seed: u64,
    /// Tells evaluations of other rows apart: their replicates do not pair.
    pub rows: u32,
    pub metrics: &'a BTreeMap<String, Metric>,
    pub replicates: &'a BTreeMap<String, Vec<f32>>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparisons {
    pub baseline: String,
    pub models: Vec<ModelComparison>,
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

/// A metric of two models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "ComparedFields", try_from = "ComparedFields")]
pub enum Compared {
    Difference(Difference),
    Undefined { reason: String },
}

/// A paired difference `value − baseline`, means over the common seeds, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub baseline: f64,
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    pub verdict: Judgement,
}

/// What an interval lets one say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The interval of the difference spans zero.
    NoDifference,
    Better,
    Worse,
    /// They differ, but neither is known to be closer to what is wished for.
    Differs,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparedFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verdict: Option<Judgement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undefined: Option<String>,
}

impl From<Compared> for ComparedFields {
    fn from(compared: Compared) -> Self {
        let (difference, undefined) = match compared {
            Compared::Difference(difference) => (Some(difference), None),
            Compared::Undefined { reason } => (None, Some(reason)),
        };
        Self {
            value: difference.map(|d| d.value),
            baseline: difference.map(|d| d.baseline),
            difference: difference.map(|d| d.difference),
            low: difference.map(|d| d.low),
            high: difference.map(|d| d.high),
            verdict: difference.map(|d| d.verdict),
            undefined,
        }
    }
}

impl TryFrom<ComparedFields> for Compared {
    type Error = &'static str;

    fn try_from(fields: ComparedFields) -> Result<Self, Self::Error> {
        let of_fields = |fields: &ComparedFields| {
            Some(Difference {
                value: fields.value?,
                baseline: fields.baseline?,
                difference: fields.difference?,
                low: fields.low?,
                high: fields.high?,
                verdict: fields.verdict?,
            })
        };
        match (of_fields(&fields), fields.undefined) {
            (Some(difference), None) => Ok(Self::Difference(difference)),
            (None, Some(reason)) => Ok(Self::Undefined { reason }),
            _ => Err(text!(report::comparison_fields)),
        }
    }
}

impl Difference {
    /// Whether the interval holds zero: nothing beyond noise.
    pub fn spans_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
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
    let models = others.map(|model| compare_models(measures, model, baseline)).collect();
    Comparisons { baseline: baseline.to_owned(), models }
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
        Err(reason) => Metric::Undefined { reason },
        Ok(sample) => {
            let Interval { value, low, high } = interval_of(&sample, key);
            Metric::Value { value, low, high }
        }
    }
}

/// The interval of a metric over its seeds; its value where the metric has none.
fn interval_of(sample: &Sample, key: &str) -> Interval {
    if has_interval(metric_name(key)) {
        return sample.interval();
    }
    let value = mean(&sample.values);
    Interval { value, low: value, high: value }
}

fn metric_name(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(metric, _)| metric)
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
            Err(reason) => Metric::Undefined { reason },
            Ok(sample) => {
                if sample.values.len() > 1 {
                    summary.spread.insert(key.to_owned(), sample.spread());
                }
                let Interval { value, low, high } = interval_of(&sample, key);
                Metric::Value { value, low, high }
            }
        };
        summary.metrics.insert(key.to_owned(), metric);
    }
    summary
}

fn compare_models(measures: &[Measure], model: &str, baseline: &str) -> ModelComparison {
    let theirs = of_model(measures, baseline);
    let pairs: Vec<(Measure, Measure)> = of_model(measures, model)
        .into_iter()
        .filter_map(|ours| Some((ours, *theirs.iter().find(|theirs| theirs.seed == ours.seed)?)))
        .collect();
    let all: Vec<Measure> = pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect();
    let compared = |key: &str| match paired_difference(&pairs, key) {
        Ok(difference) => Compared::Difference(difference),
        Err(reason) => Compared::Undefined { reason },
    };
    ModelComparison {
        model: model.to_owned(),
        seeds: pairs.iter().map(|pair| pair.0.seed).collect(),
        metrics: keys(&all).into_iter().map(|key| (key.to_owned(), compared(key))).collect(),
    }
}

/// The difference of the metric `key` over pairs of runs that share their seed.
///
/// # Errors
/// Why there is none, in words.
pub fn paired_difference(pairs: &[(Measure, Measure)], key: &str) -> Result<Difference, String> {
    if !has_interval(metric_name(key)) {
        return Err(text!(report::no_interval).to_owned());
    }
    if pairs.is_empty() {
        return Err(text!(report::no_shared_seed).to_owned());
    }
    if pairs.iter().any(|(ours, theirs)| ours.rows != theirs.rows) {
        return Err(text!(report::other_rows).to_owned());
    }
    let (ours, theirs): (Vec<Measure>, Vec<Measure>) = pairs.iter().copied().unzip();
    let (ours, theirs) = (Sample::of(&ours, key)?, Sample::of(&theirs, key)?);
    let differences = ours.minus(&theirs, |x| x)?;
    let Interval { value, low, high } = differences.interval();
    // Such as the log-loss of a single click: no interval, and no reason to call anything better.
    if low == high && low != 0.0 {
        return Err(text!(report::same_difference).to_owned());
    }
    let mut difference = Difference {
        value: mean(&ours.values),
        baseline: mean(&theirs.values),
        difference: value,
        low,
        high,
        verdict: Judgement::NoDifference,
    };
    if !difference.spans_zero() {
        difference.verdict = match Goal::of(metric_name(key)) {
            None => Judgement::Differs,
            Some(goal @ (Goal::Highest | Goal::Lowest)) => better_if(goal.gain(value, 0.0) > 0.0),
            Some(Goal::Near(wanted)) => {
                let distance = ours.minus(&theirs, |x| (x - wanted).abs())?.interval();
                if distance.spans_zero() { Judgement::Differs } else { better_if(distance.value < 0.0) }
            }
        };
    }
    Ok(difference)
}

fn better_if(is_better: bool) -> Judgement {
    if is_better { Judgement::Better } else { Judgement::Worse }
}
