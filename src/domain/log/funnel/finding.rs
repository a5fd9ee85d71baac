//! What a log's owner should know about it, and what can be done.
use serde::{Deserialize, Serialize};

use crate::domain::log::{Fix, OfferedFix, Role, Table};

/// Something about a log that its owner should know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The finding's code, which does not change between versions.
    pub kind: FindingKind,
    pub severity: Severity,
    /// One sentence with counts, columns and rows.
    pub message: String,
    /// Why it matters for a conversion model.
    pub why: String,
    /// One sentence: what to do about it, or what was done.
    pub remedy: String,
    pub columns: Vec<String>,
    /// How many rows it concerns, exactly.
    pub rows: usize,
    /// The first few of them (0-based data rows of the file).
    pub first_rows: Vec<usize>,
    /// What can be done by machine, the usual choice first.
    pub fixes: Vec<OfferedFix>,
    /// Whether it was accepted as it is ([`Fix::Keep`]).
    pub accepted: bool,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// What a model reports on this log is wrong unless it is dealt with.
    Problem,
    /// Numbers on this log need to be read with care.
    Caution,
    /// Good to know.
    Note,
}

impl Severity {
    /// The severity's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Problem => text!(funnel::severity::problem),
            Self::Caution => text!(funnel::severity::caution),
            Self::Note => text!(funnel::severity::note),
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    ConversionWithoutClick,
    ActionWithoutClick,
    ReturnWithoutConversion,
    /// A purchase before its click, or a return before its purchase.
    OutcomeBeforeCause,
    OutcomeWithoutTime,
    TimeWithoutOutcome,
    /// Conversions or returns that are likely, and not known yet.
    LabelsToCome,
    OneClassLabel,
    BaseRate,
    CountLabel,
    MissingLabel,
    MissingTime,
    Leakage,
    ConstantColumn,
    NearUniqueColumn,
    MissingValues,
    MixedTypes,
    DuplicateRows,
    TimeOutOfRange,
    TimeGap,
    Drift,
    OneClassUsers,
    /// A few users, or items, hold most of the rows.
    Concentration,
    TooFewRows,
    Sampled,
    BadLabel,
    BadTime,
    BadNumber,
    /// A decision of the reader's: names that were made up, decimal commas, lists.
    Reading,
}

