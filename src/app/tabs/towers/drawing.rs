//! Marks of the Towers tab: the network, each head's predictions, pCTR against pCVR, and the embedding map.

use super::histogram::shared_span;
use super::network_parts::NetworkParts;
use super::slow_motion::{self, Playback, Shown};
use super::state::{Msg, TowersState};
use super::{density_drawing, embedding_map, histogram_drawing, network_drawing};
use crate::app::charts::brush::{self, Counted};
use crate::app::charts::names;
use crate::app::marks::{Mark, awaiting, figure};
use crate::app::models::display_name;
use crate::app::rows::SubsetShown;
use crate::app::tabs::candidates::Candidate;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::domain::spec::{NetworkSpec, Objective, RunSpec};
use crate::protocol::{Run, RunId, Session};

#[derive(Debug, Clone, Copy)]
pub struct TowersScene<'a> {
    pub session: &'a Session,
    pub spec: &'a RunSpec,
    pub state: &'a TowersState,
    pub current: Option<&'a Candidate>,
}

impl TowersScene<'_> {
    fn run(&self) -> Option<&Run> {
        self.session.run(self.current?.run?)
    }

    fn view(&self, class: &str) -> Mark<Msg> {
        let hue = self.current.map(|current| names::hue_class(&current.model.name)).unwrap_or_default();
        Mark::new("div").class(class).class(hue)
    }

    /// The network and the distributions of its heads, with the buttons that choose the model.
    pub fn towers(self, picker: Mark<Msg>) -> Vec<Mark<Msg>> {
        let controls = Mark::new("div").class("view-controls").child(picker);
        let view = self.view("view towers-view").child(controls);
        match self.current {
            None => vec![view],
            Some(current) => vec![view.children(self.network(current)).child(self.heads())],
        }
    }

    /// The network as measured at the scrubber's epoch, or on one batch.
    fn network(self, current: &Candidate) -> Vec<Mark<Msg>> {
        if let Objective::BoostedTrees { .. } = current.model.objective {
            return vec![awaiting(slow_motion::without_towers(&current.model.name))];
        }
        let trained = self.session.trained.as_ref().unwrap_or(self.spec);
        let network: &NetworkSpec = &trained.network;
        let run = self.run();
        let of_evaluation = run.and_then(Run::shown).and_then(|evaluation| evaluation.flow.as_ref());
        let of_batch = run.and_then(|run| run.batch.as_ref());
        let slow = self.state.slow;
        let (Some(Shown { phase, is_playing }), Some(flow)) = (slow.shown, of_batch) else {
            let parts = NetworkParts::new(&current.model, network, of_evaluation);
            let can_step = run.is_some_and(Run::is_in_memory);
            let mut marks = vec![figure(network_drawing::drawing(&parts, None)).still()];
            if can_step && of_evaluation.is_some() {
                marks.push(slow_motion::invitation().map(Msg::SlowMotion));
            }
            return marks;
        };
        let parts = NetworkParts::new(&current.model, network, Some(flow));
        let can_step = run.is_some_and(|run| !run.status.is_ended());
        let playback = Playback { is_playing, seconds: slow.seconds, can_step };
        vec![
            slow_motion::stepper(&parts, flow, phase, playback).map(Msg::SlowMotion),
            figure(network_drawing::drawing(&parts, Some(phase))).still(),
        ]
    }

    fn heads(self) -> Mark<Msg> {
        let Some(evaluation) = self.run().and_then(Run::shown) else {
            return awaiting(text!(views::towers::awaiting));
        };
        let heads = shared_span(&evaluation.towers).map(|span| {
            let heads = evaluation.towers.iter().map(|tower| figure(histogram_drawing::drawing(tower, span)).still());
            heads.collect::<Vec<Mark<Msg>>>()
        });
        Mark::new("div").class("towers-grid").children(heads.unwrap_or_default())
    }

    /// pCTR against pCVR, with the rectangle over it that Rows and the Tree follow.
    pub fn density(
        self,
        settled: Option<PredictionBox>,
        subset_shown: &SubsetShown,
        looks_back: bool,
    ) -> Vec<Mark<Msg>> {
        let Some(run) = self.run() else { return Vec::new() };
        let area = self.state.area(run, settled);
        let drawing = run.shown().and_then(|shown| density_drawing::drawing(&shown.density, area.as_ref()));
        let Some(drawing) = drawing else { return Vec::new() };
        let (counted, message) = counted(subset_shown, run.id, area);
        let note = if looks_back && area.is_some() { text!(views::density::newest).to_owned() } else { message };
        // Counting a rectangle's rows needs the model in memory.
        let form =
            run.is_in_memory().then(|| brush::form(area.as_ref(), display_name(&run.model.name), counted, &note));
        let marks = [figure(drawing)].into_iter().chain(form).map(|mark| mark.map(Msg::Brush));
        vec![self.view("view towers-view is-below").children(marks)]
    }

    /// The embedding map of the chosen field.
    pub fn map(self) -> Vec<Mark<Msg>> {
        let view = self.view("view towers-view is-below");
        let Some(reading) = self.run().and_then(|run| run.embeddings.as_ref()) else { return vec![view] };
        let by = self.state.by;
        let controls = embedding_map::controls(reading, by).map(Msg::Map);
        vec![view.child(controls).child(figure(embedding_map::drawing(reading, by)).still())]
    }
}

/// The number of rows in the rectangle, once the worker has answered; else the reason.
fn counted(shown: &SubsetShown, run: RunId, area: Option<PredictionBox>) -> (Option<Counted>, String) {
    let reading = shown.newest.as_ref().filter(|(of_run, _)| *of_run == run).map(|(_, reading)| reading);
    let of_area = reading.filter(|reading| Some(&reading.part) == area.map(RowsPart::Brush).as_ref());
    let counted = of_area.map(|reading| Counted { rows: reading.tree.rows, clicked: reading.clicked_rows });
    let message = if area.is_some() { shown.message.as_ref() } else { None };
    (counted, message.map(|message| format!("{}.", message.trim_end_matches('.'))).unwrap_or_default())
}
