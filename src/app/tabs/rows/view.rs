//! The Rows view: a window of the log's rows with every model's predictions, and one row inspected.

use leptos::html::Div;
use leptos::prelude::*;

use super::drawing::RowsScene;
use super::state::{Context, Msg, RowsState, total, window_to_ask};
use super::window::height_below;
use crate::app::marks::Mark;
use crate::app::state::AppState;
use crate::app::tabs::selected::ModelSelection;
use crate::app::widgets::marks;

#[component]
pub fn RowsView() -> impl IntoView {
    let state = AppState::get();
    let selection = ModelSelection::new(state);
    let tab = RwSignal::new(RowsState::default());
    let scroller = NodeRef::<Div>::new();
    let update = move |message| update(state, tab, scroller, message);
    let scene = move |draw: fn(RowsScene) -> Vec<Mark<Msg>>| with_scene(state, tab, draw);
    let inspector = move || {
        let (current, picker) = (selection.current.get(), selection.picker("rows-model").map(Msg::Model));
        with_scene(state, tab, |scene| scene.inspector(current.as_ref(), picker))
    };
    // The window follows the choice, the scrolling and the log.
    let start = Memo::new(move |_| tab.read().window.start);
    state.keep_asking(move || window_to_ask(&state.evaluated.read(), &state.rows_choice.read(), start.get()));
    let n_rows = move || total(&state.rows.read());
    let has_log = Memo::new(move |_| state.session.read().log.is_some());
    view! {
        <div class="view rows">
            {marks(move || scene(|scene| scene.controls()), update)}
            <div
                class="rows-scroll"
                node_ref=scroller
                hidden=move || !has_log.get()
                tabindex="0"
                role="grid"
                aria-label=text!(views::rows::table)
                aria-rowcount=move || (n_rows() + 1).to_string()
                aria-activedescendant=move || format!("rows-place-{}", tab.read().window.cursor)
                on:scroll=move |_| {
                    let top = scroller.get_untracked().map(|scroller| scroller.scroll_top());
                    update(Msg::Scrolled(f64::from(top.unwrap_or_default())));
                }
                on:keydown=move |event| {
                    let is_on_table = event.target() == event.current_target();
                    if let Some(message) = Msg::of_key(&event.key(), is_on_table) {
                        event.prevent_default();
                        update(message);
                    }
                }
            >
                <div class="rows-window">{marks(move || scene(|scene| scene.table()), update)}</div>
                <div class="rows-spacer" style:height=move || format!("{}px", height_below(n_rows()))></div>
            </div>
            {marks(inspector, update)}
        </div>
    }
}

fn with_scene<T>(state: AppState, tab: RwSignal<RowsState>, draw: impl FnOnce(RowsScene) -> T) -> T {
    let (session, choice, shown) = (state.evaluated.read(), state.rows_choice.read(), state.rows.read());
    let (inspected, tab) = (state.inspected.read(), tab.read());
    let looks_back = state.moment.read().is_some();
    let inspected = inspected.as_ref();
    draw(RowsScene { session: &session, choice: &choice, shown: &shown, inspected, state: &tab, looks_back })
}

fn update(state: AppState, tab: RwSignal<RowsState>, scroller: NodeRef<Div>, message: Msg) {
    let mut after = tab.get_untracked();
    let (messages, top) = {
        let (session, choice, shown) = (state.session.peek(), state.rows_choice.peek(), state.rows.peek());
        let inspected = state.inspected.peek();
        let context = Context { session: &session, choice: &choice, shown: &shown, inspected: inspected.as_ref() };
        after.update_and_scroll(message, context)
    };
    if let (Some(top), Some(scroller)) = (top, scroller.get_untracked()) {
        scroller.set_scroll_top(top.round() as i32);
    }
    if after != *tab.read_untracked() {
        tab.set(after);
    }
    state.send_all(messages);
}
