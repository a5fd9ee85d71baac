//! From a log and a plan to all that training needs, in one call.
use super::{EncodedLog, FeatureError, FittedFeatures};
use crate::domain::behavior::BehaviorTree;
use crate::domain::log::{ImpressionLog, Split, SplitError, Wait, is_seen, split};
use crate::domain::spec::{ModelSpec, TrainPlan};

/// A log made ready for one plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub split: Split,
    pub fitted: FittedFeatures,
    pub encoded: EncodedLog,
    /// `[tree labels][n_rows]`, in the order of [`crate::domain::behavior::BehaviorTree::labels`].
    pub labels: Vec<Vec<bool>>,
    /// `[n_rows]`: how long the delayed event took or has not come; empty for an objective without one.
    pub waits: Vec<Wait>,
    /// `[n_rows]`: how much each row counts in a loss, 1 in the mean over the training rows; empty where all count alike.
    pub weights: Vec<f64>,
}

/// Why a log and a plan do not go together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    #[error("{}", words!(features::missing_label, model = .model, label = .label))]
    MissingLabel { model: String, label: String },
    #[error("{}", words!(features::never_one, label = .label, rows = .rows, model = .model))]
    NeverOne { model: String, label: String, rows: usize },
    #[error("{}", words!(features::no_timing, model = .model))]
    NoTiming { model: String },
    #[error("{}", words!(features::no_cut_off))]
    NoCutOff,
}

impl Prepared {
    /// Splits, fits and encodes.
    ///
    /// ```
    /// use esmm_playground::domain::features::Prepared;
    /// use esmm_playground::domain::log::OpenedLog;
    /// use esmm_playground::domain::spec::{RunSpec, model_preset};
    /// use esmm_playground::domain::synth::{SynthSpec, generate};
    ///
    /// let generated = generate(&SynthSpec { rows: 400, users: 100, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() });
    /// let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    /// let esmm = model_preset("esmm").ok_or("a preset")?;
    /// let prepared = Prepared::new(&opened.log, &RunSpec::default().plan(&esmm, 1))?;
    /// assert_eq!(prepared.split.train.len() + prepared.split.eval.len(), 400);
    /// assert_eq!(prepared.encoded.ids.len(), 400 * prepared.fitted.fields.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PrepareError`], each with what to do.
    pub fn new(log: &ImpressionLog, plan: &TrainPlan) -> Result<Self, PrepareError> {
        let Labelled { split, labels, waits } = Labelled::new(log, plan)?;
        let weights = loss_weights(log, &split.train);
        let fitted = FittedFeatures::fit(log, &split.train, &plan.features)?;
        let encoded = fitted.encode(log);
        Ok(Self { split, fitted, encoded, labels, waits, weights })
    }

    /// Whether the log has the labels, their times and the rows that the plan asks for; the features are not looked at.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn check(log: &ImpressionLog, plan: &TrainPlan) -> Result<(), PrepareError> {
        Labelled::new(log, plan).map(drop)
    }
}

impl Prepared {
    /// At most `count` of the training rows, with equal steps between them.
    pub fn training_sample(&self, count: usize) -> Vec<u32> {
        let (rows, count) = (&self.split.train, count.min(self.split.train.len()));
        (0..count).map(|index| rows[index * rows.len() / count]).collect()
    }

    /// Each label of `tree` with the number of `rows` in which it is 1.
    pub fn label_counts(&self, tree: &BehaviorTree, rows: &[u32]) -> Vec<(String, usize)> {
        let ones = |values: &Vec<bool>| rows.iter().filter(|&&row| values[row as usize]).count();
        tree.labels().into_iter().map(str::to_owned).zip(self.labels.iter().map(ones)).collect()
    }
}

/// What the plan learns of each row: all of [`Prepared`] but the features.
struct Labelled {
    split: Split,
    labels: Vec<Vec<bool>>,
    waits: Vec<Wait>,
}

impl Labelled {
    fn new(log: &ImpressionLog, plan: &TrainPlan) -> Result<Self, PrepareError> {
        let model = &plan.model;
        let labels = model.tree.labels();
        let find = |label: &&str| {
            let missing = || PrepareError::MissingLabel { model: model.name.clone(), label: (*label).to_owned() };
            log.label(label).map(<[bool]>::to_vec).ok_or_else(missing)
        };
        let mut values: Vec<Vec<bool>> = labels.iter().map(find).collect::<Result<_, _>>()?;
        let mut split = split(log, &plan.split)?;
        let until = cut_off(log, plan, &mut split, &labels, &mut values)?;
        for (label, values) in labels.iter().zip(&values) {
            if !split.train.iter().any(|&row| values[row as usize]) {
                let (model, label) = (model.name.clone(), (*label).to_owned());
                return Err(PrepareError::NeverOne { model, label, rows: split.train.len() });
            }
        }
        let waits = waits(log, model, until)?;
        Ok(Self { split, labels: values, waits })
    }
}

/// The log's weights over their mean among the training rows: a loss keeps its scale, and a learning rate its meaning.
fn loss_weights(log: &ImpressionLog, train: &[u32]) -> Vec<f64> {
    let Some(weights) = &log.weights else { return Vec::new() };
    let mean = train.iter().map(|&row| weights[row as usize]).sum::<f64>() / train.len() as f64;
    weights.iter().map(|weight| weight / mean).collect()
}

/// Makes of the training rows what was known of them at the plan's cut-off, which is returned in seconds; infinite
/// without one.
fn cut_off(
    log: &ImpressionLog,
    plan: &TrainPlan,
    split: &mut Split,
    labels: &[&str],
    values: &mut [Vec<bool>],
) -> Result<f64, PrepareError> {
    let Some(days) = plan.split.cutoff_days else { return Ok(f64::INFINITY) };
    let timing = log.timing.as_ref().ok_or(PrepareError::NoCutOff)?;
    let until = timing.first() + days * 86_400.0;
    split.train.retain(|&row| is_seen(timing.start[row as usize], until));
    let seen = log.labels_seen_at(until);
    for (label, values) in labels.iter().zip(values) {
        let name = log.label_called(label).map(|label| label.name.as_str());
        if let Some(seen) = seen.iter().find(|seen| Some(seen.name.as_str()) == name) {
            split.train.iter().for_each(|&row| values[row as usize] = seen.values[row as usize]);
        }
    }
    Ok(until)
}

/// How long the delayed event took in each row: the last of the answers that it needs.
fn waits(log: &ImpressionLog, model: &ModelSpec, until: f64) -> Result<Vec<Wait>, PrepareError> {
    let Some(event) = model.objective.delayed_event().and_then(|name| model.tree.event(name)) else {
        return Ok(Vec::new());
    };
    let timing = log.timing.as_ref();
    let needed = event.answers.iter().filter(|(_, required)| **required).map(|(label, _)| label);
    let columns: Vec<Vec<Wait>> =
        needed.filter_map(|label| timing?.waits(&log.label_called(label)?.name, until)).collect();
    let later = |a: Vec<Wait>, b: Vec<Wait>| {
        let latest =
            |(a, b): (Wait, Wait)| Wait { delay_days: a.delay_days.zip(b.delay_days).map(|(a, b)| a.max(b)), ..a };
        a.into_iter().zip(b).map(latest).collect()
    };
    columns.into_iter().reduce(later).ok_or_else(|| PrepareError::NoTiming { model: model.name.clone() })
}
