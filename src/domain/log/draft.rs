//! A log's labels and times as recorded, and the repairs of its rows.
use super::aliases::is_canonical;
use super::labels::{is_label_like, says_yes_and_no};
use super::rule::read_label;
use super::time::{column_times, has_time, parse_time};
use super::{Column, FindingKind, Fix, LogError, Role, Roles, Table};
use crate::domain::label;

/// Labels and times before the funnel's rule (no later label without a click) is enforced.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// `click`, `conversion` and `action` (and each of several action columns by itself) where there are such columns, `return`
    /// when there are returns, each outcome.
    pub labels: Vec<DraftLabel>,
    pub time: Option<Vec<f64>>,
    pub click_time: Option<Vec<f64>>,
    pub conversion_time: Option<Vec<f64>>,
}

/// A label and the columns that say it.
#[derive(Debug, Clone)]
pub(super) struct DraftLabel {
    pub name: String,
    pub role: Role,
    pub columns: Vec<String>,
    pub values: Vec<bool>,
    /// For each column, rows whose value is a count above 1.
    pub counts: Vec<(String, Vec<u32>)>,
}

/// Which columns could be a label, or where one has to come from.
fn way_to_a_label(table: &Table) -> String {
    let could_be = |column: &&Column| is_label_like(&column.values) && says_yes_and_no(&column.values);
    let columns: Vec<&str> = table.columns.iter().filter(could_be).map(|column| column.name.as_str()).collect();
    match columns.as_slice() {
        [] => text!(log::label_elsewhere).to_owned(),
        columns => counted!(log::label_among, columns.len(), columns = columns.join(", ")),
    }
}

impl Draft {
    /// Reads what `roles` name.
    ///
    /// # Errors
    /// When there is no label, or a value is no label or no time.
    pub(super) fn read(table: &Table, roles: &Roles) -> Result<Self, LogError> {
        let named = |name: &Option<String>, time: &Option<String>, role: Role| {
            DraftLabel::named(table, roles, role, name.as_ref(), time.as_ref())
        };
        let mut labels = Vec::new();
        labels.extend(named(&roles.click, &roles.click_time, Role::Click)?);
        labels.extend(named(&roles.conversion, &roles.conversion_time, Role::Conversion)?);
        if labels.is_empty() && roles.action.is_empty() {
            return Err(LogError::MissingLabel { way: way_to_a_label(table), available: table.column_names() });
        }
        if !roles.action.is_empty() {
            labels.push(DraftLabel::read(table, roles, label::ACTION, Role::Action, &roles.action)?);
        }
        if roles.action.len() > 1 {
            for (number, column) in (1..).zip(&roles.action) {
                let name = if is_canonical(column) { format!("action_{number}") } else { column.clone() };
                let label = DraftLabel::read(table, roles, &name, Role::Action, std::slice::from_ref(column))?;
                // Counts are told of all action columns together.
                labels.push(DraftLabel { counts: Vec::new(), ..label });
            }
        }
        let (returned, at) = (roles.returned.as_ref(), roles.return_time.as_ref());
        labels.extend(DraftLabel::named(table, roles, Role::Return, returned, at)?);
        for name in &roles.outcome {
            labels.push(DraftLabel::read(table, roles, name, Role::Outcome, std::slice::from_ref(name))?);
        }
        let column = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name));
        let times = |name| column(name).map(|column| column_times(table, column)).transpose();
        Ok(Self {
            labels,
            time: column(&roles.time).map(|column| parse_time(table, column)).transpose()?,
            click_time: times(&roles.click_time)?,
            conversion_time: times(&roles.conversion_time)?,
        })
    }

    /// Forgets a click that is 1 in every row: the log holds clicks alone, and there is no click rate to learn.
    ///
    /// # Errors
    /// When no row is clicked, or all are and nothing says what followed.
    pub(super) fn forget_certain_click(&mut self, roles: &Roles) -> Result<bool, LogError> {
        let Some(at) = self.labels.iter().position(|label| label.role == Role::Click) else { return Ok(false) };
        let (clicks, rows) = (self.labels[at].values.iter().filter(|&&yes| yes).count(), self.labels[at].values.len());
        if clicks == 0 {
            return Err(LogError::NoClick { column: roles.click.clone().unwrap_or_default(), rows });
        }
        if clicks < rows {
            return Ok(false);
        }
        if self.labels.len() == 1 {
            return Err(LogError::OnlyClicks { rows });
        }
        self.labels.remove(at);
        Ok(true)
    }

    pub(super) fn label(&self, role: Role) -> Option<&DraftLabel> {
        self.labels.iter().find(|label| label.role == role)
    }

    /// Makes the repairs that are about rows, in order, each seeing what those before it left.
    ///
    /// # Errors
    /// When too few rows are left to be a log.
    pub(super) fn repair(&mut self, table: &mut Table, fixes: &[Fix]) -> Result<(), LogError> {
        for fix in fixes {
            match fix {
                Fix::DropRows(kind) => {
                    let rows = self.rows_of(*kind, table);
                    self.drop_rows(table, &rows)?;
                }
                Fix::ClearLabel(kind) => {
                    let rows = self.rows_of(*kind, table);
                    self.set(kind.label(), &rows, false);
                }
                Fix::SetClick(kind) => {
                    let rows = self.rows_of(*kind, table);
                    self.set(Some(Role::Click), &rows, true);
                }
                Fix::Role(_) | Fix::Label(_) | Fix::NumbersOnly(_) | Fix::ReadAs(_) | Fix::Keep(_) => {}
            }
        }
        Ok(())
    }

    fn set(&mut self, role: Option<Role>, rows: &[u32], value: bool) {
        for label in self.labels.iter_mut().filter(|label| Some(label.role) == role) {
            rows.iter().for_each(|&row| label.values[row as usize] = value);
        }
        // What did not happen has no time.
        let time = match role {
            Some(Role::Conversion) if !value => &mut self.conversion_time,
            _ => return,
        };
        if let Some(time) = time {
            rows.iter().for_each(|&row| time[row as usize] = f64::NAN);
        }
    }

    fn drop_rows(&mut self, table: &mut Table, dropped: &[u32]) -> Result<(), LogError> {
        if dropped.is_empty() {
            return Ok(());
        }
        let mut is_dropped = vec![false; table.n_rows];
        dropped.iter().for_each(|&row| is_dropped[row as usize] = true);
        let kept: Vec<u32> = (0..table.n_rows as u32).filter(|&row| !is_dropped[row as usize]).collect();
        if kept.is_empty() {
            return Err(LogError::NothingLeft { rows: 0 });
        }
        *table = table.with_rows(&kept);
        let keep = |values: &mut Option<Vec<f64>>| {
            if let Some(values) = values {
                *values = kept.iter().map(|&row| values[row as usize]).collect();
            }
        };
        [&mut self.time, &mut self.click_time, &mut self.conversion_time].into_iter().for_each(keep);
        let mut new_row = vec![u32::MAX; is_dropped.len()];
        kept.iter().enumerate().for_each(|(new, &row)| new_row[row as usize] = new as u32);
        for label in &mut self.labels {
            label.values = kept.iter().map(|&row| label.values[row as usize]).collect();
            for (_, rows) in &mut label.counts {
                *rows = rows.iter().map(|&row| new_row[row as usize]).filter(|&row| row != u32::MAX).collect();
            }
        }
        Ok(())
    }
}

