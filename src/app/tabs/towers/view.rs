//! The Towers view: what flows through the network, what each head predicts, split by click, and pCTR against pCVR.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::density_view::density_with_brush;
use super::embedding_map::{self, By};
use super::histogram::shared_span;
use super::network_parts::Parts;
use super::slow_motion::{self, Pace, Shown, SlowMotion};
use super::{histogram_drawing, network_drawing};
use crate::app::change_keys::evaluations_key;
use crate::app::client::Client;
use crate::app::marks::{Mark, awaiting, figure};
use crate::app::models::RunKey;
use crate::app::state::AppState;
use crate::app::tabs::selected::{Candidate, Selection};
use crate::app::widgets::marks;
use crate::domain::spec::{NetworkSpec, Objective};
use crate::protocol::{Run, StepUnit};

/// What the user does with the network.
#[derive(Debug, Clone, PartialEq)]
enum Msg {
    Model(RunKey),
    SlowMotion(slow_motion::Msg),
}

/// The network, distributions of one model's heads and its pCTR × pCVR density, at the scrubber's moment.
#[component]
pub fn TowersView() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let selection = Selection::new(state);
    let key = evaluations_key(state);
    let network = Memo::new(move |_| {
        let trained = state.session.with(|session| session.trained.as_ref().map(|spec| spec.network.clone()));
        trained.unwrap_or_else(|| state.spec.with(|spec| spec.network.clone()))
    });
    let slow = RwSignal::new(SlowMotion::default());
    let field = RwSignal::new(0usize);
    let by = RwSignal::new(By::Ctr);
    let run_shown = move || selection.current.with_untracked(|current| current.as_ref()?.run);
    // The batch's step, and whether the run can be stepped: what the stepper shows besides its phase.
    let batch = Memo::new(move |_| {
        let run = selection.current.with(|current| current.as_ref()?.run)?;
        state.session.with(|session| {
            let run = session.run(run)?;
            Some((run.batch.as_ref()?.step, !run.status.is_ended()))
        })
    });
    // The map follows the newest evaluation: what has been is not kept in the worker.
    Effect::new(move |_| {
        key.with(|_| ());
        let field = field.get();
        if let Some(run) = selection.current.with(|current| current.as_ref().and_then(|current| current.run)) {
            client.look_at_embeddings(run, field);
        }
    });
    let map_key = Memo::new(move |_| {
        let run = selection.current.with(|current| current.as_ref()?.run)?;
        state.session.with(|session| session.run(run)?.embeddings.as_ref().map(|map| (map.step, map.index)))
    });
    // While a batch is looked at, the next one takes its place when the run has moved on or another model is chosen.
    Effect::new(move |_| {
        key.with(|_| ());
        let run = selection.current.with(|current| current.as_ref().and_then(|current| current.run));
        if let Some(run) = run.filter(|_| slow.with_untracked(|slow| slow.shown.is_some())) {
            client.look_at_batch(run);
        }
    });
    play(slow);
    let draw = move || {
        key.with(|_| ());
        batch.with(|_| ());
        let controls = Mark::new("div").class("view-controls").child(selection.mark("towers-model").map(Msg::Model));
        let view = Mark::new("div").class("view towers-view").class(selection.hue()).child(controls);
        let Some(candidate) = selection.current.get() else { return vec![view] };
        let view = network.with(|network| view.children(network_marks(state, &candidate, network, slow.get())));
        vec![view.children(figures(state, &candidate))]
    };
    let draw_map = move || {
        map_key.with(|_| ());
        let by = by.get();
        let map = selection.current.with(|current| current.as_ref().map(|candidate| map(state, candidate, by)));
        vec![
            Mark::new("div")
                .class("view towers-view is-below")
                .class(selection.hue())
                .children(map.unwrap_or_default()),
        ]
    };
    let act = move |message: Msg| match message {
        Msg::Model(key) => selection.choose(key),
        Msg::SlowMotion(message) => {
            let Some(run) = run_shown() else { return };
            let mut effect = None;
            slow.update(|slow| effect = slow.update(message));
            match effect {
                Some(slow_motion::Effect::HoldAndLook) => client.hold_and_look(run),
                Some(slow_motion::Effect::StepBatch) => client.step(StepUnit::Batch),
                None => {}
            }
        }
    };
    let act_on_map = move |message: embedding_map::Msg| match message {
        embedding_map::Msg::Field(place) => field.set(place),
        embedding_map::Msg::ShadeBy(rate) => by.set(rate),
    };
    view! {
        {marks(draw, act)}
        {density_with_brush(state, client, selection)}
        {marks(draw_map, act_on_map)}
    }
}

