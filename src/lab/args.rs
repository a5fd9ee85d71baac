//! The lab's command line.

use std::path::PathBuf;

use crate::domain::log::Encoding;
use clap::{Args, Parser, Subcommand};

/// What is told after the help: docs/lab.md says more of each.
const EXIT_CODES: &str = "\
Exit codes:
  0  all that was asked for is done
  2  something in the arguments or the files is wrong, which one sentence on stderr says
  3  some runs of `lab train` failed; the report has the others, and says which failed and why
  4  every run of `lab train` failed; the report says why";

/// Generate, inspect, train and evaluate entire-space conversion models without a browser.
#[derive(Debug, Parser)]
#[command(name = "lab", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a synthetic log whose truth is known.
    Generate(Generate),
    /// Say what a log holds: roles with reasons, counts, findings.
    Inspect(Inspect),
    /// Make the rows of a log from a table of events, from several tables, or from counts.
    Assemble(Assemble),
    /// Train models on a log and report.
    Train(Train),
    /// Predict every row of a log with the weights of trained runs.
    Predict(Predict),
    /// Recompute the metrics of a predictions file.
    Evaluate(Evaluate),
    /// Write an experiment as a PyTorch training script (plain or Ray Train), for logs that outgrow the browser.
    Kit(Kit),
    /// Write the sample logs of sample-data/logs again.
    Samples(Samples),
    /// Train equal and different models many times over and count how often intervals and verdicts are right (minutes).
    Simulate(Simulate),
    /// Write the recording that the page opens with again: its first experiment, trained and evaluated on the way.
    Record(Record),
}

#[derive(Debug, Args)]
pub struct Assemble {
    /// A table, as FILE or NAME=FILE; once for each.
    #[arg(long, required = true)]
    pub table: Vec<String>,
    /// List of objects in JSON, each of which becomes a row of its own, where that is not proposed.
    #[arg(long)]
    pub unroll: Option<String>,
    /// TOML file that says how they become rows, instead of what their columns and words propose.
    #[arg(long)]
    pub assembly: Option<PathBuf>,
    /// CSV file to write the rows to.
    #[arg(long)]
    pub out: PathBuf,
    /// TOML file to write the assembly to, to be changed and given again.
    #[arg(long)]
    pub assembly_out: Option<PathBuf>,
    /// ROLES.toml to write: what the assembly knows of the columns.
    #[arg(long)]
    pub roles_out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// Logs of each kind that are drawn.
    #[arg(long, default_value_t = 12)]
    pub logs: u64,
    /// Seeds that each model is trained with on each log.
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
}

