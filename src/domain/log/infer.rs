//! Guesses the role of every column from its name and values, with the reason.
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::distinct::distinct_numbers;
use super::labels::{is_label_like, parse_label};
use super::leakage::find_leak;
use super::names::{self, NameHint, Words, is_one_of};
use super::time::is_time_like;
use super::{Column, ColumnValues, LogError, MISSING, Role, Roles, Table, holds_lists, items};

/// What was inferred about one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    pub name: String,
    pub role: Role,
    /// One clause: "named like a click label and holds only 0 and 1".
    pub reason: String,
    pub distinct: usize,
    pub missing: usize,
}

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

/// Proposes roles for what `given` (a ROLES file, or the user's choices) leaves open.
///
/// # Errors
/// When `given` names a column that is not there, or one twice.
pub fn infer_roles_given(table: &Table, given: &Roles) -> Result<RoleProposal, LogError> {
    given.check(table)?;
    Ok(Inference::new(table).run(given))
}

/// Distinct and missing values of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnStats {
    pub distinct: usize,
    pub missing: usize,
}

impl ColumnStats {
    pub(super) fn of(column: &Column) -> Self {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                let missing = codes.iter().filter(|&&code| code == MISSING).count();
                // Of lists, what is distinct are the items: nearly every cell may be one of a kind.
                let distinct = if holds_lists(dictionary) {
                    dictionary.iter().flat_map(|cell| items(cell)).collect::<HashSet<_>>().len()
                } else {
                    dictionary.len()
                };
                Self { distinct, missing }
            }
            ColumnValues::Number(numbers) => {
                let missing = numbers.iter().filter(|number| number.is_nan()).count();
                Self { distinct: distinct_numbers(numbers), missing }
            }
        }
    }

    pub(super) fn is_constant(&self) -> bool {
        self.distinct == 0 || (self.distinct == 1 && self.missing == 0)
    }

    /// Whether (nearly) every row has a value of its own; small tables prove nothing.
    pub(super) fn is_near_unique(&self, n_rows: usize) -> bool {
        const MIN_ROWS: usize = 200;
        n_rows >= MIN_ROWS
            && self.distinct as f64 > 0.95 * (n_rows - self.missing) as f64
            && self.distinct > MIN_ROWS / 2
    }
}

struct Inference<'a> {
    table: &'a Table,
    normalized: Vec<String>,
    stats: Vec<ColumnStats>,
    found: Vec<Option<(Role, String)>>,
}

impl<'a> Inference<'a> {
    fn new(table: &'a Table) -> Self {
        Self {
            table,
            normalized: table.columns.iter().map(|column| names::normalized(&column.name)).collect(),
            stats: table.columns.iter().map(ColumnStats::of).collect(),
            found: vec![None; table.columns.len()],
        }
    }

    fn run(mut self, given: &Roles) -> RoleProposal {
        for (role, name) in given.assigned() {
            if let Some(index) = self.table.columns.iter().position(|column| column.name == name) {
                self.found[index] = Some((role, "given".to_owned()));
            }
        }
        for (index, column) in self.table.columns.iter().enumerate() {
            if self.found[index].is_none() && names::is_truth(&column.name) {
                self.found[index] = Some((Role::Truth, "a generated log's truth, never a feature".to_owned()));
            }
        }
        self.find_labels();
        self.find_outcome_times();
        self.find_keys();
        self.find_features();
        self.proposal()
    }

    fn has(&self, role: Role) -> bool {
        self.found.iter().flatten().any(|(taken, _)| *taken == role)
    }

    fn find_labels(&mut self) {
        for (role, names, words, what) in [
            (Role::Click, names::CLICK, names::CLICK_WORDS, "a click label"),
            (Role::Conversion, names::CONVERSION, names::CONVERSION_WORDS, "a conversion label"),
        ] {
            if !self.has(role) {
                let column = self.by_name(names, is_label_like).or_else(|| self.by_words(words));
                if let Some(index) = column {
                    let reason = format!("named like {what} and {}", self.label_values(index));
                    self.found[index] = Some((role, reason));
                }
            }
        }
        if !self.has(Role::Action) {
            for index in 0..self.table.columns.len() {
                if self.is_open(index, names::ACTION) && is_label_like(&self.table.columns[index].values) {
                    let reason = format!("named like an action before a purchase and {}", self.label_values(index));
                    self.found[index] = Some((Role::Action, reason));
                }
            }
        }
        // What else is named like an outcome is one: known only after the impression.
        for index in 0..self.table.columns.len() {
            let is_outcome = self.is_open(index, names::CLICK) || self.is_open(index, names::CONVERSION);
            if is_outcome && self.stats[index].distinct <= 2 && is_label_like(&self.table.columns[index].values) {
                let reason = "named like a further outcome, which is not known when the impression is shown".to_owned();
                self.found[index] = Some((Role::Ignore, reason));
            }
        }
    }

