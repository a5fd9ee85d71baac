//! Edits of a log's roles.

use crate::domain::log::{ColumnReport, Fix, LabelRule, Role, Roles};

/// Roles that the page offers, with what they mean.
pub const OFFERED: [(Role, &str); 18] = [
    (Role::Click, text!(roles::click_label)),
    (Role::Conversion, text!(roles::conversion_label)),
    (Role::Action, text!(roles::action_label)),
    (Role::Return, text!(roles::return_label)),
    (Role::Outcome, text!(roles::further_label)),
    (Role::User, text!(roles::user)),
    (Role::Item, text!(roles::item)),
    (Role::Group, text!(roles::group)),
    (Role::Time, text!(roles::time)),
    (Role::ClickTime, text!(roles::click_time)),
    (Role::ConversionTime, text!(roles::conversion_time)),
    (Role::ReturnTime, text!(roles::return_time)),
    (Role::ObservedUntil, text!(roles::observed_until)),
    (Role::Weight, text!(roles::weight)),
    (Role::SamplingRate, text!(roles::sampling_rate)),
    (Role::Categorical, text!(roles::category)),
    (Role::Numerical, text!(roles::number_text)),
    (Role::Ignore, text!(roles::ignore)),
];

/// The role's words on the page.
pub fn role_words(role: Role) -> &'static str {
    OFFERED.iter().find(|(offered, _)| *offered == role).map_or(text!(roles::truth), |(_, words)| words)
}

/// The roles with `column` set to `role`. Unset roles stay inferred, rules and repairs stay.
///
/// A role of one column only moves: the column that had it is ignored then.
pub fn with_role(columns: &[ColumnReport], given: &Roles, column: &str, role: Role) -> Roles {
    let mut roles = given.clone();
    // The user's choice overrides a repair.
    roles.fixes.retain(|fix| !matches!(fix, Fix::Role(repaired) if repaired.column == column));
    if role.is_single() {
        for displaced in columns.iter().filter(|report| report.name != column && report.role == role) {
            roles.assign(&displaced.name, Role::Ignore);
        }
    }
    // Once one of several is set, the others of its kind are no longer inferred.
    if matches!(role, Role::Action | Role::Outcome) {
        for kept in columns.iter().filter(|report| report.name != column && report.role == role) {
            roles.assign(&kept.name, role);
        }
    }
    roles.assign(column, role);
    if !role.is_label() {
        roles.labels.remove(column);
    }
    roles
}

/// The roles with `rule` for the values of `column`; `None` removes it.
pub fn with_rule(given: &Roles, column: &str, rule: Option<LabelRule>) -> Roles {
    let mut roles = given.clone();
    roles.fixes.retain(|fix| !matches!(fix, Fix::Label(repaired) if repaired.column == column));
    match rule {
        Some(rule) => roles.labels.insert(column.to_owned(), rule),
        None => roles.labels.remove(column),
    };
    roles
}

/// The roles with repairs added.
pub fn with_fixes(given: &Roles, fixes: &[Fix]) -> Roles {
    let mut roles = given.clone();
    roles.fixes.extend(fixes.iter().filter(|fix| !given.fixes.contains(fix)).cloned());
    roles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::column;

    #[test]
    fn a_single_role_moves_and_leaves_the_old_column_ignored() {
        let columns =
            [column("visit", Role::Click), column("open", Role::Categorical), column("price", Role::Numerical)];
        let roles = with_role(&columns, &Roles::default(), "open", Role::Click);
        assert_eq!(roles.click.as_deref(), Some("open"));
        assert_eq!(roles.ignore, ["visit"]);
        // Unset roles stay inferred.
        assert!(roles.numerical.is_empty() && roles.categorical.is_empty());
    }

    #[test]
    fn several_columns_can_be_actions() {
        let columns = [column("cart", Role::Action), column("wish", Role::Ignore)];
        assert_eq!(with_role(&columns, &Roles::default(), "wish", Role::Action).action, ["cart", "wish"]);
    }

    #[test]
    fn a_rule_goes_with_the_label() {
        let columns = [column("state", Role::Conversion)];
        let ruled = with_rule(&Roles::default(), "state", Some(LabelRule::Positive(vec!["paid".into()])));
        assert_eq!(ruled.labels.len(), 1);
        assert!(with_rule(&ruled, "state", None).labels.is_empty());
        assert!(with_role(&columns, &ruled, "state", Role::Categorical).labels.is_empty());
    }

    #[test]
    fn a_repair_made_twice_is_made_once() {
        let once = with_fixes(&Roles::default(), &[Fix::ignore("revenue")]);
        assert_eq!(with_fixes(&once, &[Fix::ignore("revenue")]).fixes.len(), 1);
    }
}
