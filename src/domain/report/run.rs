//! The report of an experiment: REPORT.json of the lab, and what the page keeps of a run.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::compare::{Comparisons, ModelSummary};
use super::{EarlyStoppingReport, TaskMaturity};
use crate::domain::label;
use crate::domain::log::{ImpressionLog, LabelMaturity};
use crate::domain::metrics::{Bootstrap, Metric};
use crate::domain::spec::ResolvedTraining;

/// REPORT.json, version 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub version: u32,
    pub log: LogSummary,
    /// What is known of the log's late labels, by name; empty when it does not say when they came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub maturity: BTreeMap<String, LabelMaturity>,
    pub runs: Vec<RunReport>,
    /// The runs that were asked for and are not among `runs`, with why; left out when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedRun>,
    /// `<metric>.<task>` → what a model would score that answers one number for every held-out row: the mean of the truth
    /// for metrics that compare with it, the base rate for the others. Absent where runs were held out on other rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constant_rate: BTreeMap<String, f64>,
    /// How the intervals here were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<IntervalMethod>,
    /// Each model over its seeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summary: Vec<ModelSummary>,
    /// Each model against the baseline; absent when there is one model only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparisons: Option<Comparisons>,
}

/// How intervals are drawn: 95 % of a bootstrap over the held-out rows, and over several seeds Student's, as
/// docs/metrics.md says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntervalMethod {
    /// What is drawn with replacement: `user` or `row`.
    pub unit: String,
    pub replicates: usize,
    pub seed: u64,
}

impl IntervalMethod {
    /// As [`evaluate`](super::evaluate) draws them on this log.
    pub fn of(log: &ImpressionLog, bootstrap: Bootstrap) -> Self {
        let unit = if log.user.is_some() { "user" } else { "row" };
        Self { unit: unit.to_owned(), replicates: bootstrap.replicates, seed: bootstrap.seed }
    }
}

/// Counts of a log's funnel.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LogSummary {
    pub rows: usize,
    pub clicks: usize,
    pub conversions: usize,
    pub truth_known: bool,
    /// What the rows stand for, where the log is a sample with weights.
    #[serde(default)]
    pub population: Option<Population>,
}

/// What the rows of a sample stand for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Population {
    pub rows: f64,
    pub clicks: f64,
    pub conversions: f64,
}

impl LogSummary {
    /// Counts a log.
    pub fn of(log: &ImpressionLog) -> Self {
        let count = |name| log.label(name).map_or(0, |values| values.iter().filter(|&&value| value).count());
        Self {
            rows: log.n_rows,
            clicks: count(label::CLICK),
            conversions: count(label::CONVERSION),
            truth_known: log.truth.is_some(),
            population: Population::of(log),
        }
    }

    /// Counts of the impressions that the rows stand for: the rows' own, where each stands for itself.
    pub fn impressions(&self) -> Population {
        let [rows, clicks, conversions] = [self.rows, self.clicks, self.conversions].map(|count| count as f64);
        self.population.unwrap_or(Population { rows, clicks, conversions })
    }
}

impl Population {
    fn of(log: &ImpressionLog) -> Option<Self> {
        let with = |name| log.population_with(name).unwrap_or_default();
        let (clicks, conversions) = (with(label::CLICK), with(label::CONVERSION));
        log.population().map(|rows| Self { rows, clicks, conversions })
    }
}

/// One model trained with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    pub model: String,
    pub seed: u64,
    /// `cpu` or `webgpu`.
    pub device: String,
    pub train_rows: usize,
    pub eval_rows: usize,
    /// Batch, epochs and decay as they were, fixed or followed from the rows; absent for trees, which have none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<ResolvedTraining>,
    pub seconds: f64,
    pub rows_per_second: f64,
    /// `<metric>.<task>` → value.
    pub metrics: BTreeMap<String, Metric>,
    /// Task → how much of its held-out labels is known; tasks whose labels all are known are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub maturity: BTreeMap<String, TaskMaturity>,
    /// What the model has to say of itself beside its metrics: `ratio_above_one`, the share of the evaluation rows whose
    /// ratio had to be clipped, and means over the last epoch's steps of what the curve says beside its losses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, f64>,
    pub curve: Vec<CurvePoint>,
    /// Absent when the run was to train to its last epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStoppingReport>,
    /// What of the model the log has nothing for, one sentence each (`ModelSpec::on_log`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A run that came to nothing: the log cannot train its model, or its loss was not finite any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRun {
    pub model: String,
    pub seed: u64,
    /// Why, in one sentence.
    pub error: String,
}

