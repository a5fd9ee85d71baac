//! PRED.csv → the rows of each run, column by column, with errors that name line and column.
//!
//! The file need not be ours: what a column's absence leaves unanswered is undefined with its reason, and the rest is
//! computed.

use std::collections::{HashMap, HashSet};

use crate::domain::log::is_weight;

/// Why a PRED.csv cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictionsError {
    #[error("{}", words!(predictions::no_probability))]
    NoProbability,
    #[error("{}", words!(predictions::no_label))]
    NoLabel,
    #[error("{}", words!(predictions::duplicate_column, column = .0))]
    DuplicateColumn(String),
    #[error("{}", words!(predictions::no_rows))]
    NoRows,
    #[error("{}", words!(predictions::no_eval_rows, model = .model, seed = .seed))]
    NoEvalRows { model: String, seed: u64 },
    #[error("{}", words!(predictions::field_count, line = .line, fields = .fields, columns = .columns))]
    FieldCount { line: u64, fields: u64, columns: u64 },
    #[error("{}", words!(predictions::not_utf8, line = .line))]
    NotUtf8 { line: u64 },
    #[error("{}", words!(predictions::field, line = .line, column = .column, expected = .expected, found = .found))]
    Field { line: u64, column: String, expected: &'static str, found: String },
    #[error("{}", words!(predictions::duplicate_row, line = .line, row = .row, model = .model, seed = .seed))]
    DuplicateRow { line: u64, row: String, model: String, seed: u64 },
    #[error("{}", words!(predictions::unknown_model, name = .name, known = .known))]
    UnknownModel { name: String, known: String },
}

/// What a run is called when the file has no column `model`.
const UNNAMED: &str = "predictions";
/// What its seed is when the file has no column `seed`.
const UNSEEDED: u64 = 1;
/// More significant digits than the shortest decimal of any f32 has.
const MAX_F32_DIGITS: usize = 9;

/// Column that says which share of the conversions is known at the row's age.
pub(super) const MATURITY: &str = "maturity";
/// Column that says how many impressions of the population a row stands for.
pub(super) const WEIGHT: &str = "weight";
/// Numbers that a row may have, by their column's name.
const PROBABILITIES: [&str; 8] = [
    "p_ctr",
    "p_cvr",
    "p_ctcvr",
    "p_ctavr",
    "truth_p_click",
    "truth_p_action",
    "truth_p_buy_action",
    "truth_p_buy_other",
];
const N_PREDICTED: usize = 4;
pub(super) const LABELS: [&str; 4] = ["click", "conversion", "action", "potential_conversion"];
/// Places in [`LABELS`].
pub(super) const CLICK: usize = 0;
pub(super) const CONVERSION: usize = 1;
pub(super) const ACTION: usize = 2;
pub(super) const POTENTIAL_CONVERSION: usize = 3;

/// Which lines of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Those of held-out rows, with the labels that they are compared with.
    HeldOut,
    /// All; what happened is known from elsewhere.
    All,
}

/// Runs in order of first appearance.
pub(super) fn read_runs(bytes: &[u8], lines: Lines) -> Result<Vec<RunRows>, PredictionsError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let columns = Columns::of(reader.headers().map_err(|error| csv_error(&error))?, lines)?;
    let mut runs: Vec<RunRows> = Vec::new();
    let mut index_of: HashMap<(String, u64), usize> = HashMap::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| csv_error(&error))? {
        let line = Line { number: record.position().map_or(0, csv::Position::line), record: &record };
        let model = columns.model.map_or(UNNAMED, |index| record[index].trim()).to_owned();
        let seed = columns
            .seed
            .map_or(Ok(UNSEEDED), |index| line.parse(index, "seed", text!(predictions::expected::whole)))?;
        let next = runs.len();
        let index = *index_of.entry((model.clone(), seed)).or_insert(next);
        if index == next {
            runs.push(RunRows { model, seed, is_seeded: columns.seed.is_some(), ..RunRows::default() });
        }
        runs[index].read(&columns, &line, lines)?;
    }
    if runs.is_empty() {
        return Err(PredictionsError::NoRows);
    }
    match runs.iter().find(|run| run.n_rows == 0) {
        Some(run) => Err(PredictionsError::NoEvalRows { model: run.model.clone(), seed: run.seed }),
        None => Ok(runs),
    }
}

