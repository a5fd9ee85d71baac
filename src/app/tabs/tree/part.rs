//! What the Tree view says of a part of the held-out impressions and of one of them: which it is, and how to choose another.

use leptos::prelude::*;

use super::slice_choice;
use super::state::Msg;
use crate::app::charts::brush;
use crate::app::charts::tree_values::TreeScope;
use crate::app::marks::Mark;
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::app::tabs::selected::Selection;
use crate::domain::report::{PartReading, RowsPart};

/// What a worker has said of the part that is on view, when it was about this run.
pub fn read<T>(state: AppState, scope: TreeScope, run: Option<u32>, of: impl FnOnce(&PartReading) -> T) -> Option<T> {
    state.part_shown.with(|shown| {
        let (of_run, reading) = shown.newest.as_ref()?;
        let is_slice = matches!(reading.part, RowsPart::Slice { .. });
        (Some(*of_run) == run && is_slice == (scope == TreeScope::Slice)).then(|| of(reading))
    })
}

/// Whether there is a model to ask.
pub fn is_trained(state: AppState) -> bool {
    state.session.with(|s| s.runs.iter().any(|run| run.latest().is_some() && run.is_in_memory()))
}

/// Which part it is, and how to choose another.
pub fn marks(state: AppState, selection: Selection, scope: TreeScope) -> Vec<Mark<Msg>> {
    let current = selection.current.get();
    let run = current.as_ref().and_then(|candidate| candidate.run);
    let mut marks: Vec<Mark<Msg>> = match scope {
        TreeScope::Slice => {
            let controls = read(state, scope, run, slice_choice::controls).unwrap_or_default();
            controls.into_iter().map(|mark| mark.map(Msg::Slice)).collect()
        }
        _ => {
            let chip = |part: &RowsPart| match part {
                RowsPart::Brush(area) => {
                    let name = current.as_ref().map_or("", |candidate| display_name(&candidate.model.name));
                    Some(brush::chip(area, name, Msg::ClearBrush))
                }
                RowsPart::Slice { .. } => None,
            };
            state.part.with(|part| part.as_ref().and_then(chip)).into_iter().collect()
        }
    };
    let message = state.part_shown.with(|shown| shown.message.clone());
    let words = match (message, is_trained(state), state.moment.get()) {
        (_, false, _) => text!(views::tree_part::train_first).to_owned(),
        (Some(message), ..) => format!("{}.", message.trim_end_matches('.')),
        (None, true, Some(_)) => text!(views::tree_part::newest).to_owned(),
        (None, true, None) => String::new(),
    };
    marks.push(Mark::new("p").class("view-note").attr("aria-live", "polite").text(words).key("part-note"));
    marks
}

/// Raw features of the picked impression.
pub fn features(features: &[(String, String)]) -> Mark {
    let item = |(name, value): &(String, String)| {
        Mark::new("div").child(Mark::new("dt").text(name)).child(Mark::new("dd").text(value))
    };
    Mark::new("dl")
        .class("features")
        .attr("aria-label", text!(views::tree_part::features))
        .children(features.iter().map(item))
}
