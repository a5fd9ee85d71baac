//! Editing the roles of a log, column by column.

use crate::domain::log::{ColumnReport, Role, Roles};

/// Roles that the page offers, with what they mean.
pub const OFFERED: [(Role, &str); 15] = [
    (Role::Click, "click label"),
    (Role::Conversion, "conversion label"),
    (Role::Action, "action label"),
    (Role::Return, "return label"),
    (Role::User, "user"),
    (Role::Item, "item"),
    (Role::Group, "group"),
    (Role::Time, "time"),
    (Role::ClickTime, "click time"),
    (Role::ConversionTime, "conversion time"),
    (Role::ReturnTime, "return time"),
    (Role::ObservedUntil, "observed until"),
    (Role::Categorical, "category"),
    (Role::Numerical, "number"),
    (Role::Ignore, "ignore"),
];

/// The role's words on the page.
pub fn role_words(role: Role) -> &'static str {
    OFFERED.iter().find(|(offered, _)| *offered == role).map_or("truth", |(_, words)| words)
}

/// The roles of all columns after `column` has been given `role`.
///
/// A role that one column alone can have moves: the column that had it is ignored from now on.
pub fn with_role(columns: &[ColumnReport], column: &str, role: Role) -> Roles {
    let mut roles = Roles::default();
    for report in columns {
        let kept = if report.name == column {
            role
        } else if report.role == role && is_single(role) {
            Role::Ignore
        } else {
            report.role
        };
        roles.assign(&report.name, kept);
    }
    roles
}

fn is_single(role: Role) -> bool {
    !matches!(role, Role::Action | Role::Categorical | Role::Numerical | Role::Ignore | Role::Truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, role: Role) -> ColumnReport {
        ColumnReport { name: name.into(), role, reason: String::new(), distinct: 2, missing: 0 }
    }

    #[test]
    fn a_single_role_moves_and_leaves_the_old_column_ignored() {
        let columns =
            [column("visit", Role::Click), column("open", Role::Categorical), column("price", Role::Numerical)];
        let roles = with_role(&columns, "open", Role::Click);
        assert_eq!(roles.click.as_deref(), Some("open"));
        assert_eq!(roles.ignore, ["visit"]);
        assert_eq!(roles.numerical, ["price"]);
        assert!(roles.categorical.is_empty());
    }

    #[test]
    fn several_columns_can_be_actions() {
        let columns = [column("cart", Role::Action), column("wish", Role::Ignore)];
        assert_eq!(with_role(&columns, "wish", Role::Action).action, ["cart", "wish"]);
    }
}
