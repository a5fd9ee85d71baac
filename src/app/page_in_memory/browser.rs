//! The browser of the tests: it keeps the effects, and has nothing else.

use std::cell::RefCell;

use leptos::html::Div;
use leptos::prelude::*;

use crate::app::address::{Embed, Theme};
use crate::app::late_functions::LateFunctions;
use crate::app::page::{Effect, FileHandle, Surroundings};
use crate::app::state::AppState;

thread_local! {
    static EFFECTS: RefCell<Vec<Effect>> = const { RefCell::new(Vec::new()) };
}

/// The effects since the last call.
pub fn take_effects() -> Vec<Effect> {
    EFFECTS.take()
}

pub struct Browser;

impl Browser {
    pub fn new(_: LateFunctions) -> Self {
        Self
    }
}

pub fn surroundings() -> Surroundings {
    Surroundings { now: 0.0, cores: 2, has_pressed: false, wants_stillness: true }
}

pub fn carry_out(_: AppState, effect: Effect) {
    EFFECTS.with_borrow_mut(|effects| effects.push(effect));
}

pub fn is_wide() -> bool {
    true
}

// What follows would happen in event handlers, which a page drawn as text has none of.

pub fn picked_files(_: &leptos::ev::Event) -> Vec<FileHandle> {
    Vec::new()
}

pub fn picked_text(_: &leptos::ev::Event) -> impl Future<Output = Option<(String, String)>> + use<> {
    std::future::ready(None)
}

pub fn save(_: &str, _: &[u8]) -> Result<(), ()> {
    Ok(())
}

pub fn choose_theme(_: Theme) {}

pub fn focus(_: &str) {}

pub fn scroll_to_top() {}

pub fn show_embed(_: Embed, _: &str) {}

pub fn on_press_outside(_: NodeRef<Div>, _: impl Fn() + 'static) {}

pub async fn copy_address(_: &str) -> bool {
    true
}

pub async fn wait(_: u32) {}

pub fn draw_dots<C, K>(_: &C, _: &K, _: &[u8]) {}

#[component]
pub fn DropTarget() -> impl IntoView {}
