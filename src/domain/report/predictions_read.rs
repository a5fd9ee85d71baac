//! PRED.csv → metrics: every number of a report that predictions alone can give, computed anew.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::domain::metrics::{Bootstrap, Metric, MetricInput, TaskInput, Undefined, evaluate_all};

/// Metrics of every run of a PRED.csv.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionsReport {
    pub version: u32,
    pub runs: Vec<EvaluatedRun>,
}

/// Metrics of one model and seed over its evaluation rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedRun {
    pub model: String,
    pub seed: u64,
    pub eval_rows: usize,
    /// `<metric>.<task>` → value.
    pub metrics: BTreeMap<String, Metric>,
}

/// Why a PRED.csv cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictionsError {
    #[error("the predictions have no column \"{0}\"; a PRED.csv has row, split, model, seed, labels and p_… columns")]
    NoColumn(&'static str),
    #[error("the predictions have none of the columns p_ctr, p_cvr, p_ctcvr, p_ctavr; there is nothing to evaluate")]
    NoProbability,
    #[error("the column \"{0}\" is there twice; remove one of them")]
    DuplicateColumn(String),
    #[error("the predictions have a header but no rows")]
    NoRows,
    #[error(
        "model \"{model}\" with seed {seed} has no row whose split is \"eval\"; write predictions of held-out rows"
    )]
    NoEvalRows { model: String, seed: u64 },
    #[error("line {line}: {fields} fields, but the header has {columns}")]
    FieldCount { line: u64, fields: u64, columns: u64 },
    #[error("line {line}: the text is not UTF-8; save the file as UTF-8")]
    NotUtf8 { line: u64 },
    #[error("line {line}, column \"{column}\": expected {expected}, got \"{found}\"")]
    Field { line: u64, column: String, expected: &'static str, found: String },
}

/// Recomputes metrics per model and seed over the rows whose `split` is `eval` (over all rows when there is no such
/// column). Tasks without their columns are undefined, with the reason.
///
/// Probabilities of exactly 0 or 1, which f32 rounds to, are taken as the nearest f32 inside: a log-loss stays finite.
///
/// # Errors
/// [`PredictionsError`] with line and column.
pub fn evaluate_predictions_csv(bytes: &[u8]) -> Result<PredictionsReport, PredictionsError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let columns = Columns::of(reader.headers().map_err(|error| csv_error(&error))?)?;
    let mut runs: Vec<RunRows> = Vec::new();
    let mut index_of: HashMap<(String, u64), usize> = HashMap::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| csv_error(&error))? {
        let line = Line { number: record.position().map_or(0, csv::Position::line), record: &record };
        let model = record[columns.model].to_owned();
        let seed = line.parse(columns.seed, "seed", "a whole number")?;
        let next = runs.len();
        let index = *index_of.entry((model.clone(), seed)).or_insert(next);
        if index == next {
            runs.push(RunRows::new(model, seed));
        }
        runs[index].read(&columns, &line)?;
    }
    if runs.is_empty() {
        return Err(PredictionsError::NoRows);
    }
    let runs = runs.into_iter().map(|run| run.evaluate(&columns)).collect::<Result<_, _>>()?;
    Ok(PredictionsReport { version: 1, runs })
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

/// Numbers that a row may have, by their column's name.
const NUMBERS: [&str; 11] = [
    "p_ctr",
    "p_cvr",
    "p_ctcvr",
    "p_ctavr",
    "truth_p_click",
    "truth_p_action",
    "truth_p_buy_action",
    "truth_p_buy_other",
    "click",
    "conversion",
    "action",
];
const N_PROBABILITIES: usize = 8;
const POTENTIAL: &str = "potential_conversion";

/// Where each column is.
struct Columns {
    model: usize,
    seed: usize,
    split: Option<usize>,
    user: Option<usize>,
    group: Option<usize>,
    numbers: [Option<usize>; NUMBERS.len()],
    potential: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, PredictionsError> {
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        if let Some(twice) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            return Err(PredictionsError::DuplicateColumn((*twice.1).to_owned()));
        }
        let find = |name: &str| names.iter().position(|other| *other == name);
        let need = |name: &'static str| find(name).ok_or(PredictionsError::NoColumn(name));
        let numbers = NUMBERS.map(find);
        let columns = Self {
            model: need("model")?,
            seed: need("seed")?,
            split: find("split"),
            user: find("user"),
            group: find("group"),
            numbers,
            potential: find(POTENTIAL),
        };
        need("click")?;
        if numbers[..4].iter().all(Option::is_none) {
            return Err(PredictionsError::NoProbability);
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
            "0" => Ok(false),
            "1" => Ok(true),
            found => Err(self.fault(column, "0 or 1", found)),
        }
    }

    /// A probability; NaN where the field is empty because the model has none.
    fn probability(&self, index: usize, column: &str) -> Result<f64, PredictionsError> {
        const EXPECTED: &str = "a probability from 0 to 1";
        if self.record[index].trim().is_empty() && column.starts_with("p_") {
            return Ok(f64::NAN);
        }
        let p = self.parse(index, column, EXPECTED)?;
        if (0.0..=1.0).contains(&p) { Ok(p) } else { Err(self.fault(column, EXPECTED, &self.record[index])) }
    }
}

/// Evaluation rows of one run, column by column.
struct RunRows {
    model: String,
    seed: u64,
    n_rows: usize,
    users: Vec<u32>,
    groups: Vec<u32>,
    probabilities: [Vec<f64>; N_PROBABILITIES],
    labels: [Vec<bool>; 3],
    potential: Vec<bool>,
}

