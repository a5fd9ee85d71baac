//! Sampling weights and rates among the columns: never features, and never taken for what they are not.

use super::{Found, Inference};
use crate::domain::label;
use crate::domain::log::names;
use crate::domain::log::weights::{is_rate, is_weight};
use crate::domain::log::{Column, Confidence, Role, Roles};

impl Inference<'_> {
    /// The column that says how many impressions a row stands for, or with what probability it was kept.
    ///
    /// A name that means nothing else is enough where every value can be one. `weight` alone may be a parcel's: it is taken
    /// where unclicked rows have one value and clicked ones another. What is left is asked about (the finding
    /// `possible_weight`), and is no feature until it is answered.
    pub(super) fn find_weights(&mut self, given: &Roles) {
        let is_said =
            |this: &Self| this.has(Role::Weight) || this.has(Role::SamplingRate) || given.negative_rate.is_some();
        let click = self.label(Role::Click, label::CLICK, Role::ClickTime, given);
        for index in 0..self.table.columns.len() {
            let Some((role, is_sure)) = named_weight(&self.normalized[index]) else { continue };
            if self.found[index].is_some() || self.stats[index].is_constant() {
                continue;
            }
            let column = &self.table.columns[index];
            let is_one = holds(column, role);
            let follows = is_one && click.as_ref().is_some_and(|click| follows_click(column, click));
            let found = match (is_said(self), is_one && (is_sure || follows)) {
                (false, true) if role == Role::Weight => {
                    Found::new(role, Confidence::Likely, text!(inferred::sampling::weight))
                }
                (false, true) => Found::new(role, Confidence::Likely, text!(inferred::sampling::rate)),
                (true, _) if is_sure => Found::new(Role::Ignore, Confidence::Likely, text!(inferred::sampling::said)),
                (true, _) => continue,
                // What is text, or no weight at all, is a feature of that name.
                (false, false) if !is_sure && !is_one => continue,
                (false, false) => Found::new(Role::Ignore, Confidence::Guess, text!(inferred::sampling::asked)),
            };
            self.found[index] = Some(found);
        }
    }

    /// Whether the column is left until the user says whether it is a weight: what it tells of a click is no leak then.
    pub(super) fn is_asked_weight(&self, index: usize) -> bool {
        let is_open = |found: &Found| found.role == Role::Ignore && found.confidence == Confidence::Guess;
        self.found[index].as_ref().is_some_and(is_open) && named_weight(&self.normalized[index]).is_some()
    }
}

/// The role that a column of this name may have, and whether the name means nothing else.
pub(in crate::domain::log) fn named_weight(normalized: &str) -> Option<(Role, bool)> {
    [
        (names::WEIGHT, Role::Weight, true),
        (names::MAYBE_WEIGHT, Role::Weight, false),
        (names::SAMPLING_RATE, Role::SamplingRate, true),
        (names::MAYBE_RATE, Role::SamplingRate, false),
    ]
    .into_iter()
    .find_map(|(words, role, is_sure)| names::is_one_of(normalized, words).then_some((role, is_sure)))
}

/// Whether every value can be what the role says.
fn holds(column: &Column, role: Role) -> bool {
    let is_good = if role == Role::Weight { is_weight } else { is_rate };
    column.numbers().is_ok_and(|numbers| numbers.iter().all(|&number| is_good(number)))
}

/// Whether clicked rows all have one value, and the others all another.
fn follows_click(column: &Column, click: &[bool]) -> bool {
    let Ok(numbers) = column.numbers() else { return false };
    let of = |class: bool| {
        let mut values = numbers.iter().zip(click).filter(|(_, clicked)| **clicked == class).map(|(value, _)| *value);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    };
    matches!((of(true), of(false)), (Some(clicked), Some(unclicked)) if clicked != unclicked)
}
