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
                OfferedFix::new(text!(funnel::fix::blank_is_no), rule(column, LabelRule::BlankIsNo)),
                OfferedFix::new(text!(funnel::fix::drop_unlabelled), Fix::DropRows(FindingKind::MissingLabel)),
            ],
            Self::BadLabel { column, choices, .. } if choices.is_empty() => {
                vec![OfferedFix::new(text!(funnel::fix::count_filled), rule(column, LabelRule::Filled))]
            }
            Self::BadLabel { column, choices, .. } => {
                let positive = |values: &Vec<String>| {
                    let words = text!(funnel::fix::count_value, value = values.join("\", \""));
                    OfferedFix::new(words, rule(column, LabelRule::Positive(values.clone())))
                };
                choices.iter().map(positive).collect()
            }
            Self::BadTime { column, value, .. } if value.is_empty() => vec![
                OfferedFix::new(text!(funnel::fix::leave_time), Fix::ignore(column)),
                OfferedFix::new(text!(funnel::fix::drop_untimed), Fix::DropRows(FindingKind::MissingTime)),
            ],
            Self::BadTime { column, .. } => vec![OfferedFix::new(text!(funnel::fix::leave_time), Fix::ignore(column))],
            Self::BadNumber { column, .. } => vec![
                OfferedFix::new(text!(funnel::fix::numbers_only), Fix::NumbersOnly(column.clone())),
                OfferedFix::new(text!(funnel::fix::categories), role(column, Role::Categorical)),
            ],
            Self::TruthAsFeature { column } => {
                vec![OfferedFix::new(text!(funnel::fix::leave_column), Fix::ignore(column))]
            }
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