/// The entries that are the same in all of these that have them.
pub fn on_which_runs_agree(runs: impl Iterator<Item = BTreeMap<String, f64>>) -> BTreeMap<String, f64> {
    let mut found: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for (key, value) in runs.flatten() {
        let known = found.entry(key).or_insert(Some(value));
        *known = known.filter(|known| *known == value);
    }
    found.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Losses of one training step, in nats per impression.
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// Steps done when the loss was measured: 1 is the first.
    pub step: u64,
    /// Passes over the training rows so far.
    pub epoch: f64,
    /// `loss.total` and `loss.<event>`, and at the end of an epoch `validation.<metric>` when that decides when to stop;
    /// written beside `step` and `epoch`, in one flat object.
    pub losses: BTreeMap<String, f64>,
}

/// Means over the last epoch's steps of what a curve says beside its losses, such as `clip_share.cvr`.
pub fn last_epoch_readings(curve: &[CurvePoint]) -> BTreeMap<String, f64> {
    let start = curve.last().map_or(0.0, |last| last.epoch - 1.0);
    let steps = curve.iter().filter(|point| point.epoch > start);
    let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for (key, value) in steps.flat_map(|point| &point.losses).filter(|(key, _)| !key.starts_with("loss.")) {
        let (sum, count) = sums.entry(key.clone()).or_default();
        *sum += value;
        *count += 1;
    }
    sums.into_iter().map(|(key, (sum, count))| (key, sum / count as f64)).collect()
}

impl Serialize for CurvePoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (self.step, self.epoch, &self.losses).serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(self.losses.len() + 2))?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("epoch", &self.epoch)?;
        for (name, loss) in &self.losses {
            map.serialize_entry(name, loss)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for CurvePoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return BTreeMap::deserialize(deserializer)?.try_into().map_err(D::Error::custom);
        }
        let (step, epoch, losses) = Deserialize::deserialize(deserializer)?;
        Ok(Self { step, epoch, losses })
    }
}

impl TryFrom<BTreeMap<String, f64>> for CurvePoint {
    type Error = &'static str;

    fn try_from(mut fields: BTreeMap<String, f64>) -> Result<Self, Self::Error> {
        let step = fields.remove("step").ok_or(text!(report::point_without_step))?;
        let epoch = fields.remove("epoch").ok_or(text!(report::point_without_epoch))?;
        Ok(Self { step: step as u64, epoch, losses: fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_runs_disagree_on_is_nobodys() {
        let run = |scores: &[(&str, f64)]| scores.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        let runs = [run(&[("a", 1.0), ("b", 2.0)]), run(&[("a", 1.0), ("b", 3.0), ("c", 4.0)]), run(&[("b", 2.0)])];
        assert_eq!(on_which_runs_agree(runs.into_iter()), run(&[("a", 1.0), ("c", 4.0)]));
    }

    #[test]
    fn readings_are_means_over_the_last_epoch_and_losses_are_none() {
        let point = |step: u64, epoch: f64, share: f64| {
            let losses = [("loss.total".to_owned(), 1.0), ("clip_share.cvr".to_owned(), share)].into();
            CurvePoint { step, epoch, losses }
        };
        let curve = [point(1, 0.5, 9.0), point(2, 1.0, 9.0), point(3, 1.5, 0.25), point(4, 2.0, 0.75)];
        assert_eq!(last_epoch_readings(&curve), [("clip_share.cvr".to_owned(), 0.5)].into());
        assert!(last_epoch_readings(&[]).is_empty());
    }
}
