//! The Story view: what a conventional CVR model never sees, on the log of the page.

use leptos::prelude::*;

use super::SelectionFigure;
use super::dots::DotField;
use crate::app::sentence;
use crate::app::state::{AppState, LogState};

#[component]
pub fn StoryView() -> impl IntoView {
    let state = AppState::get();
    let funnel = Memo::new(move |_| {
        state.session.with(|session| {
            let log = session.log.as_ref()?;
            let conversion_known = log.label_counts.iter().any(|(label, _)| label == "conversion");
            Some(sentence::funnel(&log.dots, conversion_known))
        })
    });
    let opening = move || match (funnel.get(), state.log_state.get()) {
        (Some(sentence), _) => sentence,
        (None, LogState::Loading { what }) => format!("{what} …"),
        (None, _) => "Drop an impression log anywhere on this page, or generate one with a known truth.".to_owned(),
    };
    view! {
        <div class="view story">
            <p class="lead">{opening}</p>
            <div class="story-figures">
                <DotField label=Signal::derive(move || funnel.get().unwrap_or_default())/>
                <div class="story-bias">
                    <SelectionFigure/>
                </div>
            </div>
        </div>
    }
}