/// Turns to the next phase after a while, for as long as the user lets it play.
fn play(slow: RwSignal<SlowMotion>) {
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(pending) = pending.flatten() {
            pending.clear();
        }
        let SlowMotion { shown, seconds } = slow.get();
        if !shown?.is_playing {
            return None;
        }
        set_timeout_with_handle(move || slow.update(SlowMotion::turn), Duration::from_secs(seconds)).ok()
    });
}

/// The network as measured at the scrubber's moment, or on one batch.
fn network_marks(state: AppState, candidate: &Candidate, network: &NetworkSpec, slow: SlowMotion) -> Vec<Mark<Msg>> {
    if let Objective::BoostedTrees { .. } = candidate.model.objective {
        return vec![awaiting(slow_motion::without_towers(&candidate.model.name))];
    }
    state.session.with_untracked(|session| {
        let run = candidate.run.and_then(|run| session.run(run));
        let of_evaluation = run.and_then(Run::shown).and_then(|evaluation| evaluation.flow.as_ref());
        let of_batch = run.and_then(|run| run.batch.as_ref());
        let (Some(Shown { phase, is_playing }), Some(flow)) = (slow.shown, of_batch) else {
            let parts = Parts::new(&candidate.model, network, of_evaluation);
            let can_step = run.is_some_and(Run::is_in_memory);
            let invitation = of_evaluation.filter(|_| can_step).map(|_| slow_motion::invitation().map(Msg::SlowMotion));
            let network = figure(network_drawing::drawing(&parts, None)).still();
            return [network].into_iter().chain(invitation).collect();
        };
        let parts = Parts::new(&candidate.model, network, Some(flow));
        let can_step = run.is_some_and(|run| !run.status.is_ended());
        vec![
            slow_motion::stepper(&parts, flow, phase, Pace { is_playing, seconds: slow.seconds, can_step })
                .map(Msg::SlowMotion),
            figure(network_drawing::drawing(&parts, Some(phase))).still(),
        ]
    })
}

/// The embedding map of the field that was asked for.
fn map(state: AppState, candidate: &Candidate, by: By) -> Vec<Mark<embedding_map::Msg>> {
    state.session.with_untracked(|session| {
        let reading = candidate.run.and_then(|run| session.run(run)?.embeddings.as_ref());
        reading.map_or_else(Vec::new, |reading| {
            vec![embedding_map::controls(reading, by), figure(embedding_map::drawing(reading, by)).still()]
        })
    })
}

fn figures(state: AppState, candidate: &Candidate) -> Vec<Mark<Msg>> {
    state.session.with_untracked(|session| {
        let evaluation = candidate.run.and_then(|run| session.run(run)?.shown());
        let Some(evaluation) = evaluation else {
            return vec![awaiting(text!(views::towers::awaiting))];
        };
        let mut marks = Vec::new();
        if let Some(span) = shared_span(&evaluation.towers) {
            let heads = evaluation.towers.iter().map(|tower| figure(histogram_drawing::drawing(tower, span)).still());
            marks.push(Mark::new("div").class("towers-grid").children(heads));
        }
        marks
    })
}
