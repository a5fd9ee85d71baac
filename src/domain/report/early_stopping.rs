//! What early stopping saw and did.

use serde::{Deserialize, Serialize};

use crate::domain::metrics::{Goal, MetricKey};
use crate::domain::spec::EarlyStopping;

/// A metric on the validation rows, epoch by epoch, and which epoch's state was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlyStoppingReport {
    /// `<metric>.<task>`.
    pub metric: String,
    pub patience: usize,
    /// One for each epoch trained.
    pub epochs: Vec<EpochValue>,
    /// Index into `epochs` of the best value: the state that the run ends with.
    pub best: usize,
    /// Whether the run ended before its last epoch.
    pub stopped: bool,
}

/// The metric after one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochValue {
    /// Steps done.
    pub step: u64,
    /// Passes over the training rows so far.
    pub epoch: f64,
    pub value: f64,
}

/// What follows from an epoch's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The best so far: keep the state.
    Best,
    /// Not better: go on, for a while.
    Wait,
    /// Not better for too long: stop.
    Stop,
}

impl EarlyStoppingReport {
    /// Nothing seen yet.
    pub fn new(rule: &EarlyStopping) -> Self {
        Self { metric: rule.metric.clone(), patience: rule.patience, epochs: Vec::new(), best: 0, stopped: false }
    }

    /// Takes an epoch's value.
    pub fn observe(&mut self, rule: &EarlyStopping, seen: EpochValue) -> Verdict {
        let goal = MetricKey::parse(&rule.metric).and_then(|key| Goal::of(key.metric)).unwrap_or(Goal::Highest);
        let is_best = self.best_value().is_none_or(|best| goal.gain(seen.value, best.value) > rule.min_change);
        self.epochs.push(seen);
        let last = self.epochs.len() - 1;
        if is_best {
            self.best = last;
            Verdict::Best
        } else if last - self.best >= rule.patience {
            self.stopped = true;
            Verdict::Stop
        } else {
            Verdict::Wait
        }
    }

    /// The value of the kept state.
    pub fn best_value(&self) -> Option<EpochValue> {
        self.epochs.get(self.best).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(metric: &str, patience: usize, min_change: f64, values: &[f64]) -> (Vec<Verdict>, usize) {
        let rule = EarlyStopping { metric: metric.to_owned(), patience, min_change };
        let mut report = EarlyStoppingReport::new(&rule);
        let mut step = 0;
        let mut observe = |&value: &f64| {
            step += 10;
            report.observe(&rule, EpochValue { step, epoch: step as f64 / 10.0, value })
        };
        (values.iter().map(&mut observe).collect(), report.best)
    }

    #[test]
    fn it_waits_for_patience_epochs_and_keeps_the_best() {
        use Verdict::{Best, Stop, Wait};
        for (metric, patience, min_change, values, expected, best) in [
            ("auc.ctcvr", 1, 0.0, vec![0.6, 0.7, 0.65], vec![Best, Best, Stop], 1),
            ("auc.ctcvr", 2, 0.0, vec![0.6, 0.5, 0.7, 0.7, 0.7], vec![Best, Wait, Best, Wait, Stop], 2),
            ("logloss.ctr", 1, 0.0, vec![0.5, 0.4, 0.41], vec![Best, Best, Stop], 1),
            ("pcoc.ctr", 1, 0.0, vec![1.5, 0.9, 1.3], vec![Best, Best, Stop], 1),
            ("auc.ctr", 1, 0.05, vec![0.6, 0.62], vec![Best, Stop], 0),
        ] {
            assert_eq!(verdicts(metric, patience, min_change, &values), (expected, best), "{metric} {values:?}");
        }
    }
}
