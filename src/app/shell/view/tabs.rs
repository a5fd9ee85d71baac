//! The views as tabs: one tab stop, arrow keys between them.

use leptos::prelude::*;

use super::late_view::late_view;
use crate::app::address::{Tab, VIEWS};
use crate::app::browser::focus;
use crate::app::modules::ViewName;
use crate::app::page::Message;
use crate::app::sentence;
use crate::app::shell::tabs::{id, neighbour, title};
use crate::app::state::AppState;

/// The tab list and the chosen view.
#[component]
pub fn Tabs() -> impl IntoView {
    let state = AppState::get();
    let buttons = VIEWS.map(|(tab, _)| view! { <TabButton tab/> }).collect_view();
    let panel = late_view(move || ViewName::Tab(state.tab.get()));
    view! {
        <div role="tablist" aria-label=text!(shell::views) class="tabs">{buttons}</div>
        <Provenance/>
        <div role="tabpanel" id="view" class="tab-panel" tabindex="0" aria-labelledby=move || id(state.tab.get())>
            {panel}
        </div>
    }
}

/// A note if the runs on view were not trained by this page.
#[component]
fn Provenance() -> impl IntoView {
    let state = AppState::get();
    let words = Memo::new(move |_| state.session.with(|session| sentence::provenance(&session.runs)));
    view! {
        <p class="provenance" hidden=move || words.get().is_none()>
            {move || words.get().map(|words| text!(shell::provenance, words = words))}
        </p>
    }
}

#[component]
fn TabButton(tab: Tab) -> impl IntoView {
    let state = AppState::get();
    let is_chosen = Memo::new(move |_| state.tab.get() == tab);
    view! {
        <button
            type="button"
            role="tab"
            id=id(tab)
            aria-controls="view"
            aria-selected=move || is_chosen.get().to_string()
            tabindex=move || if is_chosen.get() { "0" } else { "-1" }
            on:click=move |_| state.send(Message::Show(tab))
            on:keydown=move |event| {
                if let Some(to) = neighbour(tab, &event.key()) {
                    event.prevent_default();
                    state.send(Message::Show(to));
                    focus(&id(to));
                }
            }
        >
            {title(tab)}
        </button>
    }
}
