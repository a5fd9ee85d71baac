//! What stands for labels of which some are still to come, event by event.
//!
//! With r whether a click has converted so far and t whether the conversion has been returned, an event's label so far is
//! `e(0,0) + r·(e(1,0) − e(0,0)) + t·(e(1,1) − e(1,0))`, e the label that an outcome would give. At an age at which shares F
//! of the conversions and R of the returns are known, r/F and t/R have in expectation the values that r and t have in the
//! end: the same sum of them is the label to expect. It is an [`Exposure`] with the weight F, or R where a return matters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::view::View;
use crate::domain::behavior::Event;
use crate::domain::label;
use crate::domain::log::Timing;
use crate::domain::metrics::{Exposure, MetricInput};

/// An outcome that comes after its click; a return presupposes a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Conversion,
    Return,
}

/// How much of a task's labels is known: what its metrics are to be read with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TaskMaturity {
    /// Held-out rows of the task.
    pub rows: usize,
    /// Rows that they count as: each by the share of the outcomes that is known at its age.
    pub count_as: f64,
    /// Positives so far.
    pub arrived: usize,
    /// Positives to be expected in the end, within the ages that the log can show.
    pub expected: f64,
}

/// The tasks of which labels are still to come, by name.
pub(super) fn task_maturity(input: &MetricInput) -> BTreeMap<String, TaskMaturity> {
    let of_task = |(name, task): &(String, Result<crate::domain::metrics::TaskInput, _>)| {
        let task = task.as_ref().ok()?;
        let exposure = task.exposure.as_ref()?;
        let (rows, count_as): (usize, f64) = (task.rows.len(), exposure.weight.iter().sum());
        let positive: f64 = exposure.positive.iter().sum();
        let arrived = task.labels.iter().filter(|&&label| label).count();
        let expected = if count_as > 0.0 { positive / count_as * rows as f64 } else { 0.0 };
        Some((name.clone(), TaskMaturity { rows, count_as, arrived, expected }))
    };
    input.tasks.iter().filter_map(of_task).collect()
}

/// Late labels of a view's rows.
pub(super) struct Late<'a> {
    view: &'a View<'a>,
    timing: &'a Timing,
    /// `[questions]`.
    outcomes: Vec<Option<Outcome>>,
}

impl<'a> Late<'a> {
    /// `None` when the log does not say when outcomes came.
    pub fn of(view: &'a View<'a>) -> Option<Self> {
        let timing = view.log.timing.as_ref()?;
        let outcome = |label: &str| match view.log.label_called(label)?.name.as_str() {
            label::CONVERSION => Some(Outcome::Conversion),
            "return" => Some(Outcome::Return),
            _ => None,
        };
        let outcomes = view.tree.questions.iter().map(|question| outcome(&question.label)).collect();
        Some(Self { view, timing, outcomes })
    }

    /// What stands for the event's labels on the evaluation rows `positions`, all of which meet its condition; `None` where
    /// they are known.
    pub fn exposure(&self, event: &Event, positions: &[u32]) -> Option<Exposure> {
        let matters = self.matters(event)?;
        let condition = event.given.as_ref().and_then(|given| self.leads_to(self.view.tree.question_index(given)?));
        let part = |position: usize| match (matters, condition) {
            // Nothing that comes late lies between the condition and the event.
            (_, Some(Outcome::Return)) | (Outcome::Conversion, Some(_)) => None,
            (Outcome::Return, Some(Outcome::Conversion)) => Some(self.after_conversion(event, position)),
            (_, None) => Some(self.after_click(event, position, matters)),
        };
        let parts: Option<Vec<(f64, f64)>> = positions.iter().map(|&position| part(position as usize)).collect();
        let (weight, positive) = parts?.into_iter().unzip();
        Exposure { weight, positive }.unless_mature()
    }

    /// Share of a question's answers "yes" that are known in a row in which it was asked.
    pub fn known(&self, question: usize, position: usize) -> f64 {
        let row = self.view.rows[position] as usize;
        let before = self.view.links.way(question).iter().filter_map(|&(before, _)| self.outcomes[before]).max();
        match (self.outcomes[question], before) {
            (Some(Outcome::Conversion), None) => self.timing.conversion_maturity(row),
            (Some(Outcome::Return), None) => self.timing.return_maturity(row),
            (Some(Outcome::Return), Some(Outcome::Conversion)) => self.timing.return_maturity_after_conversion(row),
            _ => 1.0,
        }
    }

    /// The latest outcome on which the event's answers depend.
    fn matters(&self, event: &Event) -> Option<Outcome> {
        let questions = 0..self.view.tree.questions.len();
        let asked = questions.filter(|&q| event.answers.contains_key(&self.view.tree.questions[q].label));
        asked.filter_map(|question| self.leads_to(question)).max()
    }

    /// The latest outcome among a question and those before it.
    fn leads_to(&self, question: usize) -> Option<Outcome> {
        let before = self.view.links.way(question).iter().filter_map(|&(before, _)| self.outcomes[before]);
        before.chain(self.outcomes[question]).max()
    }

    /// Weight and positive part of a row, counted from its click.
    fn after_click(&self, event: &Event, position: usize, matters: Outcome) -> (f64, f64) {
        let row = self.view.rows[position] as usize;
        let of_conversion = self.timing.conversion_maturity(row);
        let of_return = self.timing.return_maturity(row);
        let weight = if matters == Outcome::Return { of_return } else { of_conversion };
        if weight <= 0.0 {
            return (0.0, 0.0);
        }
        let label = |converted, returned| self.label_if(event, position, converted, returned);
        let is = |name: &str| self.view.log.label(name).is_some_and(|label| label[row]);
        let none = label(false, false);
        let mut positive = weight * none;
        if is(label::CONVERSION) {
            positive += weight / of_conversion * (label(true, false) - none);
        }
        if matters == Outcome::Return && is("return") {
            positive += label(true, true) - label(true, false);
        }
        (weight, positive)
    }

    /// Weight and positive part of a row that has converted, counted from then.
    fn after_conversion(&self, event: &Event, position: usize) -> (f64, f64) {
        let row = self.view.rows[position] as usize;
        let weight = self.timing.return_maturity_after_conversion(row);
        if weight <= 0.0 {
            return (0.0, 0.0);
        }
        let kept = self.label_if(event, position, true, false);
        let is_returned = self.view.log.label("return").is_some_and(|label| label[row]);
        let change = if is_returned { self.label_if(event, position, true, true) - kept } else { 0.0 };
        (weight, weight * kept + change)
    }

    /// The event's label with these outcomes, 0 or 1.
    fn label_if(&self, event: &Event, position: usize, converted: bool, returned: bool) -> f64 {
        let answer = |question: usize| match self.outcomes[question]? {
            Outcome::Conversion => Some(converted),
            Outcome::Return => Some(returned),
        };
        f64::from(u8::from(self.view.event_label_if(event, position, answer) == Some(true)))
    }
}
