//! The ROLES file: which column is what, which values count as 1, and what was repaired.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::is_truth;
use super::weights::is_rate;
use super::{ColumnRole, ColumnRule, Fix, LabelRule, LogError, Space, Table};

/// Columns by role, as in ROLES.toml.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// What a row stands for; inferred when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<Space>,
    pub click: Option<String>,
    pub conversion: Option<String>,
    /// Several columns make one DAction label: any of them.
    pub action: Vec<String>,
    /// Whether the purchase was returned.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    /// Further labels (a micro-action), under their columns' names: for behaviour trees that ask for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcome: Vec<String>,
    pub user: Option<String>,
    pub item: Option<String>,
    pub group: Option<String>,
    pub time: Option<String>,
    /// When the impression was clicked; the impression's own time when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_time: Option<String>,
    /// When the purchase happened; empty where none did, or none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_time: Option<String>,
    /// When the purchase was returned; empty where it was not, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_time: Option<String>,
    /// When the log was taken, the same in every row: what happened later is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_until: Option<String>,
    /// How many impressions of the population a row stands for, where the log is a sample of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The probability with which the row was kept: it stands for one by that many impressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_rate: Option<String>,
    /// The share of the rows without a click that was kept, where every other row was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_rate: Option<f64>,
    pub categorical: Vec<String>,
    pub numerical: Vec<String>,
    pub ignore: Vec<String>,
    /// Which values of a label column count as 1, where it is not the usual 0/1, true/false, yes/no or count.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, LabelRule>,
    /// Repairs, applied in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Click,
    Conversion,
    Action,
    Return,
    Outcome,
    User,
    Item,
    Group,
    Time,
    ClickTime,
    ConversionTime,
    ReturnTime,
    ObservedUntil,
    Weight,
    SamplingRate,
    Categorical,
    Numerical,
    Truth,
    Ignore,
}

impl Role {
    /// The role's word in a ROLES file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Conversion => "conversion",
            Self::Action => "action",
            Self::Return => "return",
            Self::Outcome => "outcome",
            Self::User => "user",
            Self::Item => "item",
            Self::Group => "group",
            Self::Time => "time",
            Self::ClickTime => "click_time",
            Self::ConversionTime => "conversion_time",
            Self::ReturnTime => "return_time",
            Self::ObservedUntil => "observed_until",
            Self::Weight => "weight",
            Self::SamplingRate => "sampling_rate",
            Self::Categorical => "categorical",
            Self::Numerical => "numerical",
            Self::Truth => "truth",
            Self::Ignore => "ignore",
        }
    }

    /// Whether one column alone can have the role.
    pub fn is_single(self) -> bool {
        !matches!(self, Self::Action | Self::Outcome | Self::Categorical | Self::Numerical | Self::Ignore | Self::Truth)
    }

    /// Whether the column is a label.
    pub fn is_label(self) -> bool {
        matches!(self, Self::Click | Self::Conversion | Self::Action | Self::Return | Self::Outcome)
    }
}

