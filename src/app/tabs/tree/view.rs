//! The Tree view: the behaviour tree with predicted, observed and true conditionals, its formula and its events.

use leptos::prelude::*;

use super::drawing::TreeScene;
use super::state::{Context, Msg, TreeState};
use crate::app::rows::subset_question;
use crate::app::state::AppState;
use crate::app::tabs::selected::ModelSelection;
use crate::app::widgets::marks;

/// The behaviour tree of one model, over a scope of its held-out rows or for one impression.
#[component]
pub fn TreeView() -> impl IntoView {
    let state = AppState::get();
    let selection = ModelSelection::new(state);
    // A row may already be inspected in the Rows tab.
    let inspected = state.inspected.peek().as_ref().map(|inspected| inspected.row);
    let tab = RwSignal::new(TreeState::new(inspected));
    // Asks about the subset again when it, the model or its evaluation changes.
    state.keep_asking(move || subset_question(&state.evaluated.read(), selection.run.get(), state.subset.get()));
    let draw = move || {
        let (session, tab, current) = (state.evaluated.read(), tab.read(), selection.current.read());
        let (subset, subset_shown) = (state.subset.read(), state.subset_shown.read());
        let (choice, inspected) = (state.rows_choice.read(), state.inspected.read());
        let scene = TreeScene {
            session: &session,
            state: &tab,
            current: current.as_ref(),
            subset: subset.as_ref(),
            subset_shown: &subset_shown,
            choice: &choice,
            inspected: inspected.as_ref(),
            looks_back: state.moment.read().is_some(),
        };
        scene.draw(selection.picker("tree-model").map(Msg::Model))
    };
    let update = move |message: Msg| {
        state.update(tab, |tab| {
            let (spec, session, current) =
                (state.spec.peek(), state.session.peek(), selection.current.read_untracked());
            let context = Context {
                spec: &spec,
                model: current.as_ref().map(|current| &current.model),
                brush: state.rows_choice.peek().brush,
                rows: session.log.as_ref().map_or(0, |log| log.summary.rows),
            };
            tab.update(message, context)
        });
    };
    marks(draw, update)
}
