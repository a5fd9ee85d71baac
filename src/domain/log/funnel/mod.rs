//! The funnel report: all that a log's owner should know before believing a number made from it.
//!
//! Each finding has a stable code, exact counts, its reason, and repairs as data. Findings that are about rows can be
//! asked for their rows ([`Draft::rows_of`]), and by that the repairs find the same ones.

mod columns;
mod concentration;
mod drift;
mod errors;
mod finding;
mod labels;
mod rates;
mod rows;
mod to_come;
mod weights;

use super::draft::Draft;
use super::{ColumnReport, ImpressionLog, Roles, SplitSpec, Table, split};

pub use finding::{Finding, FindingKind, Severity};

/// All that a report is made of.
pub(super) struct Funnel<'a> {
    pub table: &'a Table,
    pub roles: &'a Roles,
    pub draft: &'a Draft,
    pub columns: &'a [ColumnReport],
    pub log: &'a ImpressionLog,
}

impl Funnel<'_> {
    /// Every finding, `of_times` among them, the gravest first; those that were accepted come last.
    pub(super) fn findings(&self, of_times: Vec<Finding>) -> Vec<Finding> {
        let mut findings = self.label_findings();
        findings.extend(of_times);
        findings.extend(self.labels_to_come());
        findings.extend(self.column_findings());
        findings.extend(self.row_findings());
        findings.extend(self.weight_findings());
        if let Ok(split) = split(self.log, &SplitSpec::default()) {
            findings.extend(self.rate_findings(&split));
            findings.extend(self.concentration_findings(&split));
            findings.extend(self.drift_findings(&split));
        }
        findings.extend(self.size_findings());
        for finding in &mut findings {
            finding.accepted = self.roles.keeps(finding.kind);
        }
        findings.sort_by_key(|finding| (finding.accepted, finding.severity));
        findings
    }
}
