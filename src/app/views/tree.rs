//! The Tree view: the behaviour tree with predicted, observed and true conditionals, its formula and its events.

use leptos::prelude::*;

use super::selected::{Candidate, ModelChoice, Selection};
use super::shared::{Choice, Choices, TableTwin, evaluations_key};
use super::tree_figure::TreeFigure;
use super::tree_formula::{EventTable, FormulaLine};
use crate::app::charts::behavior_tree::{Shape, condition};
use crate::app::charts::format;
use crate::app::charts::names;
use crate::app::charts::tree_values::{self, TreeScope, TreeValues, has_own_loss};
use crate::app::models::display_name;
use crate::app::state::AppState;

/// What the parts of the Tree view share.
#[derive(Clone, Copy)]
pub struct TreeContext {
    pub candidate: Memo<Option<Candidate>>,
    pub values: Memo<TreeValues>,
    /// The question whose edge is pointed at or focused.
    pub lit: RwSignal<Option<usize>>,
}

/// The behaviour tree of one model, over a scope of its held-out rows or for one impression.
#[component]
pub fn TreeView(
    /// Asks the engines for the reading of a row; the answer arrives in [`AppState::picked`].
    #[prop(into)]
    on_pick: Callback<usize>,
) -> impl IntoView {
    let state = AppState::get();
    let selection = Selection::new(state);
    // Rows sends its reader here with a row already picked.
    let is_picked = state.picked.with_untracked(Option::is_some);
    let scope = RwSignal::new(if is_picked { TreeScope::OneImpression } else { TreeScope::All });
    let values = values_of(state, selection, scope);
    let context = TreeContext { candidate: selection.current, values, lit: RwSignal::new(None) };
    let sentence = move || {
        let candidate = context.candidate.get();
        candidate.map(|c| context.values.with(|v| tree_values::sentence(display_name(&c.model.name), &c.model.tree, v)))
    };
    let caveat = move || {
        let candidate = context.candidate.get();
        candidate.and_then(|c| context.values.with(|v| tree_values::caveat(&c.model.tree, v)))
    };
    let hue =
        move || context.candidate.with(|c| c.as_ref().map(|c| names::hue_class(&c.model.name)).unwrap_or_default());
    view! {
        <div class=move || format!("view tree-view {}", hue())>
            <div class="view-controls">
                <ModelChoice selection group="tree-model"/>
                <ScopeChoice scope on_pick/>
            </div>
            <p class="view-sentence">{sentence}</p>
            <TreeFigure context shape=Shape::Wide/>
            <TreeFigure context shape=Shape::Narrow/>
            <TreeKey/>
            <p class="view-note">{caveat}</p>
            <FormulaLine context/>
            <EventTable context/>
            <Features context/>
            <TableTwin table=move || view! { <EdgeTable context/> }/>
        </div>
    }
}

/// The numbers of the chosen model and scope: the newest evaluation's, or one impression's, or the log's own.
fn values_of(state: AppState, selection: Selection, scope: RwSignal<TreeScope>) -> Memo<TreeValues> {
    let key = evaluations_key(state);
    let log_rows =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| (log.name.clone(), log.summary))));
    Memo::new(move |_| {
        key.with(|_| ()); // `track` alone would never run a memo that nobody reads
        log_rows.with(|_| ());
        let Some(candidate) = selection.current.get() else { return TreeValues::default() };
        let model = &candidate.model;
        if scope.get() == TreeScope::OneImpression {
            return state.picked.with(|picked| {
                let reading = picked.as_ref().zip(candidate.run).and_then(|(p, run)| p.readings.get(&run));
                reading.map(|reading| tree_values::of_impression(model, reading)).unwrap_or_default()
            });
        }
        state.session.with_untracked(|session| {
            let evaluation = candidate.run.and_then(|id| session.run(id)).and_then(|run| run.latest());
            match (evaluation, &session.log) {
                (Some(evaluation), _) => {
                    let wanted = scope.get().of_evaluation();
                    let reading = evaluation.trees.iter().find(|tree| Some(tree.scope) == wanted);
                    reading.map(|reading| tree_values::of_reading(model, reading)).unwrap_or_default()
                }
                (None, Some(log)) => tree_values::of_log(model, log),
                (None, None) => TreeValues::default(),
            }
        })
    })
}

