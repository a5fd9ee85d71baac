//! The export menu.

use leptos::prelude::*;

use super::menu::{Msg, menu};
use crate::app::state::AppState;
use crate::app::widgets::marks;

#[component]
pub fn ExportsView() -> impl IntoView {
    let state = AppState::get();
    let draw = move || menu(&state.evaluated.read(), &state.exported.read());
    let act = move |message: Msg| {
        let message = message.to_page(&state.session.peek(), &state.spec.peek());
        state.send(message);
    };
    marks(draw, act)
}
