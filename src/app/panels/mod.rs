//! The rail: Data, Features, Models, Training.

mod data;
mod features;
mod findings;
mod generator;
mod models;
mod roles_table;
mod training;

use leptos::prelude::*;

use data::{DataPanel, LogProblem};
use features::FeaturesPanel;
pub use generator::FIRST_ROWS;
use models::ModelsPanel;
use training::TrainingPanel;

/// The rail. Narrow pages begin with it folded, so that the story comes first.
#[component]
pub fn Rail() -> impl IntoView {
    let is_wide = web_sys::window()
        .and_then(|window| window.inner_width().ok())
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width >= 900.0);
    view! {
        <aside class="rail" aria-label="Experiment">
            <LogProblem/>
            <DataPanel is_open=RwSignal::new(is_wide)/>
            <FeaturesPanel is_open=RwSignal::new(false)/>
            <ModelsPanel is_open=RwSignal::new(is_wide)/>
            <TrainingPanel is_open=RwSignal::new(is_wide)/>
        </aside>
    }
}
