//! Keys and times among the columns.

use super::{Found, Inference};
use crate::domain::log::clock::Clock;
use crate::domain::log::labels::is_label_like;
use crate::domain::log::names::{self, is_one_of};
use crate::domain::log::time::{clock_of, has_open_order, is_dates, is_time_like};
use crate::domain::log::{ColumnValues, Confidence, Role};

impl Inference<'_> {
    /// Returns and the times of what follows the impression: never features, since nothing of it is known when it is shown.
    pub(super) fn find_outcome_times(&mut self) {
        if !self.has(Role::Return)
            && self.has(Role::Conversion)
            && let Some(index) = self.by_name(names::RETURN, is_label_like)
        {
            let reason = text!(inferred::return_like, holds = self.label_values(index));
            self.found[index] = Some(Found::new(Role::Return, Confidence::Sure, reason));
        }
        for (role, names, what) in [
            (Role::ClickTime, names::CLICK_TIME, text!(inferred::click_time)),
            (Role::ConversionTime, names::CONVERSION_TIME, text!(inferred::purchase_time)),
            (Role::ReturnTime, names::RETURN_TIME, text!(inferred::return_time)),
            (Role::ObservedUntil, names::OBSERVED_UNTIL, text!(inferred::observed_until)),
        ] {
            if !self.has(role)
                && let Some(index) = self.by_name(names, is_time_like)
                && self.stats[index].distinct > 0
            {
                let reason = text!(inferred::time_like, what = what, clock = self.clock(index));
                self.found[index] = Some(Found::new(role, Confidence::Sure, reason));
            }
        }
        let late = [names::RETURN, names::CLICK_TIME, names::CONVERSION_TIME, names::RETURN_TIME, names::OUTCOME_DELAY];
        for index in 0..self.table.columns.len() {
            if late.iter().any(|names| self.is_open(index, names)) {
                let reason = text!(inferred::later);
                self.found[index] = Some(Found::new(Role::Ignore, Confidence::Likely, reason));
            }
        }
    }

    pub(super) fn find_keys(&mut self) {
        let any = |_: &ColumnValues| true;
        for (role, names, fits, reason) in [
            (Role::User, names::USER, any as fn(&ColumnValues) -> bool, text!(inferred::user)),
            (Role::Item, names::ITEM, any, text!(inferred::item)),
            (Role::Group, names::GROUP, any, text!(inferred::group)),
            (Role::Time, names::TIME, is_time_like, ""),
        ] {
            if !self.has(role)
                && let Some(index) = self.by_name(names, fits)
                && self.stats[index].distinct > 1
            {
                let has_gaps = role == Role::Time && self.stats[index].missing > 0;
                let is_open = role == Role::Time && has_open_order(&self.table.columns[index].values);
                let (role, confidence, reason) = match (has_gaps, is_open) {
                    (true, _) => (Role::Ignore, Confidence::Sure, text!(inferred::time_with_gaps).to_owned()),
                    (_, true) => (role, Confidence::Guess, text!(inferred::month_first).to_owned()),
                    _ if role == Role::Time => {
                        (role, Confidence::Sure, text!(inferred::time, clock = self.clock(index)))
                    }
                    _ => (role, Confidence::Sure, reason.to_owned()),
                };
                self.found[index] = Some(Found::new(role, confidence, reason));
            }
        }
        self.find_hours();
        self.find_dates();
        self.leave_unknown_clocks();
    }

    /// The time by its digits, `24013113`, in a column that is named like an hour.
    fn find_hours(&mut self) {
        if self.has(Role::Time) {
            return;
        }
        let is_hours = |values: &ColumnValues| matches!(clock_of(values), Some(Clock::ShortHour | Clock::Hour));
        if let Some(index) = self.by_name(names::HOUR, is_hours).filter(|&index| self.stats[index].missing == 0) {
            let reason = text!(inferred::time, clock = self.clock(index));
            self.found[index] = Some(Found::new(Role::Time, Confidence::Sure, reason));
        }
    }

    /// Columns named like a time whose clock can't be told: neither a time nor a quantity.
    fn leave_unknown_clocks(&mut self) {
        for index in 0..self.table.columns.len() {
            let is_number = matches!(self.table.columns[index].values, ColumnValues::Number(_));
            let is_named =
                [names::TIME, names::CLICK_TIME, names::CONVERSION_TIME].iter().any(|n| self.is_open(index, n));
            if is_number
                && is_named
                && self.stats[index].distinct > 1
                && !is_time_like(&self.table.columns[index].values)
            {
                let reason = text!(inferred::clock::unknown);
                self.found[index] = Some(Found::new(Role::Ignore, Confidence::Guess, reason));
            }
        }
    }

    /// What a time column holds, in words.
    fn clock(&self, index: usize) -> &'static str {
        clock_of(&self.table.columns[index].values).map_or(text!(inferred::clock::dates), Clock::words)
    }

    /// Columns of dates under other names: the time where there is but one and no other time; no categories in any case.
    fn find_dates(&mut self) {
        let is_date = |&index: &usize| {
            let of_a_person = self.normalized[index].split('_').any(|word| is_one_of(word, names::PERSONS_DATES));
            let is_open = self.found[index].is_none() && self.stats[index].distinct > 1;
            is_open && !of_a_person && is_dates(&self.table.columns[index].values)
        };
        let dates: Vec<usize> = (0..self.table.columns.len()).filter(is_date).collect();
        for &index in &dates {
            let is_time = dates.len() == 1 && !self.has(Role::Time) && self.stats[index].missing == 0;
            let (role, reason) = match is_time {
                true => (Role::Time, text!(inferred::only_dates)),
                false => (Role::Ignore, text!(inferred::dates)),
            };
            self.found[index] = Some(Found::new(role, Confidence::Guess, reason));
        }
    }
}
