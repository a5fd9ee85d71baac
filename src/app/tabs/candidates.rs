//! Candidates for the views of one model.

use crate::app::charts::names;
use crate::app::marks::{Control, Mark, choice};
use crate::app::models::{RunKey, display_name, has_several_seeds, run_name};
use crate::domain::spec::ModelSpec;
use crate::protocol::{Run, RunId};

/// A model that a view can show: of a run, or of the experiment before the first run.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub model: ModelSpec,
    pub run: Option<RunId>,
    pub key: RunKey,
    /// Name for the user, with the seed where there are several.
    pub label: String,
}

/// The models of the runs, or of the experiment while there are no runs. Predictions from a file have no model to look into.
pub fn candidates(runs: &[Run], models: &[ModelSpec]) -> Vec<Candidate> {
    let trained = || runs.iter().filter(|run| !run.is_from_file());
    if trained().next().is_none() {
        let of_spec = |model: &ModelSpec| Candidate {
            key: RunKey { model: model.name.clone(), seed: None },
            label: display_name(&model.name).to_owned(),
            model: model.clone(),
            run: None,
        };
        return models.iter().map(of_spec).collect();
    }
    let several_seeds = has_several_seeds(runs);
    let of_run = |run: &Run| Candidate {
        key: RunKey { model: run.model.name.clone(), seed: Some(run.seed) },
        label: run_name(&run.model.name, run.known_seed(), several_seeds),
        model: run.model.clone(),
        run: Some(run.id),
    };
    trained().map(of_run).collect()
}

/// The chosen candidate: by model and seed, else by model; the last one, the most refined, until something is chosen.
pub fn chosen<'a>(candidates: &'a [Candidate], wanted: Option<&RunKey>) -> Option<&'a Candidate> {
    let exact = |candidate: &&Candidate| wanted == Some(&candidate.key);
    let of_model = |candidate: &&Candidate| wanted.is_some_and(|wanted| wanted.model == candidate.model.name);
    candidates.iter().find(exact).or_else(|| candidates.iter().find(of_model)).or(candidates.last())
}

/// Buttons that choose the model. `group` is unique on the page.
pub fn picker(candidates: &[Candidate], current: Option<&Candidate>, group: &str) -> Mark<RunKey> {
    let chosen = current.map(|candidate| candidate.key.clone()).unwrap_or_default();
    let options = candidates.iter().map(|c| (c.key.clone(), c.label.as_str(), names::hue_class(&c.model.name)));
    choice(Control::new(text!(views::selected::model)), group, options, &chosen, |key| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::spec::model_preset;

    fn key(model: &str, seed: Option<u64>) -> RunKey {
        RunKey { model: model.to_owned(), seed }
    }

    #[test]
    fn a_model_is_chosen_by_its_seed_else_by_its_name_else_it_is_the_last() {
        let runs = [(1, "esmm", 1), (2, "esm2", 1), (3, "esmm", 2), (4, "esm2", 2)]
            .map(|(id, name, seed)| run(id, name, seed, evaluation(&[])));
        let all = candidates(&runs, &[]);
        for (wanted, id) in
            [(Some(key("esmm", Some(2))), 3), (Some(key("esmm", Some(9))), 1), (Some(key("gone", None)), 4), (None, 4)]
        {
            assert_eq!(chosen(&all, wanted.as_ref()).and_then(|found| found.run), Some(id), "{wanted:?}");
        }
    }

    #[test]
    fn before_the_first_run_the_experiments_models_are_offered() {
        let models = [model_preset("esmm").unwrap(), model_preset("esm2").unwrap()];
        let all = candidates(&[], &models);
        let labels: Vec<&str> = all.iter().map(|candidate| candidate.label.as_str()).collect();
        assert_eq!(labels, ["ESMM", "ESM²"]);
        let picker = picker(&all, all.last(), "tree-model");
        assert_eq!(picker.change("ESMM", "true"), Some(key("esmm", None)));
    }
}