impl Roles {
    /// Reads a ROLES.toml.
    ///
    /// # Errors
    /// When it is no TOML, or names a role that there is not.
    pub fn from_toml(text: &str) -> Result<Self, LogError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            LogError::RolesFile { reason: text!(log::roles::line, line = line, error = error.message()) }
        })
    }

    /// The ROLES.toml that [`Roles::from_toml`] reads back.
    pub fn to_toml(&self) -> String {
        // Every key is a string and every value has a form in TOML: there is nothing that could fail.
        toml::to_string(self).unwrap_or_default()
    }

    /// What of these roles is about columns of `table`: a log of another day may lack labels and their times.
    #[must_use]
    pub fn within(&self, table: &Table) -> Self {
        let mut roles = self.clone();
        let is_there = |column: &String| table.column(column).is_some();
        for slot in roles.slots() {
            slot.take_if(|column| !is_there(column));
        }
        let Self { action, outcome, categorical, numerical, ignore, .. } = &mut roles;
        [action, outcome, categorical, numerical, ignore].into_iter().for_each(|list| list.retain(is_there));
        roles.labels.retain(|column, _| is_there(column));
        roles.fixes.retain(|fix| match fix {
            Fix::Role(ColumnRole { column, .. }) | Fix::Label(ColumnRule { column, .. }) | Fix::NumbersOnly(column) => {
                is_there(column)
            }
            Fix::DropRows(_) | Fix::ClearLabel(_) | Fix::SetClick(_) | Fix::ReadAs(_) | Fix::Keep(_) => true,
        });
        roles
    }

    /// Every column with a role, by role.
    pub fn assigned(&self) -> Vec<(Role, &str)> {
        let single = [
            (Role::Click, &self.click),
            (Role::Conversion, &self.conversion),
            (Role::Return, &self.returned),
            (Role::User, &self.user),
            (Role::Item, &self.item),
            (Role::Group, &self.group),
            (Role::Time, &self.time),
            (Role::ClickTime, &self.click_time),
            (Role::ConversionTime, &self.conversion_time),
            (Role::ReturnTime, &self.return_time),
            (Role::ObservedUntil, &self.observed_until),
            (Role::Weight, &self.weight),
            (Role::SamplingRate, &self.sampling_rate),
        ];
        let several = [
            (Role::Action, &self.action),
            (Role::Outcome, &self.outcome),
            (Role::Categorical, &self.categorical),
            (Role::Numerical, &self.numerical),
            (Role::Ignore, &self.ignore),
        ];
        let single = single.into_iter().filter_map(|(role, column)| Some((role, column.as_deref()?)));
        let several = several.into_iter().flat_map(|(role, columns)| columns.iter().map(move |c| (role, c.as_str())));
        single.chain(several).collect()
    }

    /// Gives `column` a role, in place of the one that it has; a single role leaves the column that had it without one.
    /// The truth is known by name and is in no list.
    pub fn assign(&mut self, column: &str, role: Role) {
        for slot in self.slots() {
            slot.take_if(|taken| taken == column);
        }
        for list in [&mut self.action, &mut self.outcome, &mut self.categorical, &mut self.numerical, &mut self.ignore]
        {
            list.retain(|listed| listed != column);
        }
        let name = column.to_owned();
        match role {
            Role::Click => self.click = Some(name),
            Role::Conversion => self.conversion = Some(name),
            Role::Return => self.returned = Some(name),
            Role::User => self.user = Some(name),
            Role::Item => self.item = Some(name),
            Role::Group => self.group = Some(name),
            Role::Time => self.time = Some(name),
            Role::ClickTime => self.click_time = Some(name),
            Role::ConversionTime => self.conversion_time = Some(name),
            Role::ReturnTime => self.return_time = Some(name),
            Role::ObservedUntil => self.observed_until = Some(name),
            // One says what the other does.
            Role::Weight => (self.weight, self.sampling_rate) = (Some(name), None),
            Role::SamplingRate => (self.sampling_rate, self.weight) = (Some(name), None),
            Role::Action => self.action.push(name),
            Role::Outcome => self.outcome.push(name),
            Role::Categorical => self.categorical.push(name),
            Role::Numerical => self.numerical.push(name),
            Role::Ignore => self.ignore.push(name),
            Role::Truth => {}
        }
    }

    /// Roles that one column alone can have.
    fn slots(&mut self) -> [&mut Option<String>; 13] {
        [
            &mut self.click,
            &mut self.conversion,
            &mut self.returned,
            &mut self.user,
            &mut self.item,
            &mut self.group,
            &mut self.time,
            &mut self.click_time,
            &mut self.conversion_time,
            &mut self.return_time,
            &mut self.observed_until,
            &mut self.weight,
            &mut self.sampling_rate,
        ]
    }

    fn check_sampling(&self) -> Result<(), LogError> {
        if let Some(rate) = self.negative_rate
            && !is_rate(rate)
        {
            return Err(LogError::BadNegativeRate { rate: rate.to_string() });
        }
        let said = [
            (Role::Weight.name(), self.weight.is_some()),
            (Role::SamplingRate.name(), self.sampling_rate.is_some()),
            ("negative_rate", self.negative_rate.is_some()),
        ];
        let mut said = said.into_iter().filter(|(_, is_said)| *is_said).map(|(name, _)| name);
        match (said.next(), said.next()) {
            (Some(first), Some(second)) => Err(LogError::TwoWeights { first, second }),
            _ => Ok(()),
        }
    }

    /// Checks that every column named is in `table`, once, and that at most one thing says how rows were sampled.
    ///
    /// # Errors
    /// The first column that is unknown, has two roles, or is a truth given as a feature; a rate that is none; two rates.
    pub fn check(&self, table: &Table) -> Result<(), LogError> {
        self.check_sampling()?;
        let assigned = self.assigned();
        for (index, &(role, name)) in assigned.iter().enumerate() {
            if table.column(name).is_none() {
                return Err(LogError::UnknownColumn {
                    role: role.name(),
                    column: name.to_owned(),
                    available: table.column_names(),
                });
            }
            let is_taken = |&&(first, earlier): &&(Role, &str)| earlier == name && !is_label_and_its_time(first, role);
            if let Some((first, _)) = assigned[..index].iter().find(is_taken) {
                let (first, second) = (first.name(), role.name());
                return Err(LogError::TwoRoles { column: name.to_owned(), first, second });
            }
            if matches!(role, Role::Categorical | Role::Numerical) && is_truth(name) {
                return Err(LogError::TruthAsFeature { column: name.to_owned() });
            }
        }
        for (name, rule) in &self.labels {
            check_named(text!(log::roles::rules), name, table)?;
            rule.check(name)?;
        }
        for fix in &self.fixes {
            match fix {
                Fix::Role(ColumnRole { column, .. }) | Fix::NumbersOnly(column) => {
                    check_named(text!(log::roles::repairs), column, table)?;
                }
                Fix::Label(ColumnRule { column, rule }) => {
                    check_named(text!(log::roles::repairs), column, table)?;
                    rule.check(column)?;
                }
                Fix::DropRows(_) | Fix::ClearLabel(_) | Fix::SetClick(_) | Fix::ReadAs(_) | Fix::Keep(_) => {}
            }
        }
        Ok(())
    }
}

