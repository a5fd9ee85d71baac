//! What the views share: cheap change keys, figures with a sentence and a table twin, choices.

use leptos::prelude::*;

use crate::app::state::AppState;
use crate::protocol::{Run, RunId, RunStatus};

/// Changes when a run is added, evaluated or ended, and not with every step: what drawings of evaluations watch.
pub fn evaluations_key(state: AppState) -> Memo<Vec<(RunId, usize, bool)>> {
    Memo::new(move |_| {
        state.session.with(|session| {
            session.runs.iter().map(|run| (run.id, run.evaluations.len(), run.status.is_ended())).collect()
        })
    })
}

/// A value read from the session's runs, recomputed only when an evaluation arrives.
pub fn from_runs<T>(state: AppState, read: impl Fn(&[Run]) -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let key = evaluations_key(state);
    Memo::new(move |_| {
        key.with(|_| ()); // `track` alone would never run a memo that nobody reads
        state.session.with_untracked(|session| read(&session.runs))
    })
}

/// Whether any run is still to say something.
pub fn is_running(runs: &[Run]) -> bool {
    runs.iter().any(|run| !run.status.is_ended() && run.status != RunStatus::Held)
}

/// A chart with its title, its sentence and a table of the same numbers.
#[component]
pub fn Figure(
    /// The heading of the figure.
    #[prop(into)]
    title: Signal<String>,
    /// What the figure shows, in numbers; also said to those who cannot see it.
    #[prop(into)]
    sentence: Signal<String>,
    /// The same numbers as a table.
    #[prop(into)]
    table: ViewFn,
    children: Children,
) -> impl IntoView {
    view! {
        <figure class="figure">
            <figcaption>
                <h3 class="figure-title">{title}</h3>
                <p class="figure-sentence">{sentence}</p>
            </figcaption>
            {children()}
            <TableTwin table/>
        </figure>
    }
}

/// The numbers of a chart behind a disclosure. The table is only built while it is open.
#[component]
pub fn TableTwin(#[prop(into)] table: ViewFn) -> impl IntoView {
    let open = RwSignal::new(false);
    let toggle = move |event: leptos::ev::Event| {
        use leptos::wasm_bindgen::JsCast;
        let details = event.current_target().and_then(|t| t.dyn_into::<leptos::web_sys::Element>().ok());
        open.set(details.is_some_and(|d| d.has_attribute("open")));
    };
    view! {
        <details class="table-twin" on:toggle=toggle>
            <summary>"Show as table"</summary>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
                {move || open.get().then(|| table.run())}
            </div>
        </details>
    }
}

/// One choice of several, as native radio buttons in a row.
#[component]
pub fn Choices<T>(
    /// What is chosen.
    legend: &'static str,
    /// Unique in the page: the radio group's name.
    group: &'static str,
    #[prop(into)] options: Signal<Vec<Choice<T>>>,
    #[prop(into)] chosen: Signal<Option<T>>,
    on_choose: Callback<T>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    view! {
        <fieldset class="view-choices">
            <legend>{legend}</legend>
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|Choice { value, label, class }| {
                        let mine = value.clone();
                        let is_chosen = move || chosen.with(|c| c.as_ref() == Some(&mine));
                        view! {
                            <label class=format!("view-choice {class}")>
                                <input type="radio" name=group prop:checked=is_chosen
                                    on:change=move |_| on_choose.run(value.clone())/>
                                <span>{label}</span>
                            </label>
                        }
                    })
                    .collect_view()
            }}
        </fieldset>
    }
}

/// An option of [`Choices`].
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<T> {
    pub value: T,
    pub label: String,
    /// Further CSS classes: a model's hue.
    pub class: String,
}

/// A place where a figure will be, and what has to happen first.
#[component]
pub fn Awaiting(#[prop(into)] what: Signal<String>) -> impl IntoView {
    view! { <p class="awaiting">{what}</p> }
}