#[derive(Debug, Args)]
pub struct Record {
    /// File to write; the page has it as www/recorded.bin.
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Samples {
    /// Folder to write them to.
    #[arg(long)]
    pub out: PathBuf,
    /// The gallery's logs instead: events, tables to join, clicks alone, counts, sessions, sampled negatives.
    #[arg(long)]
    pub gallery: bool,
}

#[derive(Debug, Args)]
pub struct Generate {
    /// A file name of sample-data/presets/logs.
    #[arg(long, default_value = "default")]
    pub preset: String,
    /// RunSpec as TOML or JSON whose data is generated: its log, instead of a preset's.
    #[arg(long, conflicts_with = "preset")]
    pub spec: Option<PathBuf>,
    /// Impressions, instead of the preset's or the spec's number.
    #[arg(long)]
    pub rows: Option<usize>,
    /// Seed of the log, instead of the preset's or the spec's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// How the columns are called and arranged: own, numbered (as Ali-CCP), search (as AliExpress), messy (with faults
    /// that the funnel report finds).
    #[arg(long, default_value = "own", value_parser = ["own", "numbered", "search", "messy"])]
    pub layout: String,
    /// File to write: CSV, JSON Lines when it ends in .jsonl; gzipped when it ends in .gz.
    #[arg(long)]
    pub out: PathBuf,
}

/// How a log's file is understood.
#[derive(Debug, Clone, Args)]
pub struct Reading {
    /// ROLES.toml, instead of inferred roles.
    #[arg(long)]
    pub roles: Option<PathBuf>,
    /// TOML file that says how tables become rows, instead of what their columns and words propose.
    #[arg(long)]
    pub assembly: Option<PathBuf>,
    /// Repairs by the codes of findings, separated by commas: CODE makes the first repair that the finding offers,
    /// CODE=REPAIR another one, such as conversion_without_click=drop_rows.
    #[arg(long, value_delimiter = ',')]
    pub fix: Vec<String>,
    /// The text's encoding where it is not recognised: gb18030, shift_jis, windows-1252 and others of the WHATWG standard.
    #[arg(long)]
    pub encoding: Option<Encoding>,
    /// Keep at most this many rows: a sample, stratified by click and conversion, of a longer log.
    #[arg(long)]
    pub max_rows: Option<usize>,
    /// Keep at most this many megabytes of columns: fewer rows of a log that needs more.
    #[arg(long)]
    pub max_megabytes: Option<usize>,
    /// Seed of that sample.
    #[arg(long)]
    pub sample_seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The log, or its tables: each as FILE or NAME=FILE.
    #[arg(required = true)]
    pub log: Vec<String>,
    #[command(flatten)]
    pub reading: Reading,
    /// ROLES.toml to write: the roles, rules and repairs that the log was read with.
    #[arg(long)]
    pub roles_out: Option<PathBuf>,
    /// JSON file to write, instead of a table on stdout.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// An experiment: its log, and what is trained on it.
#[derive(Debug, Args)]
pub struct Experiment {
    /// The log; without it, the spec's generated one. Or its tables: each as FILE or NAME=FILE.
    #[arg(long, alias = "table")]
    pub log: Vec<String>,
    #[command(flatten)]
    pub reading: Reading,
    /// RunSpec as TOML or JSON.
    #[arg(long, conflicts_with = "preset")]
    pub spec: Option<PathBuf>,
    /// A file name of sample-data/presets/specs.
    #[arg(long)]
    pub preset: Option<String>,
    /// Model names, separated by commas; without it, the spec's models.
    #[arg(long, value_delimiter = ',')]
    pub model: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    pub experiment: Experiment,
    /// Training seeds, separated by commas; without it, the spec's.
    #[arg(long, value_delimiter = ',')]
    pub seeds: Vec<u64>,
    /// Passes over the training rows, instead of the spec's.
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Model that the report compares the others with; without it naive, else the first.
    #[arg(long)]
    pub baseline: Option<String>,
    /// Model whose pCTR all models share in the further task ctcvr_common_ctr, as in the ESMM paper's comparison.
    #[arg(long)]
    pub common_ctr: Option<String>,
    /// The lab has the CPU engine only.
    #[arg(long, default_value = "cpu", value_parser = ["cpu"])]
    pub device: String,
    /// JSON report to write.
    #[arg(long)]
    pub report: PathBuf,
    /// CSV of predictions for every row, model and seed to write.
    #[arg(long)]
    pub predictions: Option<PathBuf>,
    /// Folder for one .safetensors, one .json and one .onnx per run; of gbdt, which is no network, .trees.json and .json.
    #[arg(long)]
    pub weights: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Predict {
    /// Weights of a run as `lab train --weights` and the page's Export write them: the .safetensors (of trees the .trees.json) or
    /// the .json beside it. Once for each run.
    #[arg(long, required = true)]
    pub weights: Vec<PathBuf>,
    /// The log, which need not have labels. Or its tables: each as FILE or NAME=FILE.
    #[arg(long, alias = "table", required = true)]
    pub log: Vec<String>,
    /// ROLES.toml that the log was trained with, where there was one; what it says of columns that this log lacks is left
    /// aside.
    #[arg(long)]
    pub roles: Option<PathBuf>,
    /// TOML file that says how tables become rows, instead of what their columns and words propose.
    #[arg(long)]
    pub assembly: Option<PathBuf>,
    /// The text's encoding where it is not recognised, as in `lab inspect`.
    #[arg(long)]
    pub encoding: Option<Encoding>,
    /// CSV of predictions to write: a line for each row and run.
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Kit {
    /// Of the log its first part will do: it says what its columns are for where the roles do not.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Python file to write.
    #[arg(long, default_value = "train.py")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// A predictions file of `lab train`, `lab predict`, the page, or your own.
    #[arg(long)]
    pub predictions: PathBuf,
    /// Model that the others are compared with; without it the first.
    #[arg(long)]
    pub baseline: Option<String>,
    /// Model whose pCTR all models share in the further task ctcvr_common_ctr.
    #[arg(long)]
    pub common_ctr: Option<String>,
    /// JSON file to write, instead of stdout.
    #[arg(long)]
    pub json: Option<PathBuf>,
}
