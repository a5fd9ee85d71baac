//! What one row of a log stands for, and what follows from that for the models.

use serde::{Deserialize, Serialize};

use super::{ImpressionLog, Roles, Table, names};
use crate::domain::label;

/// What a row stands for: the space in which labels are observed and models are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// Shown, clicked or not.
    #[default]
    Impressions,
    /// Clicked: unclicked impressions are not in the log.
    Clicks,
    Views,
    Sessions,
    /// Something else.
    Rows,
}

impl Space {
    /// The space of a log without unclicked rows, by the names of its columns.
    pub(super) fn without_clicks(table: &Table, roles: &Roles) -> Self {
        let names: Vec<String> = table.columns.iter().map(|column| names::normalized(&column.name)).collect();
        let has = |words: &[&str]| names.iter().any(|name| name.split('_').any(|word| words.contains(&word)));
        match () {
            () if roles.click.is_some() || roles.click_time.is_some() || has(&["click", "clicks", "clk"]) => {
                Self::Clicks
            }
            () if !roles.action.is_empty() => Self::Views,
            () if roles.group.is_some() || has(&["session", "visitor", "bounce"]) => Self::Sessions,
            () => Self::Rows,
        }
    }

    /// Many of its rows: "impressions".
    pub fn plural(self) -> &'static str {
        match self {
            Self::Impressions => text!(log::space::impressions),
            Self::Clicks => text!(log::space::clicks),
            Self::Views => text!(log::space::views),
            Self::Sessions => text!(log::space::sessions),
            Self::Rows => text!(log::space::rows),
        }
    }
}

impl ImpressionLog {
    /// Whether a row was clicked: all were where the log holds clicks, or what takes their place, alone.
    pub fn is_clicked(&self, row: usize) -> bool {
        self.label(label::CLICK).is_none_or(|click| click[row])
    }

    /// What the space is, which labels are observed in it, and what it would take to train more: one sentence or two.
    pub fn space_sentence(&self) -> String {
        let has = |name: &str| self.label(name).is_some();
        let labels: Vec<&str> = [
            (label::CLICK, text!(log::space::click)),
            (label::ACTION, text!(log::space::action)),
            (label::CONVERSION, text!(log::space::conversion)),
        ]
        .into_iter()
        .filter(|(name, _)| has(name))
        .map(|(_, words)| words)
        .collect();
        let trained = match (has(label::CLICK), has(label::ACTION), has(label::CONVERSION)) {
            (true, _, true) => text!(log::space::all),
            (true, _, false) => text!(log::space::click_alone),
            (false, true, true) => text!(log::space::after_view),
            (false, _, true) if self.space == Space::Clicks => text!(log::space::click_space),
            _ => text!(log::space::one_outcome),
        };
        let is_never = |name: &&str| self.label(name).is_some_and(|values| !values.contains(&true));
        let never: Vec<&str> = [label::CLICK, label::ACTION, label::CONVERSION].into_iter().filter(is_never).collect();
        let trained = match never.as_slice() {
            [] => trained.to_owned(),
            never => text!(log::space::never, labels = never.join(", ")) + trained,
        };
        text!(
            log::space::sentence,
            rows = self.n_rows,
            space = self.space.plural(),
            labels = labels.join(" → "),
            trained = trained
        )
    }
}
