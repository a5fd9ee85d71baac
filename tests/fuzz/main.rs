//! Every way in, under bent inputs: no panic, no hang, no memory without bound.
//!
//! A few thousand inputs a run; `FUZZ_INPUTS=1000000 FUZZ_SEED=7 cargo test --test fuzz --features parquet` for more
//! (`cargo xtask fuzz` does that). A failure names its seed and number, which make the input again, and the file that it is in.

#![allow(clippy::disallowed_methods, reason = "native only: it may take the clock")]

mod assembly;
mod memory;
mod mutate;
mod samples;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use esmm_playground::domain::assembly::open_log;
use esmm_playground::domain::log::{
    ArchiveLimit, Encoding, LogError, ReadLimits, ReadOptions, Roles, TableReader, TextDecoder,
};
use esmm_playground::domain::report::{EvaluateOptions, evaluate_predictions_csv};
use esmm_playground::domain::spec::{RunSpec, decode_link, encode_link};
use esmm_playground::parquet::{self, ParquetError};
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
    let targets: [Target; 12] = [
        Target::new("log", 8, samples::logs(), read_log),
        Target::new("log, bent a little", 8, samples::logs(), read_log).little(),
        Target::new("packed log", 3, samples::logs(), read_packed),
        Target::new("archive", 2, samples::archives(), read_archive),
        Target::new("assembly", 8, samples::tables(), assembly::assemble).little(),
        Target::new("Parquet", 1, samples::parquet_files(), read_parquet),
        Target::new("Parquet, bent a little", 2, samples::parquet_files(), read_parquet).little(),
        Target::new("link", 2, samples::links(), read_link),
        Target::new("spec", 1, samples::specs(), read_spec),
        Target::new("spec, bent a little", 1, samples::specs(), read_spec).little(),
        Target::new("predictions", 1, samples::predictions(), read_predictions),
        Target::new("predictions, bent a little", 1, samples::predictions(), read_predictions).little(),
    ];
    let shares: u64 = targets.iter().map(|target| target.share).sum();
    // A panic is a finding with its seed and number, not a page of text.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = place;
        }
    }));
    let (mut failures, mut good) = (Vec::new(), 0);
    for target in &targets {
        let (failed, opened) = target.fuzz(inputs * target.share / shares, seed);
        failures.extend(failed);
        good += opened;
    }
    drop(std::panic::take_hook());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(good * 3 >= inputs, "{good} of {inputs} inputs were good, too few to try what follows the reading");
}

struct Target {
    name: &'static str,
    share: u64,
    samples: Vec<Vec<u8>>,
    /// Whether the input was good.
    run: fn(&[u8], usize) -> bool,
    /// Inputs are bent late and little, so that a third of them at least is good: what comes after reading is tried, too.
    is_little: bool,
}

impl Target {
    fn new(name: &'static str, share: u64, samples: Vec<Vec<u8>>, run: fn(&[u8], usize) -> bool) -> Self {
        Self { name, share, samples, run, is_little: false }
    }

    /// Of the samples that are good, bent a little: what comes after the reading is tried too.
    fn little(mut self) -> Self {
        self.samples.retain(|sample| (self.run)(sample, sample.len().max(1)));
        Self { is_little: true, ..self }
    }

    /// Failures, and how many of the inputs were good.
    fn fuzz(&self, inputs: u64, seed: u64) -> (Vec<String>, u64) {
        const SHOWN: usize = 5;
        let mut mutator = Mutator::new(self.samples.clone(), seed);
        let mut failures = Vec::new();
        let begun = Instant::now();
        let mut good = 0;
        for number in 0..inputs {
            let input = if self.is_little { mutator.next_little() } else { mutator.next() };
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
                Ok(_) if took > PATIENCE => Some(format!("took {took:?}")),
                Ok(_) if used > MOST_BYTES => Some(format!("took {used} bytes")),
                Ok(is_good) => {
                    good += u64::from(is_good);
                    None
                }
            };
            if let Some(trouble) = trouble {
                let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{} {seed} {number}", self.name));
                let place = std::fs::write(&kept, &input)
                    .map_or_else(|error| error.to_string(), |()| kept.display().to_string());
                failures.push(format!("{}, seed {seed}, input {number} {trouble} ({place})", self.name));
                if failures.len() >= SHOWN {
                    break;
                }
            }
        }
        eprintln!("{}: {inputs} inputs, {good} of them good, in {:.1} s", self.name, begun.elapsed().as_secs_f64());
        (failures, good)
    }
}

fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().expect("a number"))
}

fn options() -> ReadOptions {
    ReadOptions { limits: LIMITS, decoders: Some(decoder), ..ReadOptions::default() }
}

