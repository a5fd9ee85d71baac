//! The models of the runs, and the baseline.

use crate::app::models::models_of;
use crate::domain::report::default_baseline;
use crate::protocol::Run;

/// Names of the runs' models in order of first appearance.
pub fn model_names(runs: &[Run]) -> Vec<String> {
    models_of(runs).into_iter().map(str::to_owned).collect()
}

/// The baseline: the user's choice while it has runs, else the reports' default.
pub fn pinned_model(all: &[String], chosen: Option<String>) -> Option<String> {
    match chosen {
        Some(name) if all.contains(&name) => Some(name),
        _ => default_baseline(all.iter().map(String::as_str)).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn the_choice_is_pinned_while_it_is_there_then_naive_then_the_first() {
        let runs = ["esmm", "naive", "esmm"].map(|name| run(1, name, 1, evaluation(&[])));
        let all = model_names(&runs);
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
