//! Labels that contradict the funnel, or say nothing.
use super::{Finding, FindingKind, Funnel, Severity};
use crate::domain::log::draft::{Draft, DraftLabel};
use crate::domain::log::{Fix, Role, Table};

impl Draft {
    /// Rows that a finding is about, ascending; none for findings that are not about single rows.
    pub(in crate::domain::log) fn rows_of(&self, kind: FindingKind, table: &Table) -> Vec<u32> {
        let values = |role| self.label(role).map_or(&[][..], |label| label.values.as_slice());
        let (click, conversion) = (values(Role::Click), values(Role::Conversion));
        // Rows where `role` is 1, no label at all being 1 in none.
        let where_yes = |role, is_one: &dyn Fn(usize) -> bool| -> Vec<u32> {
            let yes = values(role).iter().enumerate().filter(|(_, yes)| **yes);
            yes.filter(|(row, _)| is_one(*row)).map(|(row, _)| row as u32).collect()
        };
        // What the log has no column of has happened in each of its rows.
        let is = |label: &[bool], row: usize| label.get(row).copied().unwrap_or(true);
        match kind {
            FindingKind::ConversionWithoutClick => where_yes(Role::Conversion, &|row| !is(click, row)),
            FindingKind::ActionWithoutClick => where_yes(Role::Action, &|row| !is(click, row)),
            FindingKind::ReturnWithoutConversion => {
                where_yes(Role::Return, &|row| !(is(conversion, row) && is(click, row)))
            }
            FindingKind::OutcomeBeforeCause => {
                // Without a click's own time the impression's is the earliest that it can have been.
                let (Some(end), Some(start)) = (&self.conversion_time, self.click_time.as_ref().or(self.time.as_ref()))
                else {
                    return Vec::new();
                };
                where_yes(Role::Conversion, &|row| is(click, row) && end[row] < start[row])
            }
            FindingKind::DuplicateRows => super::rows::duplicates(table),
            FindingKind::TimeOutOfRange => self.time.as_deref().map(super::rows::out_of_range).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

impl Funnel<'_> {
    /// The draft as it was recorded and repaired, before the log enforces the funnel.
    pub(super) fn label_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.without_click(FindingKind::ConversionWithoutClick, Role::Conversion));
        findings.extend(self.without_click(FindingKind::ActionWithoutClick, Role::Action));
        findings.extend(self.return_without_conversion());
        findings.extend(self.before_click());
        for label in &self.draft.labels {
            findings.extend(self.counts(label));
            if label.role != Role::Click {
                findings.extend(self.one_class(label));
            }
        }
        findings
    }

    fn without_click(&self, kind: FindingKind, role: Role) -> Option<Finding> {
        let rows = self.draft.rows_of(kind, self.table);
        let (&first, label) = (rows.first()?, self.draft.label(role)?);
        let all = label.values.iter().filter(|&&yes| yes).count();
        let name = role.name();
        let (line, share) = (self.table.line(first as usize), 100.0 * rows.len() as f64 / all as f64);
        let share = format!("{share:.1}");
        let message = match role {
            Role::Action => counted!(funnel::without_click::action, rows.len(), line = line, share = share),
            _ => counted!(funnel::without_click::conversion, rows.len(), line = line, share = share),
        };
        let remedy = text!(funnel::without_click::remedy, label = name);
        Some(
            Finding::new(kind, message, remedy)
                .columns(label.columns.iter().map(String::as_str))
                .rows(self.table, &rows)
                .fix(text!(funnel::fix::clear, label = name), Fix::ClearLabel(kind))
                .fix(text!(funnel::fix::set_click), Fix::SetClick(kind))
                .fix(text!(funnel::fix::drop_rows), Fix::DropRows(kind))
                .fix(text!(funnel::fix::keep), Fix::Keep(kind)),
        )
    }

    fn return_without_conversion(&self) -> Option<Finding> {
        let kind = FindingKind::ReturnWithoutConversion;
        let rows = self.draft.rows_of(kind, self.table);
        let (&first, label) = (rows.first()?, self.draft.label(Role::Return)?);
        let message = counted!(funnel::return_alone::found, rows.len(), line = self.table.line(first as usize));
        Some(
            Finding::new(kind, message, text!(funnel::return_alone::remedy))
                .columns(label.columns.iter().map(String::as_str))
                .rows(self.table, &rows)
                .fix(text!(funnel::fix::clear, label = Role::Return.name()), Fix::ClearLabel(kind))
                .fix(text!(funnel::fix::drop_rows), Fix::DropRows(kind))
                .fix(text!(funnel::fix::keep), Fix::Keep(kind)),
        )
    }

    fn before_click(&self) -> Option<Finding> {
        let kind = FindingKind::OutcomeBeforeCause;
        let rows = self.draft.rows_of(kind, self.table);
        let &first = rows.first()?;
        let message = counted!(funnel::before_click::found, rows.len(), line = self.table.line(first as usize));
        Some(
            Finding::new(kind, message, text!(funnel::before_click::remedy))
                .columns(self.roles.conversion_time.iter().map(String::as_str))
                .rows(self.table, &rows)
                .fix(text!(funnel::fix::clear, label = Role::Conversion.name()), Fix::ClearLabel(kind))
                .fix(text!(funnel::fix::drop_rows), Fix::DropRows(kind))
                .fix(text!(funnel::fix::keep), Fix::Keep(kind)),
        )
    }

    fn counts(&self, label: &DraftLabel) -> Vec<Finding> {
        let ones = self.log.label(&label.name).map_or(0, |values| values.iter().filter(|&&yes| yes).count());
        let told = |(column, rows): &(String, Vec<u32>)| {
            let n = counted!(funnel::size::rows, rows.len());
            let message = text!(funnel::count_label::found, label = label.role.name(), column = column, rows = n);
            // An event happens twice in a few rows; in most only when a row is many impressions.
            let is_of_groups = 2 * rows.len() > ones;
            let remedy =
                if is_of_groups { text!(funnel::count_label::groups) } else { text!(funnel::count_label::remedy) };
            let finding = Finding::new(FindingKind::CountLabel, message, remedy).columns([column.as_str()]);
            let severity = if is_of_groups { Severity::Caution } else { finding.severity };
            Finding { severity, ..finding }.rows(self.table, rows)
        };
        label.counts.iter().filter(|(_, rows)| !rows.is_empty()).map(told).collect()
    }

    /// As the log has it: where there was a click.
    fn one_class(&self, label: &DraftLabel) -> Option<Finding> {
        let kind = FindingKind::OneClassLabel;
        let (name, values) = (&label.name, self.log.label(&label.name)?);
        let clicked: Vec<u32> = (0..self.log.n_rows as u32).filter(|&row| self.log.is_clicked(row as usize)).collect();
        let positives = clicked.iter().filter(|&&row| values[row as usize]).count();
        let finding = if positives == 0 {
            let message =
                text!(funnel::one_class::never, label = name, clicks = counted!(funnel::rate::clicks, clicked.len()));
            let remedy = text!(funnel::one_class::never_remedy, label = name);
            Finding::new(kind, message, remedy)
        } else if positives == clicked.len() {
            let message = text!(funnel::one_class::always, label = name);
            let remedy = text!(funnel::one_class::always_remedy, label = name);
            Finding::new(kind, message, remedy).rows(self.table, &clicked)
        } else {
            return None;
        };
        Some(finding.columns(label.columns.iter().map(String::as_str)))
    }
}
