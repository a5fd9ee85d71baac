//! The baseline: the model that the others are compared with.

use crate::domain::report::default_baseline;

/// The baseline: the user's choice while it has runs, else the reports' default.
pub fn pinned_model(all: &[&str], chosen: Option<String>) -> Option<String> {
    match chosen {
        Some(name) if all.contains(&name.as_str()) => Some(name),
        _ => default_baseline(all.iter().copied()).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::app::models::models_of;

    #[test]
    fn the_choice_is_pinned_while_it_is_there_then_naive_then_the_first() {
        let runs = ["esmm", "naive", "esmm"].map(|name| run(1, name, 1, evaluation(&[])));
        let all = models_of(&runs);
        assert_eq!(all, ["esmm", "naive"]);
        for (all, chosen, pinned) in [
            (&all[..], Some("esmm"), Some("esmm")),
            (&all[..], Some("gone"), Some("naive")),
            (&all[..], None, Some("naive")),
            (&all[..1], None, Some("esmm")),
            (&[], Some("esmm"), None),
        ] {
            assert_eq!(pinned_model(all, chosen.map(str::to_owned)).as_deref(), pinned);
        }
    }
}
