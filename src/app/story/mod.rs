//! The Story: six short chapters on the log of the page, each ending in a control that lets the reader break the claim.
//!
//! Every number in a sentence is computed from the log and the runs on screen, and nothing is claimed that they do not
//! show. A chapter is one file: from a [`Scene`] to marks. What its controls change is the experiment itself, the same that
//! the rail shows; what they ask for is a [`Wish`].

mod delay;
mod entire_space;
mod independence;
mod inherent;
mod selection;
mod sparsity;

use crate::app::charts::format;
use crate::app::forms::{features, generator, training};
use crate::app::marks::{Act, Control, Mark, button};
use crate::app::text::layers_text;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::SynthSpec;
use crate::protocol::{LoadedLog, Run};

pub use entire_space::{Bench, Push};
pub use inherent::verdict;

/// All that a chapter may read.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub log: Option<&'a LoadedLog>,
    pub runs: &'a [Run],
    /// The runs before these ones, and the experiment that they were: what the reader compares with.
    pub before: Option<(&'a RunSpec, &'a [Run])>,
    /// The experiment that the runs are.
    pub trained: Option<&'a RunSpec>,
    /// The experiment as the rail shows it: what a control sets.
    pub spec: &'a RunSpec,
    /// The generator's controls as the rail shows them.
    pub synth: &'a SynthSpec,
    pub bench: &'a Bench,
    /// Nothing can be asked for while a log is being drawn.
    pub is_busy: bool,
}

/// What a control asks the page to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Draw a new log, then train on it.
    DrawAndTrain,
    /// Train on the log that is there.
    Train,
    /// One batch of every model.
    StepBatch,
}

/// The chapters, in order.
pub const CHAPTERS: [fn(Scene) -> Mark; 6] = [
    selection::chapter,
    sparsity::chapter,
    entire_space::chapter,
    inherent::chapter,
    independence::chapter,
    delay::chapter,
];

/// What a reader did in any chapter. Returns what the page is to do, when more than redraw.
pub fn apply(spec: &mut RunSpec, synth: &mut SynthSpec, bench: &mut Bench, act: &Act) -> Option<Wish> {
    match act.name.as_str() {
        DRAW => {
            delay::take_preset(spec, synth, &act.value);
            return Some(Wish::DrawAndTrain);
        }
        TRAIN => return Some(Wish::Train),
        STEP => return Some(Wish::StepBatch),
        delay::CUTOFF | delay::DFM => delay::apply(spec, act),
        inherent::TOWERS => inherent::apply(spec, act),
        sparsity::SHARE => spec.network.share_embeddings = act.is_on(),
        "rows" | "correlation" => generator::apply(synth, act),
        "seeds" => training::apply(spec, act),
        name if name.starts_with("bench-") => bench.apply(act),
        _ => features::apply(spec, act),
    }
    None
}

const DRAW: &str = "draw";
const TRAIN: &str = "train";
const STEP: &str = "step";

/// A chapter: its number, its claim as a title, paragraphs, a figure, and the control to break it.
struct Chapter {
    number: usize,
    title: &'static str,
    /// What the log and the runs say, sentence by sentence.
    says: Vec<String>,
    figure: Vec<Mark>,
    /// The question that the control answers.
    asks: &'static str,
    controls: Vec<Mark>,
}

impl Chapter {
    fn mark(self) -> Mark {
        let heading = format!("chapter-{}-heading", self.number);
        let number = Mark::new("span").class("chapter-number").text(self.number);
        let title = Mark::new("h2").attr("id", &heading).child(number).text(format!(" {}", self.title));
        let says = self.says.into_iter().filter(|said| !said.is_empty()).map(|said| Mark::new("p").text(said));
        let asks = Mark::new("p").class("asks").text(self.asks);
        let controls = Mark::new("div").class("break-controls").children(self.controls);
        Mark::new("section")
            .class("chapter")
            .key(self.number)
            .attr("id", format!("chapter-{}", self.number))
            .attr("aria-labelledby", heading)
            .child(Mark::new("div").class("chapter-says").child(title).children(says))
            .child(Mark::new("div").class("chapter-figure").children(self.figure))
            .child(Mark::new("div").class("chapter-break").child(asks).child(controls))
    }
}

fn draw_button(scene: Scene) -> Mark {
    button(Control::new(DRAW, text!(story::changed::draw_and_train)).disabled(scene.is_busy), "")
}

/// Draws the log of a preset, and trains on it.
fn draw_preset_button(scene: Scene, preset: &'static str, label: &str) -> Mark {
    button(Control::new(DRAW, label).of(preset).disabled(scene.is_busy), "")
}

fn train_button(scene: Scene, label: &str) -> Mark {
    button(Control::new(TRAIN, label).disabled(scene.is_busy || scene.log.is_none()), "")
}

/// What differs between the experiment before and that of the runs, in words; empty when nothing that chapters set does.
fn changed(before: &RunSpec, now: Option<&RunSpec>) -> String {
    let Some(now) = now else { return String::new() };
    let mut parts = Vec::new();
    if let (DataSpec::Generated { synth: a }, DataSpec::Generated { synth: b }) = (&before.data, &now.data) {
        if a.rows != b.rows {
            parts.push(text!(story::changed::impressions, rows = format::count(a.rows as f64)));
        }
        if a.correlation != b.correlation {
            parts.push(text!(story::changed::correlation, correlation = a.correlation.to_string()));
        }
    }
    if before.network.share_embeddings != now.network.share_embeddings {
        let shared =
            if before.network.share_embeddings { text!(story::changed::shared) } else { text!(story::changed::own) };
        parts.push(shared.to_owned());
    }
    if before.network.hidden != now.network.hidden {
        parts.push(text!(story::changed::layers, widths = layers_text(&before.network.hidden)));
    }
    if before.seeds != now.seeds {
        parts.push(text!(story::changed::seeds, count = before.seeds.len().to_string()));
    }
    parts.join(", ")
}
