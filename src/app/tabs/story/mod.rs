//! The Story: six short chapters on the log, each ending in a control that lets the user test the claim.
//!
//! Every number in a sentence is computed from the log and the runs on screen. A chapter is one file: a function from a
//! [`Scene`] to marks. Its controls change the experiment itself, the same that the rail shows.

mod delay;
pub mod delays;
pub mod delays_drawing;
pub mod dot_field;
mod entire_space;
mod independence;
mod inherent;
pub mod lines_drawing;
pub mod opening;
pub mod pushes_drawing;
mod selection;
pub mod selection_drawing;
mod sparsity;
pub mod tenths;

#[cfg(any(target_arch = "wasm32", test))]
mod dots;
#[cfg(any(target_arch = "wasm32", test))]
mod view;

use super::story::delays::stretches;
use super::story::delays_drawing::CutMove;
use crate::app::charts::compare::claims;
use crate::app::format;
use crate::app::marks::{Control, Mark, Touch, button, check};
use crate::app::page::{Drafts, Message};
use crate::app::rail::settings::live_slider_of;
use crate::app::rail::{features, generator, training};
use crate::app::text::layers_text;
use crate::app::variants;
use crate::domain::setting::Setting;
use crate::domain::spec::{DataSpec, RunSpec, log_preset, model_preset};
use crate::domain::synth::SynthSpec;
use crate::protocol::{LoadedLog, Run, StepUnit};

pub use entire_space::{Example, Push};
#[cfg(any(target_arch = "wasm32", test))]
pub use view::StoryView;

/// Input of a chapter.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub log: Option<&'a LoadedLog>,
    pub runs: &'a [Run],
    /// The runs before these ones and their experiment, for comparison.
    pub before: Option<(&'a RunSpec, &'a [Run])>,
    /// The runs' experiment.
    pub trained: Option<&'a RunSpec>,
    /// The experiment as the rail shows it, which controls change.
    pub spec: &'a RunSpec,
    /// The generator's controls as the rail shows them.
    pub synth: &'a SynthSpec,
    pub example: &'a Example,
    /// A log is being generated: buttons are disabled.
    pub is_busy: bool,
    /// `log` and `runs` are a draft's: its impressions, and those of the log in full.
    pub draft: Option<[usize; 2]>,
}

impl<'a> Scene<'a> {
    /// The draft in the place of the runs, which it is compared with.
    fn with_draft(self, drafts: &'a Drafts) -> Self {
        // Its own runs in full may be under way already.
        let is_begun = self.trained == Some(&drafts.spec);
        let before = self.trained.filter(|_| !is_begun).map(|spec| (spec, self.runs)).or(self.before);
        Scene {
            log: drafts.log.as_ref().or(self.log),
            runs: &drafts.runs,
            before,
            trained: Some(&drafts.spec),
            draft: Some(drafts.rows),
            ..self
        }
    }

    /// The log is a generated one: a control that moves is followed by drafts, and when it is let go by the runs in full.
    fn is_live(&self) -> bool {
        is_live(self.spec)
    }

    /// Verdicts on every model against the naive one; none of a draft.
    fn claims(&self, key: &str) -> Vec<String> {
        if self.draft.is_some() { Vec::new() } else { claims(self.runs, key, "naive") }
    }
}

fn is_live(spec: &RunSpec) -> bool {
    matches!(spec.data, DataSpec::Generated { .. })
}

/// Messages of the chapters.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Generate a log, of this preset if any, and train on it.
    DrawAndTrain {
        preset: Option<&'static str>,
    },
    /// Train on the current log.
    Train,
    /// Train every model on one batch.
    StepBatch,
    Impression(entire_space::Edit),
    /// A change of the experiment.
    Edit(Edit, Touch),
}

/// A change of the experiment.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Generator(generator::Edit),
    Features(features::Edit),
    Training(training::Edit),
    /// Set the day of the cut-off, in a log of `observed` stretches; at the end there is none.
    CutOff {
        moved: CutMove,
        stretch_days: f64,
        observed: usize,
    },
    /// Add the delayed feedback model to the comparison or remove it.
    DelayedFeedback(bool),
}

/// Number of chapters; embeds number them from 1.
pub const N_CHAPTERS: usize = 6;

/// The chapters, in order.
const CHAPTERS: [fn(Scene) -> Chapter; N_CHAPTERS] = [
    selection::chapter,
    sparsity::chapter,
    entire_space::chapter,
    inherent::chapter,
    independence::chapter,
    delay::chapter,
];

/// All chapters, or an embed's `only` one.
pub fn chapters(scene: Scene, only: Option<usize>) -> Vec<Mark<Msg>> {
    let shown = CHAPTERS.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == at + 1));
    shown.map(|(_, chapter)| chapter(scene).mark(scene)).collect()
}

