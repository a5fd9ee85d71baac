//! Which column is what, with the reason, to be changed by keyboard.

use crate::app::format;
use crate::app::marks::{Act, Mark};
use crate::app::roles::{OFFERED, role_words, with_role};
use crate::domain::log::{ColumnReport, Role, Roles};

const ROLE: &str = "role";

/// The columns of the log, behind a disclosure.
pub fn form(columns: &[ColumnReport]) -> Option<Mark> {
    (!columns.is_empty()).then(|| {
        let title = format::counted(columns.len(), "column and its role", "columns and their roles");
        Mark::new("details")
            .class("roles")
            .child(Mark::new("summary").text(title))
            .child(Mark::new("ul").children(columns.iter().map(column)))
    })
}

fn column(column: &ColumnReport) -> Mark {
    let hint = match column.missing {
        0 => column.reason.clone(),
        n => format!("{}; {} missing", column.reason, format::count(n)),
    };
    let control = match column.role {
        Role::Truth => Mark::new("span").class("role-fixed").text(role_words(column.role)),
        role => {
            let options =
                OFFERED.iter().enumerate().map(|(i, (_, words))| Mark::new("option").attr("value", i).text(*words));
            let chosen = OFFERED.iter().position(|(offered, _)| *offered == role).unwrap_or(0);
            Mark::new("select")
                .attr("aria-label", format!("Role of {}", column.name))
                .on(ROLE, &column.name)
                .children(options)
                .attr("value", chosen)
        }
    };
    let line = Mark::new("div").class("role-line").child(Mark::new("code").text(&column.name)).child(control);
    Mark::new("li").key(&column.name).child(line).child(Mark::new("p").class("hint").text(hint))
}

/// The roles that the reader has asked for.
pub fn asked(columns: &[ColumnReport], before: &Roles, act: &Act) -> Option<Roles> {
    let (role, _) = act.input.parse().ok().and_then(|index: usize| OFFERED.get(index)).filter(|_| act.name == ROLE)?;
    Some(with_role(columns, before, &act.value, *role))
}
