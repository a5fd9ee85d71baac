//! Every way in, under bent inputs: no panic, no hang, no memory without bound.
//!
//! A few thousand inputs a run; `FUZZ_INPUTS=1000000 FUZZ_SEED=7 cargo test --test fuzz --features parquet` for more
//! (`cargo xtask fuzz` does that). A failure names its seed and number, which make the input again.

#![allow(clippy::disallowed_methods, reason = "native only: it may take the clock")]

mod memory;
mod mutate;
mod samples;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use esmm_playground::domain::log::{ArchiveLimit, LogError, OpenedLog, ReadLimits, ReadOptions, Roles, TableReader};
use esmm_playground::domain::report::{EvaluateOptions, evaluate_predictions_csv};
use esmm_playground::domain::spec::{RunSpec, decode_link, encode_link};
use esmm_playground::parquet;
use mutate::Mutator;

#[global_allocator]
static COUNTED: memory::Counted = memory::Counted;

/// Longest that an input of 16 KB may take; loaded machines are slow.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most memory that it may take, in bytes.
const MOST_BYTES: usize = 256 << 20;

const LIMITS: ReadLimits = ReadLimits {
    columns: 512,
    rows: 100_000,
    table_bytes: 32 << 20,
    record_bytes: 1 << 16,
    text_bytes: 8 << 20,
    archive: ArchiveLimit { least_bytes: 8 << 20, expansion: 1000 },
};

/// Where the last panic was.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

#[test]
fn no_bent_input_breaks_a_reader() {
    let inputs = from_env("FUZZ_INPUTS", 4_000);
    let seed = from_env("FUZZ_SEED", 1);
    let targets: [Target; 6] = [
        Target { name: "log", share: 12, samples: samples::logs(), run: read_log },
        Target { name: "gzipped log", share: 2, samples: samples::logs(), run: read_gzipped },
        Target { name: "Parquet", share: 2, samples: samples::parquet_files(), run: read_parquet },
        Target { name: "link", share: 2, samples: samples::links(), run: read_link },
        Target { name: "spec", share: 1, samples: samples::specs(), run: read_spec },
        Target { name: "predictions", share: 1, samples: samples::predictions(), run: read_predictions },
    ];
    let shares: u64 = targets.iter().map(|target| target.share).sum();
    // A panic is a finding with its seed and number, not a page of text.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = place;
        }
    }));
    let failures: Vec<String> =
        targets.iter().flat_map(|target| target.fuzz(inputs * target.share / shares, seed)).collect();
    drop(std::panic::take_hook());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

struct Target {
    name: &'static str,
    share: u64,
    samples: Vec<Vec<u8>>,
    run: fn(&[u8], usize),
}

impl Target {
    fn fuzz(&self, inputs: u64, seed: u64) -> Vec<String> {
        const SHOWN: usize = 5;
        let mut mutator = Mutator::new(self.samples.clone(), seed);
        let mut failures = Vec::new();
        let begun = Instant::now();
        for number in 0..inputs {
            let input = mutator.next();
            let piece = 1 + mutator.below(4096);
            memory::reset_peak();
            let (before, start) = (memory::in_use(), Instant::now());
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(&input, piece)));
            let (took, used) = (start.elapsed(), memory::peak().saturating_sub(before));
            let trouble = match outcome {
                Err(panic) => {
                    let said = panic.downcast_ref::<String>().cloned();
                    let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
                    let place = LAST_PANIC.lock().map(|place| place.clone()).unwrap_or_default();
                    Some(format!("panicked at {place}: {}", said.unwrap_or_default()))
                }
                Ok(()) if took > PATIENCE => Some(format!("took {took:?}")),
                Ok(()) if used > MOST_BYTES => Some(format!("took {used} bytes")),
                Ok(()) => None,
            };
            if let Some(trouble) = trouble {
                failures.push(format!("{}, seed {seed}, input {number} {trouble}", self.name));
                if failures.len() >= SHOWN {
                    break;
                }
            }
        }
        eprintln!("{}: {inputs} inputs in {:.1} s", self.name, begun.elapsed().as_secs_f64());
        failures
    }
}

fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().expect("a number"))
}

fn options() -> ReadOptions {
    ReadOptions { limits: LIMITS, ..ReadOptions::default() }
}

fn read_pieces(bytes: &[u8], piece: usize) -> Result<(), LogError> {
    let mut reader = TableReader::new(options());
    for piece in bytes.chunks(piece) {
        reader.push(piece, None)?;
        assert!(reader.progress().bytes <= bytes.len() as u64);
    }
    let read = reader.finish(None)?;
    assert!(read.table.n_rows > 0, "a table has rows");
    let is_whole = |column: &esmm_playground::domain::log::Column| column.values.n_rows() == read.table.n_rows;
    assert!(read.table.columns.iter().all(is_whole), "columns are of one length");
    OpenedLog::from_read(read, None).map(drop)
}

/// Errors are fine; each must be one sentence that says something.
fn check_sentence(error: &impl std::fmt::Display) {
    let sentence = error.to_string();
    assert!(!sentence.is_empty() && !sentence.contains('\n') || sentence.len() > 20, "{sentence:?}");
}

fn read_log(bytes: &[u8], piece: usize) {
    if let Err(error) = read_pieces(bytes, piece) {
        check_sentence(&error);
    }
}

fn read_gzipped(bytes: &[u8], piece: usize) {
    read_log(&samples::gzipped(bytes), piece);
}

fn read_parquet(bytes: &[u8], _: usize) {
    let mut length = 0;
    let outcome = parquet::to_csv(bytes.to_vec().into(), |text| {
        length += text.len();
        if length > LIMITS.text_bytes as usize { Err(parquet::ParquetError::Sink("enough".to_owned())) } else { Ok(()) }
    });
    if let Err(error) = outcome {
        check_sentence(&error);
    }
}

fn read_link(bytes: &[u8], _: usize) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(spec) = decode_link(&text) {
        assert_eq!(decode_link(&encode_link(&spec)).as_ref(), Ok(&spec));
    }
    // Past the checksum: the same bytes as a link that says that it is whole.
    let _ = decode_link(&samples::link_of(bytes));
}

fn read_spec(bytes: &[u8], _: usize) {
    let text = String::from_utf8_lossy(bytes);
    let _ = RunSpec::from_json(&text);
    let _ = RunSpec::from_toml(&text);
    let _ = Roles::from_toml(&text);
}

fn read_predictions(bytes: &[u8], _: usize) {
    let _ = evaluate_predictions_csv(bytes, &EvaluateOptions::default());
}
