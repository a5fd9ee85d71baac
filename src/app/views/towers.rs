//! The Towers view: what each head predicts, split by click, and pCTR against pCVR.

use leptos::prelude::*;

use super::selected::{Candidate, MODEL, Selection};
use super::shared::evaluations_key;
use crate::app::charts::histogram::shared_span;
use crate::app::charts::{density_drawing, histogram_drawing, network_drawing};
use crate::app::marks::{Mark, awaiting, figure};
use crate::app::state::AppState;
use crate::app::widgets::marks;

/// Distributions of one model's heads and its pCTR × pCVR density, of the newest evaluation.
#[component]
pub fn TowersView() -> impl IntoView {
    let state = AppState::get();
    let selection = Selection::new(state);
    let key = evaluations_key(state);
    let network = Memo::new(move |_| state.spec.with(|spec| spec.network.clone()));
    let draw = move || {
        key.with(|_| ());
        let controls = Mark::new("div").class("view-controls").child(selection.mark("towers-model"));
        let view = Mark::new("div").class("view towers-view").class(selection.hue()).child(controls);
        let Some(candidate) = selection.current.get() else { return vec![view] };
        let view = view.child(network.with(|network| network_drawing::network(&candidate.model, network)));
        vec![view.children(figures(state, &candidate))]
    };
    marks(draw, move |act| {
        if act.name == MODEL {
            selection.choose(&act.value);
        }
    })
}

fn figures(state: AppState, candidate: &Candidate) -> Vec<Mark> {
    state.session.with_untracked(|session| {
        let evaluation = candidate.run.and_then(|run| session.run(run)?.shown());
        let Some(evaluation) = evaluation else {
            return vec![awaiting(
                "Once a model is trained, each of its towers shows here what it predicts for held-out impressions: clicked \
                 ones above the line, unclicked ones below.",
            )];
        };
        let mut marks = Vec::new();
        if let Some(span) = shared_span(&evaluation.towers) {
            let heads = evaluation.towers.iter().map(|tower| figure(histogram_drawing::drawing(tower, span)));
            marks.push(Mark::new("div").class("towers-grid").children(heads));
        }
        marks.extend(density_drawing::drawing(&evaluation.density).map(figure));
        marks
    })
}
