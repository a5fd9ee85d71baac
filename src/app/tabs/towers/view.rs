//! The Towers view: the network's activations and gradients, each head's predictions by click, and pCTR against pCVR.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::drawing::TowersScene;
use super::slow_motion::SlowMotion;
use super::state::{Context, Msg, TowersState};
use crate::app::browser::scroll_to_top;
use crate::app::rows::subset_question;
use crate::app::state::AppState;
use crate::app::tabs::selected::ModelSelection;
use crate::app::widgets::marks;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::protocol::{Question, RunId};

/// The network, distributions of one model's heads and its pCTR × pCVR density, at the scrubber's epoch.
#[component]
pub fn TowersView() -> impl IntoView {
    let state = AppState::get();
    let selection = ModelSelection::new(state);
    let tab = RwSignal::new(TowersState::default());
    let run = selection.run;
    let settled = Memo::new(move |_| state.rows_choice.read().brush);
    ask(state, run, tab, settled);
    play(tab);
    // The batch and the map are asked for apart from evaluations: their drawings change with their own steps.
    let batch = Memo::new(move |_| {
        let session = state.session.read();
        let run = session.run(run.get()?)?;
        Some((run.batch.as_ref()?.step, !run.status.is_ended()))
    });
    let slow = Memo::new(move |_| tab.read().slow);
    let draw = move || {
        batch.get();
        slow.get();
        with_scene(state, tab, selection, |scene| scene.towers(selection.picker("towers-model").map(Msg::Model)))
    };
    let stroke = Memo::new(move |_| tab.read().stroke);
    let draw_density = move || {
        stroke.get();
        let (shown, looks_back) = (state.subset_shown.read(), state.moment.read().is_some());
        with_scene(state, tab, selection, |scene| scene.density(settled.get(), &shown, looks_back))
    };
    let map = Memo::new(move |_| {
        let session = state.session.read();
        let map = session.run(run.get()?)?.embeddings.as_ref()?;
        Some((map.step, map.index, tab.read().by))
    });
    let draw_map = move || {
        map.get();
        with_scene(state, tab, selection, |scene| scene.map())
    };
    let update = move |message: Msg| {
        // Another view starts at its top: this figure is far down.
        let turns = message.opens_tab();
        state.update(tab, |tab| {
            let session = state.session.peek();
            let run = run.get_untracked().and_then(|run| session.run(run));
            tab.update(message, Context { run, area: settled.get_untracked() })
        });
        if turns {
            scroll_to_top();
        }
    };
    view! {
        {marks(draw, update)}
        {marks(draw_density, update)}
        {marks(draw_map, update)}
    }
}

/// Calls `draw` with its input; run again when evaluations, the experiment or the model change.
fn with_scene<T>(
    state: AppState,
    tab: RwSignal<TowersState>,
    selection: ModelSelection,
    draw: impl FnOnce(TowersScene) -> T,
) -> T {
    let (session, spec, current) = (state.evaluated.read(), state.spec.read(), selection.current.read());
    draw(TowersScene { session: &session, spec: &spec, state: &tab.read_untracked(), current: current.as_ref() })
}

/// Asks again after an evaluation: for the map, the batch in slow motion, and the rectangle's rows.
fn ask(state: AppState, run: Memo<Option<RunId>>, tab: RwSignal<TowersState>, settled: Memo<Option<PredictionBox>>) {
    let field = Memo::new(move |_| tab.read().field);
    state.keep_asking(move || {
        state.evaluated.read();
        Some(Question::Embeddings { run: run.get()?, field: field.get() })
    });
    state.keep_asking(move || {
        state.evaluated.read();
        tab.read_untracked().batch_to_ask(run.get())
    });
    state.keep_asking(move || subset_question(&state.evaluated.read(), run.get(), settled.get().map(RowsPart::Brush)));
}

/// Goes to the next phase after a while, as long as slow motion plays.
fn play(tab: RwSignal<TowersState>) {
    let slow = Memo::new(move |_| tab.read().slow);
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(pending) = pending.flatten() {
            pending.clear();
        }
        let SlowMotion { shown, seconds } = slow.get();
        if !shown?.is_playing {
            return None;
        }
        set_timeout_with_handle(move || tab.update(|tab| tab.slow.turn()), Duration::from_secs(seconds)).ok()
    });
}
