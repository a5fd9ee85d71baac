//! The ROLES file: which column is what.
use serde::{Deserialize, Serialize};

use super::names::is_truth;
use super::{LogError, Table};

/// Columns by role, as in ROLES.toml.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    pub click: Option<String>,
    pub conversion: Option<String>,
    /// Several columns make one DAction label: any of them.
    pub action: Vec<String>,
    /// Whether the purchase was returned.
    #[serde(rename = "return")]
    pub returned: Option<String>,
    pub user: Option<String>,
    pub item: Option<String>,
    pub group: Option<String>,
    pub time: Option<String>,
    /// When the impression was clicked; the impression's own time when absent.
    pub click_time: Option<String>,
    /// When the purchase happened; empty where none did, or none yet.
    pub conversion_time: Option<String>,
    /// When the purchase was returned; empty where it was not, or not yet.
    pub return_time: Option<String>,
    /// When the log was taken, the same in every row: what happened later is not in it.
    pub observed_until: Option<String>,
    pub categorical: Vec<String>,
    pub numerical: Vec<String>,
    pub ignore: Vec<String>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Click,
    Conversion,
    Action,
    Return,
    User,
    Item,
    Group,
    Time,
    ClickTime,
    ConversionTime,
    ReturnTime,
    ObservedUntil,
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
            Self::User => "user",
            Self::Item => "item",
            Self::Group => "group",
            Self::Time => "time",
            Self::ClickTime => "click_time",
            Self::ConversionTime => "conversion_time",
            Self::ReturnTime => "return_time",
            Self::ObservedUntil => "observed_until",
            Self::Categorical => "categorical",
            Self::Numerical => "numerical",
            Self::Truth => "truth",
            Self::Ignore => "ignore",
        }
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
            LogError::RolesFile { reason: format!("line {line}: {}", error.message()) }
        })
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
        ];
        let several = [
            (Role::Action, &self.action),
            (Role::Categorical, &self.categorical),
            (Role::Numerical, &self.numerical),
            (Role::Ignore, &self.ignore),
        ];
        let single = single.into_iter().filter_map(|(role, column)| Some((role, column.as_deref()?)));
        let several = several.into_iter().flat_map(|(role, columns)| columns.iter().map(move |c| (role, c.as_str())));
        single.chain(several).collect()
    }

    /// Gives `column` a role, in place of the one that it has. The truth is known by name and is in no list.
    pub fn assign(&mut self, column: &str, role: Role) {
        for slot in self.slots() {
            slot.take_if(|taken| taken == column);
        }
        for list in [&mut self.action, &mut self.categorical, &mut self.numerical, &mut self.ignore] {
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
            Role::Action => self.action.push(name),
            Role::Categorical => self.categorical.push(name),
            Role::Numerical => self.numerical.push(name),
            Role::Ignore => self.ignore.push(name),
            Role::Truth => {}
        }
    }

    /// Roles that one column alone can have.
    fn slots(&mut self) -> [&mut Option<String>; 11] {
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
        ]
    }

    /// Checks that every column named is in `table`, once.
    ///
    /// # Errors
    /// The first column that is unknown, has two roles, or is a truth given as a feature.
    pub fn check(&self, table: &Table) -> Result<(), LogError> {
        let assigned = self.assigned();
        for (index, &(role, name)) in assigned.iter().enumerate() {
            if table.column(name).is_none() {
                return Err(LogError::UnknownColumn {
                    role: role.name(),
                    column: name.to_owned(),
                    available: table.column_names(),
                });
            }
            if let Some((first, _)) = assigned[..index].iter().find(|(_, earlier)| *earlier == name) {
                let (first, second) = (first.name(), role.name());
                return Err(LogError::TwoRoles { column: name.to_owned(), first, second });
            }
            if matches!(role, Role::Categorical | Role::Numerical) && is_truth(name) {
                return Err(LogError::TruthAsFeature { column: name.to_owned() });
            }
        }
        Ok(())
    }
}

impl Table {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&super::Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns' names in file order, for a message; cut short when there are many.
    pub(super) fn column_names(&self) -> String {
        const SHOWN: usize = 20;
        let names: Vec<&str> = self.columns.iter().take(SHOWN).map(|column| column.name.as_str()).collect();
        let more = self.columns.len().saturating_sub(SHOWN);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{tail}", names.join(", "))
    }
}
