//! All metrics of an evaluation under their keys `<metric>.<task>`.

use std::collections::BTreeMap;

use super::bootstrap::Resampler;
use super::calibration::ratio;
use super::curves::{self, Curves};
use super::gauc::{GroupMeans, GroupWeight, Groups};
use super::goal::Goal;
use super::input::{GroupCoverage, MetricInput, TaskInput};
use super::interval::RestsOn::{Events, Hits, Share};
use super::interval::Scale::{LogOdds, Logarithm, Plain};
use super::interval::{Noise, RestsOn, Scale, Support};
use super::logloss::over_entropy;
use super::ranking::Ranking;
use super::threshold::is_in_second_half;
use super::unit_sums::{RowValue, Sums, UnitSums};
use super::walk::Walk;
use super::{Bootstrap, Metric, MetricKey, Undefined};

/// What is known of a metric before it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricInfo {
    pub name: &'static str,
    /// Its name for the user.
    pub title: &'static str,
    /// What it says, in a few words.
    pub meaning: &'static str,
    /// Which way it is better; none where no value is what a model ought to have.
    pub goal: Option<Goal>,
    /// The law of its noise; none where no interval would hold.
    pub noise: Option<Noise>,
}

impl MetricInfo {
    /// The metric called `name`, without its task.
    pub fn of(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.name == name)
    }
}

/// Two tables of the same metrics, so that what only shows metrics holds none of what computes them.
macro_rules! metrics {
    ($($name:literal, $title:expr, $meaning:expr, $goal:expr, $noise:expr, $value:expr;)*) => {
        /// Every metric, in the order in which they are shown.
        pub const METRICS: [MetricInfo; [$($name),*].len()] = [$(MetricInfo {
            name: $name,
            title: $title,
            meaning: $meaning,
            goal: $goal,
            noise: $noise,
        }),*];

        /// How each comes out of a weighted sample.
        const VALUES: [fn(&Sample) -> Result<f64, Undefined>; METRICS.len()] = [$($value),*];
    };
}

// To add a metric: a row here, its words in locales/en/names.toml, its paragraph in docs/metrics.md, and its value in the
// golden; what it takes to compute it, where that is new, is a file of its own. `prevalence` describes the log and
// `ece_chance` what chance makes of the model's own predictions; `pcorr_ctr` is not 0 for models without any leak.
metrics! {
    "auc", words!(names::metrics::auc), words!(names::meanings::auc),
        HIGHEST, rare(Events, LogOdds), |s| s.ranked()?.area.auc();
    "gauc", words!(names::metrics::gauc), words!(names::meanings::gauc),
        HIGHEST, rare(RestsOn::Groups, LogOdds), |s| s.grouped(GroupWeight::One);
    "gauc_impressions", words!(names::metrics::gauc_impressions), words!(names::meanings::gauc_impressions),
        HIGHEST, rare(RestsOn::Groups, LogOdds), |s| s.grouped(GroupWeight::Impressions);
    "gauc_clicks", words!(names::metrics::gauc_clicks), words!(names::meanings::gauc_clicks),
        HIGHEST, rare(RestsOn::Groups, LogOdds), |s| s.grouped(GroupWeight::Clicks);
    "logloss", words!(names::metrics::logloss), words!(names::meanings::logloss),
        LOWEST, even(Events, Logarithm), |s| s.sums.mean(RowValue::Loss);
    "pcoc", words!(names::metrics::pcoc), words!(names::meanings::pcoc),
        Some(Goal::Near(1.0)), even(Events, Logarithm), |s| ratio(s.sums.mean(RowValue::P)?, s.sums.mean(RowValue::Label)?);
    "kl_truth", words!(names::metrics::kl_truth), words!(names::meanings::kl_truth),
        LOWEST, rare(Events, Logarithm), |s| s.sums.mean_to_truth(RowValue::DivergenceFromTruth);
    "bias", words!(names::metrics::bias), words!(names::meanings::bias),
        Some(Goal::Near(0.0)), rare(Events, Plain), |s| s.sums.mean_to_truth(RowValue::GapToTruth);
    "rmse_truth", words!(names::metrics::rmse_truth), words!(names::meanings::rmse_truth),
        LOWEST, rare(Events, Logarithm), |s| s.sums.mean_to_truth(RowValue::SquaredGapToTruth).map(libm::sqrt);
    "mae_truth", words!(names::metrics::mae_truth), words!(names::meanings::mae_truth),
        LOWEST, rare(Events, Logarithm), |s| s.sums.mean_to_truth(RowValue::DistanceToTruth);
    "ne", words!(names::metrics::ne), words!(names::meanings::ne),
        LOWEST, even(Events, Logarithm), |s| over_entropy(s.sums.mean(RowValue::Loss)?, s.sums.mean(RowValue::Label)?);
    "brier", words!(names::metrics::brier), words!(names::meanings::brier),
        LOWEST, even(Events, Logarithm), |s| s.sums.mean(RowValue::SquaredError);
    "ece", words!(names::metrics::ece), words!(names::meanings::ece),
        LOWEST, None, |s| s.walk.bins.error();
    "ece_chance", words!(names::metrics::ece_chance), words!(names::meanings::ece_chance),
        None, None, |s| s.walk.bins.chance();
    "ap", words!(names::metrics::ap), words!(names::meanings::ap),
        HIGHEST, rare(Events, Plain), |s| s.ranked()?.precision.average();
    "f1_top0.1", words!(names::metrics::f1_top01), words!(names::meanings::f1_top01),
        HIGHEST, rare(Hits(0), Logarithm), |s| s.ranked()?.tops[0].f1(s.walk.positive);
    "f1_top0.6", words!(names::metrics::f1_top06), words!(names::meanings::f1_top06),
        HIGHEST, rare(Hits(1), Logarithm), |s| s.ranked()?.tops[1].f1(s.walk.positive);
    "f1_top1", words!(names::metrics::f1_top1), words!(names::meanings::f1_top1),
        HIGHEST, rare(Hits(2), Logarithm), |s| s.ranked()?.tops[2].f1(s.walk.positive);
    "f1_threshold", words!(names::metrics::f1_threshold), words!(names::meanings::f1_threshold),
        HIGHEST, even(Events, LogOdds), |s| s.walk.thresholds.f1();
    "xent_truth", words!(names::metrics::xent_truth), words!(names::meanings::xent_truth),
        LOWEST, rare(Events, Logarithm), |s| s.sums.mean_to_truth(RowValue::CrossEntropyToTruth);
    "pcorr_ctr", words!(names::metrics::pcorr_ctr), words!(names::meanings::pcorr_ctr),
        None, rare(Events, Plain), |s| s.sums.partial_correlation();
    "prevalence", words!(names::metrics::prevalence), words!(names::meanings::prevalence),
        None, even(Share, LogOdds), |s| s.sums.mean(RowValue::Label);
}

