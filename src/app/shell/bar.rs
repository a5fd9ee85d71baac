//! A question whether to restart, after the experiment has changed during training.

use leptos::prelude::*;

use crate::app::marks::{Control, Mark, button};
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::domain::spec::RunSpec;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Msg {
    TrainAgain,
    /// Continue the runs.
    Leave,
}

/// The question, if the experiment has changed. A learning rate does not count: it applies to runs under way.
#[component]
pub fn Restart() -> impl IntoView {
    let state = AppState::get();
    let under_way = Memo::new(move |_| {
        state.session.with(|session| {
            let is_under_way = session.runs.iter().any(|run| !run.status.is_ended());
            if is_under_way { session.trained.clone() } else { None }
        })
    });
    // The experiment that the user chose not to restart for: not asked about again.
    let left = RwSignal::new(None::<RunSpec>);
    let is_asked = Memo::new(move |_| {
        under_way.with(|trained| {
            let Some(trained) = trained else { return false };
            state.spec.with(|spec| !is_same_structure(spec, trained) && left.with(|left| left.as_ref() != Some(spec)))
        })
    });
    let draw = move || if is_asked.get() { vec![question()] } else { Vec::new() };
    marks(draw, move |message| match message {
        Msg::TrainAgain => state.send(Message::Train),
        Msg::Leave => left.set(Some(state.spec.peek().clone())),
    })
}

fn question() -> Mark<Msg> {
    Mark::new("div")
        .class("notice restart")
        .attr("role", "group")
        .attr("aria-label", text!(shell::restart::name))
        .children([
            Mark::new("p").text(text!(shell::restart::words)),
            Mark::new("span").class("restart-buttons").children([
                button(Control::new(text!(shell::restart::again)), "", Msg::TrainAgain),
                button(Control::new(text!(shell::restart::leave)), "quiet", Msg::Leave),
            ]),
        ])
}

/// Whether both have the same runs, but for the learning rate.
fn is_same_structure(spec: &RunSpec, trained: &RunSpec) -> bool {
    let mut spec = spec.clone();
    spec.training.learning_rate = trained.training.learning_rate;
    spec == *trained
}