impl FindingKind {
    /// The finding's code, as in a ROLES file and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::ConversionWithoutClick => "conversion_without_click",
            Self::ActionWithoutClick => "action_without_click",
            Self::ReturnWithoutConversion => "return_without_conversion",
            Self::OutcomeBeforeCause => "outcome_before_cause",
            Self::OutcomeWithoutTime => "outcome_without_time",
            Self::TimeWithoutOutcome => "time_without_outcome",
            Self::LabelsToCome => "labels_to_come",
            Self::OneClassLabel => "one_class_label",
            Self::BaseRate => "base_rate",
            Self::CountLabel => "count_label",
            Self::MissingLabel => "missing_label",
            Self::MissingTime => "missing_time",
            Self::Leakage => "leakage",
            Self::ConstantColumn => "constant_column",
            Self::NearUniqueColumn => "near_unique_column",
            Self::MissingValues => "missing_values",
            Self::MixedTypes => "mixed_types",
            Self::DuplicateRows => "duplicate_rows",
            Self::TimeOutOfRange => "time_out_of_range",
            Self::TimeGap => "time_gap",
            Self::Drift => "drift",
            Self::OneClassUsers => "one_class_users",
            Self::Concentration => "concentration",
            Self::TooFewRows => "too_few_rows",
            Self::Sampled => "sampled",
            Self::BadLabel => "bad_label",
            Self::BadTime => "bad_time",
            Self::BadNumber => "bad_number",
            Self::Reading => "reading",
        }
    }

    /// The label that the finding is about, when it is about one.
    pub(in crate::domain::log) fn label(self) -> Option<Role> {
        match self {
            Self::ConversionWithoutClick | Self::OutcomeBeforeCause => Some(Role::Conversion),
            Self::ActionWithoutClick => Some(Role::Action),
            Self::ReturnWithoutConversion => Some(Role::Return),
            _ => None,
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::ConversionWithoutClick
            | Self::ActionWithoutClick
            | Self::ReturnWithoutConversion
            | Self::OutcomeBeforeCause
            | Self::OneClassLabel
            | Self::MissingLabel
            | Self::BadLabel
            | Self::BadTime
            | Self::BadNumber
            | Self::MissingTime
            | Self::Leakage
            | Self::TooFewRows => Severity::Problem,
            Self::BaseRate | Self::DuplicateRows | Self::TimeOutOfRange | Self::TimeGap | Self::Drift => {
                Severity::Caution
            }
            Self::MixedTypes
            | Self::NearUniqueColumn
            | Self::Concentration
            | Self::OutcomeWithoutTime
            | Self::TimeWithoutOutcome
            | Self::LabelsToCome
            | Self::Sampled => Severity::Caution,
            Self::CountLabel | Self::ConstantColumn | Self::MissingValues | Self::OneClassUsers | Self::Reading => {
                Severity::Note
            }
        }
    }

    /// Why it matters for a conversion model.
    fn why(self) -> &'static str {
        match self {
            Self::ConversionWithoutClick => text!(funnel::why::conversion_without_click),
            Self::ActionWithoutClick => text!(funnel::why::action_without_click),
            Self::ReturnWithoutConversion => text!(funnel::why::return_without_conversion),
            Self::OutcomeBeforeCause => text!(funnel::why::outcome_before_cause),
            Self::OutcomeWithoutTime => text!(funnel::why::outcome_without_time),
            Self::TimeWithoutOutcome => text!(funnel::why::time_without_outcome),
            Self::LabelsToCome => text!(funnel::why::labels_to_come),
            Self::OneClassLabel => text!(funnel::why::one_class_label),
            Self::BaseRate => text!(funnel::why::base_rate),
            Self::CountLabel => text!(funnel::why::count_label),
            Self::MissingLabel => text!(funnel::why::missing_label),
            Self::BadLabel => text!(funnel::why::bad_label),
            Self::BadTime => text!(funnel::why::bad_time),
            Self::BadNumber => text!(funnel::why::bad_number),
            Self::Reading => text!(funnel::why::reading),
            Self::MissingTime => text!(funnel::why::missing_time),
            Self::Leakage => text!(funnel::why::leakage),
            Self::ConstantColumn => text!(funnel::why::constant_column),
            Self::NearUniqueColumn => text!(funnel::why::near_unique_column),
            Self::MissingValues => text!(funnel::why::missing_values),
            Self::MixedTypes => text!(funnel::why::mixed_types),
            Self::DuplicateRows => text!(funnel::why::duplicate_rows),
            Self::TimeOutOfRange => text!(funnel::why::time_out_of_range),
            Self::TimeGap => text!(funnel::why::time_gap),
            Self::Drift => text!(funnel::why::drift),
            Self::OneClassUsers => text!(funnel::why::one_class_users),
            Self::Concentration => text!(funnel::why::concentration),
            Self::TooFewRows => text!(funnel::why::too_few_rows),
            Self::Sampled => text!(funnel::why::sampled),
        }
    }
}

impl Finding {
    /// Rows shown of each finding.
    const SHOWN_ROWS: usize = 5;

    /// A finding without rows, columns or repairs yet.
    pub(in crate::domain::log) fn new(
        kind: FindingKind,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            severity: kind.severity(),
            message: message.into(),
            why: kind.why().to_owned(),
            remedy: remedy.into(),
            columns: Vec::new(),
            rows: 0,
            first_rows: Vec::new(),
            fixes: Vec::new(),
            accepted: false,
        }
    }

    pub(in crate::domain::log) fn columns<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.columns = columns.into_iter().map(str::to_owned).collect();
        self
    }

    /// All rows that it is about.
    pub(in crate::domain::log) fn rows(mut self, table: &Table, rows: &[u32]) -> Self {
        self.rows = rows.len();
        self.first_rows = rows.iter().take(Self::SHOWN_ROWS).map(|&row| table.source_row(row as usize)).collect();
        self
    }

    /// How many rows it is about, when listing them would say nothing.
    pub(in crate::domain::log) fn row_count(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(super) fn fix(mut self, words: impl Into<String>, fix: Fix) -> Self {
        self.fixes.push(OfferedFix::new(words, fix));
        self
    }

    pub(super) fn fix_all(mut self, words: impl Into<String>, fixes: Vec<Fix>) -> Self {
        if !fixes.is_empty() {
            self.fixes.push(OfferedFix { words: words.into(), fixes });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_word_in_files() {
        for kind in [FindingKind::ConversionWithoutClick, FindingKind::OneClassUsers, FindingKind::Concentration] {
            assert_eq!(serde_json::to_string(&kind).expect("a word"), format!("\"{}\"", kind.code()));
        }
    }
}
