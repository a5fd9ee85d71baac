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
            Self::Problem => "problem",
            Self::Caution => "caution",
            Self::Note => "note",
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
            | Self::OutcomeWithoutTime
            | Self::TimeWithoutOutcome
            | Self::Sampled => Severity::Caution,
            Self::CountLabel | Self::ConstantColumn | Self::MissingValues | Self::OneClassUsers | Self::Reading => {
                Severity::Note
            }
        }
    }

    /// Why it matters for a conversion model.
    fn why(self) -> &'static str {
        match self {
            Self::ConversionWithoutClick => {
                "A conversion model counts a conversion as click and purchase together (t = o·r): without its click a \
                 purchase is in no model's numerator, and the true conversion rate is higher than what is learned."
            }
            Self::ActionWithoutClick => {
                "An action is asked for only where there was a click; without one it cannot teach the step from click to \
                 action."
            }
            Self::ReturnWithoutConversion => "A return is asked for only where there was a purchase.",
            Self::OutcomeBeforeCause => {
                "A purchase before the click cannot have followed from it; the model would learn what sends buyers back."
            }
            Self::OutcomeWithoutTime => "A delay model learns from when things happened.",
            Self::TimeWithoutOutcome => "Label and time contradict each other, and each makes another conversion rate.",
            Self::OneClassLabel => "A rate of exactly 0 or 1 leaves nothing to rank, and AUC is undefined.",
            Self::BaseRate => {
                "The interval of a metric depends on its rarest class: with few conversions, differences between models \
                 drown in it."
            }
            Self::CountLabel => "The models here predict whether something happens, not how often.",
            Self::MissingLabel => "A blank may mean no or not known, and the two make different conversion rates.",
            Self::BadLabel => "A label says yes or no; what says neither would make a conversion rate of its own.",
            Self::BadTime => "Splitting by time and delays need times that can be compared.",
            Self::BadNumber => "A number that is none has no bucket and no distance from others.",
            Self::Reading => "What was assumed about the file decides what its values mean.",
            Self::MissingTime => "Splitting by time needs the time of every row.",
            Self::Leakage => {
                "What is written after the outcome is not there when the impression is shown: offline metrics would be \
                 near perfect and mean nothing."
            }
            Self::ConstantColumn => "What never changes cannot tell impressions apart.",
            Self::NearUniqueColumn => {
                "A value seen once has an embedding that is fitted to one row, and unseen rows have none at all."
            }
            Self::MissingValues => "Whether a value is missing may say something; it gets an embedding of its own.",
            Self::MixedTypes => "As text every number is a category of its own, and their order is lost.",
            Self::DuplicateRows => {
                "Copies in both parts of the split let a model recall what it was trained on, and count one outcome twice."
            }
            Self::TimeOutOfRange => "The split by time puts such rows at its ends, whatever they really were.",
            Self::TimeGap => {
                "What lies before and after a gap may follow different rates; a split there compares two worlds."
            }
            Self::Drift => {
                "Rates and calibration learned on the training part need not hold where a column looks different."
            }
            Self::OneClassUsers => {
                "Within a user who only clicks or never does there is nothing to rank, so GAUC speaks of the others alone."
            }
            Self::TooFewRows => "There is too little to train on one part and evaluate on another.",
            Self::Sampled => {
                "Each combination of click and conversion keeps its share, so rates and calibration are the file's; rare \
                 values and intervals are not."
            }
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

/// "1 row", "2 rows".
pub(in crate::domain::log) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// "have" for several, "has" for one.
pub(super) fn have(n: usize) -> &'static str {
    if n == 1 { "has" } else { "have" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_word_in_files() {
        for kind in [FindingKind::ConversionWithoutClick, FindingKind::OneClassUsers, FindingKind::Drift] {
            assert_eq!(serde_json::to_string(&kind).expect("a word"), format!("\"{}\"", kind.code()));
        }
    }
}
