//! Which model a view is about.

use leptos::prelude::*;

use super::shared::{Choice, Choices, evaluations_key};
use crate::app::charts::names;
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::domain::spec::ModelSpec;
use crate::protocol::{Run, RunId};

/// A model that a view can be about: of a run, or before the first run of the experiment's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub model: ModelSpec,
    pub seed: Option<u64>,
    pub run: Option<RunId>,
    /// Name for the reader, with the seed where there are several.
    pub label: String,
}

/// Key of a candidate that survives a new training: model name and seed.
pub type CandidateKey = (String, Option<u64>);

/// The chosen model of a view, and what there is to choose from.
#[derive(Clone, Copy)]
pub struct Selection {
    candidates: Memo<Vec<Candidate>>,
    chosen: RwSignal<Option<CandidateKey>>,
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
        let chosen: RwSignal<Option<CandidateKey>> = RwSignal::new(None);
        let current = Memo::new(move |_| {
            candidates.with(|all| {
                let wanted = chosen.get();
                let exact =
                    all.iter().find(|c| wanted.as_ref().is_some_and(|w| (&w.0, w.1) == (&c.model.name, c.seed)));
                let same_model = all.iter().find(|c| wanted.as_ref().is_some_and(|w| w.0 == c.model.name));
                exact.or(same_model).or(all.last()).cloned()
            })
        });
        Self { candidates, chosen, current }
    }
}

fn candidates(runs: &[Run], models: &[ModelSpec]) -> Vec<Candidate> {
    if runs.is_empty() {
        let of_spec = |model: &ModelSpec| Candidate {
            label: display_name(&model.name).to_owned(),
            model: model.clone(),
            seed: None,
            run: None,
        };
        return models.iter().map(of_spec).collect();
    }
    let several_seeds = runs.iter().any(|run| run.seed != runs[0].seed);
    let of_run = |run: &Run| Candidate {
        label: if several_seeds {
            format!("{}, seed {}", display_name(&run.model.name), run.seed)
        } else {
            display_name(&run.model.name).to_owned()
        },
        model: run.model.clone(),
        seed: Some(run.seed),
        run: Some(run.id),
    };
    runs.iter().map(of_run).collect()
}

/// Buttons that choose the model.
#[component]
pub fn ModelChoice(selection: Selection, group: &'static str) -> impl IntoView {
    let options = Signal::derive(move || {
        selection.candidates.with(|all| {
            all.iter()
                .map(|c| Choice {
                    value: (c.model.name.clone(), c.seed),
                    label: c.label.clone(),
                    class: names::hue_class(&c.model.name),
                })
                .collect::<Vec<_>>()
        })
    });
    let chosen = Signal::derive(move || selection.current.with(|c| c.as_ref().map(|c| (c.model.name.clone(), c.seed))));
    let on_choose = Callback::new(move |key: CandidateKey| selection.chosen.set(Some(key)));
    view! { <Choices legend="Model" group options chosen on_choose/> }
}
