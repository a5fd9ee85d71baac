//! The views as tabs: one stop of the tab key, arrows between them.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::part::part;
use crate::app::parts::PartName;
use crate::app::sentence;
use crate::app::state::{AppState, Tab};

/// Each view, its name in ids, and its title.
const TABS: [(Tab, &str, &str); 7] = [
    (Tab::Story, "Story", text!(shell::tabs::story)),
    (Tab::Tree, "Tree", text!(shell::tabs::tree)),
    (Tab::Towers, "Towers", text!(shell::tabs::towers)),
    (Tab::Metrics, "Metrics", text!(shell::tabs::metrics)),
    (Tab::Rows, "Rows", text!(shell::tabs::rows)),
    (Tab::Questions, "Questions", text!(shell::tabs::questions)),
    (Tab::Data, "Data", text!(shell::tabs::data)),
];

/// The tab list and the chosen view.
#[component]
pub fn Tabs() -> impl IntoView {
    let state = AppState::get();
    let buttons = TABS.map(|(tab, name, title)| view! { <TabButton tab name title/> }).collect_view();
    let name = move || name_of(state.tab.get());
    let panel = part(move || PartName::View(state.tab.get()));
    view! {
        <div role="tablist" aria-label=text!(shell::views) class="tabs">{buttons}</div>
        <Provenance/>
        <div role="tabpanel" id="view" class="tab-panel" tabindex="0" aria-labelledby=move || format!("tab-{}", name())>
            {panel}
        </div>
    }
}

/// Says so when the runs on view were not made by this page.
#[component]
fn Provenance() -> impl IntoView {
    let state = AppState::get();
    let words = Memo::new(move |_| state.session.with(|session| sentence::recalled(&session.runs)));
    view! {
        <p class="provenance" hidden=move || words.get().is_none()>
            {move || words.get().map(|words| text!(shell::provenance, words = words))}
        </p>
    }
}

#[component]
fn TabButton(tab: Tab, name: &'static str, title: &'static str) -> impl IntoView {
    let state = AppState::get();
    let is_chosen = Memo::new(move |_| state.tab.get() == tab);
    view! {
        <button
            type="button"
            role="tab"
            id=format!("tab-{name}")
            aria-controls="view"
            aria-selected=move || is_chosen.get().to_string()
            tabindex=move || if is_chosen.get() { "0" } else { "-1" }
            on:click=move |_| state.tab.set(tab)
            on:keydown=move |event| {
                if let Some(to) = neighbour(tab, &event.key()) {
                    event.prevent_default();
                    state.tab.set(to);
                    focus(to);
                }
            }
        >
            {title}
        </button>
    }
}

fn neighbour(tab: Tab, key: &str) -> Option<Tab> {
    let at = TABS.iter().position(|(t, ..)| *t == tab)?;
    let to = match key {
        "ArrowRight" => (at + 1) % TABS.len(),
        "ArrowLeft" => (at + TABS.len() - 1) % TABS.len(),
        "Home" => 0,
        "End" => TABS.len() - 1,
        _ => return None,
    };
    Some(TABS[to].0)
}

fn name_of(tab: Tab) -> &'static str {
    TABS.iter().find(|(t, ..)| *t == tab).map_or("", |(_, name, _)| name)
}

fn focus(tab: Tab) {
    let button = document().get_element_by_id(&format!("tab-{}", name_of(tab)));
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A button that is on the page takes the focus.
        let _ = button.focus();
    }
}