/// Applies a message; returns the messages to the page after it.
pub fn update(spec: &mut RunSpec, synth: &mut SynthSpec, example: &mut Example, message: &Msg) -> Vec<Message> {
    match message {
        Msg::DrawAndTrain { preset } => {
            if let Some(preset) = preset.and_then(log_preset) {
                *synth = preset;
                spec.split.cutoff_days = None;
            }
            vec![Message::GenerateAndTrain]
        }
        Msg::Train => vec![Message::Train],
        Msg::StepBatch => vec![Message::Step(StepUnit::Batch)],
        Msg::Impression(edit) => {
            example.apply(*edit);
            Vec::new()
        }
        Msg::Edit(edit, touch) => {
            edit.apply(spec, synth);
            match touch {
                _ if !is_live(spec) => Vec::new(),
                Touch::Moving => vec![Message::TryOut],
                Touch::Released => vec![Message::TryOut, Message::Settle],
            }
        }
    }
}

impl Edit {
    fn apply(&self, spec: &mut RunSpec, synth: &mut SynthSpec) {
        match self {
            Self::Generator(edit) => generator::apply(synth, edit),
            Self::Features(edit) => features::apply(spec, edit),
            Self::Training(edit) => training::apply(spec, edit),
            Self::CutOff { moved, stretch_days, observed } => {
                let now = spec.split.cutoff_days.map_or(*observed, |days| stretches(days, *stretch_days, *observed));
                let to = moved.from(now, *observed);
                spec.split.cutoff_days = (to < *observed).then_some(to as f64 * stretch_days);
            }
            Self::DelayedFeedback(is_compared) => {
                if let Some(dfm) = model_preset("dfm") {
                    variants::choose(spec, &dfm, *is_compared);
                }
            }
        }
    }
}

/// A chapter: number, claim as a title, paragraphs, figure, and the control to test it.
struct Chapter {
    number: usize,
    title: &'static str,
    /// Sentences about the log and the runs.
    says: Vec<String>,
    figure: Vec<Mark<Msg>>,
    /// The question that the control answers.
    asks: &'static str,
    controls: Vec<Mark<Msg>>,
    /// The figure is of the runs: of a draft, while one is shown.
    is_of_runs: bool,
}

impl Chapter {
    fn mark(self, scene: Scene) -> Mark<Msg> {
        let heading = format!("chapter-{}-heading", self.number);
        let number = Mark::new("span").class("chapter-number").text(self.number);
        let title = Mark::new("h2").attr("id", &heading).child(number).text(format!(" {}", self.title));
        let says = self.says.into_iter().filter(|said| !said.is_empty()).map(|said| Mark::new("p").text(said));
        let asks = Mark::new("p").class("asks").key("asks").text(self.asks);
        let controls = Mark::new("div").class("chapter-controls").key("controls").children(self.controls);
        let draft = scene
            .draft
            .filter(|_| self.is_of_runs)
            .map(|rows| Mark::new("p").class("draft-note").key("draft").text(draft_note(rows)));
        let class = if draft.is_some() { "chapter-figure is-draft" } else { "chapter-figure" };
        // The controls are beneath the figure that answers them.
        let mut figures = self.figure.into_iter();
        let first = Mark::new("div").class("chapter-answer").key("answer").children(figures.next()).maybe(draft);
        let figure = Mark::new("div").class(class).child(first).child(controls).children(figures);
        Mark::new("section")
            .class(if scene.draft.is_some() { "chapter while-drafts" } else { "chapter" })
            .key(self.number)
            .attr("id", format!("chapter-{}", self.number))
            .attr("aria-labelledby", heading)
            .child(Mark::new("div").class("chapter-says").child(title).children(says).child(asks))
            .child(figure)
    }
}

/// The size of a draft.
fn draft_note([rows, of]: [usize; 2]) -> String {
    let (rows, all) = (format::count(rows), format::count(of));
    if rows == all { text!(story::draft::whole, rows = rows) } else { text!(story::draft::part, rows = rows, of = all) }
}

fn draw_button(scene: Scene) -> Mark<Msg> {
    let control = Control::new(text!(story::changed::draw_and_train)).disabled(scene.is_busy);
    button(control, "", Msg::DrawAndTrain { preset: None })
}

/// A button that generates the log of a preset and trains on it.
fn draw_preset_button(scene: Scene, preset: &'static str, label: &str) -> Mark<Msg> {
    button(Control::new(label).disabled(scene.is_busy), "", Msg::DrawAndTrain { preset: Some(preset) })
}

fn train_button(scene: Scene, label: &str) -> Mark<Msg> {
    button(Control::new(label).disabled(scene.is_busy || scene.log.is_none()), "", Msg::Train)
}

