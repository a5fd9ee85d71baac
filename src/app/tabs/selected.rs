//! The chosen model of a view.

use leptos::prelude::*;

use super::candidates::{Candidate, candidates, chosen, picker};
use crate::app::marks::Mark;
use crate::app::models::RunKey;
use crate::app::state::AppState;
use crate::protocol::RunId;

/// The chosen model of a view, and its candidates.
#[derive(Clone, Copy)]
pub struct ModelSelection {
    candidates: Memo<Vec<Candidate>>,
    pub current: Memo<Option<Candidate>>,
    /// The run of the chosen model.
    pub run: Memo<Option<RunId>>,
}

impl ModelSelection {
    pub fn new(state: AppState) -> Self {
        let candidates = Memo::new(move |_| candidates(&state.evaluated.read().runs, &state.spec.read().models));
        let current = Memo::new(move |_| chosen(&candidates.read(), state.chosen.read().as_ref()).cloned());
        let run = Memo::new(move |_| current.read().as_ref()?.run);
        Self { candidates, current, run }
    }

    /// Buttons that choose the model. `group` is unique on the page.
    pub fn picker(&self, group: &str) -> Mark<RunKey> {
        picker(&self.candidates.read(), self.current.read().as_ref(), group)
    }
}
