//! The names that labels go by: canonical ones, and the log's own.
use super::Roles;
use crate::domain::label;

/// Names that stand for a role, whatever the log calls its columns.
const CANONICAL: [&str; 4] = [label::CLICK, label::CONVERSION, label::ACTION, "return"];

/// The log's own names of its labels, where they are not labels by themselves.
pub fn aliases(roles: &Roles) -> Vec<(String, String)> {
    let own = |column: &Option<String>, label: &str| column.clone().map(|column| (column, label.to_owned()));
    let mut aliases: Vec<_> =
        [own(&roles.click, label::CLICK), own(&roles.conversion, label::CONVERSION), own(&roles.returned, "return")]
            .into_iter()
            .flatten()
            .collect();
    match roles.action.as_slice() {
        [only] => aliases.push((only.clone(), label::ACTION.to_owned())),
        several => {
            let numbered = (1..).zip(several).filter(|(_, column)| !is_canonical(column));
            aliases.extend(numbered.map(|(number, column): (usize, _)| (format!("action_{number}"), column.clone())));
        }
    }
    aliases.retain(|(alias, column)| alias != column && !is_canonical(alias));
    aliases
}

pub(super) fn is_canonical(name: &str) -> bool {
    CANONICAL.contains(&name)
}