#[component]
fn ScopeChoice(scope: RwSignal<TreeScope>, on_pick: Callback<usize>) -> impl IntoView {
    let state = AppState::get();
    let options = Signal::stored(
        TreeScope::EVERY.map(|value| Choice { value, label: value.label().to_owned(), class: String::new() }).to_vec(),
    );
    let rows = Memo::new(move |_| state.session.with(|s| s.log.as_ref().map_or(0, |log| log.summary.rows)));
    let row = RwSignal::new(state.picked.with_untracked(|picked| picked.as_ref().map_or(0, |picked| picked.row)));
    let ask = move || {
        if rows.get_untracked() > 0 {
            on_pick.run(row.get_untracked());
        }
    };
    let choose = Callback::new(move |value| {
        scope.set(value);
        if value == TreeScope::OneImpression {
            ask();
        }
    });
    let typed = move |event: leptos::ev::Event| {
        if let Ok(number) = event_target_value(&event).parse::<usize>() {
            row.set(number.min(rows.get_untracked().saturating_sub(1)));
            ask();
        }
    };
    let is_trained = Memo::new(move |_| state.session.with(|s| s.runs.iter().any(|run| run.latest().is_some())));
    let message = move || match is_trained.get() {
        false => Some("Train a model first: then it can say what it expects of any single impression.".to_owned()),
        true => state.picked.with(|p| p.as_ref().and_then(|p| p.message.clone())),
    };
    view! {
        <Choices legend="Over" group="tree-scope" options chosen=Signal::derive(move || Some(scope.get())) on_choose=choose/>
        <Show when=move || scope.get() == TreeScope::OneImpression>
            <label class="row-number">
                "Row of the log, from 0"
                <input type="number" min="0" max=move || rows.get().saturating_sub(1) prop:value=move || row.get()
                    on:change=typed/>
            </label>
            <p class="view-note" role="status">{message}</p>
        </Show>
    }
}

/// What the marks mean; drawn with the marks themselves.
#[component]
fn TreeKey() -> impl IntoView {
    view! {
        <ul class="key">
            <li><svg width="28" height="14" aria-hidden="true"><rect class="bar-track" x="0.5" y="2.5" width="27" height="9"/><rect class="bar-fill" x="0.5" y="2.5" width="15" height="9"/></svg>"predicted"</li>
            <li><svg width="10" height="14" aria-hidden="true"><path class="observed-tick" d="M5 0V14"/></svg>"observed"</li>
            <li><svg width="14" height="14" aria-hidden="true"><path class="truth-mark" d="M7 2L12 7L7 12L2 7Z"/></svg>"truth, when known"</li>
            <li><svg width="28" height="14" aria-hidden="true"><path class="edge-path" d="M0 7H28"/></svg>"has a loss of its own"</li>
            <li><svg width="28" height="14" aria-hidden="true"><path class="edge-path dashed" d="M0 7H28"/></svg>"learned only through a product or mixture"</li>
        </ul>
    }
}

/// Raw features of the picked impression.
#[component]
fn Features(context: TreeContext) -> impl IntoView {
    let features = Memo::new(move |_| context.values.with(|v| v.features.clone()));
    move || {
        let features = features.get();
        (!features.is_empty()).then(|| {
            let items = features.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
            view! { <dl class="features" aria-label="Features of the impression">{items.collect_view()}</dl> }
        })
    }
}

/// The tree as a table: one row a question.
#[component]
fn EdgeTable(context: TreeContext) -> impl IntoView {
    move || {
        let candidate = context.candidate.get()?;
        let values = context.values.get();
        let model = candidate.model;
        let rows = model.tree.questions.iter().enumerate().map(|(index, question)| {
            let edge = values.edges.get(index).copied().unwrap_or_default();
            let cell = |p: Option<f64>, none: &'static str| p.map_or(none.to_owned(), format::percent);
            view! {
                <tr>
                    <th scope="row">{names::symbol(&question.name)}</th>
                    <td>{format!("{} {}", names::asks(question), condition(&model.tree, index))}</td>
                    <td class="num">{cell(edge.predicted, "not trained")}</td>
                    <td class="num">{cell(edge.observed, edge.without_observed())}</td>
                    <td class="num">{cell(edge.truth, "not known")}</td>
                    <td>{if has_own_loss(&model, index) { "its own" } else { "through a product or mixture" }}</td>
                </tr>
            }
        });
        Some(view! {
            <table class="data-table">
                <caption>{format!("Conditional probabilities of {}, {}", candidate.label, values.over)}</caption>
                <thead><tr>
                    <th scope="col">"Question"</th><th scope="col">"Asked"</th><th scope="col">"Predicted"</th>
                    <th scope="col">"Observed"</th><th scope="col">"True"</th><th scope="col">"Loss"</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        })
    }
}