const HIGHEST: Option<Goal> = Some(Goal::Highest);
const LOWEST: Option<Goal> = Some(Goal::Lowest);

/// The noise of a metric that few rows decide.
const fn rare(rests_on: RestsOn, scale: Scale) -> Option<Noise> {
    Some(Noise { rests_on, scale, is_rarely_decided: true })
}

/// The noise of a metric that all rows decide.
const fn even(rests_on: RestsOn, scale: Scale) -> Option<Noise> {
    Some(Noise { rests_on, scale, is_rarely_decided: false })
}

/// Names of the metrics, in the order in which they are shown.
pub fn metric_names() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|metric| metric.name)
}

/// What [`Measurement::metrics`] says of an evaluation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// `<metric>.<task>` → value and interval, or why there is none.
    pub metrics: BTreeMap<String, Metric>,
    /// Bootstrap replicates by the same keys; empty when none were drawn. Their noise is far above what f32 leaves out.
    ///
    /// A metric [without an interval](super::has_interval) has none. A replicate in which a metric is undefined (it drew no
    /// positive) is left out. That depends on labels and draws
    /// alone, never on scores, so the replicates of two models on the same rows still pair.
    pub replicates: BTreeMap<String, Vec<f32>>,
}

/// An evaluation ready to be measured again and again: every task ranked once.
///
/// ```
/// use esmm_playground::domain::metrics::{Bootstrap, Measurement, Metric, MetricInput, TaskInput};
///
/// let p = vec![0.8, 0.6, 0.3, 0.1];
/// let task = TaskInput {
///     rows: (0..4).collect(),
///     log_p: p.iter().map(|p: &f64| p.ln()).collect(),
///     log_not_p: p.iter().map(|p| (1.0 - p).ln()).collect(),
///     labels: vec![true, false, true, false],
///     p,
///     ..TaskInput::default()
/// };
/// let input = MetricInput { n_rows: 4, tasks: vec![("ctr".to_owned(), Ok(task))], ..MetricInput::default() };
/// let metrics = Measurement::new(&input).metrics(Bootstrap::NONE).metrics;
/// // Three of the four pairs of a positive and a negative are in the right order.
/// assert_eq!(metrics["auc.ctr"].value(), Some(0.75));
/// // Nothing was generated, so there is no truth to be biased against.
/// assert!(matches!(metrics["bias.ctr"], Metric::Undefined(_)));
/// ```
pub struct Measurement<'a> {
    tasks: Vec<Task<'a>>,
    missing: Vec<(&'a str, Undefined)>,
    resampler: Resampler,
}

