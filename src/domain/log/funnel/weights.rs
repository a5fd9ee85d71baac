//! How the rows were sampled, where that is known, and where it may be.
use super::{Finding, FindingKind, Funnel};
use crate::domain::label;
use crate::domain::log::infer::named_weight;
use crate::domain::log::names::normalized;
use crate::domain::log::{ColumnReport, ColumnRole, Confidence, Fix, Role};

impl Funnel<'_> {
    pub(super) fn weight_findings(&self) -> Vec<Finding> {
        match self.weighted() {
            Some(finding) => vec![finding],
            None => self.columns.iter().filter_map(|column| self.possible_weight(column)).collect(),
        }
    }

    /// What the rows stand for, and the click rate of both.
    fn weighted(&self) -> Option<Finding> {
        let log = self.log;
        let population = log.population()?;
        let rate = |of: f64, all: f64| format!("{:.3}", 100.0 * of / all);
        let rows = format!("{} {}", self.table.n_rows, log.space.plural());
        let message = match (log.label(label::CLICK), log.population_with(label::CLICK)) {
            (Some(click), Some(clicks)) => {
                let sampled = click.iter().filter(|&&yes| yes).count() as f64;
                text!(
                    funnel::weights::with_rate,
                    rows = rows,
                    population = format_args!("{population:.0}"),
                    rate = rate(clicks, population),
                    sampled = rate(sampled, self.table.n_rows as f64)
                )
            }
            _ => text!(funnel::weights::found, rows = rows, population = format_args!("{population:.0}")),
        };
        let columns = self.roles.weight.iter().chain(&self.roles.sampling_rate).map(String::as_str);
        let finding = Finding::new(FindingKind::Weighted, message, text!(funnel::weights::remedy));
        let mut finding = finding.columns(columns.clone()).row_count(self.table.n_rows);
        for column in columns {
            finding = finding.fix(text!(funnel::fix::leave_column), Fix::ignore(column));
        }
        Some(finding)
    }

    /// The question whether a column is a weight.
    fn possible_weight(&self, report: &ColumnReport) -> Option<Finding> {
        let (role, _) = named_weight(&normalized(&report.name))?;
        if report.role != Role::Ignore || report.confidence != Confidence::Guess {
            return None;
        }
        let (name, rows) = (report.name.as_str(), self.table.n_rows);
        let to = |role| Fix::Role(ColumnRole { column: name.to_owned(), role });
        let message = text!(funnel::weights::possible, column = name);
        let finding = Finding::new(FindingKind::PossibleWeight, message, text!(funnel::weights::possible_remedy));
        let is_feature = if report.is_number { Role::Numerical } else { Role::Categorical };
        Some(
            finding
                .columns([name])
                .row_count(rows)
                .fix(text!(funnel::fix::leave_column), Fix::ignore(name))
                .fix(text!(funnel::fix::is_weight), to(role))
                .fix(text!(funnel::fix::is_feature), to(is_feature)),
        )
    }
}
