//! Early stopping: a metric on the validation rows at each epoch's end, and the best state kept.

use super::{EngineError, Trainer};
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::{Bootstrap, Metric};
use crate::domain::report::{EarlyStoppingReport, EpochValue, Verdict, evaluate};
use crate::domain::spec::EarlyStopping;

/// The rule, what it has seen, and whether the backend keeps the best state.
#[derive(Debug)]
pub(super) struct EarlyStopper {
    rule: EarlyStopping,
    /// Rows of the log.
    validation: Vec<u32>,
    report: EarlyStoppingReport,
    has_best: bool,
}

impl EarlyStopper {
    pub(super) fn new(rule: &EarlyStopping, validation: &[u32]) -> Self {
        let report = EarlyStoppingReport::new(rule);
        Self { rule: rule.clone(), validation: validation.to_vec(), report, has_best: false }
    }

    /// Whether this is a report of its rule on a run that has not stopped up to a step. It may come from outside.
    pub(super) fn is_own(&self, report: &EarlyStoppingReport, step: u64) -> bool {
        let EarlyStoppingReport { metric, patience, epochs, best, stopped } = report;
        let is_of_rule = (metric, *patience) == (&self.rule.metric, self.rule.patience);
        let is_seen = epochs.is_sorted_by(|a, b| a.step < b.step) && epochs.iter().all(|seen| seen.step <= step);
        is_of_rule && is_seen && !stopped && *best < epochs.len().max(1)
    }

    /// Goes on from a report; the backend has the best state.
    pub(super) fn go_on(&mut self, report: EarlyStoppingReport) {
        self.has_best = !report.epochs.is_empty();
        self.report = report;
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.report.stopped
    }
}

impl Trainer {
    /// To be called at each epoch's end. With early stopping: measures, keeps the best state, and puts it back when the run
    /// ends with it. A run that ends has its towers' output biases solved for.
    ///
    /// Does nothing when the epoch has been taken already.
    ///
    /// # Errors
    /// When the metric is undefined on the validation rows, or the device cannot hand its numbers back.
    pub async fn end_epoch(&mut self, log: &ImpressionLog) -> Result<(), EngineError> {
        self.look(log).await?;
        if self.is_finished() && !self.is_solved {
            self.is_solved = true;
            self.solve_intercepts().await?;
        }
        Ok(())
    }

    async fn look(&mut self, log: &ImpressionLog) -> Result<(), EngineError> {
        let Some(mut stopper) = self.stopper.take() else { return Ok(()) };
        let is_new = stopper.report.epochs.last().is_none_or(|seen| seen.step < self.position().step);
        let observed = if is_new && self.at_epoch_end() { self.observe(&mut stopper, log).await } else { Ok(()) };
        self.stopper = Some(stopper);
        observed
    }

    /// What early stopping has seen and done; `None` without it.
    pub fn early_stopping(&self) -> Option<&EarlyStoppingReport> {
        self.stopper.as_ref().map(|stopper| &stopper.report)
    }

    async fn observe(&mut self, stopper: &mut EarlyStopper, log: &ImpressionLog) -> Result<(), EngineError> {
        let logits = self.logits(&stopper.validation).await?;
        let mut read = evaluate(log, &self.plan().model, &stopper.validation, &logits, Bootstrap::NONE);
        let metric = stopper.rule.metric.clone();
        let undefined = |reason: String| EngineError::StopMetric { metric: metric.clone(), reason };
        let value = match read.metrics.remove(&metric) {
            Some(Metric::Value { value, .. }) => value,
            Some(Metric::Undefined(why)) => return Err(undefined(why.to_string())),
            None => return Err(undefined(text!(engine::no_such_task).to_owned())),
        };
        let position = self.position();
        let seen = EpochValue { step: position.step, epoch: position.epoch, value };
        if stopper.report.observe(&stopper.rule, seen) == Verdict::Best {
            self.backend.keep_best();
            stopper.has_best = true;
        }
        let is_over = stopper.has_stopped() || position.step >= position.total_steps;
        if is_over && std::mem::take(&mut stopper.has_best) {
            self.restore_best();
        }
        Ok(())
    }
}
