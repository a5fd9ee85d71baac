//! Which stratum of a sample each row belongs to, told while the file is still being read.

use super::labels::says_yes;
use super::read::RowsSoFar;
use super::rule::read_label;
use super::time::has_time;
use super::{LabelRule, Role, Roles, Stratum, Table, infer_roles, infer_roles_given};

/// Rows that the labels are inferred from.
const SEEN_ROWS: usize = 100_000;

/// The columns that say click and conversion, and those that their rules look at.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelColumns {
    pub click: Option<String>,
    pub conversion: Option<String>,
    roles: Roles,
}

impl LabelColumns {
    /// Those given, else those that the first rows suggest. Roles that do not fit the file count as none: the one who gave
    /// them hears of it when the log is opened.
    pub(super) fn find(rows: &RowsSoFar<'_>, given: &Roles) -> Self {
        let all: Vec<usize> = (0..rows.names().len()).collect();
        let table = rows.table(&all, 0..rows.n_rows().min(SEEN_ROWS));
        let proposed = infer_roles_given(&table, given).unwrap_or_else(|_| infer_roles(&table));
        let roles = proposed.roles.repaired();
        let label = |name: &Option<String>, time: &Option<String>| name.clone().or_else(|| time.clone());
        Self {
            click: label(&roles.click, &roles.click_time),
            conversion: label(&roles.conversion, &roles.conversion_time),
            roles,
        }
    }

    /// The strata of the rows from `start` on. A label that cannot be read counts as 0 here, and is told when the log is
    /// opened.
    pub(super) fn strata(&self, rows: &RowsSoFar<'_>, start: usize) -> Vec<Stratum> {
        let table = rows.table(&self.columns(rows), start..rows.n_rows());
        let click = self.label(&table, self.click.as_deref(), Role::Click);
        let conversion = self.label(&table, self.conversion.as_deref(), Role::Conversion);
        let is = |label: &Option<Vec<bool>>, row: usize| label.as_ref().is_some_and(|label| label[row]);
        (0..table.n_rows).map(|row| Stratum::of(is(&click, row), is(&conversion, row))).collect()
    }

    fn label(&self, table: &Table, name: Option<&str>, role: Role) -> Option<Vec<bool>> {
        let column = table.column(name?)?;
        let is_time = [&self.roles.click_time, &self.roles.conversion_time].contains(&&Some(column.name.clone()));
        if is_time && !self.roles.labels.contains_key(&column.name) {
            return Some(has_time(column));
        }
        let read = read_label(table, &self.roles, column, role.name());
        Some(read.map_or_else(|_| says_yes(column), |label| label.values))
    }

    /// Indices of the columns that are looked at.
    fn columns(&self, rows: &RowsSoFar<'_>) -> Vec<usize> {
        let roles = &self.roles;
        let since =
            [&self.click, &self.conversion].into_iter().flatten().filter_map(|name| match roles.labels.get(name) {
                Some(LabelRule::Within(window)) => window.since.as_ref(),
                _ => None,
            });
        let times = [&roles.click_time, &roles.conversion_time, &roles.time];
        let named = [&self.click, &self.conversion].into_iter().chain(times).flatten().chain(since);
        let named: Vec<&String> = named.collect();
        (0..rows.names().len()).filter(|&index| named.contains(&&rows.names()[index])).collect()
    }
}
