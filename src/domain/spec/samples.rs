//! The sample logs of `sample-data/logs`: which preset, seed, layout and format makes each, and their bytes.
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::presets::log_preset;
use crate::domain::log::{gzip, write_csv, write_json_lines};
use crate::domain::synth::{Layout, gallery, generate};

/// A small generated log that is kept as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleLog {
    pub file: String,
    /// The generator's controls; rows and seed come before its own.
    pub preset: String,
    pub rows: usize,
    pub seed: u64,
    #[serde(default)]
    pub layout: Layout,
    #[serde(default)]
    pub format: SampleFormat,
}

/// How a sample log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SampleFormat {
    #[default]
    #[serde(rename = "csv")]
    Csv,
    #[serde(rename = "csv.gz")]
    CsvGz,
    #[serde(rename = "jsonl")]
    JsonLines,
}

/// What the manifest holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    log: Vec<SampleLog>,
}

/// Every sample log of the manifest, in its order.
pub fn sample_logs() -> &'static [SampleLog] {
    static PARSED: OnceLock<Vec<SampleLog>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let text = include_str!(concat!(env!("OUT_DIR"), "/presets/sample_logs.json"));
        match serde_json::from_str::<Manifest>(text) {
            Ok(manifest) => manifest.log,
            // Part of the program, as the presets are.
            Err(error) => unreachable!("the manifest of the sample logs is broken: {error}"),
        }
    })
}

/// The bytes of a sample log, or of a file of the gallery; `None` when none is called so.
pub fn sample_bytes(file: &str) -> Option<Vec<u8>> {
    match sample_logs().iter().find(|sample| sample.file == file) {
        Some(sample) => sample.bytes(),
        None => gallery::file(file),
    }
}

impl SampleLog {
    /// The file's bytes: the same on every platform. `None` when there is no such preset.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let mut spec = log_preset(&self.preset)?;
        (spec.rows, spec.seed) = (self.rows, self.seed);
        let table = self.layout.arrange(&generate(&spec).table, self.seed);
        Some(match self.format {
            SampleFormat::Csv => write_csv(&table),
            SampleFormat::CsvGz => gzip(&write_csv(&table)),
            SampleFormat::JsonLines => write_json_lines(&table),
        })
    }
}
