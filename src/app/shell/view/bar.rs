//! The bar: train, pause, step, stop, share; progress by model; the status.

use leptos::prelude::*;

use super::restart::Restart;
use super::runs::RunProgress;
use super::share::Share;
use super::time::TimeScrubber;
use crate::app::page::{LogState, Message, TrainingMode};
use crate::app::sentence;
use crate::app::state::AppState;
use crate::protocol::{RunStatus, Session, StepUnit};

/// Action of the main button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Main {
    Train,
    Pause,
    Resume,
}

#[component]
pub fn Bar() -> impl IntoView {
    let state = AppState::get();
    // On narrow pages one row; the rest on demand.
    let is_open = RwSignal::new(false);
    view! {
        <section class="bar" class:is-open=is_open aria-label=text!(shell::bar::name)>
            <Notice/>
            <Restart/>
            <div class="bar-row">
                <Buttons/>
                <TimeScrubber/>
                <RunProgress/>
                <p role="status" aria-live="polite" class="status">{move || state.status.get()}</p>
                <Share/>
                <button
                    type="button"
                    class="bar-more"
                    aria-label=text!(shell::bar::more)
                    aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| is_open.update(|open| *open = !*open)
                ></button>
            </div>
        </section>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    let state = AppState::get();
    let main = Memo::new(move |_| {
        let mode = state.mode.get();
        // Runs that the page started leave the first button as it is: the user's own run replaces them.
        if state.opened_itself.get() && mode == TrainingMode::Running {
            return Main::Train;
        }
        state.session.with(|session| main_action(session, mode))
    });
    let can_train = Memo::new(move |_| {
        state.session.with(|session| session.log.is_some())
            && !matches!(state.log_state.get(), LogState::Loading { .. })
            && state.spec.with(|spec| !spec.models.is_empty())
    });
    let is_active = Memo::new(move |_| main.get() != Main::Train);
    let act = move |_| {
        state.send(match main.get_untracked() {
            Main::Train => Message::Train,
            Main::Pause => Message::Pause,
            Main::Resume => Message::Resume,
        })
    };
    view! {
        <div class="buttons">
            <button type="button" class="primary" on:click=act disabled=move || !is_active.get() && !can_train.get()>
                {move || match main.get() {
                    Main::Train => text!(shell::bar::train),
                    Main::Pause => text!(shell::bar::pause),
                    Main::Resume => text!(shell::bar::resume),
                }}
            </button>
            <StepButton can_step=Signal::derive(move || main.get() == Main::Resume || !is_active.get() && can_train.get())/>
            <button type="button" class="stop" disabled=move || !is_active.get() on:click=move |_| state.send(Message::Stop)>{text!(shell::bar::stop)}</button>
        </div>
    }
}

#[component]
fn StepButton(can_step: Signal<bool>) -> impl IntoView {
    let state = AppState::get();
    let unit = RwSignal::new(StepUnit::Batch);
    view! {
        <div class="step">
            <button type="button" disabled=move || !can_step.get() on:click=move |_| state.send(Message::Step(unit.get_untracked()))>
                {text!(shell::bar::step)}
            </button>
            <select
                aria-label=text!(shell::bar::step_is)
                on:change:target=move |event| {
                    unit.set(if event.target().value() == "epoch" { StepUnit::Epoch } else { StepUnit::Batch });
                }
            >
                <option value="batch">{text!(shell::bar::one_batch)}</option>
                <option value="epoch">{text!(shell::bar::one_epoch)}</option>
            </select>
        </div>
    }
}

/// The alert.
#[component]
fn Notice() -> impl IntoView {
    let state = AppState::get();
    view! {
        <div class="notice" hidden=move || state.notice.with(Option::is_none)>
            <p role="alert">{move || state.notice.get().map(|notice| sentence::spoken(&notice))}</p>
            <button type="button" class="quiet" on:click=move |_| state.send(Message::Notice(None))>{text!(shell::bar::dismiss)}</button>
        </div>
    }
}

/// Follows the user's mode, not the runs' status, so that the button does not change under a click.
fn main_action(session: &Session, mode: TrainingMode) -> Main {
    if session.runs.iter().all(|run| run.status.is_ended()) {
        return Main::Train;
    }
    let is_training = || session.runs.iter().any(|run| run.status == RunStatus::Training);
    match mode {
        TrainingMode::Running => Main::Pause,
        TrainingMode::Stepping(StepUnit::Epoch) if is_training() => Main::Pause,
        TrainingMode::Stepping(_) | TrainingMode::Paused => Main::Resume,
    }
}
