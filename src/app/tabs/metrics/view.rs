//! The Metrics view: verdicts of the comparison, models × tasks, and loss curves.

use leptos::prelude::*;

use super::drawing::{TableMsg, TaskMsg, comparison, losses, task_section};
use super::metrics_table::Detail;
use super::operating::Costs;
use super::slice_findings::TreeOf;
use crate::app::browser::scroll_to_top;
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::widgets::{marks, picture};

/// Metrics of all runs against the baseline, and their loss curves.
#[component]
pub fn MetricsView() -> impl IntoView {
    let state = AppState::get();
    let detail = RwSignal::new(Detail::default());
    let draw_comparison = move || comparison(&state.evaluated.read().runs, state.pinned.get(), detail.get());
    let act = move |message: TableMsg| match message {
        TableMsg::Pin(model) => state.send(Message::Pin(model)),
        TableMsg::AllMetrics(are_shown) => detail.update(|detail| detail.all_metrics = are_shown),
        TableMsg::EachSeed(is_shown) => detail.update(|detail| detail.each_seed = is_shown),
    };
    let task = RwSignal::new("ctcvr".to_owned());
    let costs = RwSignal::new(Costs::default());
    let draw_task = move || task_section(&state.evaluated.read().runs, &task.read(), &costs.read());
    let choose = move |message: TaskMsg| match message {
        TaskMsg::Task(chosen) => task.set(chosen),
        TaskMsg::Costs(message) => costs.update(|costs| costs.apply(message)),
        TaskMsg::TreeOf(TreeOf { run, slice: subset }) => {
            state.send(Message::ShowTree { run, subset });
            scroll_to_top();
        }
    };
    view! {
        <div class="view metrics-view">
            {marks(draw_comparison, act)}
            {marks(draw_task, choose)}
            {picture(move || losses(&state.progressed.read().runs))}
        </div>
    }
}