fn csv_error(error: &csv::Error) -> PredictionsError {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            PredictionsError::FieldCount { line, fields: *len, columns: *expected_len }
        }
        // Reading from memory, the only other thing that can be wrong is the encoding.
        _ => PredictionsError::NotUtf8 { line },
    }
}

/// Where each column is.
struct Columns {
    row: Option<usize>,
    model: Option<usize>,
    seed: Option<usize>,
    split: Option<usize>,
    user: Option<usize>,
    group: Option<usize>,
    maturity: Option<usize>,
    weight: Option<usize>,
    probabilities: [Option<usize>; PROBABILITIES.len()],
    labels: [Option<usize>; LABELS.len()],
}

impl Columns {
    fn of(header: &csv::StringRecord, lines: Lines) -> Result<Self, PredictionsError> {
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        if let Some(twice) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            return Err(PredictionsError::DuplicateColumn((*twice.1).to_owned()));
        }
        let find = |name: &str| names.iter().position(|other| *other == name);
        let columns = Self {
            row: find("row"),
            model: find("model"),
            seed: find("seed"),
            split: find("split"),
            user: find("user"),
            group: find("group"),
            maturity: find(MATURITY),
            weight: find(WEIGHT),
            probabilities: PROBABILITIES.map(find),
            labels: LABELS.map(find),
        };
        if columns.probabilities[..N_PREDICTED].iter().all(Option::is_none) {
            return Err(PredictionsError::NoProbability);
        }
        if lines == Lines::HeldOut && columns.labels.iter().all(Option::is_none) {
            return Err(PredictionsError::NoLabel);
        }
        Ok(columns)
    }
}

/// One record with its place.
struct Line<'a> {
    number: u64,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn parse<T: std::str::FromStr>(
        &self,
        index: usize,
        column: &str,
        expected: &'static str,
    ) -> Result<T, PredictionsError> {
        let found = self.record[index].trim();
        found.parse().map_err(|_| self.fault(column, expected, found))
    }

    fn fault(&self, column: &str, expected: &'static str, found: &str) -> PredictionsError {
        PredictionsError::Field { line: self.number, column: column.to_owned(), expected, found: found.to_owned() }
    }

    fn label(&self, index: usize, column: &str) -> Result<bool, PredictionsError> {
        match self.record[index].trim() {
            "0" | "0.0" | "false" => Ok(false),
            "1" | "1.0" | "true" => Ok(true),
            found => Err(self.fault(column, text!(predictions::expected::label), found)),
        }
    }

    /// A predicted probability; absent where the field is empty.
    fn prediction(&self, index: usize, column: &str) -> Result<Option<Prediction>, PredictionsError> {
        let text = self.record[index].trim();
        if text.is_empty() {
            return Ok(None);
        }
        let p = self.probability(index, column)?;
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let digits = mantissa.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        Ok(Some(Prediction::new(p, digits <= MAX_F32_DIGITS)))
    }

    fn weight(&self, index: usize) -> Result<f64, PredictionsError> {
        const EXPECTED: &str = text!(predictions::expected::weight);
        let weight: f64 = self.parse(index, WEIGHT, EXPECTED)?;
        if is_weight(weight) { Ok(weight) } else { Err(self.fault(WEIGHT, EXPECTED, &self.record[index])) }
    }

    fn probability(&self, index: usize, column: &str) -> Result<f64, PredictionsError> {
        const EXPECTED: &str = text!(predictions::expected::probability);
        let p: f64 = self.parse(index, column, EXPECTED)?;
        if (0.0..=1.0).contains(&p) { Ok(p) } else { Err(self.fault(column, EXPECTED, &self.record[index])) }
    }
}

/// A probability as it was written, and its logarithms.
///
/// A decimal of at most nine significant digits stands for the f32 nearest to it, as in our own files; a longer one
/// for the f64. Exactly 0 or 1 has the logarithms of the nearest number inside: a log-loss stays finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prediction {
    pub p: f64,
    pub log_p: f64,
    pub log_not_p: f64,
}

