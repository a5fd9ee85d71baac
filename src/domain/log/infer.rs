//! Guesses the role of every column from its name and values, with the reason.

mod inside;
mod keys;
mod sampling;

pub(super) use inside::is_beyond_chance;
pub(super) use sampling::named_weight;

use std::collections::BTreeMap;

use super::labels::{implied_rule, is_label_like, is_nearly_label_like};
use super::leakage::{Knowledge, LeakSearch, Outcome};
use super::names::{self, NameHint, Words, is_one_of};
use super::profile::{ColumnReport, ColumnStats, Confidence, Spark};
use super::rule::read_label;
use super::time::has_time;
use super::{ColumnValues, LabelRule, LogError, Role, Roles, Table};
use crate::domain::label;

/// Roles for a table, with reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleProposal {
    pub roles: Roles,
    /// In the table's column order.
    pub columns: Vec<ColumnReport>,
}

/// Proposes roles from names and values.
pub fn infer_roles(table: &Table) -> RoleProposal {
    Inference::new(table).run(&Roles::default())
}

/// Proposes roles for what `given` (a ROLES file, or the user's choices) leaves open; its rules and repairs are kept.
///
/// # Errors
/// When `given` names a column that is not there, or one twice, or has a rule that says nothing.
pub fn infer_roles_given(table: &Table, given: &Roles) -> Result<RoleProposal, LogError> {
    given.check(table)?;
    Ok(Inference::new(table).run(given))
}

struct Inference<'a> {
    table: &'a Table,
    normalized: Vec<String>,
    stats: Vec<ColumnStats>,
    known: Vec<Option<Knowledge>>,
    found: Vec<Option<Found>>,
}

/// A role with its reason.
#[derive(Debug, Clone)]
struct Found {
    role: Role,
    reason: String,
    confidence: Confidence,
}

impl Found {
    fn new(role: Role, confidence: Confidence, reason: impl Into<String>) -> Self {
        Self { role, reason: reason.into(), confidence }
    }
}

impl<'a> Inference<'a> {
    fn new(table: &'a Table) -> Self {
        Self {
            table,
            normalized: table.columns.iter().map(|column| names::normalized(&column.name)).collect(),
            stats: table.columns.iter().map(ColumnStats::of).collect(),
            known: vec![None; table.columns.len()],
            found: vec![None; table.columns.len()],
        }
    }

    fn run(mut self, given: &Roles) -> RoleProposal {
        use Confidence::{Given, Sure};
        let given = given.repaired();
        for (role, name) in given.assigned() {
            if let Some(index) = self.index_of(name) {
                self.found[index].get_or_insert(Found::new(role, Given, text!(inferred::given)));
            }
        }
        for (index, column) in self.table.columns.iter().enumerate() {
            if self.found[index].is_none() && names::is_truth(&column.name) {
                self.found[index] = Some(Found::new(Role::Truth, Sure, text!(inferred::truth)));
            }
        }
        let (labels, fixes) = (given.labels.clone(), given.fixes.clone());
        let negative_rate = given.negative_rate;
        let mut roles = Roles { space: given.space, negative_rate, labels, fixes, ..Roles::default() };
        self.find_labels();
        self.find_outcome_times();
        self.find_keys();
        roles.labels.extend(self.implied_rules(&given));
        let given = Roles { labels: roles.labels.clone(), ..given };
        self.find_weights(&given);
        self.find_features(&given);
        self.proposal(&given, roles)
    }

    /// Rules of label columns that need one to be read and have none, with their reasons.
    fn implied_rules(&mut self, given: &Roles) -> BTreeMap<String, LabelRule> {
        let mut rules = BTreeMap::new();
        let mut click = None;
        for role in [Role::Click, Role::Conversion, Role::Action, Role::Return, Role::Outcome] {
            for index in 0..self.found.len() {
                let column = &self.table.columns[index];
                let Some(found) = self.found[index].as_mut().filter(|found| found.role == role) else { continue };
                if given.labels.contains_key(&column.name) {
                    continue;
                }
                if let Some(rule) = implied_rule(&column.values, click.as_deref()) {
                    found.reason = format!("{}; {}", found.reason, told(&rule));
                    rules.insert(column.name.clone(), rule);
                }
                if role == Role::Click {
                    let roles = Roles { labels: rules.clone(), ..Roles::default() };
                    click = read_label(self.table, &roles, column, role.name()).ok().map(|label| label.values);
                }
            }
        }
        rules
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
    }

    fn has(&self, role: Role) -> bool {
        self.found.iter().flatten().any(|found| found.role == role)
    }

