//! The export menu.

use leptos::prelude::*;

use super::shared::evaluations_key;
use crate::app::client::Client;
use crate::app::exports;
use crate::app::forms::exports::{
    BUNDLE, EXPERIMENT, GRAPH, LOG, METRICS, OBSERVED, OWN, PREDICTIONS, SCALE_OUT, WEIGHTS, WEIGHTS_SPEC, menu,
};
use crate::app::marks::Act;
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::protocol::Export;

#[component]
pub fn ExportsView() -> impl IntoView {
    let (state, client) = (AppState::get(), Client::get());
    let key = evaluations_key(state);
    let has_log = Memo::new(move |_| state.session.with(|session| session.log.is_some()));
    let draw = move || {
        key.with(|_| ());
        has_log.get();
        state.session.with_untracked(|session| state.exported.with(|said| menu(session, said)))
    };
    let act = move |act: Act| {
        let of_run = |what| {
            if let Ok(run) = act.value.parse() {
                client.export(run, what);
            }
        };
        match (act.name.as_str(), act.value.as_str()) {
            (PREDICTIONS, _) => of_run(Export::Predictions),
            (WEIGHTS, _) => of_run(Export::Weights),
            (WEIGHTS_SPEC, _) => of_run(Export::WeightsSpec),
            (GRAPH, run) => run.parse().into_iter().for_each(|run| client.export_graph(run)),
            (OWN, METRICS) => client.save(state.session.with_untracked(exports::metrics)),
            (OWN, EXPERIMENT) => client.save(Some(state.spec.with_untracked(exports::experiment))),
            (OWN, BUNDLE) => client.save(Some(state.spec.with_untracked(exports::bundle))),
            (OWN, SCALE_OUT) => client.save(
                state
                    .spec
                    .with_untracked(|spec| state.session.with_untracked(|session| exports::scale_out(spec, session))),
            ),
            (OWN, OBSERVED) => client.export(0, Export::LogWithoutTruth),
            (OWN, LOG) => client.export(0, Export::Log),
            _ => {}
        }
    };
    marks(draw, act)
}