/// A task, sorted and summed once.
pub(super) struct Task<'a> {
    pub name: &'a str,
    pub input: &'a TaskInput,
    pub ranking: Ranking,
    /// Of the ranking, for replicates.
    stretch_ends: Vec<u32>,
    /// Unit of each of the task's rows, and at each rank.
    pub units: Vec<u32>,
    units_by_rank: Vec<u32>,
    sums: UnitSums,
    groups: Option<Groups>,
}

/// A task's rows with a weight each: the evaluation itself, or a bootstrap replicate of it.
struct Sample {
    walk: Walk,
    sums: Sums,
    groups: Option<GroupMeans>,
}

impl Sample {
    fn ranked(&self) -> Result<&Walk, Undefined> {
        if self.walk.rows > 0.0 { Ok(&self.walk) } else { Err(Undefined::NoRows) }
    }

    fn grouped(&self, weight: GroupWeight) -> Result<f64, Undefined> {
        self.groups.ok_or(Undefined::NoGroup)?.mean(weight)
    }
}

impl<'a> Task<'a> {
    fn new(name: &'a str, task: &'a TaskInput, input: &MetricInput, resampler: &Resampler) -> Self {
        let of_rows = |values: &[u32]| -> Vec<u32> { task.rows.iter().map(|&row| values[row as usize]).collect() };
        let units = of_rows(&resampler.unit_of_row);
        let ranking =
            Ranking::new(&task.p, &task.labels).counted(task).in_halves(|row| is_in_second_half(units[row as usize]));
        // Within a group there are too few rows to weigh: what is still to come counts as negative there.
        let groups = input.groups.as_ref().map(|groups| {
            let clicks: Option<Vec<bool>> =
                input.clicks.as_ref().map(|clicks| task.rows.iter().map(|&row| clicks[row as usize]).collect());
            Groups::new(&ranking, &of_rows(groups), clicks.as_deref(), &units, task.sampling.as_deref())
        });
        Self {
            name,
            input: task,
            units_by_rank: ranking.rows.iter().map(|&row| units[row as usize]).collect(),
            sums: UnitSums::new(task, &units, resampler.n_units),
            stretch_ends: ranking.stretch_ends(),
            ranking,
            groups,
            units,
        }
    }

    /// Counts of what the metrics rest on, among `n_units` units of the evaluation.
    fn support(&self, n_units: usize) -> Support {
        let mut has = vec![[false; 2]; n_units];
        for (&unit, &label) in self.units.iter().zip(&self.input.labels) {
            has[unit as usize][usize::from(label)] = true;
        }
        let units_with = |class: usize| has.iter().filter(|has| has[class]).count();
        let walk = Walk::down(&self.ranking, &vec![1.0; self.ranking.rows.len()]);
        let positive_weights = (0..self.input.labels.len()).filter(|&row| self.input.labels[row]);
        // How many rows: by the largest weight, never too many.
        let largest = positive_weights.map(|row| self.input.stands_for(row)).fold(f64::MIN_POSITIVE, f64::max);
        let largest = if self.input.sampling.is_some() { largest } else { 1.0 };
        Support {
            rows: self.units.len(),
            positives: self.input.labels.iter().filter(|&&label| label).count(),
            positive_units: units_with(1),
            negative_units: units_with(0),
            mixed_groups: self.groups.as_ref().map_or(0, |groups| groups.coverage().groups_used),
            hits: walk.tops.map(|top| (top.hits() / largest) as usize),
        }
    }

    /// Every metric, in the registry's order, with a weight for each unit.
    fn metrics(&self, unit_weights: &[f64]) -> impl Iterator<Item = Result<f64, Undefined>> {
        let weights: Vec<f64> = self.units_by_rank.iter().map(|&unit| unit_weights[unit as usize]).collect();
        let sample = self.sample(unit_weights, Walk::down(&self.ranking, &weights));
        VALUES.iter().map(move |compute| compute(&sample))
    }

    /// Every metric that has an interval, with its place in the registry: what a replicate is drawn for.
    fn replicate(&self, unit_weights: &[f64]) -> impl Iterator<Item = (usize, Result<f64, Undefined>)> {
        let stretches = self.ranking.stretches(&self.stretch_ends, &self.units_by_rank, unit_weights);
        let sample = self.sample(unit_weights, Walk::of_stretches(&self.ranking, &stretches));
        let wanted = METRICS.iter().enumerate().filter(|(_, metric)| metric.noise.is_some());
        wanted.map(move |(place, _)| (place, VALUES[place](&sample)))
    }

