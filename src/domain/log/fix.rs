//! Repairs of a log, as data: what a finding offers, a ROLES file or an experiment records, and undo takes away again.
use serde::{Deserialize, Serialize};

use super::{Encoding, FindingKind, LabelRule, Role, Roles};

/// One repair. A list of them is applied in order to the table and its roles; nothing else is changed, so the list
/// before is the undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Give a column another role.
    Role(ColumnRole),
    /// Read a label column by another rule.
    Label(ColumnRule),
    /// In a column of numbers, take what is none as missing.
    NumbersOnly(String),
    /// Leave out the rows that the finding names.
    DropRows(FindingKind),
    /// Take the label that the finding is about as 0 in the rows that it names.
    ClearLabel(FindingKind),
    /// Take the click as 1 in the rows that the finding names.
    SetClick(FindingKind),
    /// Read the file's text in this encoding.
    ReadAs(Encoding),
    /// Leave everything as it is, knowingly: the finding is told as accepted.
    Keep(FindingKind),
}

/// A column and the role that it gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRole {
    pub column: String,
    pub role: Role,
}

/// A label column and the rule that says which of its values count as 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    pub column: String,
    pub rule: LabelRule,
}

/// A repair with the words of its button.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedFix {
    /// "Drop these rows": what is done.
    pub words: String,
    /// The repairs that do it, to be added to the list.
    pub fixes: Vec<Fix>,
}

impl OfferedFix {
    /// One repair under `words`.
    pub fn new(words: impl Into<String>, fix: Fix) -> Self {
        Self { words: words.into(), fixes: vec![fix] }
    }
}

impl Fix {
    /// The repair's word in a ROLES file and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::Label(_) => "label",
            Self::NumbersOnly(_) => "numbers_only",
            Self::DropRows(_) => "drop_rows",
            Self::ClearLabel(_) => "clear_label",
            Self::SetClick(_) => "set_click",
            Self::ReadAs(_) => "read_as",
            Self::Keep(_) => "keep",
        }
    }

    /// Gives `column` the role `ignore`.
    pub fn ignore(column: &str) -> Self {
        Self::Role(ColumnRole { column: column.to_owned(), role: Role::Ignore })
    }
}

impl Roles {
    /// The roles and rules after the repairs that change those; single roles move.
    pub fn repaired(&self) -> Self {
        let mut repaired = self.clone();
        for fix in &self.fixes {
            match fix {
                Fix::Role(ColumnRole { column, role }) => repaired.assign(column, *role),
                Fix::Label(ColumnRule { column, rule }) => {
                    repaired.labels.insert(column.clone(), rule.clone());
                }
                _ => {}
            }
        }
        repaired
    }

    /// The encoding that the file is to be read in, where a repair says so; the last one counts.
    pub fn encoding(&self) -> Option<Encoding> {
        self.fixes.iter().rev().find_map(|fix| if let Fix::ReadAs(encoding) = fix { Some(*encoding) } else { None })
    }

    /// Whether the finding was accepted as it is.
    pub(super) fn keeps(&self, kind: FindingKind) -> bool {
        self.fixes.contains(&Fix::Keep(kind))
    }
}
