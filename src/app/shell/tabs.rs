//! The tabs' titles, ids and keys.

use crate::app::address::{self, Tab, VIEWS};

/// A tab's title.
pub fn title(tab: Tab) -> &'static str {
    match tab {
        Tab::Story => text!(shell::tabs::story),
        Tab::Tree => text!(shell::tabs::tree),
        Tab::Towers => text!(shell::tabs::towers),
        Tab::Metrics => text!(shell::tabs::metrics),
        Tab::Rows => text!(shell::tabs::rows),
        Tab::Questions => text!(shell::tabs::questions),
        Tab::Data => text!(shell::tabs::data),
    }
}

/// The id of a tab's button.
pub fn id(tab: Tab) -> String {
    format!("tab-{}", address::name(tab))
}

/// The tab that a key pressed on `tab` goes to; `None` for other keys.
pub fn neighbour(tab: Tab, key: &str) -> Option<Tab> {
    let at = VIEWS.iter().position(|(known, _)| *known == tab)?;
    let to = match key {
        "ArrowRight" => (at + 1) % VIEWS.len(),
        "ArrowLeft" => (at + VIEWS.len() - 1) % VIEWS.len(),
        "Home" => 0,
        "End" => VIEWS.len() - 1,
        _ => return None,
    };
    Some(VIEWS[to].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_home_and_end_to_the_ends() {
        for (from, key, to) in [
            (Tab::Story, "ArrowRight", Some(Tab::Tree)),
            (Tab::Data, "ArrowRight", Some(Tab::Story)),
            (Tab::Story, "ArrowLeft", Some(Tab::Data)),
            (Tab::Rows, "Home", Some(Tab::Story)),
            (Tab::Rows, "End", Some(Tab::Data)),
            (Tab::Rows, "Enter", None),
        ] {
            assert_eq!(neighbour(from, key), to, "{from:?} {key}");
        }
    }

    #[test]
    fn every_tab_has_a_title_and_an_id_of_its_own() {
        for of in [|tab| title(tab).to_owned(), id] {
            let mut all: Vec<String> = VIEWS.iter().map(|(tab, _)| of(*tab)).collect();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), VIEWS.len());
        }
    }
}
