//! The export menu.

use leptos::prelude::*;

use super::menu::{Msg, menu};
use crate::app::exports;
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::protocol::Question;

#[component]
pub fn ExportsView() -> impl IntoView {
    let state = AppState::get();
    let draw = move || menu(&state.evaluated.read(), &state.exported.read());
    let act = move |message: Msg| {
        let (session, spec) = (state.session.peek(), state.spec.peek());
        let message = match message {
            Msg::OfRun(run, what) => Message::Ask(Question::Export { run, what }),
            Msg::Graph(run) => Message::ExportGraph(run),
            Msg::Log { with_truth } => Message::Ask(Question::ExportLog { with_truth }),
            Msg::Metrics => Message::Save(exports::metrics(&session)),
            Msg::Experiment => Message::Save(Some(exports::experiment(&spec))),
            Msg::Bundle => Message::Save(Some(exports::bundle(&spec))),
            Msg::ScaleOut => Message::Save(exports::scale_out(&spec, &session)),
        };
        drop((session, spec));
        state.send(message);
    };
    marks(draw, act)
}
