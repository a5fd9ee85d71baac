//! `cargo xtask bench scale [--rounds N] [--json FILE]`: what a training step of ESMM costs, in time and memory, by rows of the log,
//! by fields and by embedded values.
//!
//! One of them is changed at a time. Each size is measured in a process of its own, of which the system tells the peak
//! memory, and sizes take turns, round by round. Ids are drawn evenly, which is the worst case: what a step touches is in no
//! cache then. By Zipf's law, as ids of logs roughly are, most of it is. The report goes to FILE, and beside it as `.md` and `.svg`;
//! without FILE to the one that is kept, `benches/scale/report.json`.

#[path = "../machine.rs"]
mod machine;
mod plot;
mod report;

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use esmm_playground::domain::features::{EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, Prepared};
use esmm_playground::domain::log::{FeatureGroup, Split};
use esmm_playground::domain::spec::{TrainPlan, spec_preset};
use esmm_playground::engine::{EngineDevice, Trainer};
use report::{Measured, Report};
use serde_json::{Value, json};

/// Sizes of one log and table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub rows: usize,
    pub fields: usize,
    /// Rows of the embedding table, over all fields.
    pub values: usize,
    /// Whether ids follow Zipf's law; else all are as frequent.
    pub is_zipf: bool,
}

/// What is changed, and the sizes that it takes.
pub struct Axis {
    pub name: &'static str,
    pub of: fn(Size) -> usize,
    sizes: [Size; 4],
}

const BASE: Size = Size { rows: 100_000, fields: 8, values: 20_000, is_zipf: false };
const BY_ZIPF: Size = Size { is_zipf: true, ..BASE };
pub const AXES: [Axis; 4] = [
    Axis {
        name: "rows of the log",
        of: |size| size.rows,
        sizes: [
            Size { rows: 10_000, ..BASE },
            BASE,
            Size { rows: 1_000_000, ..BASE },
            Size { rows: 5_000_000, ..BASE },
        ],
    },
    Axis {
        name: "fields",
        of: |size| size.fields,
        sizes: [Size { fields: 1, ..BASE }, BASE, Size { fields: 30, ..BASE }, Size { fields: 80, ..BASE }],
    },
    Axis { name: "embedded values", of: |size| size.values, sizes: by_values(BASE) },
    Axis { name: "embedded values, by Zipf's law", of: |size| size.values, sizes: by_values(BY_ZIPF) },
];

const fn by_values(base: Size) -> [Size; 4] {
    [Size { values: 1_000, ..base }, base, Size { values: 100_000, ..base }, Size { values: 1_000_000, ..base }]
}

const BATCH: usize = 256;
/// Of one size in one round, after half of it that warms caches and allocator.
const SECONDS: f64 = 1.0;
const STEPS_BETWEEN_READINGS: usize = 16;
const ZIPF: &str = "zipf";
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scale/report.json");

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds words of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--size", rows, fields, values, law] = words[..] {
        let (rows, fields, values) = (rows.parse()?, fields.parse()?, values.parse()?);
        let size = Size { rows, fields, values, is_zipf: law == ZIPF };
        println!("{}", measured(size)?);
        return Ok(());
    }
    let (mut rounds, mut file) = (3, KEPT);
    for pair in words.chunks(2) {
        match *pair {
            ["--rounds", number] => rounds = number.parse()?,
            ["--json", path] => file = path,
            _ => return Err(format!("scale knows --rounds N and --json FILE, not {pair:?}").into()),
        }
    }
    let mut report = Report::new(rounds);
    for round in 0..rounds {
        for axis in &AXES {
            for &size in &axis.sizes {
                if report.has(size, round) {
                    continue;
                }
                report.add(size, in_process_of_its_own(size)?);
            }
        }
        println!("round {} of {rounds}", round + 1);
    }
    report.end();
    println!("\n{}", report.to_markdown());
    report.write(file.as_ref())
}