    fn find_labels(&mut self) {
        for (role, names, words, what) in [
            (Role::Click, names::CLICK, names::CLICK_WORDS, text!(inferred::click_label)),
            (Role::Conversion, names::CONVERSION, names::CONVERSION_WORDS, text!(inferred::conversion_label)),
        ] {
            if !self.has(role) {
                let by_name = self.by_name(names, is_label_like).map(|index| (index, Confidence::Sure));
                let by_words = || self.by_words(words).map(|index| (index, Confidence::Likely));
                // A label with mistakes in it is told with the line of the first one when the log is opened.
                let mistaken = || self.by_name(names, is_nearly_label_like).map(|index| (index, Confidence::Guess));
                if let Some((index, confidence)) = by_name.or_else(by_words).or_else(mistaken) {
                    let holds = match confidence {
                        Confidence::Guess => text!(inferred::holds::nearly_labels),
                        _ => self.label_values(index),
                    };
                    self.found[index] =
                        Some(Found::new(role, confidence, text!(inferred::label_like, what = what, holds = holds)));
                }
            }
        }
        self.find_nested_labels();
        self.find_only_label();
        if !self.has(Role::Action) {
            for index in 0..self.table.columns.len() {
                if self.is_open(index, names::ACTION) && is_label_like(&self.table.columns[index].values) {
                    let reason = text!(inferred::action_like, holds = self.label_values(index));
                    self.found[index] = Some(Found::new(Role::Action, Confidence::Sure, reason));
                }
            }
        }
        // What else is named like an outcome is one: known only after the impression.
        for index in 0..self.table.columns.len() {
            let is_outcome = self.is_open(index, names::CLICK) || self.is_open(index, names::CONVERSION);
            if is_outcome && self.stats[index].distinct <= 2 && is_label_like(&self.table.columns[index].values) {
                let reason = text!(inferred::further_outcome);
                // A label has a value in every row.
                let role = if self.stats[index].missing == 0 { Role::Outcome } else { Role::Ignore };
                self.found[index] = Some(Found::new(role, Confidence::Likely, reason));
            }
        }
    }

    fn find_features(&mut self, given: &Roles) {
        let search = LeakSearch::new(self.table, self.outcomes(given));
        for index in 0..self.table.columns.len() {
            let could_be_feature = self.found[index]
                .as_ref()
                .is_none_or(|found| matches!(found.role, Role::Categorical | Role::Numerical | Role::Ignore));
            if could_be_feature && !self.stats[index].is_constant() && !self.is_asked_weight(index) {
                self.known[index] = search.find(&self.table.columns[index].values);
            }
            if self.found[index].is_none() {
                self.found[index] = Some(self.feature_role(index));
            }
        }
    }