impl DraftLabel {
    /// A label by its column, or by the time column that stands for one: what has a time has happened.
    fn named(
        table: &Table,
        roles: &Roles,
        role: Role,
        name: Option<&String>,
        time: Option<&String>,
    ) -> Result<Option<Self>, LogError> {
        match (name, time.and_then(|time| table.column(time))) {
            (Some(name), _) => Self::read(table, roles, role.name(), role, std::slice::from_ref(name)).map(Some),
            (None, Some(column)) => Ok(Some(Self {
                name: role.name().to_owned(),
                role,
                columns: vec![column.name.clone()],
                values: has_time(column),
                counts: Vec::new(),
            })),
            (None, None) => Ok(None),
        }
    }

    fn read(table: &Table, roles: &Roles, name: &str, role: Role, columns: &[String]) -> Result<Self, LogError> {
        let mut values = vec![false; table.n_rows];
        let mut counts = Vec::new();
        for column in columns.iter().filter_map(|name| table.column(name)) {
            let parsed = read_label(table, roles, column, role.name())?;
            for (any, this) in values.iter_mut().zip(parsed.values) {
                *any |= this;
            }
            if !parsed.count_rows.is_empty() {
                counts.push((column.name.clone(), parsed.count_rows));
            }
        }
        Ok(Self { name: name.to_owned(), role, columns: columns.to_vec(), values, counts })
    }
}

/// The table after the repairs that change columns, or leave out rows whose labels or times cannot be read.
///
/// # Errors
/// When no row is left.
pub(super) fn repair_table(table: &mut Table, roles: &Roles) -> Result<(), LogError> {
    for fix in &roles.fixes {
        match fix {
            Fix::NumbersOnly(name) => {
                if let Some(column) = table.columns.iter_mut().find(|column| column.name == *name) {
                    column.keep_numbers();
                }
            }
            Fix::DropRows(kind @ (FindingKind::MissingLabel | FindingKind::MissingTime)) => {
                let repaired = roles.repaired();
                let columns: Vec<&String> = match kind {
                    FindingKind::MissingLabel => {
                        let labels = [&repaired.click, &repaired.conversion];
                        let more = repaired.action.iter().chain(&repaired.returned).chain(&repaired.outcome);
                        labels.into_iter().flatten().chain(more).collect()
                    }
                    _ => repaired.time.iter().collect(),
                };
                // Where a rule reads the column, a blank has a meaning.
                let is_plain = |name: &&String| !repaired.labels.contains_key(*name);
                let columns: Vec<_> =
                    columns.into_iter().filter(is_plain).filter_map(|name| table.column(name)).collect();
                let is_whole = |&row: &u32| columns.iter().all(|column| !column.values.is_missing(row as usize));
                let kept: Vec<u32> = (0..table.n_rows as u32).filter(is_whole).collect();
                if kept.is_empty() {
                    return Err(LogError::NothingLeft { rows: 0 });
                }
                if kept.len() < table.n_rows {
                    *table = table.with_rows(&kept);
                }
            }
            _ => {}
        }
    }
    Ok(())
}
