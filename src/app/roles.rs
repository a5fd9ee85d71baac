//! Editing the roles of a log, column by column.

use crate::domain::log::{ColumnReport, Fix, Role, Roles};

/// Roles that the page offers, with what they mean.
pub const OFFERED: [(Role, &str); 16] = [
    (Role::Click, "click label"),
    (Role::Conversion, "conversion label"),
    (Role::Action, "action label"),
    (Role::Return, "return label"),
    (Role::Outcome, "further label"),
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

/// The roles of all columns after `column` has been given `role`; rules and repairs stay as they are.
///
/// A role that one column alone can have moves: the column that had it is ignored from now on.
pub fn with_role(columns: &[ColumnReport], before: &Roles, column: &str, role: Role) -> Roles {
    let mut roles = before.clone();
    // What is chosen by hand comes after what a repair chose.
    roles.fixes.retain(|fix| !matches!(fix, Fix::Role(repaired) if repaired.column == column));
    for report in columns.iter().filter(|report| report.name != column) {
        let is_displaced = role.is_single() && report.role == role;
        roles.assign(&report.name, if is_displaced { Role::Ignore } else { report.role });
    }
    roles.assign(column, role);
    roles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{Confidence, Spark};

    fn column(name: &str, role: Role) -> ColumnReport {
        ColumnReport {
            name: name.into(),
            role,
            reason: String::new(),
            confidence: Confidence::Sure,
            is_number: true,
            distinct: 2,
            missing: 0,
            spark: Spark::default(),
            leak: None,
        }
    }

    #[test]
    fn a_single_role_moves_and_leaves_the_old_column_ignored() {
        let columns =
            [column("visit", Role::Click), column("open", Role::Categorical), column("price", Role::Numerical)];
        let roles = with_role(&columns, &Roles::default(), "open", Role::Click);
        assert_eq!(roles.click.as_deref(), Some("open"));
        assert_eq!(roles.ignore, ["visit"]);
        assert_eq!(roles.numerical, ["price"]);
        assert!(roles.categorical.is_empty());
    }

    #[test]
    fn several_columns_can_be_actions() {
        let columns = [column("cart", Role::Action), column("wish", Role::Ignore)];
        assert_eq!(with_role(&columns, &Roles::default(), "wish", Role::Action).action, ["cart", "wish"]);
    }
}
