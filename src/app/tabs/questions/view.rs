//! The Questions view.

use leptos::prelude::*;

use super::answers::{AnswerInput, questions};
use crate::app::marks::Mark;
use crate::app::state::AppState;
use crate::app::widgets::picture;

/// Questions about the papers, answered by the runs on screen.
#[component]
pub fn QuestionsView() -> impl IntoView {
    let state = AppState::get();
    let draw = move || {
        let session = state.evaluated.read();
        let before = session.before.as_ref().map(|before| before.runs.as_slice()).unwrap_or_default();
        let input = AnswerInput { log: session.log.as_ref(), runs: &session.runs, before };
        vec![Mark::new("div").class("view story questions").children(questions(input))]
    };
    picture(draw)
}