impl RunRows {
    fn new(model: String, seed: u64) -> Self {
        Self {
            model,
            seed,
            n_rows: 0,
            users: Vec::new(),
            groups: Vec::new(),
            probabilities: Default::default(),
            labels: Default::default(),
            potential: Vec::new(),
        }
    }

    fn read(&mut self, columns: &Columns, line: &Line) -> Result<(), PredictionsError> {
        if let Some(split) = columns.split {
            match line.record[split].trim() {
                "eval" => {}
                "train" => return Ok(()),
                found => return Err(line.fault("split", "train or eval", found)),
            }
        }
        self.n_rows += 1;
        for (codes, name, index) in
            [(&mut self.users, "user", columns.user), (&mut self.groups, "group", columns.group)]
        {
            if let Some(index) = index {
                codes.push(line.parse(index, name, "a whole number")?);
            }
        }
        let (probabilities, labels) = columns.numbers.split_at(N_PROBABILITIES);
        for ((values, index), name) in self.probabilities.iter_mut().zip(probabilities).zip(NUMBERS) {
            if let Some(index) = *index {
                values.push(line.probability(index, name)?);
            }
        }
        for ((values, index), name) in self.labels.iter_mut().zip(labels).zip(&NUMBERS[N_PROBABILITIES..]) {
            if let Some(index) = *index {
                values.push(line.label(index, name)?);
            }
        }
        if let Some(index) = columns.potential {
            self.potential.push(line.label(index, POTENTIAL)?);
        }
        Ok(())
    }

    fn evaluate(self, columns: &Columns) -> Result<EvaluatedRun, PredictionsError> {
        let tasks = self.tasks(columns);
        let Self { model, seed, n_rows, .. } = self;
        if n_rows == 0 {
            return Err(PredictionsError::NoEvalRows { model, seed });
        }
        let units = columns.user.is_some().then_some(self.users);
        let groups = if columns.group.is_some() { Some(self.groups) } else { units.clone() };
        let input = MetricInput { n_rows, units, groups, tasks };
        let (metrics, _) = evaluate_all(&input, Bootstrap::default());
        Ok(EvaluatedRun { model, seed, eval_rows: n_rows, metrics })
    }

    fn tasks(&self, columns: &Columns) -> Vec<(String, Result<TaskInput, Undefined>)> {
        let [p_ctr, p_cvr, p_ctcvr, p_ctavr, click_truth, y2, y3, y4] = &self.probabilities;
        let [click, conversion, action] = &self.labels;
        let is_truth_known = columns.numbers[4..N_PROBABILITIES].iter().all(Option::is_some);
        let truth = |of: &dyn Fn(usize) -> f64| is_truth_known.then(|| (0..self.n_rows).map(of).collect::<Vec<f64>>());
        let cvr = |row: usize| y2[row] * y3[row] + (1.0 - y2[row]) * y4[row];
        let both = |later: &[bool]| later.iter().zip(click).map(|(later, click)| *later && *click).collect();
        let all: Vec<u32> = (0..self.n_rows as u32).collect();
        let clicked: Vec<u32> = all.iter().copied().filter(|&row| click[row as usize]).collect();
        let label = |index: usize, values: Vec<bool>| {
            if columns.numbers[N_PROBABILITIES + index].is_some() { Ok(values) } else { Err(Undefined::NoLabel) }
        };
        let potential = columns.potential.map(|_| self.potential.clone()).ok_or(Undefined::TruthUnknown);
        let ctr_truth = truth(&|row| click_truth[row]);
        let ctavr_truth = truth(&|row| click_truth[row] * y2[row]);
        let ctcvr_truth = truth(&|row| click_truth[row] * cvr(row));
        let cvr_truth = truth(&cvr);
        let bought = label(1, both(conversion));
        [
            ("ctr", task(&all, p_ctr, Ok(click.clone()), ctr_truth)),
            ("ctavr", task(&all, p_ctavr, label(2, both(action)), ctavr_truth)),
            ("ctcvr", task(&all, p_ctcvr, bought.clone(), ctcvr_truth)),
            ("cvr_clicked", task(&clicked, p_cvr, bought, cvr_truth.clone())),
            ("cvr_entire_space", task(&all, p_cvr, potential, cvr_truth)),
        ]
        .map(|(name, task)| (name.to_owned(), task))
        .into()
    }
}

/// The rows `rows` of full columns; undefined when the model has no such probability.
fn task(
    rows: &[u32],
    p: &[f64],
    labels: Result<Vec<bool>, Undefined>,
    truth: Option<Vec<f64>>,
) -> Result<TaskInput, Undefined> {
    if p.iter().any(|p| p.is_nan()) || p.is_empty() {
        return Err(Undefined::NotPredicted);
    }
    let labels = labels?;
    let (smallest, largest) = (f64::from(f32::from_bits(1)), 1.0 - f64::from(f32::EPSILON) / 2.0);
    let at = |row: &u32| *row as usize;
    let open: Vec<f64> = rows.iter().map(|row| p[at(row)].clamp(smallest, largest)).collect();
    Ok(TaskInput {
        rows: rows.to_vec(),
        p: rows.iter().map(|row| p[at(row)]).collect(),
        log_p: open.iter().map(|&p| libm::log(p)).collect(),
        log_not_p: open.iter().map(|&p| libm::log1p(-p)).collect(),
        labels: rows.iter().map(|row| labels[at(row)]).collect(),
        truth: truth.map(|truth| rows.iter().map(|row| truth[at(row)]).collect()),
    })
}
