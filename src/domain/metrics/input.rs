//! What metrics are computed from.

use super::Undefined;

/// The tasks that every evaluation answers for, if only with a reason why it cannot.
pub const TASKS: [&str; 5] = ["ctr", "ctavr", "ctcvr", "cvr_clicked", "cvr_entire_space"];

/// One evaluation: its rows, and each task's predictions over them.
#[derive(Debug, Clone, Default)]
pub struct MetricInput {
    /// Evaluation rows.
    pub n_rows: usize,
    /// Unit of each evaluation row that the bootstrap keeps together (its user); rows when absent.
    pub units: Option<Vec<u32>>,
    /// Group of each evaluation row, for GAUC.
    pub groups: Option<Vec<u32>>,
    /// Whether each evaluation row was clicked, for GAUC weighted by clicks.
    pub clicks: Option<Vec<bool>>,
    /// Task name → its scores, or why there are none.
    pub tasks: Vec<(String, Result<TaskInput, Undefined>)>,
}

/// One task's predictions, labels and truth over the evaluation rows that it is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskInput {
    /// Evaluation rows (0-based within the evaluation) of the task, one for each value below.
    pub rows: Vec<u32>,
    pub p: Vec<f64>,
    /// `ln p` and `ln (1 − p)`, both finite.
    pub log_p: Vec<f64>,
    pub log_not_p: Vec<f64>,
    pub labels: Vec<bool>,
    /// True probability of a positive label, when it is known.
    pub truth: Option<Vec<f64>>,
    /// True probability of the click on the same rows, for a conversion rate over the entire space.
    pub true_ctr: Option<Vec<f64>>,
    /// What stands for the labels, where some are still to come; absent where each is what it will stay.
    pub exposure: Option<Exposure>,
    /// By row: impressions of the population that it stands for; absent where each stands for itself.
    pub sampling: Option<Vec<f64>>,
}

/// How much more the sum of a sample's weighted labels varies than that of as many whole impressions: the mean weight of an
/// impression's row, for a positive and for a negative one.
///
/// An impression of the population is kept with the probability 1/w and then counts w. With p its rate, c the weight of a
/// positive and d that of a negative, `Σ w(y − p)` has the variance `Σ p(1 − p)·[c(1 − p) + d·p]` over the population: 1 where
/// all are kept, c where positives are rare. Here c and d are means over the task's rows, as `Σw²/Σw` of each class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Design {
    pub positive: f64,
    pub negative: f64,
}

impl Design {
    /// Of impressions with the rate `p`.
    pub fn factor(self, p: f64) -> f64 {
        self.positive * (1.0 - p) + self.negative * p
    }

    /// `None` where every row stands for itself.
    pub fn of(task: &TaskInput) -> Option<Self> {
        let weights = task.sampling.as_ref()?;
        let of_class = |class: bool| {
            let rows = weights.iter().zip(&task.labels).filter(|(_, label)| **label == class);
            let (sum, squares) = rows.fold((0.0, 0.0), |(sum, squares), (w, _)| (sum + w, squares + w * w));
            if sum > 0.0 { squares / sum } else { 1.0 }
        };
        Some(Self { positive: of_class(true), negative: of_class(false) })
    }
}

/// Labels of which some are still to come: how much each row counts, and how much of that is positive.
///
/// A row counts by the share of positives that is known at its age. Let that be F, and y the label so far, whose mean is
/// F·q where q is the rate in the end: with the weight F, of which y is positive and F − y negative, every mean over rows
/// is in expectation F·(q, 1 − q), as labels that have all arrived would have it. The negative part of a row that is
/// positive is thus F − 1: it makes up for the negatives that will become positives. (Exposure, as actuaries call it; up to
/// its weight, inverse-probability weighting.)
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exposure {
    /// By row, 0 to 1.
    pub weight: Vec<f64>,
    /// By row; the rest of the weight is negative.
    pub positive: Vec<f64>,
}

/// From this share of the positives on, labels are taken as they are.
const MATURE_SHARE: f64 = 0.995;

impl Exposure {
    /// Nothing where practically all positives are known.
    pub fn unless_mature(self) -> Option<Self> {
        let known: f64 = self.weight.iter().sum();
        (known < MATURE_SHARE * self.weight.len() as f64).then_some(self)
    }
}

impl TaskInput {
    /// How much a row counts.
    pub fn weight(&self, row: usize) -> f64 {
        self.stands_for(row) * self.exposure.as_ref().map_or(1.0, |exposure| exposure.weight[row])
    }

    /// How much of a row's weight is positive.
    pub fn positive(&self, row: usize) -> f64 {
        let positive = match &self.exposure {
            Some(exposure) => exposure.positive[row],
            None => f64::from(u8::from(self.labels[row])),
        };
        self.stands_for(row) * positive
    }

    /// Impressions of the population that a row stands for.
    pub fn stands_for(&self, row: usize) -> f64 {
        self.sampling.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Whether a row counts as itself and its label as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.exposure.is_none() && self.sampling.is_none()
    }
}

impl MetricInput {
    /// The rows, and nothing that is asked of them.
    pub(super) fn clone_without_tasks(&self) -> Self {
        let Self { n_rows, units, groups, clicks, tasks: _ } = self;
        Self {
            n_rows: *n_rows,
            units: units.clone(),
            groups: groups.clone(),
            clicks: clicks.clone(),
            tasks: Vec::new(),
        }
    }
}

/// How much of a task GAUC covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GroupCoverage {
    pub groups_used: usize,
    /// Groups with one class, which have no AUC.
    pub groups_skipped: usize,
}

/// A prediction as f32 carries it, which is what PRED.csv holds: `p`, `ln p` and `ln (1 − p)`.
///
/// Metrics are of these, so that a predictions file gives the metrics of the run that wrote it, ties and all. Where f32
/// can only say 0 or 1, the logarithms stay those of the model, from log space.
pub fn as_f32_carries((p, log_p, log_not_p): (f64, f64, f64)) -> (f64, f64, f64) {
    let p = f64::from(p as f32);
    if 0.0 < p && p < 1.0 { (p, libm::log(p), libm::log1p(-p)) } else { (p, log_p, log_not_p) }
}