    fn sample(&self, unit_weights: &[f64], walk: Walk) -> Sample {
        Sample {
            walk,
            sums: self.sums.weighted(unit_weights),
            groups: self.groups.as_ref().map(|groups| groups.means(unit_weights)),
        }
    }
}

impl<'a> Measurement<'a> {
    /// Ranks every task.
    ///
    /// # Panics
    /// When units, groups or clicks are not one an evaluation row.
    pub fn new(input: &'a MetricInput) -> Self {
        let resampler = Resampler::new(input.units.as_deref(), input.n_rows);
        let (mut tasks, mut missing) = (Vec::new(), Vec::new());
        for (name, task) in &input.tasks {
            match task {
                Ok(task) => tasks.push(Task::new(name, task, input, &resampler)),
                Err(reason) => missing.push((name.as_str(), *reason)),
            }
        }
        Self { tasks, missing, resampler }
    }

    /// Curves of every task that has predictions.
    pub fn curves(&self) -> BTreeMap<String, Curves> {
        self.tasks.iter().map(|task| (task.name.to_owned(), curves::of_task(task))).collect()
    }

    pub(super) fn n_units(&self) -> usize {
        self.resampler.n_units
    }

    /// A metric of the first task with a weight for each unit, which its replicate is held to.
    ///
    /// # Panics
    /// When a replicate with these weights has another value.
    #[cfg(test)]
    pub(super) fn weighted(&self, name: &str, unit_weights: &[f64]) -> Result<f64, Undefined> {
        let place = metric_names().position(|known| known == name).expect("a metric");
        let value = self.tasks[0].metrics(unit_weights).nth(place).expect("as many as there are names");
        let replicate = self.tasks[0].replicate(unit_weights).find(|(of, _)| *of == place);
        match (value, replicate.map(|(_, replicate)| replicate)) {
            (Ok(value), Some(Ok(replicate))) if value.is_finite() => {
                assert!((value - replicate).abs() <= 1e-12 * value.abs(), "{name}: {value} and {replicate}");
            }
            (value, Some(replicate)) if value.is_err() => assert_eq!(value, replicate, "{name}"),
            _ => {}
        }
        value
    }

    /// The tasks that have predictions.
    pub(super) fn tasks(&self) -> &[Task<'a>] {
        &self.tasks
    }

    /// Every metric of every task with its interval, and the replicates behind it.
    pub fn metrics(&self, bootstrap: Bootstrap) -> Measured {
        let mut measured = Measured::default();
        for (name, reason) in &self.missing {
            for metric in metric_names() {
                measured.metrics.insert(MetricKey { metric, task: name }.to_string(), (*reason).into());
            }
        }
        let replicates = self.draw(bootstrap);
        let ones = vec![1.0; self.n_units()];
        for (task, drawn) in self.tasks.iter().zip(replicates) {
            let support = task.support(self.n_units());
            for ((name, value), drawn) in metric_names().zip(task.metrics(&ones)).zip(drawn) {
                let key = MetricKey { metric: name, task: task.name }.to_string();
                let metric = match value {
                    Ok(value) => {
                        let (low, high) = support.interval(name, value, &drawn).unwrap_or((value, value));
                        if !drawn.is_empty() {
                            measured.replicates.insert(key.clone(), drawn.iter().map(|&value| value as f32).collect());
                        }
                        Metric::Value { value, low, high }
                    }
                    Err(reason) => reason.into(),
                };
                measured.metrics.insert(key, metric);
            }
        }
        measured
    }

    /// Replicates by task and metric.
    fn draw(&self, bootstrap: Bootstrap) -> Vec<Vec<Vec<f64>>> {
        let mut replicates = vec![vec![Vec::new(); METRICS.len()]; self.tasks.len()];
        for replicate in 0..bootstrap.replicates {
            let weights = self.resampler.unit_weights(bootstrap.seed, replicate);
            for (task, drawn) in self.tasks.iter().zip(&mut replicates) {
                for (place, value) in task.replicate(&weights) {
                    drawn[place].extend(value.ok());
                }
            }
        }
        replicates
    }

    /// What the metrics of each task rest on.
    pub fn support(&self) -> BTreeMap<String, Support> {
        self.tasks.iter().map(|task| (task.name.to_owned(), task.support(self.n_units()))).collect()
    }

    /// How much of each task GAUC covers; empty without groups.
    pub fn coverage(&self) -> BTreeMap<String, GroupCoverage> {
        let covered = |task: &Task| Some((task.name.to_owned(), task.groups.as_ref()?.coverage()));
        self.tasks.iter().filter_map(covered).collect()
    }
}
