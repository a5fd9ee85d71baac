//! What may be said of one metric of two models, and why nothing can be.

use serde::{Deserialize, Serialize};

use super::certainty::{FEWEST_SEEDS, Needed};
use super::compare::Measure;
use super::learning::{Training, still_learned};
use super::significance::{Interval, Sample, mean, support};
use crate::domain::metrics::{Goal, MetricKey, NoInterval, Support, has_interval};

/// Users with a positive (rows, when there are no users) from which on a difference is judged.
pub const FEWEST_TO_JUDGE: usize = 20;

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
    /// Equal to `difference`, as `high`, where there are too few positives for an interval.
    pub low: f64,
    pub high: f64,
    pub verdict: Judgement,
    /// Chance of a difference at least as large, were there none.
    pub p_value: f64,
    /// Held-out positives of the task.
    pub positives: usize,
    /// What would tell a difference of this size.
    pub needed: Needed,
}

/// What an interval lets one say, or why it lets one say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The interval of the difference spans zero.
    NoDifference,
    Better,
    Worse,
    /// They differ, but neither is known to be closer to what is wished for.
    Differs,
    /// Nothing can be told: fewer than [`FEWEST_SEEDS`] training seeds, whose luck is not known.
    #[serde(alias = "one_seed")]
    FewSeeds,
    /// Nothing can be told: fewer than [`FEWEST_TO_JUDGE`] held-out users have a label of the rarer class.
    TooFewPositives,
    /// Nothing can be told: a run was not trained to its end, or it still learned when it ended.
    NotConverged,
    /// Nothing can be told: the interval excludes zero, as some of so many comparisons do by chance.
    AmongMany,
}

impl Judgement {
    /// Whether the two are said to differ.
    pub fn tells(self) -> bool {
        matches!(self, Self::Better | Self::Worse | Self::Differs)
    }
}

impl Difference {
    pub fn has_interval(&self) -> bool {
        self.low < self.high
    }

    /// Whether the interval holds zero: nothing beyond noise.
    pub fn spans_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// The difference of the metric `key` over pairs of runs that share their seed.
///
/// # Errors
/// Why there is none, in words.
pub fn paired_difference(pairs: &[(Measure, Measure)], key: &str) -> Result<Difference, String> {
    if pairs.is_empty() {
        return Err(text!(report::no_shared_seed).to_owned());
    }
    if pairs.iter().any(|(ours, theirs)| ours.rows != theirs.rows) {
        return Err(text!(report::other_rows).to_owned());
    }
    let metric = MetricKey::parse(key).map_or(key, |key| key.metric);
    let (ours, theirs): (Vec<Measure>, Vec<Measure>) = pairs.iter().copied().unzip();
    let runs = [ours.as_slice(), theirs.as_slice()].concat();
    let sample = |runs: &[Measure]| Sample::of(runs, key).map_err(|why| why.to_string());
    let (ours, theirs) = (sample(&ours)?, sample(&theirs)?);
    if !has_interval(metric) {
        return Err(text!(report::no_interval).to_owned());
    }
    let differences = ours.minus(&theirs, |x| x)?;
    let support = support(&runs, key).unwrap_or_default();
    let law = match support.law(metric) {
        Ok(law) => law,
        Err(NoInterval::FewEvents { .. }) => return Ok(too_few(mean(&ours.values), mean(&theirs.values), &support)),
        Err(reason) => return Err(reason.to_string()),
    };
    let (Interval { value, low, high }, noise) =
        differences.difference(law).ok_or_else(|| text!(report::no_replicates).to_owned())?;
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
        p_value: noise.p_value(value),
        positives: support.positives,
        needed: Needed::to_tell(value, &noise, support.positives),
    };
    if let Some(reason) = why_untold(&runs, pairs.len(), &support) {
        difference.verdict = reason;
        if reason == Judgement::TooFewPositives {
            difference.needed.positives = difference.needed.positives.max(Some(enough(&support)));
        }
    } else if !difference.spans_zero() {
        difference.verdict = match Goal::of(metric) {
            None => Judgement::Differs,
            Some(goal @ (Goal::Highest | Goal::Lowest)) => better_if(goal.gain(value, 0.0) > 0.0),
            Some(Goal::Near(wanted)) => match ours.minus(&theirs, |x| (x - wanted).abs())?.difference(law) {
                Some((distance, _)) if !distance.spans_zero() => better_if(distance.value < 0.0),
                _ => Judgement::Differs,
            },
        };
    }
    Ok(difference)
}

/// Why nothing can be told of runs of one model in the metric `key`, whatever their numbers.
pub fn why_untold_alone(runs: &[Measure], key: &str) -> Option<Judgement> {
    MetricKey::parse(key)?;
    why_untold(runs, runs.len(), &support(runs, key).unwrap_or_default())
}

/// Positives from which on a difference is judged, at as many a user as there are.
fn enough(support: &Support) -> usize {
    (FEWEST_TO_JUDGE * support.positives).div_ceil(support.events().max(1)).max(FEWEST_TO_JUDGE)
}

fn too_few(value: f64, baseline: f64, support: &Support) -> Difference {
    let difference = value - baseline;
    Difference {
        value,
        baseline,
        difference,
        low: difference,
        high: difference,
        verdict: Judgement::TooFewPositives,
        p_value: 1.0,
        positives: support.positives,
        needed: Needed { positives: Some(enough(support)), seeds: None },
    }
}

/// Why nothing can be told of these runs, whatever their numbers.
fn why_untold(runs: &[Measure], n_seeds: usize, support: &Support) -> Option<Judgement> {
    if n_seeds < FEWEST_SEEDS && runs.iter().any(|run| run.training.has_seed()) {
        return Some(Judgement::FewSeeds);
    }
    if support.events() < FEWEST_TO_JUDGE {
        return Some(Judgement::TooFewPositives);
    }
    let positives = |task: &str| {
        let key = MetricKey { metric: "ne", task }.to_string();
        self::support(runs, &key).unwrap_or_default().positives
    };
    let is_learning = |model: &str| {
        let of_model: Vec<Training> = runs.iter().filter(|run| run.model == model).map(|run| run.training).collect();
        still_learned(&of_model, positives)
    };
    let is_unfinished = runs.iter().any(|run| !run.training.is_complete() || is_learning(run.model));
    is_unfinished.then_some(Judgement::NotConverged)
}

fn better_if(is_better: bool) -> Judgement {
    if is_better { Judgement::Better } else { Judgement::Worse }
}

/// As a report has it: flat, with what is not known left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ComparedFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    positives: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needed: Option<Needed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undefined: Option<String>,
}

impl From<Compared> for ComparedFields {
    fn from(compared: Compared) -> Self {
        match compared {
            Compared::Difference(difference) => Self {
                value: Some(difference.value),
                baseline: Some(difference.baseline),
                difference: Some(difference.difference),
                low: Some(difference.low),
                high: Some(difference.high),
                verdict: Some(difference.verdict),
                p_value: Some(difference.p_value),
                positives: Some(difference.positives),
                needed: Some(difference.needed),
                undefined: None,
            },
            Compared::Undefined { reason } => Self { undefined: Some(reason), ..Self::default() },
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
                // Reports from before these were told.
                p_value: fields.p_value.unwrap_or(1.0),
                positives: fields.positives.unwrap_or(0),
                needed: fields.needed.unwrap_or_default(),
            })
        };
        match (of_fields(&fields), fields.undefined) {
            (Some(difference), None) => Ok(Self::Difference(difference)),
            (None, Some(reason)) => Ok(Self::Undefined { reason }),
            _ => Err(text!(report::comparison_fields)),
        }
    }
}
