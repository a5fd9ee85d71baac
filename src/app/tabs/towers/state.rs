//! State of the Towers tab, and its update.

use super::embedding_map::{self, By};
use super::slow_motion::{self, SlowMotion};
use super::{density_drawing, rectangle};
use crate::app::address::Tab;
use crate::app::charts::brush;
use crate::app::models::RunKey;
use crate::app::page::Message;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::protocol::{Question, Run, RunId};

/// Messages of the Towers tab.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Model(RunKey),
    SlowMotion(slow_motion::Msg),
    /// The rectangle over the density.
    Brush(brush::Msg),
    Map(embedding_map::Msg),
}

/// State of the tab, besides the numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct TowersState {
    pub slow: SlowMotion,
    /// The rectangle that is being drawn, in units of the drawing.
    pub stroke: Option<rectangle::Stroke>,
    /// The field of the embedding map.
    pub field: usize,
    /// The meaning of its shades.
    pub by: By,
}

/// Page state that the update reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The run of the model on view.
    pub run: Option<&'a Run>,
    /// The rectangle that was drawn last.
    pub area: Option<PredictionBox>,
}

impl Default for TowersState {
    fn default() -> Self {
        Self { slow: SlowMotion::default(), stroke: None, field: 0, by: By::Ctr }
    }
}

impl Msg {
    /// Whether it shows another tab.
    pub fn opens_tab(&self) -> bool {
        matches!(self, Self::Brush(brush::Msg::ToRows | brush::Msg::ToTree))
    }
}

impl TowersState {
    /// Applies a message; returns the messages to the page, in order.
    pub fn update(&mut self, message: Msg, context: Context) -> Vec<Message> {
        let run = context.run.map(|run| run.id);
        match message {
            Msg::Model(key) => vec![Message::Choose(key)],
            Msg::SlowMotion(message) => {
                let Some(run) = run else { return Vec::new() };
                self.slow.update(message, run)
            }
            Msg::Map(embedding_map::Msg::Field(place)) => {
                self.field = place;
                Vec::new()
            }
            Msg::Map(embedding_map::Msg::ShadeBy(rate)) => {
                self.by = rate;
                Vec::new()
            }
            Msg::Brush(message) => {
                let Some(run) = context.run else { return Vec::new() };
                self.brush(message, run, context.area)
            }
        }
    }

    fn brush(&mut self, message: brush::Msg, run: &Run, area: Option<PredictionBox>) -> Vec<Message> {
        let set = |area: Option<PredictionBox>| Message::Brush { run: run.id, area };
        match message {
            brush::Msg::Draw(grab) => {
                let Some((stroke, is_over)) = rectangle::drawn(self.stroke, grab) else { return Vec::new() };
                self.stroke = (!is_over).then_some(stroke);
                if is_over { vec![set(laid_out(run, stroke))] } else { Vec::new() }
            }
            brush::Msg::Bound(bound, p) => vec![set(Some(brush::with_bound(area, bound, p)))],
            brush::Msg::Clear => vec![set(None)],
            brush::Msg::ToRows => vec![set(area), Message::Show(Tab::Rows)],
            brush::Msg::ToTree => {
                vec![Message::ShowSubset(area.map(RowsPart::Brush)), Message::Show(Tab::Tree)]
            }
        }
    }

    /// The rectangle over a run's density: the one that is being drawn, else the last one.
    pub fn area(&self, run: &Run, settled: Option<PredictionBox>) -> Option<PredictionBox> {
        self.stroke.and_then(|stroke| laid_out(run, stroke)).or(settled)
    }

    /// The question for the next batch of the run in slow motion, asked after each change.
    pub fn batch_to_ask(&self, run: Option<RunId>) -> Option<Question> {
        self.slow.shown?;
        Some(Question::Flow { run: run? })
    }
}

/// The rectangle between two points of the run's density as it is drawn.
fn laid_out(run: &Run, stroke: rectangle::Stroke) -> Option<PredictionBox> {
    let density = density_drawing::laid_out(&run.shown()?.density)?;
    brush::between(stroke.from, stroke.to, &density)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::app::marks::Grab;

    const AREA: PredictionBox = PredictionBox { p_ctr: (0.0, 0.1), p_cvr: (0.0, 1.0) };

    #[test]
    fn a_rectangle_is_drawn_dropped_cleared_and_taken_to_other_tabs() {
        let run = run(7, "esmm", 1, evaluation(&[]));
        let context = Context { run: Some(&run), area: Some(AREA) };
        let mut state = TowersState::default();
        let mut send = |message| state.update(Msg::Brush(message), context);
        assert_eq!(send(brush::Msg::Draw(Grab::Drag { x: 10.0, y: 10.0 })), []);
        assert_eq!(send(brush::Msg::Draw(Grab::Drag { x: 40.0, y: 30.0 })), []);
        let dropped = send(brush::Msg::Draw(Grab::Drop { x: 40.0, y: 30.0 }));
        assert!(matches!(dropped[..], [Message::Brush { run: 7, .. }]));
        assert_eq!(send(brush::Msg::Clear), [Message::Brush { run: 7, area: None }]);
        let to_tree = [Message::ShowSubset(Some(RowsPart::Brush(AREA))), Message::Show(Tab::Tree)];
        assert_eq!(send(brush::Msg::ToTree), to_tree);
        let to_rows = [Message::Brush { run: 7, area: Some(AREA) }, Message::Show(Tab::Rows)];
        assert_eq!(send(brush::Msg::ToRows), to_rows);
        assert_eq!(state.stroke, None);
    }

    #[test]
    fn slow_motion_asks_for_the_batch_of_the_run_on_view_and_of_none_without_one() {
        let run = run(7, "esmm", 1, evaluation(&[]));
        for (run, expected) in
            [(Some(&run), vec![Message::PauseTraining, Message::Ask(Question::Flow { run: 7 })]), (None, vec![])]
        {
            let mut state = TowersState::default();
            let sent = state.update(Msg::SlowMotion(slow_motion::Msg::Open), Context { run, area: None });
            assert_eq!(sent, expected);
            assert_eq!(state.batch_to_ask(Some(7)).is_some(), run.is_some());
        }
    }
}
