//! The export menu.

use leptos::prelude::*;

use super::menu::{Msg, menu};
use crate::app::state::AppState;
use crate::app::widgets::marks;

#[component]
pub fn ExportsView() -> impl IntoView {
    let state = AppState::get();
    let is_inert = RwSignal::new(true);
    let draw = move || menu(&state.evaluated.read(), is_inert.get(), &state.exported.read());
    let act = move |message: Msg| {
        if let Msg::Inert(chosen) = message {
            is_inert.set(chosen);
        }
        if let Some(message) = message.to_page(&state.session.peek(), &state.spec.peek()) {
            state.send(message);
        }
    };
    marks(draw, act)
}
