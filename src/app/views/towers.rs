//! The Towers view: what flows through the network, what each head predicts, split by click, and pCTR against pCVR.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::density::density_with_brush;
use super::selected::{Candidate, Selection};
use super::shared::evaluations_key;
use crate::app::charts::embedding_map::{self, By};
use crate::app::charts::histogram::shared_span;
use crate::app::charts::network_parts::Parts;
use crate::app::charts::slow_motion::{self, Pace, Phase, SPEEDS};
use crate::app::charts::{histogram_drawing, network_drawing};
use crate::app::client::Client;
use crate::app::marks::{Mark, awaiting, figure};
use crate::app::models::RunKey;
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::domain::spec::{NetworkSpec, Objective};
use crate::protocol::{Run, StepUnit};

/// What the user does with the network.
#[derive(Debug, Clone, PartialEq)]
enum Msg {
    Model(RunKey),
    SlowMotion(slow_motion::Msg),
}

/// One batch under way in slow motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slow {
    phase: Phase,
    is_playing: bool,
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
    let slow = RwSignal::new(None::<Slow>);
    let seconds = RwSignal::new(SPEEDS[1].0);
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
        if let Some(run) = run.filter(|_| slow.with_untracked(Option::is_some)) {
            client.look_at_batch(run);
        }
    });
    play(slow, seconds);
    let draw = move || {
        key.with(|_| ());
        batch.with(|_| ());
        let controls = Mark::new("div").class("view-controls").child(selection.mark("towers-model").map(Msg::Model));
        let view = Mark::new("div").class("view towers-view").class(selection.hue()).child(controls);
        let Some(candidate) = selection.current.get() else { return vec![view] };
        let view =
            network.with(|network| view.children(network_marks(state, &candidate, network, slow.get(), seconds.get())));
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
        Msg::SlowMotion(message) => match message {
            slow_motion::Msg::Open => {
                if let Some(run) = run_shown() {
                    client.hold_and_look(run);
                    slow.set(Some(Slow { phase: Phase::LookUp, is_playing: false }));
                }
            }
            slow_motion::Msg::Go(phase) => slow.set(Some(Slow { phase, is_playing: false })),
            slow_motion::Msg::PlayOrPause => slow.update(|slow| {
                if let Some(slow) = slow {
                    slow.is_playing = !slow.is_playing;
                    if slow.phase == Phase::Back {
                        slow.phase = Phase::LookUp;
                    }
                }
            }),
            slow_motion::Msg::Speed(of_phase) => seconds.set(of_phase),
            slow_motion::Msg::Step => {
                client.step(StepUnit::Batch);
                slow.set(Some(Slow { phase: Phase::LookUp, is_playing: false }));
            }
            slow_motion::Msg::Close => slow.set(None),
        },
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

/// Turns to the next phase after a while, for as long as the reader lets it play.
fn play(slow: RwSignal<Option<Slow>>, seconds: RwSignal<u64>) {
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(pending) = pending.flatten() {
            pending.clear();
        }
        let stays = Duration::from_secs(seconds.get());
        let Slow { phase, .. } = slow.get().filter(|slow| slow.is_playing)?;
        let turn = move || {
            let next = phase.next();
            slow.set(Some(Slow {
                phase: next.unwrap_or(phase),
                is_playing: next.is_some_and(|next| next.next().is_some()),
            }));
        };
        set_timeout_with_handle(turn, stays).ok()
    });
}

/// The network as measured at the scrubber's moment, or on one batch.
fn network_marks(
    state: AppState,
    candidate: &Candidate,
    network: &NetworkSpec,
    slow: Option<Slow>,
    seconds: u64,
) -> Vec<Mark<Msg>> {
    if let Objective::BoostedTrees { .. } = candidate.model.objective {
        return vec![awaiting(slow_motion::without_towers(&candidate.model.name))];
    }
    state.session.with_untracked(|session| {
        let run = candidate.run.and_then(|run| session.run(run));
        let of_evaluation = run.and_then(Run::shown).and_then(|evaluation| evaluation.flow.as_ref());
        let of_batch = run.and_then(|run| run.batch.as_ref());
        let (Some(slow), Some(flow)) = (slow, of_batch) else {
            let parts = Parts::new(&candidate.model, network, of_evaluation);
            let can_step = run.is_some_and(Run::is_in_memory);
            let invitation = of_evaluation.filter(|_| can_step).map(|_| slow_motion::invitation().map(Msg::SlowMotion));
            let network = figure(network_drawing::drawing(&parts, None)).still();
            return [network].into_iter().chain(invitation).collect();
        };
        let parts = Parts::new(&candidate.model, network, Some(flow));
        let can_step = run.is_some_and(|run| !run.status.is_ended());
        vec![
            slow_motion::stepper(&parts, flow, slow.phase, Pace { is_playing: slow.is_playing, seconds, can_step })
                .map(Msg::SlowMotion),
            figure(network_drawing::drawing(&parts, Some(slow.phase))).still(),
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
