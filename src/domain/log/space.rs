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
    pub const ALL: [Self; 5] = [Self::Impressions, Self::Clicks, Self::Views, Self::Sessions, Self::Rows];

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

    /// As [`space_sentence`], of this log.
    pub fn space_sentence(&self) -> String {
        let count = |name: &str| self.label(name).map(|values| values.iter().filter(|&&yes| yes).count());
        space_sentence(self.space, (self.n_rows as f64, self.population()), count, |rows| format!("{rows:.0}"))
    }
}

/// What the space is, which labels are observed in it, and what it would take to train more: a sentence or two.
///
/// - `rows`, `population`: the rows, and what they stand for, where they are a sample with weights
/// - `count`: in how many rows a label is 1; `None` when the log does not have it
/// - `written`: writes a number of rows
pub fn space_sentence(
    space: Space,
    (rows, population): (f64, Option<f64>),
    count: impl Fn(&str) -> Option<usize>,
    written: impl Fn(f64) -> String,
) -> String {
    let known: Vec<(&str, usize)> = [label::CLICK, label::ACTION, label::CONVERSION]
        .into_iter()
        .filter_map(|name| Some((name, count(name)?)))
        .collect();
    let has = |name: &str| known.iter().any(|(known, _)| *known == name);
    let trained = match (has(label::CLICK), has(label::ACTION), has(label::CONVERSION)) {
        (true, true, true) => text!(log::space::all_with_action),
        (true, false, true) => text!(log::space::all),
        (true, _, false) => text!(log::space::click_alone),
        (false, true, true) => text!(log::space::after_view),
        (false, _, true) if space == Space::Clicks => text!(log::space::click_space),
        _ => text!(log::space::one_outcome),
    };
    let never: Vec<&str> = known.iter().filter(|(_, ones)| *ones == 0).map(|(name, _)| *name).collect();
    let trained = match never.as_slice() {
        [] => trained.to_owned(),
        never => text!(log::space::never, labels = never.join(", ")) + trained,
    };
    let labels: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let labels = labels.join(" → ");
    let rows = written(rows);
    match population {
        None => text!(log::space::sentence, rows = rows, space = space.plural(), labels = labels, trained = trained),
        Some(population) => text!(
            log::space::weighted,
            rows = rows,
            population = written(population),
            space = space.plural(),
            labels = labels,
            trained = trained
        ),
    }
}
