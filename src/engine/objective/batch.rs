//! A batch as an objective sees it.

use crate::domain::objective::Target;
use crate::engine::column::Column;
use crate::engine::scm::{LogAnswers, LogMass, fold, log_mass};

/// Towers' logits, and labels of all that is supervised.
#[derive(Debug, Clone)]
pub struct Batch<'a, C> {
    /// What is supervised; labels and masses are in this order.
    pub targets: &'a [Target],
    labels: Vec<TargetLabels<C>>,
    /// By tower: the tree's questions first.
    answers: Vec<LogAnswers<C>>,
    draws: Option<C>,
    waits: Option<BatchWaits<C>>,
    /// `[batch]`: how much each impression counts, 1 in the mean over the log; absent where all count alike.
    weights: Option<C>,
}

/// Labels of one target.
#[derive(Debug, Clone)]
pub struct TargetLabels<C> {
    /// `[batch]`, 0 or 1; 0 where the label is not observed.
    pub label: C,
    /// `[batch]`, 1 where it is; absent where every impression has it.
    pub condition: Option<C>,
}

/// When a batch's delayed event happened, in days.
#[derive(Debug, Clone)]
pub struct BatchWaits<C> {
    /// `[batch]`: from the click to the event; 0 where it has not happened, or where that is not known.
    pub delay: C,
    /// `[batch]`: 1 where `delay` is known.
    pub has_delay: C,
    /// `[batch]`: from the click or impression to the log's end.
    pub elapsed: C,
}

impl<'a, C: Column> Batch<'a, C> {
    /// A batch of which every tower's answers are known.
    ///
    /// # Shapes
    /// - `labels`: one for each target
    /// - `answers`: one for each tower
    /// - `draws`: `[batch]`, uniform in (0, 1], for objectives that draw
    pub fn of_answers(
        targets: &'a [Target],
        labels: Vec<TargetLabels<C>>,
        answers: Vec<LogAnswers<C>>,
        draws: Option<C>,
    ) -> Self {
        Self { targets, labels, answers, draws, waits: None, weights: None }
    }

    /// The batch with how long its delayed event took.
    #[must_use]
    pub fn with_waits(self, waits: Option<BatchWaits<C>>) -> Self {
        Self { waits, ..self }
    }

    /// The batch with how much each of its impressions counts.
    #[must_use]
    pub fn with_weights(self, weights: Option<C>) -> Self {
        Self { weights, ..self }
    }

    /// `x` of each impression for as much of it as counts.
    pub(super) fn counted(&self, x: C) -> C {
        match &self.weights {
            None => x,
            Some(weights) => x * weights.clone(),
        }
    }

    /// `1/|B| Σ v·loss`: without bias the mean over the population that the log's rows stand for.
    pub(super) fn mean(&self, loss: C) -> C {
        self.counted(loss).mean()
    }

    /// `Σ v·weight·loss / Σ v·weight`: the mean over what weighs; 0 when nothing does.
    pub(super) fn weighted_mean(&self, loss: C, weight: C) -> C {
        /// Of what counts alike, one impression; of others their weights may be small.
        const LEAST: f64 = 1e-9;
        let least = if self.weights.is_some() { LEAST } else { 1.0 };
        let weight = self.counted(weight);
        let total = weight.clone().sum().clamp_min(least);
        (loss * weight).sum() / total
    }

    /// Mean over the impressions whose label is observed.
    pub(super) fn mean_where_observed(&self, loss: C, condition: Option<&C>) -> C {
        match condition {
            None => self.mean(loss),
            Some(condition) => self.weighted_mean(loss, condition.clone()),
        }
    }

    /// How long the delayed event took.
    ///
    /// # Panics
    /// When the batch was made without, for an objective that has one.
    pub(super) fn waits(&self) -> &BatchWaits<C> {
        match &self.waits {
            Some(waits) => waits,
            None => unreachable!("a prepared log says how long the delayed event took"),
        }
    }

    /// Targets with their labels, in order.
    pub(super) fn supervised(&self) -> impl Iterator<Item = (&'a Target, &TargetLabels<C>)> {
        self.targets.iter().zip(&self.labels)
    }

    /// Log-mass of a target where its label is observed.
    ///
    /// # Panics
    /// When the target always happens or never can, which [`crate::domain::behavior::BehaviorTree::validate`] refuses.
    pub(super) fn mass(&self, target: &Target) -> LogMass<C> {
        match log_mass(&target.mass, &self.answers) {
            Some(mass) => mass,
            None => unreachable!("a supervised event has mass on both sides"),
        }
    }

    /// Cross-entropy of every impression, in nats: `−label·log_p − (1−label)·log_not_p`, `[batch]`.
    pub(super) fn cross_entropy(&self, target: &Target, label: &C) -> C {
        cross_entropy(self.mass(target), label, target.positive_weight)
    }

    /// Log-mass of the target's condition: a constant, no gradient flows through it. `None` for a target without one.
    pub(super) fn propensity(&self, target: &Target) -> Option<LogMass<C>> {
        let constant = |answers: &LogAnswers<C>| LogAnswers {
            log_yes: answers.log_yes.clone().constant(),
            log_no: answers.log_no.clone().constant(),
        };
        let answers: Vec<LogAnswers<C>> = self.answers.iter().map(constant).collect();
        match fold(target.condition.as_ref()?, &answers) {
            (Some(log_p), Some(log_not_p)) => Some(LogMass { log_p, log_not_p }),
            _ => None,
        }
    }

    /// Log-answers of one tower.
    pub(super) fn tower(&self, tower: usize) -> &LogAnswers<C> {
        &self.answers[tower]
    }

    /// Log-answers of the tower beside the tree's.
    ///
    /// # Panics
    /// When there is no tower.
    pub(super) fn auxiliary(&self) -> &LogAnswers<C> {
        &self.answers[self.answers.len() - 1]
    }

    /// The same for an objective that draws anew at each step; `None` where the mean over draws is asked for.
    pub(super) fn draws_of_step(&self) -> Option<C> {
        self.draws.clone()
    }

    /// Uniform numbers in (0, 1], `[batch]`.
    ///
    /// # Panics
    /// When the objective does not announce that it draws ([`crate::domain::spec::Objective::draws`]).
    pub(super) fn draws(&self) -> C {
        match &self.draws {
            Some(draws) => draws.clone(),
            None => unreachable!("an objective that draws says so"),
        }
    }
}

/// `−w⁺·label·log_p − (1−label)·log_not_p`, `[batch]`.
///
/// With a positive weight `w⁺` other than 1 it is `torch.nn.BCEWithLogitsLoss(pos_weight)`: not divided by the weights'
/// sum, and least at odds `w⁺` times the true ones.
pub(super) fn cross_entropy<C: Column>(mass: LogMass<C>, label: &C, positive_weight: f64) -> C {
    let of_positives = label.clone() * mass.log_p;
    let of_positives = if positive_weight == 1.0 { of_positives } else { of_positives.mul_scalar(positive_weight) };
    (of_positives + complement(label) * mass.log_not_p).neg()
}

/// `1 − x` of zeros and ones.
pub(super) fn complement<C: Column>(x: &C) -> C {
    x.clone().neg().add_scalar(1.0)
}