    /// Returns and the times of what follows the impression: never features, since nothing of it is known when it is shown.
    fn find_outcome_times(&mut self) {
        if !self.has(Role::Return)
            && self.has(Role::Conversion)
            && let Some(index) = self.by_name(names::RETURN, is_label_like)
        {
            let reason = format!("named like a return and {}", self.label_values(index));
            self.found[index] = Some((Role::Return, reason));
        }
        for (role, names, what) in [
            (Role::ClickTime, names::CLICK_TIME, "the time of a click"),
            (Role::ConversionTime, names::CONVERSION_TIME, "the time of a purchase"),
            (Role::ReturnTime, names::RETURN_TIME, "the time of a return"),
            (Role::ObservedUntil, names::OBSERVED_UNTIL, "the time when the log was taken"),
        ] {
            if !self.has(role)
                && let Some(index) = self.by_name(names, is_time_like)
                && self.stats[index].distinct > 0
            {
                self.found[index] = Some((role, format!("named like {what} and holds times")));
            }
        }
        let late = [names::RETURN, names::CLICK_TIME, names::CONVERSION_TIME, names::RETURN_TIME, names::OUTCOME_DELAY];
        for index in 0..self.table.columns.len() {
            if late.iter().any(|names| self.is_open(index, names)) {
                let reason = "named like what follows the impression, which is not known when it is shown".to_owned();
                self.found[index] = Some((Role::Ignore, reason));
            }
        }
    }

    fn find_keys(&mut self) {
        let any = |_: &ColumnValues| true;
        for (role, names, fits, reason) in [
            (Role::User, names::USER, any as fn(&ColumnValues) -> bool, "named like a user's key"),
            (Role::Item, names::ITEM, any, "named like an item's key"),
            (Role::Group, names::GROUP, any, "named like the key of a search or session"),
            (Role::Time, names::TIME, is_time_like, "named like a time and holds times"),
        ] {
            if !self.has(role)
                && let Some(index) = self.by_name(names, fits)
                && self.stats[index].distinct > 1
            {
                let has_gaps = role == Role::Time && self.stats[index].missing > 0;
                let gaps = (Role::Ignore, "named like a time, but not every row has one".to_owned());
                self.found[index] = Some(if has_gaps { gaps } else { (role, reason.to_owned()) });
            }
        }
    }

    fn find_features(&mut self) {
        let labels: Vec<(&str, Vec<bool>)> = [(Role::Conversion, "conversion"), (Role::Click, "click")]
            .into_iter()
            .filter_map(|(role, name)| {
                let index =
                    self.found.iter().position(|found| found.as_ref().is_some_and(|(taken, _)| *taken == role))?;
                Some((name, parse_label(&self.table.columns[index], name).ok()?.values))
            })
            .collect();
        let labels: Vec<(&str, &[bool])> = labels.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        for index in 0..self.table.columns.len() {
            if self.found[index].is_none() {
                self.found[index] = Some(self.feature_role(index, &labels));
            }
        }
    }

    fn feature_role(&self, index: usize, labels: &[(&str, &[bool])]) -> (Role, String) {
        let column = &self.table.columns[index];
        let stats = self.stats[index];
        let ignore = |reason: &str| (Role::Ignore, reason.to_owned());
        if stats.distinct == 0 {
            return ignore("holds no value");
        }
        if stats.is_constant() {
            return ignore("holds the same value in every row");
        }
        if let Some(reason) = find_leak(&column.values, labels) {
            return (Role::Ignore, reason);
        }
        let is_near_unique = stats.is_near_unique(self.table.n_rows);
        match (&column.values, names::hint(&column.name)) {
            (ColumnValues::Text { .. }, _) if is_near_unique => ignore("nearly every row has a value of its own"),
            (ColumnValues::Text { .. }, _) => (Role::Categorical, format!("text with {} values", stats.distinct)),
            (ColumnValues::Number(numbers), _) if counts_the_rows(numbers) => ignore("counts the rows"),
            (ColumnValues::Number(numbers), NameHint::Code(_)) if is_near_unique && is_whole(numbers) => {
                ignore("nearly every row has a value of its own")
            }
            (ColumnValues::Number(numbers), NameHint::Code(why)) if is_whole(numbers) => {
                (Role::Categorical, format!("{why}, with {} values", stats.distinct))
            }
            (_, NameHint::Quantity(why)) => (Role::Numerical, format!("{why} and holds numbers")),
            _ if stats.distinct <= 2 => (Role::Categorical, format!("a number with {} values", stats.distinct)),
            _ => (Role::Numerical, format!("numbers with {} values", stats.distinct)),
        }
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
            ColumnValues::Text { .. } => "holds only yes and no",
            ColumnValues::Number(numbers) if numbers.iter().any(|&number| number > 1.0) => "holds counts",
            ColumnValues::Number(_) => "holds only 0 and 1",
        }
    }

    fn proposal(self) -> RoleProposal {
        let mut roles = Roles::default();
        let columns: Vec<ColumnReport> = self
            .table
            .columns
            .iter()
            .zip(self.stats)
            .zip(self.found)
            .map(|((column, stats), found)| {
                let (role, reason) = found.unwrap_or((Role::Ignore, "not understood".to_owned()));
                roles.assign(&column.name, role);
                let (distinct, missing) = (stats.distinct, stats.missing);
                ColumnReport { name: column.name.clone(), role, reason, distinct, missing }
            })
            .collect();
        RoleProposal { roles, columns }
    }
}

fn is_whole(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.is_nan() || number.fract() == 0.0)
}

fn counts_the_rows(numbers: &[f64]) -> bool {
    const MIN_ROWS: usize = 20;
    numbers.len() >= MIN_ROWS && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
}
