//! Columns that leak, teach nothing, or are not what they look like.
use super::{Finding, FindingKind, Funnel, Severity};
use crate::domain::log::profile::ColumnStats;
use crate::domain::log::{Column, ColumnReport, ColumnRole, ColumnValues, Fix, MISSING, Role};

impl Funnel<'_> {
    /// About feature columns, and about ignored ones that would leak a label.
    pub(super) fn column_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut constant = Vec::new();
        for (role, column) in self.feature_like() {
            let report = self.columns.iter().find(|report| report.name == column.name);
            let is_feature = role != Role::Ignore;
            if let Some(reason) = report.and_then(|report| report.leak.as_deref()) {
                findings.push(leakage(&column.name, reason, is_feature, self.table.n_rows));
                continue;
            }
            if let Some(reason) = report.and_then(|report| report.doubt.as_deref()).filter(|_| is_feature) {
                findings.push(known_before(&column.name, reason, self.table.n_rows));
            }
            let stats = stats(report, column);
            if stats.is_constant() {
                constant.push((column.name.as_str(), is_feature));
            } else if role == Role::Categorical && stats.is_near_unique(self.table.n_rows) {
                findings.push(near_unique(&column.name, stats, self.table.n_rows));
            }
            findings.extend(self.mixed_types(column));
        }
        findings.extend(constant_columns(&constant, self.table.n_rows));
        findings.extend(self.missing_values());
        findings
    }

    /// Features and ignored columns.
    fn feature_like(&self) -> Vec<(Role, &Column)> {
        let is_one = |role: &Role| matches!(role, Role::Categorical | Role::Numerical | Role::Ignore);
        let assigned = self.roles.assigned().into_iter().filter(|(role, _)| is_one(role));
        assigned.filter_map(|(role, name)| Some((role, self.table.column(name)?))).collect()
    }

    /// Text that is nearly all numbers: a few odd values have made it text.
    fn mixed_types(&self, column: &Column) -> Option<Finding> {
        const MAX_ODD_SHARE: f64 = 0.1;
        let ColumnValues::Text { dictionary, codes } = &column.values else { return None };
        let is_odd: Vec<bool> = dictionary.iter().map(|value| value.parse::<f64>().is_err()).collect();
        if !is_odd.contains(&true) || !is_odd.contains(&false) {
            return None;
        }
        let present = codes.iter().filter(|&&code| code != MISSING).count();
        let is_odd_row = |&row: &u32| {
            let code = codes[row as usize];
            code != MISSING && is_odd[code as usize]
        };
        let odd: Vec<u32> = (0..codes.len() as u32).filter(is_odd_row).collect();
        let &first = odd.first()?;
        if odd.len() as f64 > MAX_ODD_SHARE * present as f64 {
            return None;
        }
        let name = &column.name;
        let message = counted!(
            funnel::mixed::found,
            odd.len(),
            column = name,
            present = present,
            value = dictionary[codes[first as usize] as usize],
            line = self.table.line(first as usize)
        );
        let to_number =
            vec![Fix::NumbersOnly(name.clone()), Fix::Role(ColumnRole { column: name.clone(), role: Role::Numerical })];
        Some(
            Finding::new(FindingKind::MixedTypes, message, text!(funnel::mixed::remedy))
                .columns([name.as_str()])
                .rows(self.table, &odd)
                .fix_all(text!(funnel::fix::others_missing), to_number)
                .fix(text!(funnel::fix::leave_column), Fix::ignore(name))
                .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::MixedTypes)),
        )
    }

    /// One finding for all features, so that a sparse log does not drown the others.
    fn missing_values(&self) -> Option<Finding> {
        let mut is_affected = vec![false; self.table.n_rows];
        let mut columns = Vec::new();
        let mut n_missing = 0;
        for name in self.roles.categorical.iter().chain(&self.roles.numerical) {
            let (Some(column), report) = (self.table.column(name), self.columns.iter().find(|r| r.name == *name))
            else {
                continue;
            };
            if report.is_some_and(|report| report.missing == 0) {
                continue;
            }
            let before = n_missing;
            for (row, affected) in is_affected.iter_mut().enumerate() {
                let is_missing = column.values.is_missing(row);
                *affected |= is_missing;
                n_missing += usize::from(is_missing);
            }
            if n_missing > before {
                columns.push(name.as_str());
            }
        }
        if columns.is_empty() {
            return None;
        }
        let rows: Vec<u32> = (0..self.table.n_rows as u32).filter(|&row| is_affected[row as usize]).collect();
        let message = counted!(
            funnel::missing::values,
            n_missing,
            features = counted!(funnel::size::features, columns.len()),
            rows = counted!(funnel::size::rows, rows.len())
        );
        let remedy = text!(funnel::missing::remedy);
        Some(Finding::new(FindingKind::MissingValues, message, remedy).columns(columns).rows(self.table, &rows))
    }
}

