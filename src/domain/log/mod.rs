//! The columnar impression log: from bytes to typed columns, to roles, to labels and features.
//!
//! ```text
//! bytes ──read──▶ Table ──repair, infer──▶ Roles ──assemble──▶ ImpressionLog ──funnel──▶ findings, with repairs
//! ```
//! Each word on an arrow is one file or folder. Everything from outside is untrusted: each gives a typed error, never a panic.

mod aliases;
mod assemble;
mod clock;
mod dates;
mod distinct;
mod draft;
mod error;
mod fix;
mod funnel;
mod infer;
mod labels;
mod leakage;
mod lists;
mod maturity;
mod names;
mod open;
mod profile;
mod read;
mod reader;
mod roles;
mod rows;
mod rule;
mod sample;
mod space;
mod split;
mod strata;
mod table;
mod time;
mod timing;
mod weights;
mod words;
mod write;

pub use aliases::aliases;
pub use assemble::{MIN_ROWS, assemble};
pub use error::LogError;
pub use fix::{ColumnRole, ColumnRule, Fix, OfferedFix};
pub use funnel::{Finding, FindingKind, Severity};
pub use infer::{RoleProposal, infer_roles, infer_roles_given};
pub use lists::{LIST_MARK, UNREADABLE, holds_lists, items, shown};
pub use maturity::{Arrivals, LabelMaturity, Maturity};
pub use names::feature_group;
pub(in crate::domain) use names::{is_made_up, is_named, is_one_of_words, normalized, role_of_name};
pub use open::{OpenedLog, Refused};
pub(in crate::domain) use profile::tells_every_row_apart;
pub use profile::{ColumnReport, Confidence, Spark};
pub use read::{
    ArchiveLimit, Encoding, Lines, NewDecoder, ReadLimits, ReadNote, ReadOptions, ReadProgress, ReadTable, RowSampler,
    RowsSoFar, TableReader, TextDecoder, as_known_lists, read_table, unpack_archive,
};
pub use reader::{LogReader, read_log};
pub use roles::{Role, Roles, is_roles_file};
pub use rows::{Alike, Condition, QueryError, RowFilter, RowQuery, SortBy, ValueColumn, WhatIfError, nearest, what_if};
pub use rule::{LabelRule, Window};
pub use sample::{RowLimit, Sample, Sampler, Stratum};
pub use space::{Space, space_sentence};
pub use split::{Split, SplitBy, SplitError, SplitSpec, split};
pub(in crate::domain) use time::{column_times as seconds_of_column, is_calendar, is_time_like as is_clock};
pub use timing::{LabelTimes, OBSERVED_UNTIL, Timing, Wait, as_seen_at, is_seen};
pub use weights::is_rate;
pub(in crate::domain) use weights::is_weight;
pub use write::{gzip, write_csv, write_csv_for_people, write_json_lines};

/// Code of a missing value in a dictionary-encoded column.
pub const MISSING: u32 = u32::MAX;

/// A parsed file: columns of equal length in file order. No meaning attached yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub n_rows: usize,
    pub columns: Vec<Column>,
    /// Row of the file that each row came from, ascending; `None` when they are the same: no row was left out.
    pub source_rows: Option<Vec<u32>>,
    /// How the rows were drawn, when the file has more than are kept.
    pub sample: Option<Sample>,
}

/// One column of a [`Table`].
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: ColumnValues,
}

/// Values of a column, one per row.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    /// Dictionary-encoded text; `codes` index `dictionary`, [`MISSING`] where empty. Dictionary in order of first use.
    Text { dictionary: Vec<String>, codes: Vec<u32> },
    /// Numbers; NaN where empty.
    Number(Vec<f64>),
}

