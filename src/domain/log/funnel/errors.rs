//! What can be done by machine about a log that cannot be opened as it is.
use super::FindingKind;
use crate::domain::log::{ColumnRole, ColumnRule, Fix, LabelRule, LogError, OfferedFix, Role};

impl LogError {
    /// Repairs after which the log may open; none where only the file itself can be corrected.
    pub fn fixes(&self) -> Vec<OfferedFix> {
        let role = |column: &str, role| Fix::Role(ColumnRole { column: column.to_owned(), role });
        let rule = |column: &str, rule| Fix::Label(ColumnRule { column: column.to_owned(), rule });
        match self {
            Self::MissingLabelValue { column, .. } => vec![
                OfferedFix::new("Count a blank as no", rule(column, LabelRule::BlankIsNo)),
                OfferedFix::new("Drop the rows without a label", Fix::DropRows(FindingKind::MissingLabel)),
            ],
            Self::BadLabel { column, value, .. } => vec![
                OfferedFix::new(
                    format!("Count \"{value}\" as 1 and all else as 0"),
                    rule(column, LabelRule::Positive(vec![value.clone()])),
                ),
                OfferedFix::new("Count any value as 1 and a blank as 0", rule(column, LabelRule::Filled)),
            ],
            Self::BadTime { column, value, .. } if value.is_empty() => vec![
                OfferedFix::new("Leave the time out", Fix::ignore(column)),
                OfferedFix::new("Drop the rows without a time", Fix::DropRows(FindingKind::MissingTime)),
            ],
            Self::BadTime { column, .. } => vec![OfferedFix::new("Leave the time out", Fix::ignore(column))],
            Self::BadNumber { column, .. } => vec![
                OfferedFix::new("Take what is no number as missing", Fix::NumbersOnly(column.clone())),
                OfferedFix::new("Read it as categories", role(column, Role::Categorical)),
            ],
            Self::TruthAsFeature { column } => vec![OfferedFix::new("Leave the column out", Fix::ignore(column))],
            _ => Vec::new(),
        }
    }

    /// The finding's code under which its repairs are asked for; `None` when it has none.
    pub fn finding(&self) -> Option<FindingKind> {
        match self {
            Self::MissingLabelValue { .. } => Some(FindingKind::MissingLabel),
            Self::BadLabel { .. } => Some(FindingKind::BadLabel),
            Self::BadTime { value, .. } if value.is_empty() => Some(FindingKind::MissingTime),
            Self::BadTime { .. } => Some(FindingKind::BadTime),
            Self::BadNumber { .. } => Some(FindingKind::BadNumber),
            Self::TruthAsFeature { .. } => Some(FindingKind::Leakage),
            _ => None,
        }
    }
}