/// A column of times that are filled only where something happened says both that it did and when.
fn is_label_and_its_time(label: Role, time: Role) -> bool {
    matches!(
        (label, time),
        (Role::Click, Role::ClickTime) | (Role::Conversion, Role::ConversionTime) | (Role::Return, Role::ReturnTime)
    )
}

fn check_named(what: &'static str, column: &str, table: &Table) -> Result<(), LogError> {
    match table.column(column) {
        Some(_) => Ok(()),
        None => {
            let (column, available) = (column.to_owned(), table.column_names());
            Err(LogError::NamesUnknown { what, column, available })
        }
    }
}
/// Whether a file of this name, beginning so, is meant to be a ROLES file and no log.
pub fn is_roles_file(name: &str, beginning: &str) -> bool {
    if name.to_ascii_lowercase().ends_with(".toml") {
        return true;
    }
    let mut lines = beginning.trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let Some((key, value)) = first.split_once('=') else { return false };
    const KEYS: [&str; 20] = [
        "space",
        "click",
        "conversion",
        "action",
        "return",
        "outcome",
        "user",
        "item",
        "group",
        "time",
        "click_time",
        "conversion_time",
        "return_time",
        "observed_until",
        "weight",
        "sampling_rate",
        "negative_rate",
        "categorical",
        "numerical",
        "ignore",
    ];
    let is_number = key.trim() == "negative_rate" && value.trim_start().starts_with(|c: char| c.is_ascii_digit());
    KEYS.contains(&key.trim()) && (is_number || value.trim_start().starts_with(['"', '[', '\'']))
}
