//! pCTR against pCVR of one model, and the rectangle over it that Rows and the Tree follow.

use leptos::prelude::*;

use super::density_drawing;
use crate::app::change_keys::evaluations_key;
use crate::app::charts::brush::{self, Counted};
use crate::app::client::Client;
use crate::app::marks::{Grab, Mark, figure};
use crate::app::models::display_name;
use crate::app::state::{AppState, Tab};
use crate::app::tabs::selected::Selection;
use crate::app::widgets::marks;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::protocol::{Run, RunId};

/// A rectangle under way, in the units of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stroke {
    /// Where the pointer went down.
    from: (f64, f64),
    /// Where it is.
    to: (f64, f64),
}

/// The figure and its brush; drawn by itself, since it is drawn anew with every move of the pointer.
pub fn density_with_brush(state: AppState, client: Client, selection: Selection) -> AnyView {
    let key = evaluations_key(state);
    let drag = RwSignal::new(None::<Stroke>);
    let run = Memo::new(move |_| selection.current.with(|current| current.as_ref()?.run));
    let settled = Memo::new(move |_| state.rows_choice.with(|choice| choice.brush));
    Effect::new(move |_| {
        key.with(|_| ());
        if let (Some(run), Some(area)) = (run.get(), settled.get()) {
            let is_there = |run: &RunId| state.session.with_untracked(|s| s.run(*run).is_some_and(Run::is_in_memory));
            if is_there(&run) {
                client.part(run, RowsPart::Brush(area));
            }
        }
    });
    let draw = move || {
        key.with(|_| ());
        let area = drag.get().and_then(|stroke| laid_out(state, run.get()?, stroke)).or(settled.get());
        let Some(run) = run.get() else { return Vec::new() };
        let (counted, message) = counted(state, run, area);
        let note = match state.moment.get() {
            Some(_) if area.is_some() => text!(views::density::newest).into(),
            _ => message,
        };
        let figure = state.session.with_untracked(|session| {
            let evaluation = session.run(run)?.shown()?;
            let drawing = density_drawing::drawing(&evaluation.density, area.as_ref())?;
            let name = display_name(&session.run(run)?.model.name);
            // Without its model there is nobody to ask what is in a rectangle.
            let form = session.run(run)?.is_in_memory().then(|| brush::form(area.as_ref(), name, counted, &note));
            Some([figure(drawing)].into_iter().chain(form).collect::<Vec<Mark<brush::Msg>>>())
        });
        let view = Mark::new("div").class("view towers-view is-below").class(selection.hue());
        figure.map_or_else(Vec::new, |marks| vec![view.children(marks)])
    };
    marks(draw, move |message: brush::Msg| {
        let Some(run) = run.get_untracked() else { return };
        let area = settled.get_untracked();
        match message {
            brush::Msg::Draw(grab) => dragged(state, run, grab, drag),
            brush::Msg::Bound(bound, p) => state.brush(run, Some(brush::with_bound(area, bound, p))),
            brush::Msg::Clear => state.brush(run, None),
            brush::Msg::ToRows => {
                state.brush(run, area);
                turn_to(state, Tab::Rows);
            }
            brush::Msg::ToTree => {
                state.part.set(area.map(RowsPart::Brush));
                turn_to(state, Tab::Tree);
            }
        }
    })
}

/// Another view, from its top: the figure stands far down its own.
fn turn_to(state: AppState, tab: Tab) {
    state.tab.set(tab);
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

fn dragged(state: AppState, run: RunId, grab: Grab, drag: RwSignal<Option<Stroke>>) {
    let (at, is_over) = match grab {
        Grab::Drag { x, y } => ((x, y), false),
        Grab::Drop { x, y } => ((x, y), true),
        Grab::Key(_) => return,
    };
    let from = drag.with_untracked(|drag| drag.map_or(at, |stroke| stroke.from));
    let stroke = Stroke { from, to: at };
    if is_over {
        drag.set(None);
        state.brush(run, laid_out(state, run, stroke));
    } else {
        drag.set(Some(stroke));
    }
}

/// The rectangle between two points of the run's density as it is drawn.
fn laid_out(state: AppState, run: RunId, stroke: Stroke) -> Option<PredictionBox> {
    state.session.with_untracked(|session| {
        let density = density_drawing::laid_out(&session.run(run)?.shown()?.density)?;
        brush::between(stroke.from, stroke.to, &density)
    })
}

/// How many rows are in the rectangle, once the worker has said so; and why it has not.
fn counted(state: AppState, run: RunId, area: Option<PredictionBox>) -> (Option<Counted>, String) {
    state.part_shown.with(|shown| {
        let reading = shown.newest.as_ref().filter(|(of_run, _)| *of_run == run).map(|(_, reading)| reading);
        let of_area = reading.filter(|reading| Some(&reading.part) == area.map(RowsPart::Brush).as_ref());
        let counted = of_area.map(|reading| Counted { rows: reading.tree.rows, clicked: reading.clicked_rows });
        let message = shown.message.as_ref().filter(|_| area.is_some());
        (counted, message.map(|message| format!("{}.", message.trim_end_matches('.'))).unwrap_or_default())
    })
}
