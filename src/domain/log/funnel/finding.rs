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
    /// A column that may be known only after the outcome.
    KnownBefore,
    /// Rows stand for several impressions each.
    Weighted,
    /// A column that may say how many.
    PossibleWeight,
}

/// What all findings of a kind have in common.
struct Facts {
    code: &'static str,
    severity: Severity,
    /// Why it matters for a conversion model.
    why: &'static str,
    label: Option<Role>,
}

impl FindingKind {
    /// Every kind, in the order of the variants.
    pub const ALL: [Self; 32] = [
        Self::ConversionWithoutClick,
        Self::ActionWithoutClick,
        Self::ReturnWithoutConversion,
        Self::OutcomeBeforeCause,
        Self::OutcomeWithoutTime,
        Self::TimeWithoutOutcome,
        Self::LabelsToCome,
        Self::OneClassLabel,
        Self::BaseRate,
        Self::CountLabel,
        Self::MissingLabel,
        Self::MissingTime,
        Self::Leakage,
        Self::ConstantColumn,
        Self::NearUniqueColumn,
        Self::MissingValues,
        Self::MixedTypes,
        Self::DuplicateRows,
        Self::TimeOutOfRange,
        Self::TimeGap,
        Self::Drift,
        Self::OneClassUsers,
        Self::Concentration,
        Self::TooFewRows,
        Self::Sampled,
        Self::BadLabel,
        Self::BadTime,
        Self::BadNumber,
        Self::Reading,
        Self::KnownBefore,
        Self::Weighted,
        Self::PossibleWeight,
    ];

    /// The finding's code, as in a ROLES file and on the command line.
    pub fn code(self) -> &'static str {
        self.facts().code
    }

    /// The label that the finding is about, when it is about one.
    pub(in crate::domain::log) fn label(self) -> Option<Role> {
        self.facts().label
    }

    fn facts(self) -> Facts {
        use Severity::{Caution, Note, Problem};
        let of = |code, severity, why| Facts { code, severity, why, label: None };
        let about = |label, code, severity, why| Facts { code, severity, why, label: Some(label) };
        match self {
            Self::ConversionWithoutClick => about(
                Role::Conversion,
                "conversion_without_click",
                Problem,
                text!(funnel::why::conversion_without_click),
            ),
            Self::ActionWithoutClick => {
                about(Role::Action, "action_without_click", Problem, text!(funnel::why::action_without_click))
            }
            Self::ReturnWithoutConversion => {
                about(Role::Return, "return_without_conversion", Problem, text!(funnel::why::return_without_conversion))
            }
            Self::OutcomeBeforeCause => {
                about(Role::Conversion, "outcome_before_cause", Problem, text!(funnel::why::outcome_before_cause))
            }
            Self::OutcomeWithoutTime => of("outcome_without_time", Caution, text!(funnel::why::outcome_without_time)),
            Self::TimeWithoutOutcome => of("time_without_outcome", Caution, text!(funnel::why::time_without_outcome)),
            Self::LabelsToCome => of("labels_to_come", Caution, text!(funnel::why::labels_to_come)),
            Self::OneClassLabel => of("one_class_label", Problem, text!(funnel::why::one_class_label)),
            Self::BaseRate => of("base_rate", Caution, text!(funnel::why::base_rate)),
            Self::CountLabel => of("count_label", Note, text!(funnel::why::count_label)),
            Self::MissingLabel => of("missing_label", Problem, text!(funnel::why::missing_label)),
            Self::MissingTime => of("missing_time", Problem, text!(funnel::why::missing_time)),
            Self::Leakage => of("leakage", Problem, text!(funnel::why::leakage)),
            Self::ConstantColumn => of("constant_column", Note, text!(funnel::why::constant_column)),
            Self::NearUniqueColumn => of("near_unique_column", Caution, text!(funnel::why::near_unique_column)),
            Self::MissingValues => of("missing_values", Note, text!(funnel::why::missing_values)),
            Self::MixedTypes => of("mixed_types", Caution, text!(funnel::why::mixed_types)),
            Self::DuplicateRows => of("duplicate_rows", Caution, text!(funnel::why::duplicate_rows)),
            Self::TimeOutOfRange => of("time_out_of_range", Caution, text!(funnel::why::time_out_of_range)),
            Self::TimeGap => of("time_gap", Caution, text!(funnel::why::time_gap)),
            Self::Drift => of("drift", Caution, text!(funnel::why::drift)),
            Self::OneClassUsers => of("one_class_users", Note, text!(funnel::why::one_class_users)),
            Self::Concentration => of("concentration", Caution, text!(funnel::why::concentration)),
            Self::TooFewRows => of("too_few_rows", Problem, text!(funnel::why::too_few_rows)),
            Self::Sampled => of("sampled", Caution, text!(funnel::why::sampled)),
            Self::BadLabel => of("bad_label", Problem, text!(funnel::why::bad_label)),
            Self::BadTime => of("bad_time", Problem, text!(funnel::why::bad_time)),
            Self::BadNumber => of("bad_number", Problem, text!(funnel::why::bad_number)),
            Self::Reading => of("reading", Note, text!(funnel::why::reading)),
            Self::KnownBefore => of("known_before", Caution, text!(funnel::why::leakage)),
            Self::Weighted => of("weighted", Note, text!(funnel::why::weighted)),
            Self::PossibleWeight => of("possible_weight", Caution, text!(funnel::why::weighted)),
        }
    }
}

impl Finding {
    /// Rows shown of each finding.
    const SHOWN_ROWS: usize = 5;

    /// A finding without rows, columns or repairs yet.
    pub(in crate::domain) fn new(kind: FindingKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let Facts { severity, why, .. } = kind.facts();
        Self {
            kind,
            severity,
            message: message.into(),
            why: why.to_owned(),
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
    pub(in crate::domain) fn row_count(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(in crate::domain::log) fn fix(mut self, words: impl Into<String>, fix: Fix) -> Self {
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
        for (place, kind) in FindingKind::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.code()));
            assert_eq!(postcard::to_allocvec(&kind), Ok(vec![place as u8]));
        }
        assert!(postcard::from_bytes::<FindingKind>(&[FindingKind::ALL.len() as u8]).is_err(), "all are listed");
    }
}
