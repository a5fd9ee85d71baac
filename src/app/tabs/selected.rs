//! Which model a view is about.

use leptos::prelude::*;

use crate::app::change_keys::evaluations_key;
use crate::app::charts::names;
use crate::app::marks::{Control, Mark, choice};
use crate::app::models::{RunKey, display_name, has_several_seeds, run_name};
use crate::app::state::AppState;
use crate::domain::spec::ModelSpec;
use crate::protocol::{Run, RunId};

/// A model that a view can be about: of a run, or before the first run of the experiment's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub model: ModelSpec,
    pub run: Option<RunId>,
    pub key: RunKey,
    /// Name for the user, with the seed where there are several.
    pub label: String,
}

/// The chosen model of a view, and what there is to choose from.
#[derive(Clone, Copy)]
pub struct Selection {
    candidates: Memo<Vec<Candidate>>,
    chosen: RwSignal<Option<RunKey>>,
    /// The chosen candidate; the last one, the most refined, until something is chosen.
    pub current: Memo<Option<Candidate>>,
}

impl Selection {
    pub fn new(state: AppState) -> Self {
        let key = evaluations_key(state);
        let candidates = Memo::new(move |_| {
            key.with(|_| ()); // `track` alone would never run a memo that nobody reads
            let models = state.spec.with(|spec| spec.models.clone());
            state.session.with_untracked(|session| candidates(&session.runs, &models))
        });
        let chosen = state.chosen;
        let current = Memo::new(move |_| {
            candidates.with(|all| {
                let wanted = chosen.get().unwrap_or_default();
                let exact = all.iter().find(|candidate| candidate.key == wanted);
                exact.or_else(|| all.iter().find(|c| c.model.name == wanted.model)).or(all.last()).cloned()
            })
        });
        Self { candidates, chosen, current }
    }

    pub fn choose(&self, key: RunKey) {
        self.chosen.set(Some(key));
    }

    /// Buttons that choose the model; give the message to [`Selection::choose`]. `group` is unique on the page.
    pub fn mark(&self, group: &str) -> Mark<RunKey> {
        let chosen = self.current.with(|current| current.as_ref().map(|c| c.key.clone())).unwrap_or_default();
        self.candidates.with(|all| {
            let options = all.iter().map(|c| (c.key.clone(), c.label.as_str(), names::hue_class(&c.model.name)));
            choice(Control::new(text!(views::selected::model)), group, options, &chosen, |key| key)
        })
    }

    /// The class that gives the view the model's hue.
    pub fn hue(&self) -> String {
        self.current.with(|current| current.as_ref().map(|c| names::hue_class(&c.model.name)).unwrap_or_default())
    }
}

fn candidates(runs: &[Run], models: &[ModelSpec]) -> Vec<Candidate> {
    if runs.is_empty() {
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
        label: run_name(&run.model.name, run.seed, several_seeds),
        model: run.model.clone(),
        run: Some(run.id),
    };
    runs.iter().map(of_run).collect()
}