    /// The label that `role`'s column says, or else the times of `time`'s.
    fn label(&self, role: Role, name: &'static str, time: Role, given: &Roles) -> Option<Vec<bool>> {
        let with = |role| {
            let is_role = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.role == role);
            self.found.iter().position(is_role).map(|index| &self.table.columns[index])
        };
        match (with(role), with(time)) {
            (Some(column), _) => read_label(self.table, given, column, name).ok().map(|label| label.values),
            (None, Some(time)) => Some(has_time(time)),
            (None, None) => None,
        }
    }

    /// The labels that no feature may know: the click, the conversion of clicked rows, and that among the clicked rows.
    fn outcomes(&self, given: &Roles) -> Vec<Outcome> {
        let click = self.label(Role::Click, label::CLICK, Role::ClickTime, given);
        let mut conversion = self.label(Role::Conversion, label::CONVERSION, Role::ConversionTime, given);
        if let (Some(conversion), Some(click)) = (&mut conversion, &click) {
            conversion.iter_mut().zip(click).for_each(|(bought, &clicked)| *bought &= clicked);
        }
        let whole = |name, values: &Option<Vec<bool>>| Some(Outcome { name, values: values.clone()?, within: None });
        let among = conversion.clone().zip(click.clone()).map(|(values, click)| Outcome {
            name: text!(inferred::leak::among_clicks),
            values,
            within: Some(click),
        });
        [whole(label::CONVERSION, &conversion), whole(label::CLICK, &click), among].into_iter().flatten().collect()
    }

    fn feature_role(&self, index: usize) -> Found {
        use Confidence::{Guess, Likely, Sure};
        let column = &self.table.columns[index];
        let stats = self.stats[index];
        let ignore = |reason: &str| Found::new(Role::Ignore, Sure, reason);
        if stats.distinct == 0 {
            return ignore(text!(inferred::holds::nothing));
        }
        if stats.is_constant() {
            return ignore(text!(inferred::holds::same));
        }
        if let Some(Knowledge::Leak(reason)) = &self.known[index] {
            return ignore(&text!(inferred::leak::told, reason = reason));
        }
        let is_near_unique = stats.is_near_unique(self.table.n_rows);
        let (role, confidence, reason) = match (&column.values, names::hint(&column.name)) {
            (ColumnValues::Text { .. }, _) if is_near_unique => {
                return ignore(text!(inferred::near_unique));
            }
            (ColumnValues::Text { .. }, _) => {
                (Role::Categorical, Sure, text!(inferred::text_values, values = stats.distinct))
            }
            (ColumnValues::Number(numbers), _) if counts_the_rows(numbers) => {
                return ignore(text!(inferred::counts_rows));
            }
            (ColumnValues::Number(numbers), NameHint::Code(_)) if is_near_unique && is_whole(numbers) => {
                return ignore(text!(inferred::near_unique));
            }
            (ColumnValues::Number(numbers), NameHint::Code(why)) if is_whole(numbers) => {
                (Role::Categorical, Sure, text!(inferred::code_values, why = why, values = stats.distinct))
            }
            (_, NameHint::Quantity(why)) => (Role::Numerical, Sure, text!(inferred::quantity, why = why)),
            _ if stats.distinct <= 2 => {
                (Role::Categorical, Likely, text!(inferred::few_numbers, values = stats.distinct))
            }
            (ColumnValues::Number(numbers), _) if is_whole(numbers) => {
                // Whole numbers without a telling name may be codes as well as quantities.
                (Role::Numerical, Guess, text!(inferred::numbers, values = stats.distinct))
            }
            _ => (Role::Numerical, Likely, text!(inferred::numbers, values = stats.distinct)),
        };
        Found::new(role, confidence, reason)
    }

    /// The open column with the surest of `names`.
    fn by_name(&self, names: Words, fits: fn(&ColumnValues) -> bool) -> Option<usize> {
        names.split_whitespace().find_map(|name| {
            (0..self.table.columns.len()).find(|&index| {
                self.found[index].is_none() && self.normalized[index] == name && fits(&self.table.columns[index].values)
            })
        })
    }

    /// The one open two-valued column with one of `words` in its name and nothing that speaks of the past.
    fn by_words(&self, words: Words) -> Option<usize> {
        let fits = |&index: &usize| {
            let is_named = self.normalized[index].split('_').any(|word| is_one_of(word, words));
            let is_history = self.normalized[index].split('_').any(|word| is_one_of(word, names::HISTORY_WORDS));
            let is_binary = self.stats[index].distinct <= 2 && is_label_like(&self.table.columns[index].values);
            self.found[index].is_none() && is_named && !is_history && is_binary
        };
        let mut candidates = (0..self.table.columns.len()).filter(fits);
        let first = candidates.next();
        if candidates.next().is_some() { None } else { first }
    }

    fn is_open(&self, index: usize, names: Words) -> bool {
        self.found[index].is_none() && is_one_of(&self.normalized[index], names)
    }

    fn label_values(&self, index: usize) -> &'static str {
        match &self.table.columns[index].values {
            ColumnValues::Text { .. } => text!(inferred::holds::yes_no),
            ColumnValues::Number(numbers) if numbers.iter().any(|&number| number > 1.0) => {
                text!(inferred::holds::counts)
            }
            ColumnValues::Number(_) => text!(inferred::holds::binary),
        }
    }

    fn proposal(self, given: &Roles, mut roles: Roles) -> RoleProposal {
        let mut columns = Vec::with_capacity(self.table.columns.len());
        let doubts = standing_out(&self.known);
        let judged = self.table.columns.iter().zip(self.stats).zip(self.known).zip(self.found);
        for (index, (((column, stats), known), found)) in judged.enumerate() {
            let (leak, doubt) = match known {
                Some(Knowledge::Leak(reason)) => (Some(reason), None),
                Some(Knowledge::Doubt(_, reason)) if doubts.contains(&index) => (None, Some(reason)),
                _ => (None, None),
            };
            let found =
                found.unwrap_or_else(|| Found::new(Role::Ignore, Confidence::Guess, text!(inferred::not_understood)));
            roles.assign(&column.name, found.role);
            columns.push(ColumnReport {
                name: column.name.clone(),
                role: found.role,
                reason: found.reason,
                confidence: found.confidence,
                is_number: matches!(column.values, ColumnValues::Number(_)),
                distinct: stats.distinct,
                missing: stats.missing,
                spark: Spark::of(column),
                leak,
                doubt,
            });
        }
        // One column may be a label and its time: the second role that it was given.
        for (found, given) in [
            (&mut roles.click_time, &given.click_time),
            (&mut roles.conversion_time, &given.conversion_time),
            (&mut roles.return_time, &given.return_time),
        ] {
            *found = found.take().or_else(|| given.clone());
        }
        RoleProposal { roles, columns }
    }
}

/// The few columns in doubt; where many rank the label well, it is an easy label.
fn standing_out(known: &[Option<Knowledge>]) -> Vec<usize> {
    const MAX_COLUMNS: usize = 5;
    let in_doubt: Vec<usize> =
        (0..known.len()).filter(|&index| matches!(known[index], Some(Knowledge::Doubt(..)))).collect();
    if in_doubt.len() <= MAX_COLUMNS { in_doubt } else { Vec::new() }
}

/// What an implied rule does.
fn told(rule: &LabelRule) -> String {
    match rule {
        LabelRule::Positive(values) => text!(inferred::positive, values = values.join("\", \"")),
        _ => text!(inferred::blank_is_no).to_owned(),
    }
}

fn is_whole(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.is_nan() || number.fract() == 0.0)
}

fn counts_the_rows(numbers: &[f64]) -> bool {
    const MIN_ROWS: usize = 20;
    numbers.len() >= MIN_ROWS && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
}
