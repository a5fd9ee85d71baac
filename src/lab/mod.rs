//! The headless lab: everything that the page can run, from the same specs and on the same library.
//!
//! A user's mistake is one sentence on stderr and exit code 2; [`Ending`] has the other codes.

// `terminal` alone prints: what others wrote must not act on it.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod assemble;
mod decode;
mod files;
mod inspect;
mod kit;
mod log;
mod predict;
pub mod record;
mod report;
pub mod simulate;
mod terminal;
mod train;

pub use args::Cli;

use clap::Parser;

use crate::domain::log::{gzip, write_csv, write_json_lines};
use crate::domain::report::{EvaluateOptions, evaluate_predictions_csv};
use crate::domain::spec::DataSpec;
use crate::domain::synth::gallery::Shape;
use crate::domain::synth::{Layout, SynthSpec};
use crate::domain::{spec, synth};
use args::Command;

/// A user's mistake, in one sentence that names the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LabError(String);

impl LabError {
    /// Any error that reads as a sentence.
    fn new(message: impl std::fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// How a command ended that was no mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All that was asked for is there.
    Done,
    /// Some runs failed; the report has the others, and says which failed and why.
    SomeFailed,
    /// Every run failed; the report says why.
    AllFailed,
}

/// Exit code of a user's mistake: nothing was begun.
const MISTAKE: u8 = 2;

impl Ending {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeFailed => 3,
            Self::AllFailed => 4,
        }
    }
}

/// Runs the command line of this process; returns the exit code.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed in full and are no mistake.
            let is_mistake = error.use_stderr();
            if is_mistake {
                let text = error.to_string();
                // The first paragraph says what is wrong, over several lines when it lists arguments.
                let paragraph = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
                let sentence = paragraph.collect::<Vec<_>>().join(" ");
                terminal::say(format_args!("lab: {}; see lab --help", sentence.trim_start_matches("error: ")));
            } else {
                terminal::print_text(&error.to_string());
            }
            return if is_mistake { MISTAKE } else { Ending::Done.code() };
        }
    };
    match run(cli) {
        Ok(ending) => ending.code(),
        Err(error) => {
            terminal::say(format_args!("lab: {error}"));
            MISTAKE
        }
    }
}

fn run(cli: Cli) -> Result<Ending, LabError> {
    let done = match cli.command {
        Command::Train(args) => return train::train(&args),
        Command::Generate(args) => generate(args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Assemble(args) => assemble::assemble(&args),
        Command::Predict(args) => predict::predict(&args),
        Command::Evaluate(args) => {
            let bytes = files::read(&args.predictions)?;
            let options =
                EvaluateOptions { baseline: args.baseline, common_ctr: args.common_ctr, ..EvaluateOptions::default() };
            let report = evaluate_predictions_csv(&bytes, &options)
                .map_err(|error| LabError(format!("{}: {error}", args.predictions.display())))?;
            files::print_or_write_json(&report, args.json.as_deref())
        }
        Command::Kit(args) => kit::kit(&args),
        Command::Samples(args) => samples(&args),
        Command::Simulate(args) => simulate_verdicts(&args),
        Command::Record(args) => files::write(&args.out, &record::record(&spec::first_experiment())?),
    };
    done.map(|()| Ending::Done)
}

fn generate(args: args::Generate) -> Result<(), LabError> {
    let mut synth = synth_of(&args)?;
    synth.rows = args.rows.unwrap_or(synth.rows);
    synth.seed = args.seed.unwrap_or(synth.seed);
    synth.validate().map_err(LabError::new)?;
    let layout = match args.layout.as_str() {
        "numbered" => Layout::Numbered,
        "search" => Layout::Search,
        "messy" => Layout::Messy,
        _ => Layout::Own,
    };
    let generated = synth::generate(&synth);
    terminal::say(correlation_in_words(&synth, generated.correlation));
    let table = layout.arrange(&generated.table, synth.seed);
    let name = args.out.to_string_lossy();
    let (name, is_gzipped) = name.strip_suffix(".gz").map_or((&*name, false), |name| (name, true));
    let text = if name.ends_with(".jsonl") { write_json_lines(&table) } else { write_csv(&table) };
    files::write(&args.out, &if is_gzipped { gzip(&text) } else { text })
}

/// The generator's controls: a spec's, or a preset's.
fn synth_of(args: &args::Generate) -> Result<SynthSpec, LabError> {
    if let Some(path) = &args.spec {
        return match train::spec_file(path)?.data {
            DataSpec::Generated { synth } => Ok(synth),
            DataSpec::File { name, .. } => Err(LabError(format!(
                "{}: its data is the file \"{name}\", so there is no log to generate; pass a spec whose data is generated",
                path.display()
            ))),
        };
    }
    spec::log_preset(&args.preset).ok_or_else(|| {
        let known = spec::log_preset_names().join(", ");
        LabError(format!("there is no log preset called \"{}\"; known are {known}", args.preset))
    })
}

/// What the correlation control came out as, since not every value can be reached.
fn correlation_in_words(synth: &SynthSpec, correlation: Option<f64>) -> String {
    let on_top = match (synth.hidden_confounder != 0.0, synth.drift != 0.0) {
        (false, false) => "",
        (true, false) => ", before the hidden confounder",
        (false, true) => ", before the drift",
        (true, true) => ", before hidden confounder and drift",
    };
    match correlation {
        None => "the true click and purchase logits have no correlation: one of them is the same everywhere".to_owned(),
        Some(found) => format!(
            "correlation of the true click and purchase logits{on_top}: {found:.3} ({} was asked for)",
            synth.correlation
        ),
    }
}

/// Prints how often intervals and verdicts are right.
fn simulate_verdicts(args: &args::Simulate) -> Result<(), LabError> {
    let model = |name: &str| spec::model_preset(name).ok_or_else(|| LabError(format!("no model is called \"{name}\"")));
    let options = simulate::Options {
        logs: args.logs,
        seeds: args.seeds,
        models: [model("naive")?, model("esmm")?],
        regimes: simulate::long_regimes(),
    };
    let tally = simulate::simulate(&options, terminal::say)?;
    terminal::print_text(&simulate::markdown(&tally));
    Ok(())
}

/// Writes what the manifest lists.
fn samples(args: &args::Samples) -> Result<(), LabError> {
    if args.gallery {
        let mut all = Shape::ALL.into_iter().flat_map(Shape::files);
        return all.try_for_each(|(name, bytes)| files::write(&args.out.join(name), &bytes));
    }
    for sample in spec::sample_logs() {
        let bytes =
            sample.bytes().ok_or_else(|| LabError(format!("there is no log preset called \"{}\"", sample.preset)))?;
        files::write(&args.out.join(&sample.file), &bytes)?;
    }
    Ok(())
}