/// A slider of the generator, and the button that follows its moves where nothing else does.
fn generator_slider(scene: Scene, setting: &'static Setting<SynthSpec>) -> [Option<Mark<Msg>>; 2] {
    let moved = |(set, touch)| Msg::Edit(Edit::Generator(generator::Edit::Set(set)), touch);
    let slider = live_slider_of(setting, scene.synth).map(moved);
    [Some(slider), (!scene.is_live()).then(|| draw_button(scene))]
}

/// A control of the training, and the button that follows its changes where nothing else does.
fn training_control(scene: Scene, control: Mark<Edit>, again: &str) -> [Option<Mark<Msg>>; 2] {
    let changed = |edit| Msg::Edit(edit, Touch::Released);
    [Some(control.map(changed)), (!scene.is_live()).then(|| train_button(scene, again))]
}

fn share_embeddings(scene: Scene) -> Mark<Edit> {
    let control = Control::new(text!(story::sparsity::share));
    check(control, scene.spec.network.share_embeddings, |on| Edit::Features(features::Edit::ShareEmbeddings(on)))
}

/// Differences between the experiment before and the runs', in words; empty without any that chapters set.
fn changed(before: &RunSpec, now: Option<&RunSpec>) -> String {
    let Some(now) = now else { return String::new() };
    let mut parts = Vec::new();
    if let (DataSpec::Generated { synth: a }, DataSpec::Generated { synth: b }) = (&before.data, &now.data) {
        if a.rows != b.rows {
            parts.push(text!(story::changed::impressions, rows = format::count(a.rows)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::RowLimit;

    #[test]
    fn a_preset_is_drawn_as_it_is_and_the_cut_off_of_another_log_forgotten() {
        let (mut spec, mut synth, mut example) = (RunSpec::default(), SynthSpec::default(), Example::default());
        spec.split.cutoff_days = Some(3.0);
        let message = Msg::DrawAndTrain { preset: Some("late_conversions") };
        assert_eq!(update(&mut spec, &mut synth, &mut example, &message), [Message::GenerateAndTrain]);
        assert_eq!((Some(synth), spec.split.cutoff_days), (log_preset("late_conversions"), None));
    }

    #[test]
    fn chapters_are_numbered_by_their_places() {
        let (spec, synth, example) = (RunSpec::default(), SynthSpec::default(), Example::default());
        let (spec, synth, example) = (&spec, &synth, &example);
        let scene = Scene {
            log: None,
            runs: &[],
            before: None,
            trained: None,
            spec,
            synth,
            example,
            is_busy: false,
            draft: None,
        };
        let numbers = |only| chapters(scene, only).into_iter().map(|chapter| chapter.key.clone()).collect::<Vec<_>>();
        assert_eq!(numbers(None), ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(numbers(Some(3)), ["3"], "an embed's");
    }

    #[test]
    fn a_control_is_followed_on_a_generated_log_alone() {
        let (mut spec, mut synth, mut example) = (RunSpec::default(), SynthSpec::default(), Example::default());
        let edit = |touch| Msg::Edit(Edit::Features(features::Edit::ShareEmbeddings(false)), touch);
        let mut after = |spec: &mut RunSpec, touch| update(spec, &mut synth, &mut example, &edit(touch));
        assert_eq!(after(&mut spec, Touch::Moving), [Message::TryOut]);
        assert_eq!(after(&mut spec, Touch::Released), [Message::TryOut, Message::Settle]);
        let (name, limit) = ("a.csv".to_owned(), RowLimit::default());
        spec.data = DataSpec::File { name, bytes: 1, crc32: 1, roles: None, limit, assembly: None };
        assert_eq!(after(&mut spec, Touch::Released), []);
        assert!(!spec.network.share_embeddings, "it is changed all the same");
    }

    #[test]
    fn a_cut_off_moves_from_where_it_is_and_at_the_end_of_the_log_is_none() {
        let (mut spec, mut synth) = (RunSpec::default(), SynthSpec::default());
        for (moved, expected) in [
            (CutMove::By(-1), Some(6.5)),
            (CutMove::By(-1), Some(6.0)),
            (CutMove::To(1), Some(0.5)),
            (CutMove::By(1), Some(1.0)),
            (CutMove::To(14), None),
        ] {
            Edit::CutOff { moved, stretch_days: 0.5, observed: 14 }.apply(&mut spec, &mut synth);
            assert_eq!(spec.split.cutoff_days, expected, "{moved:?}");
        }
    }

    #[test]
    fn the_delayed_feedback_model_comes_and_goes() {
        let (mut spec, mut synth) = (RunSpec::default(), SynthSpec::default());
        for is_compared in [true, false] {
            Edit::DelayedFeedback(is_compared).apply(&mut spec, &mut synth);
            assert_eq!(spec.models.iter().any(|model| model.name == "dfm"), is_compared);
        }
    }
}
