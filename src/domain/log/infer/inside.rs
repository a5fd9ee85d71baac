//! Labels whose names say nothing: of two columns of 0 and 1, the one inside the other is what follows it.

use super::{Found, Inference};
use crate::domain::log::labels::{implied_rule, is_label_like};
use crate::domain::log::names::{self, is_one_of};
use crate::domain::log::rule::read_label;
use crate::domain::log::{ColumnValues, Confidence, Role, Roles};

/// A column without a role that could be a label.
struct Candidate {
    index: usize,
    values: Vec<bool>,
    ones: usize,
}

impl Inference<'_> {
    /// Finds a click and a conversion that no name tells, as a guess: the one pair whose ones are nested beyond chance.
    pub(super) fn find_nested_labels(&mut self) {
        let known = |role| self.found.iter().position(|found| found.as_ref().is_some_and(|found| found.role == role));
        let (click, conversion) = (known(Role::Click), known(Role::Conversion));
        let candidates: Vec<Candidate> = (0..self.table.columns.len())
            .filter(|&index| self.may_be_label(index))
            .map(|i| self.candidate(i))
            .collect();
        let pairs = match (click, conversion) {
            (Some(_), Some(_)) => return,
            (Some(click), None) => pairs(&[self.candidate(click)], &candidates),
            (None, Some(conversion)) => pairs(&candidates, &[self.candidate(conversion)]),
            (None, None) => pairs(&candidates, &candidates),
        };
        let Some(&(outer, inner)) = self.surest(&pairs) else { return };
        let name = |index: usize| self.table.columns[index].name.as_str();
        let ones = |index: usize| self.candidate(index).ones;
        let (all, some) = (ones(outer), ones(inner));
        let inside = text!(inferred::inside, ones = some, of = all, click = name(outer));
        let around = text!(inferred::around, ones = some, conversion = name(inner));
        self.found[inner].get_or_insert(Found::new(Role::Conversion, Confidence::Guess, inside));
        self.found[outer].get_or_insert(Found::new(Role::Click, Confidence::Guess, around));
    }

    /// Takes the one column that is named like a label, and of which the name does not say what, for the log's only label: a
    /// click where items are shown to users, else the outcome of a row.
    pub(super) fn find_only_label(&mut self) {
        if [Role::Click, Role::Conversion].into_iter().any(|role| self.has(role)) {
            return;
        }
        let named = self.by_name(names::ONE_LABEL, is_label_like);
        let Some(index) = named.or_else(|| self.label_at_an_end()) else { return };
        let has = |names| self.normalized.iter().any(|name| is_one_of(name, names));
        let is_shown = has(names::USER) && has(names::ITEM) && !has(names::CLICK_TIME) && !has(names::CONVERSION_TIME);
        let (role, reason) = match is_shown {
            _ if named.is_none() => (Role::Conversion, text!(inferred::at_an_end)),
            true => (Role::Click, text!(inferred::only_click)),
            false => (Role::Conversion, text!(inferred::only_outcome)),
        };
        self.found[index] = Some(Found::new(role, Confidence::Guess, reason));
    }

    /// Where no column has a name, the label is the last column, or the first: the one of 0 and 1, when the other is not and
    /// its neighbour is not either at the front, where several labels stand side by side.
    fn label_at_an_end(&self) -> Option<usize> {
        let last = self.table.columns.len().checked_sub(1).filter(|&last| last > 1)?;
        let is_label = |index: usize| {
            let says = &self.table.columns[index].values;
            let holds = |wanted: f64| matches!(says, ColumnValues::Number(numbers) if numbers.contains(&wanted));
            self.may_be_label(index) && self.stats[index].missing == 0 && holds(0.0) && holds(1.0)
        };
        let is_unnamed = self.table.columns.iter().all(|column| names::is_made_up(&column.name));
        match (is_unnamed, is_label(0), is_label(last)) {
            (true, false, true) => Some(last),
            (true, true, false) if !is_label(1) => Some(0),
            _ => None,
        }
    }

    /// The one pair, or the one of those whose names are a label's.
    fn surest<'a>(&self, pairs: &'a [(usize, usize)]) -> Option<&'a (usize, usize)> {
        let is_label = |index: usize| {
            let name = &self.normalized[index];
            self.found[index].is_some() || is_one_of(name.trim_end_matches(|c: char| c.is_ascii_digit()), names::LABEL)
        };
        let mut named = pairs.iter().filter(|(outer, inner)| is_label(*outer) && is_label(*inner));
        match (pairs, named.next(), named.next()) {
            ([pair], ..) => Some(pair),
            (_, pair, None) => pair,
            _ => None,
        }
    }

    fn may_be_label(&self, index: usize) -> bool {
        let column = &self.table.columns[index];
        let is_history = self.normalized[index].split('_').any(|word| is_one_of(word, names::HISTORY_WORDS));
        let is_binary = self.stats[index].distinct <= 2 && is_label_like(&column.values);
        self.found[index].is_none() && is_binary && !is_history && !is_one_of(&self.normalized[index], names::ACTION)
    }

    fn candidate(&self, index: usize) -> Candidate {
        let column = &self.table.columns[index];
        let rule = implied_rule(&column.values, None).map(|rule| (column.name.clone(), rule));
        let roles = Roles { labels: rule.into_iter().collect(), ..Roles::default() };
        let values =
            read_label(self.table, &roles, column, Role::Outcome.name()).map_or(Vec::new(), |label| label.values);
        Candidate { index, ones: values.iter().filter(|&&yes| yes).count(), values }
    }
}

/// Pairs of which the second's ones are all among the first's, and too many for chance.
fn pairs(outer: &[Candidate], inner: &[Candidate]) -> Vec<(usize, usize)> {
    let is_inside = |(outer, inner): &(&Candidate, &Candidate)| {
        outer.ones > inner.ones
            && is_beyond_chance(outer.ones, inner.ones, outer.values.len())
            && inner.values.iter().zip(&outer.values).all(|(&inner, &outer)| outer || !inner)
    };
    let all = outer.iter().flat_map(|outer| inner.iter().map(move |inner| (outer, inner)));
    all.filter(is_inside).map(|(outer, inner)| (outer.index, inner.index)).collect()
}

/// Whether `inner` rows of `rows` would hardly fall among `outer` rows by chance.
pub(in crate::domain::log) fn is_beyond_chance(outer: usize, inner: usize, rows: usize) -> bool {
    const LOG_CHANCE: f64 = -13.8; // one in a million
    inner > 0 && inner as f64 * (outer as f64 / rows as f64).ln() < LOG_CHANCE
}