/// An impression log with meaning: labels, features, keys, and the truth when it is known.
///
/// Invariant: every vector has `n_rows` entries. A label later in the funnel is only set where the click is
/// (see [`assemble`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImpressionLog {
    pub n_rows: usize,
    /// Those that the log has of `click`, `conversion`, `action` (any of the action columns; when there are several, each of
    /// them under its own name as well) and `return`. Without a click, each row stands for what a click leads to.
    pub labels: Vec<Label>,
    /// Other names of the labels: the log's own columns, and `action_1`, `action_2`, … for several action columns.
    pub aliases: Vec<(String, String)>,
    pub features: Vec<Feature>,
    /// Code of the user of each row, for grouping; not a feature by itself. Codes are dense, in order of first use;
    /// rows without a value share a code of their own.
    pub user: Option<Vec<u32>>,
    /// Code of the group of each row (search or session), for GAUC and splits.
    pub group: Option<Vec<u32>>,
    /// Time of each impression, in seconds since an origin of the log's own.
    pub time: Option<Vec<f64>>,
    /// When purchases and returns happened, where the log says so. Never a feature.
    pub timing: Option<Timing>,
    pub truth: Option<Truth>,
    pub space: Space,
    /// Impressions of the population that each row stands for, where the log is a sample of them in which not all were kept
    /// alike; absent where each row stands for itself. Never a feature.
    pub weights: Option<Vec<f64>>,
}

/// A binary label under its canonical name.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub name: String,
    pub values: Vec<bool>,
}

/// A feature column and the group it is pooled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub name: String,
    pub group: FeatureGroup,
    pub values: ColumnValues,
}

/// Which part of the impression a feature describes (ESMM, figure 2: fields are pooled by group).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureGroup {
    User,
    Item,
    Context,
}

/// What a generated log knows and a real one never does. Never a feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Truth {
    /// P(click).
    pub p_click: Vec<f64>,
    /// P(DAction given click).
    pub p_action: Vec<f64>,
    /// P(purchase given click and DAction).
    pub p_buy_action: Vec<f64>,
    /// P(purchase given click and OAction).
    pub p_buy_other: Vec<f64>,
    /// Whether a DAction would have followed, had the impression been clicked.
    pub potential_action: Vec<bool>,
    /// Whether a purchase would have followed, had the impression been clicked, sooner or later: however early the log
    /// was taken.
    pub potential_conversion: Vec<bool>,
    pub returns: Option<TrueReturns>,
    pub delays: Option<TrueDelays>,
}

/// What a generated log knows about returns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrueReturns {
    /// P(return given purchase).
    pub p: Vec<f64>,
    /// Whether a purchase would have been returned, sooner or later.
    pub potential: Vec<bool>,
}

/// What a generated log knows about delays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrueDelays {
    /// Mean days from the click to the purchase.
    pub mean_days: Vec<f64>,
    /// When the purchase would have happened, had the impression been clicked: seconds on the clock of `time`, NaN where
    /// there would have been none.
    pub potential_conversion_time: Vec<f64>,
    /// When it would have been returned; absent when the log has no returns.
    pub potential_return_time: Option<Vec<f64>>,
}

impl Truth {
    /// True P(purchase given click) of a row: `y2·y3 + (1−y2)·y4`.
    pub fn p_cvr(&self, row: usize) -> f64 {
        let action = self.p_action[row];
        action * self.p_buy_action[row] + (1.0 - action) * self.p_buy_other[row]
    }
}

impl ImpressionLog {
    /// The label called `name`, or else the one that has it as another name.
    pub fn label(&self, name: &str) -> Option<&[bool]> {
        self.label_called(name).map(|label| label.values.as_slice())
    }

    /// As [`ImpressionLog::label`], with its canonical name.
    pub fn label_called(&self, name: &str) -> Option<&Label> {
        let called = |name: &str| self.labels.iter().find(|label| label.name == name);
        let known_as = || called(&self.aliases.iter().find(|(alias, _)| alias == name)?.1);
        called(name).or_else(known_as)
    }
}

impl ColumnValues {
    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        match self {
            Self::Text { codes, .. } => codes.len(),
            Self::Number(values) => values.len(),
        }
    }
}