fn stats(report: Option<&ColumnReport>, column: &Column) -> ColumnStats {
    report.map_or_else(
        || ColumnStats::of(column),
        |report| ColumnStats { distinct: report.distinct, missing: report.missing },
    )
}

fn leakage(name: &str, reason: &str, is_feature: bool, rows: usize) -> Finding {
    let message = text!(funnel::leakage::found, column = name, reason = reason);
    let finding = |remedy: &str| Finding::new(FindingKind::Leakage, message, remedy).columns([name]).row_count(rows);
    if is_feature {
        finding(text!(funnel::leakage::ignore_it))
            .fix(text!(funnel::fix::leave_column), Fix::ignore(name))
            .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::Leakage))
    } else {
        finding(text!(funnel::leakage::is_ignored)).severity(Severity::Note)
    }
}

/// The question whether a feature was known before the outcome.
fn known_before(name: &str, reason: &str, rows: usize) -> Finding {
    let message = text!(funnel::known_before::found, column = name, reason = reason);
    Finding::new(FindingKind::KnownBefore, message, text!(funnel::known_before::remedy))
        .columns([name])
        .row_count(rows)
        .fix(text!(funnel::fix::leave_column), Fix::ignore(name))
        .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::KnownBefore))
}

/// One finding for all of them: a sample of a wide log has many.
fn constant_columns(columns: &[(&str, bool)], n_rows: usize) -> Option<Finding> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let message = match names.as_slice() {
        [] => return None,
        [name] => text!(funnel::constant::column, column = name),
        names => text!(funnel::constant::columns, n = names.len(), columns = names.join(", ")),
    };
    let features: Vec<&str> = columns.iter().filter(|(_, is_feature)| *is_feature).map(|(name, _)| *name).collect();
    let remedy = match features.len() {
        0 => text!(funnel::constant::are_ignored),
        _ => text!(funnel::constant::ignore_them),
    };
    let words = if features.len() == 1 { text!(funnel::fix::leave_column) } else { text!(funnel::fix::leave_columns) };
    let fixes = features.into_iter().map(Fix::ignore).collect();
    let finding = Finding::new(FindingKind::ConstantColumn, message, remedy).columns(names).row_count(n_rows);
    Some(finding.fix_all(words, fixes))
}

fn near_unique(name: &str, stats: ColumnStats, n_rows: usize) -> Finding {
    let message = text!(funnel::near_unique::found, column = name, distinct = stats.distinct, rows = n_rows);
    let remedy = text!(funnel::near_unique::remedy);
    let role = |role| Fix::Role(ColumnRole { column: name.to_owned(), role });
    Finding::new(FindingKind::NearUniqueColumn, message, remedy)
        .columns([name])
        .row_count(n_rows)
        .fix(text!(funnel::fix::leave_column), Fix::ignore(name))
        .fix(text!(funnel::fix::is_user), role(Role::User))
        .fix(text!(funnel::fix::is_item), role(Role::Item))
        .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::NearUniqueColumn))
}