struct Decoder(encoding_rs::Decoder);

impl TextDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) {
        let start = text.len();
        text.resize(start + self.0.max_utf8_buffer_length(bytes.len()).unwrap_or_default(), 0);
        let (_, _, written, _) = self.0.decode_to_utf8(bytes, &mut text[start..], is_last);
        text.truncate(start + written);
    }
}

/// As in the lab.
fn decoder(encoding: Encoding) -> Option<Box<dyn TextDecoder>> {
    let encoding = encoding_rs::Encoding::for_label(encoding.label().as_bytes())?;
    Some(Box::new(Decoder(encoding.new_decoder_without_bom_handling())))
}

fn read_pieces(bytes: &[u8], piece: usize) -> Result<(), LogError> {
    // Some are read with the items of a list as rows.
    let unroll = piece.is_multiple_of(8).then(|| "events".to_owned());
    match read_as(bytes, piece, ReadOptions { unroll, ..options() }) {
        Err(LogError::OtherEncoding { encoding }) => {
            read_as(bytes, piece, ReadOptions { encoding: Some(encoding), ..options() })
        }
        read => read,
    }
}

fn read_as(bytes: &[u8], piece: usize, options: ReadOptions) -> Result<(), LogError> {
    let mut reader = TableReader::new(options);
    for piece in bytes.chunks(piece) {
        reader.push(piece, None)?;
        assert!(reader.progress().bytes <= bytes.len() as u64);
    }
    let read = reader.finish(None)?;
    assert!(read.table.n_rows > 0, "a table has rows");
    let is_whole = |column: &esmm_playground::domain::log::Column| column.values.n_rows() == read.table.n_rows;
    assert!(read.table.columns.iter().all(is_whole), "columns are of one length");
    // Whether it is a log as well is another question; nothing may break in asking.
    if let Err(error) = open_log(read, None) {
        check_sentence(&error);
    }
    Ok(())
}

/// Errors are fine; each must be one sentence that says something.
fn check_sentence(error: &impl std::fmt::Display) {
    let sentence = error.to_string();
    assert!(!sentence.is_empty() && !sentence.contains('\n') || sentence.len() > 20, "{sentence:?}");
}

fn is_read<T>(outcome: Result<T, impl std::fmt::Display>) -> bool {
    outcome.map_err(|error| check_sentence(&error)).is_ok()
}

fn read_log(bytes: &[u8], piece: usize) -> bool {
    is_read(read_pieces(bytes, piece))
}

/// A bent log in an archive that is whole.
fn read_packed(bytes: &[u8], piece: usize) -> bool {
    match piece % 4 {
        0 => read_log(&samples::zipped(bytes, true), piece),
        1 => read_log(&samples::zipped(bytes, false), piece),
        2 => is_read(to_text(&samples::zstandard(bytes)).map(|text| assert_eq!(text, bytes))),
        _ => read_log(&samples::gzipped(bytes), piece),
    }
}

/// An archive that is bent itself.
fn read_archive(bytes: &[u8], piece: usize) -> bool {
    match read_pieces(bytes, piece) {
        Err(LogError::Parquet) => is_read(to_text(bytes)),
        read => is_read(read),
    }
}

fn read_parquet(bytes: &[u8], _: usize) -> bool {
    is_read(to_text(bytes))
}

/// What the Parquet reader makes of a file, no longer than the limit.
fn to_text(bytes: &[u8]) -> Result<Vec<u8>, ParquetError> {
    let mut text = Vec::new();
    parquet::to_text(bytes.to_vec().into(), LIMITS.archive, |piece| {
        text.extend_from_slice(piece);
        if text.len() > 2 * LIMITS.text_bytes as usize { Err(ParquetError::Sink("enough".to_owned())) } else { Ok(()) }
    })?;
    Ok(text)
}

fn read_link(bytes: &[u8], _: usize) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let decoded = decode_link(&text);
    if let Ok(spec) = &decoded {
        let spec = spec.clone();
        assert_eq!(decode_link(&encode_link(&spec)).as_ref(), Ok(&spec));
    }
    // Past the checksum: the same bytes as a link that says that it is whole.
    let _ = decode_link(&samples::link_of(bytes));
    decoded.is_ok()
}

fn read_spec(bytes: &[u8], _: usize) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let (json, toml) = (RunSpec::from_json(&text), RunSpec::from_toml(&text));
    json.is_ok() | toml.is_ok() | Roles::from_toml(&text).is_ok()
}

fn read_predictions(bytes: &[u8], _: usize) -> bool {
    evaluate_predictions_csv(bytes, &EvaluateOptions::default()).is_ok()
}