/// The sizes of an axis, as they were measured.
pub fn sizes(axis: &Axis) -> impl Iterator<Item = Size> {
    axis.sizes.iter().copied()
}

fn in_process_of_its_own(size: Size) -> Result<Measured, Box<dyn Error>> {
    let Size { rows, fields, values, is_zipf } = size;
    let numbers = [rows, fields, values].map(|number| number.to_string());
    let law = if is_zipf { ZIPF } else { "even" };
    let output = Command::new(std::env::current_exe()?).arg("--size").args(numbers).arg(law).output()?;
    if !output.status.success() {
        return Err(format!("{size:?}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let micros = told["micros_a_row"].as_f64().ok_or("a size tells its time")?;
    Ok(Measured { micros, megabytes: told["peak_megabytes"].as_f64() })
}

/// Trains for [`SECONDS`] on a log of this size.
fn measured(size: Size) -> Result<Value, Box<dyn Error>> {
    let experiment = spec_preset("default").ok_or("the default preset is missing")?;
    let model = experiment.models.iter().find(|model| model.name == "esmm").ok_or("there is no esmm")?;
    let mut plan: TrainPlan = experiment.plan(model, 1);
    plan.training.batch_size = Some(BATCH);
    // Enough of them that no round runs out of batches.
    plan.training.epochs = Some(1_000_000);
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, &drawn(size))?;
    train(&mut trainer, SECONDS / 2.0)?;
    let micros = train(&mut trainer, SECONDS)?;
    Ok(json!({ "micros_a_row": micros, "peak_megabytes": peak_megabytes() }))
}

/// Trains for at least so many seconds; returns the microseconds that a row took.
fn train(trainer: &mut Trainer, seconds: f64) -> Result<f64, Box<dyn Error>> {
    let (start, rows_before) = (now(), trainer.position().rows_seen);
    while start.elapsed().as_secs_f64() < seconds {
        for _ in 0..STEPS_BETWEEN_READINGS {
            trainer.step()?;
        }
        pollster::block_on(trainer.take_losses())?;
    }
    let rows = trainer.position().rows_seen - rows_before;
    Ok(1e6 * start.elapsed().as_secs_f64() / rows as f64)
}

/// Rows whose ids and labels are drawn at random.
fn drawn(Size { rows, fields, values, is_zipf }: Size) -> Prepared {
    let mut state = 1u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let vocabulary = values / fields;
    // The chance of rank k is ln(1 + 1/k) / ln(1 + n). A rank's row of the table is as good as any: a multiplier without a common
    // factor spreads them.
    let by_zipf = |u: f64| ((vocabulary as f64 + 1.0).powf(u) as usize - 1) * 7_919 % vocabulary;
    let id = |u: f64| if is_zipf { by_zipf(u) } else { (u * vocabulary as f64) as usize };
    let field = |index: usize| FieldEncoder {
        name: format!("field {index}"),
        group: [FeatureGroup::User, FeatureGroup::Item][index % 2],
        encoding: FieldEncoding::Vocabulary { values: (0..vocabulary).map(|value| value.to_string()).collect() },
    };
    let fitted = FittedFeatures { fields: (0..fields).map(field).collect(), dense: Vec::new() };
    let ids = (0..rows * fields).map(|_| id(uniform()) as u32).collect();
    let click: Vec<bool> = (0..rows).map(|_| uniform() < 0.25).collect();
    let conversion = click.iter().map(|&clicked| clicked && uniform() < 0.25).collect();
    Prepared {
        split: Split { train: (0..rows as u32).collect(), ..Split::default() },
        fitted,
        encoded: EncodedLog { n_rows: rows, ids, ..EncodedLog::default() },
        labels: vec![click, conversion],
        waits: Vec::new(),
        weights: Vec::new(),
    }
}

/// This process's, where the system tells it.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().split(' ').next()?;
    Some(kilobytes.parse::<f64>().ok()? / 1e3)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark takes the clock, and is native")]
fn now() -> Instant {
    Instant::now()
}
