//! How many rows a second: generating, reading, encoding, training each model on the CPU engine, evaluating.
//!
//! `cargo xtask bench [--json FILE]`. Every line is the best of several rounds: the machine's noise only ever adds time.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::{OpenedLog, ReadOptions, read_table, write_csv};
use esmm_playground::domain::metrics::Bootstrap;
use esmm_playground::domain::report::evaluate;
use esmm_playground::domain::spec::{self, RunSpec, TrainPlan};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::{EngineDevice, Trainer};
use serde_json::{Value, json};

const ROUNDS: usize = 3;
const ROWS: usize = 60_000;
/// The page's first log holds out as many.
const EVALUATED_ROWS: usize = 5_000;
/// Steps of one round of training, after as many that warm caches and allocator.
const STEPS: usize = 60;

struct Line {
    name: String,
    rows: usize,
    seconds: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let json_file = json_file()?;
    let experiment = spec::spec_preset("default").ok_or("the default preset is missing")?;
    let synth = SynthSpec { rows: ROWS, ..SynthSpec::default() };
    let mut lines = data_lines(&synth, &experiment)?;
    for preset in spec::spec_preset_names() {
        let experiment = spec::spec_preset(preset).ok_or("a preset is missing")?;
        lines.extend(training_lines(preset, &synth, &experiment)?);
    }
    lines.extend(evaluation_lines(&synth, &experiment)?);
    println!("{:<34} {:>10} {:>12} {:>14}", "what", "rows", "seconds", "rows/s");
    for line in &lines {
        println!("{:<34} {:>10} {:>12.3} {:>14.0}", line.name, line.rows, line.seconds, line.rate());
    }
    if let Some(file) = json_file {
        let report =
            json!({ "version": 1, "rounds": ROUNDS, "lines": lines.iter().map(Line::to_json).collect::<Vec<_>>() });
        std::fs::write(&file, serde_json::to_string_pretty(&report)?)?;
        println!("\nwritten to {file}");
    }
    Ok(())
}

/// `--json FILE`; whatever else cargo passes on is not for us.
fn json_file() -> Result<Option<String>, String> {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => return arguments.next().map(Some).ok_or_else(|| "--json wants a file".into()),
            "--bench" => {}
            unknown => return Err(format!("bench knows --json FILE, not {unknown:?}")),
        }
    }
    Ok(None)
}

fn data_lines(synth: &SynthSpec, experiment: &RunSpec) -> Result<Vec<Line>, Box<dyn Error>> {
    let generated = generate(synth);
    let csv = write_csv(&generated.table);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    let plan = plan_of(experiment, 0);
    Ok(vec![
        Line::best("generate a log", ROWS, || {
            drop(black_box(generate(synth)));
            Ok(())
        })?,
        Line::best(&format!("read CSV, {:.1} MB", csv.len() as f64 / 1e6), ROWS, || {
            read_table(&csv, &ReadOptions::default()).map(|table| drop(black_box(table))).map_err(Into::into)
        })?,
        Line::best("fit encoders, split, encode", ROWS, || {
            Prepared::new(&opened.log, &plan).map(|prepared| drop(black_box(prepared))).map_err(Into::into)
        })?,
    ])
}

fn training_lines(preset: &str, synth: &SynthSpec, experiment: &RunSpec) -> Result<Vec<Line>, Box<dyn Error>> {
    let generated = generate(synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    let mut lines = Vec::new();
    for (index, model) in experiment.models.iter().enumerate() {
        let plan = plan_of(experiment, index);
        let prepared = Prepared::new(&opened.log, &plan)?;
        lines.push(training_line(&format!("train {preset}: {}", model.name), plan, &prepared)?);
    }
    Ok(lines)
}

fn training_line(name: &str, mut plan: TrainPlan, prepared: &Prepared) -> Result<Line, Box<dyn Error>> {
    // Enough of them that no round runs out of batches.
    plan.training.epochs = Some(1000);
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, prepared)?;
    let rows = STEPS * trainer.resolved().batch_size;
    let mut train = || -> Result<(), Box<dyn Error>> {
        for _ in 0..STEPS {
            trainer.step()?;
        }
        pollster::block_on(trainer.take_losses())?;
        Ok(())
    };
    train()?;
    Line::best(name, rows, train)
}

/// Everything that is read from one model's logits over held-out rows; at the end of a run with intervals and slices.
fn evaluation_lines(synth: &SynthSpec, experiment: &RunSpec) -> Result<Vec<Line>, Box<dyn Error>> {
    let generated = generate(synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    let model = experiment.models.last().ok_or("an experiment has models")?;
    let rows: Vec<u32> = (0..EVALUATED_ROWS as u32).collect();
    let n_logits = EVALUATED_ROWS * model.tree.questions.len();
    let logits: Vec<f32> =
        (0..n_logits as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 / 1024.0 - 4.0).collect();
    let mut lines = Vec::new();
    for (name, bootstrap) in [("each epoch", Bootstrap::NONE), ("at the end, with intervals", Bootstrap::default())] {
        lines.push(Line::best(&format!("evaluate {}: {name}", model.name), EVALUATED_ROWS, || {
            drop(black_box(evaluate(&opened.log, model, &rows, &logits, bootstrap)));
            Ok(())
        })?);
    }
    Ok(lines)
}

fn plan_of(experiment: &RunSpec, model: usize) -> TrainPlan {
    TrainPlan {
        features: experiment.features.clone(),
        split: experiment.split.clone(),
        network: experiment.network.clone(),
        training: experiment.training.clone(),
        model: experiment.models[model].clone(),
        seed: 1,
    }
}

impl Line {
    /// The fastest of [`ROUNDS`] rounds of `work`.
    fn best(
        name: &str,
        rows: usize,
        mut work: impl FnMut() -> Result<(), Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut seconds = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = now();
            work()?;
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        Ok(Self { name: name.to_owned(), rows, seconds })
    }

    fn rate(&self) -> f64 {
        self.rows as f64 / self.seconds
    }

    fn to_json(&self) -> Value {
        json!({ "name": self.name, "rows": self.rows, "seconds": self.seconds, "rows_per_second": self.rate() })
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark takes the clock, and is native")]
fn now() -> Instant {
    Instant::now()
}
