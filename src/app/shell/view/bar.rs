//! The bar: train, pause, step, stop, share; progress by model; the status.

use leptos::prelude::*;

use super::is_training;
use super::share::Share;
use crate::app::dom::shown;
use crate::app::model_progress::model_progress;
use crate::app::shell::bar::{BarState, Buttons, Msg, alerts};
use crate::app::shell::runs::run_list;
use crate::app::shell::time::scrubber;
use crate::app::state::AppState;
use crate::app::timeline::Timeline;
use crate::app::widgets::{marks, picture};

#[component]
pub fn Bar() -> impl IntoView {
    let state = AppState::get();
    let bar = RwSignal::new(BarState::default());
    // On narrow pages one row; the rest on demand.
    let is_open = RwSignal::new(false);
    let update = move |message: Msg| state.update(bar, |bar| bar.update(message, &state.spec.peek()));
    let asks_to_restart = Memo::new(move |_| bar.read().asks_to_restart(&state.session.read(), &state.spec.read()));
    let buttons = Memo::new(move |_| {
        let (session, spec, log_state) = (state.session.read(), state.spec.read(), state.log_state.read());
        Buttons::of(&session, &spec, state.mode.get(), &log_state, state.opened_itself.get())
    });
    let timeline = Memo::new(move |_| Timeline::of(&state.session.read().runs));
    let progress = Memo::new(move |_| model_progress(&state.session.read().runs));
    view! {
        <section class="bar" class:is-open=is_open class:is-training=is_training(state) aria-label=text!(shell::bar::name)>
            {marks(move || alerts(state.notice.read().as_ref(), asks_to_restart.get()), update)}
            <div class="bar-row">
                {marks(move || vec![buttons.get().marks(bar.read().unit)], update)}
                {marks(move || scrubber(&timeline.read(), state.moment.get(), state.plays.get()), update)}
                {picture(move || vec![run_list(&progress.read())])}
                <p role="status" aria-live="polite" class="status">{move || shown(&state.status.get()).into_owned()}</p>
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