impl Prediction {
    fn new(p: f64, is_f32: bool) -> Self {
        let (p, smallest, largest) = if is_f32 {
            (f64::from(p as f32), f64::from(f32::from_bits(1)), 1.0 - f64::from(f32::EPSILON) / 2.0)
        } else {
            (p, f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0)
        };
        let inside = p.clamp(smallest, largest);
        Self { p, log_p: libm::log(inside), log_not_p: libm::log1p(-inside) }
    }

    /// The probability of both of two events, the second given the first.
    pub fn and_then(self, next: Self) -> Self {
        let (p, log_p) = (self.p * next.p, self.log_p + next.log_p);
        Self { p, log_p, log_not_p: libm::log1p(-libm::exp(log_p)) }
    }
}

/// Evaluation rows of one run, column by column. A column that the file lacks is empty.
#[derive(Debug, Default)]
pub(super) struct RunRows {
    pub model: String,
    pub seed: u64,
    /// Whether the file says so.
    pub is_seeded: bool,
    pub n_rows: usize,
    pub users: Vec<u32>,
    pub groups: Vec<u32>,
    /// Share of the conversions that is known at the row's age.
    pub maturity: Vec<f64>,
    /// Impressions of the population that the row stands for.
    pub weights: Vec<f64>,
    /// pCTR, pCVR, pCTCVR, pCTAVR; absent in rows where the field is empty.
    pub predicted: [Vec<Option<Prediction>>; N_PREDICTED],
    /// y1 to y4.
    pub truth: [Vec<f64>; PROBABILITIES.len() - N_PREDICTED],
    /// Click, conversion, action, potential conversion.
    pub labels: [Vec<bool>; LABELS.len()],
    /// What the file calls each row; empty without such a column.
    pub names: Vec<String>,
    /// Whether it says that the row was trained on; empty without such a column.
    pub trained_on: Vec<bool>,
    /// Line of each row.
    pub lines: Vec<u64>,
    seen: HashSet<String>,
    user_codes: HashMap<String, u32>,
    group_codes: HashMap<String, u32>,
}

impl RunRows {
    fn read(&mut self, columns: &Columns, line: &Line, lines: Lines) -> Result<(), PredictionsError> {
        if let Some(split) = columns.split {
            let is_held_out = match line.record[split].trim() {
                "eval" => true,
                "train" | "validation" => false,
                found => return Err(line.fault("split", text!(predictions::expected::split), found)),
            };
            if lines == Lines::HeldOut && !is_held_out {
                return Ok(());
            }
            self.trained_on.push(!is_held_out);
        }
        self.n_rows += 1;
        self.lines.push(line.number);
        self.read_name(columns, line)?;
        for (codes, known, index) in [
            (&mut self.users, &mut self.user_codes, columns.user),
            (&mut self.groups, &mut self.group_codes, columns.group),
        ] {
            if let Some(index) = index {
                let next = known.len() as u32;
                codes.push(*known.entry(line.record[index].trim().to_owned()).or_insert(next));
            }
        }
        if let Some(index) = columns.maturity {
            self.maturity.push(line.probability(index, MATURITY)?);
        }
        if let Some(index) = columns.weight {
            self.weights.push(line.weight(index)?);
        }
        let (predicted, truth) = columns.probabilities.split_at(N_PREDICTED);
        for ((values, index), name) in self.predicted.iter_mut().zip(predicted).zip(PROBABILITIES) {
            if let Some(index) = *index {
                values.push(line.prediction(index, name)?);
            }
        }
        for ((values, index), name) in self.truth.iter_mut().zip(truth).zip(&PROBABILITIES[N_PREDICTED..]) {
            if let Some(index) = *index {
                values.push(line.probability(index, name)?);
            }
        }
        for ((values, index), name) in self.labels.iter_mut().zip(columns.labels).zip(LABELS) {
            if let Some(index) = index {
                values.push(line.label(index, name)?);
            }
        }
        Ok(())
    }

    fn read_name(&mut self, columns: &Columns, line: &Line) -> Result<(), PredictionsError> {
        let Some(index) = columns.row else { return Ok(()) };
        let row = line.record[index].trim().to_owned();
        if !self.seen.insert(row.clone()) {
            let (model, seed) = (self.model.clone(), self.seed);
            return Err(PredictionsError::DuplicateRow { line: line.number, row, model, seed });
        }
        self.names.push(row);
        Ok(())
    }
}
