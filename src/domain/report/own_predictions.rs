//! Predictions that a model from elsewhere made of a log's rows, read as a run beside those that are trained here: the same
//! held-out rows, the same metrics, slices and calibration, and no tree or tower, which the file does not have.

use super::evaluate::evaluate_events;
use super::predictions_read::{
    ACTION, CLICK, CONVERSION, LABELS, Lines, Prediction, PredictionsError, RunRows, read_runs,
};
use super::readings::Evaluation;
use super::tasks::metric_input_of;
use super::view::{EventColumn, View};
use crate::domain::behavior::BehaviorTree;
use crate::domain::event;
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::spec::{LogOffers, ModelSpec, model_preset};

/// Runs of one file at the most.
const MOST_RUNS: usize = 12;

/// Events that a file may have a column of, in the columns' order.
const EVENTS: [&str; 4] = [event::CTR, event::CVR, event::CTCVR, event::CTAVR];

/// One model and seed of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnPredictions {
    /// As the file calls it.
    pub model: String,
    /// Absent where the file says none.
    pub seed: Option<u64>,
    /// What the predicted events are; no tower answers its questions.
    pub tree: BehaviorTree,
    pub evaluation: Evaluation,
    /// What of the file was left aside, and what speaks against its numbers: one sentence each.
    pub notes: Vec<String>,
}

/// Why a file's predictions cannot stand beside the runs of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnPredictionsError {
    #[error(transparent)]
    File(#[from] PredictionsError),
    #[error("{}", words!(predictions::own::no_such_row, line = .line, row = .row, last = .last))]
    NoSuchRow { line: u64, row: String, last: usize },
    #[error("{}", words!(predictions::own::rows_unnamed, found = .found, rows = .rows))]
    RowsUnnamed { found: usize, rows: usize },
    #[error("{}", words!(predictions::own::missing_rows, model = .model, missing = .missing, of = .of, first = .first))]
    MissingRows { model: String, missing: usize, of: usize, first: u32 },
    #[error("{}", words!(predictions::own::other_label, line = .line, label = .label, row = .row))]
    OtherLabel { line: u64, label: &'static str, row: u32 },
    #[error("{}", words!(predictions::own::too_many_runs, runs = .runs, most = MOST_RUNS))]
    TooManyRuns { runs: usize },
    #[error("{}", words!(predictions::own::nothing_whole, model = .model))]
    NothingWhole { model: String },
}

/// Whether a file that begins so is a PRED.csv and no log.
pub fn is_predictions_file(beginning: &str) -> bool {
    let header = beginning.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let has = |column: &str| header.split(',').any(|name| name.trim().trim_matches('"') == column);
    has("row") && EVENTS.iter().any(|event| has(&format!("p_{event}")))
}

/// Evaluates a PRED.csv on the held-out rows of a log. A line is about the log's row that its column `row` names, from 0 on;
/// without that column the lines are the log's rows, in order. What happened is the log's to say: labels of the file are only
/// held against it.
///
/// # Errors
/// When the file is none, is of another log, or lacks a held-out row.
pub fn evaluate_own_predictions(
    log: &ImpressionLog,
    held_out: &[u32],
    csv: &[u8],
    bootstrap: Bootstrap,
) -> Result<Vec<OwnPredictions>, OwnPredictionsError> {
    let runs = read_runs(csv, Lines::All)?;
    if runs.len() > MOST_RUNS {
        return Err(OwnPredictionsError::TooManyRuns { runs: runs.len() });
    }
    let models = runs.iter().filter_map(|run| Some((run, model_of(run, log)?)));
    models.map(|(run, model)| evaluate_run(log, &model, held_out, run, bootstrap)).collect()
}

/// A model of this log whose events are all that a file tells of.
fn model_of(run: &RunRows, log: &ImpressionLog) -> Option<ModelSpec> {
    let [.., p_ctavr] = &run.predicted;
    let tells_of_actions = p_ctavr.iter().any(Option::is_some);
    Some(model_preset(if tells_of_actions { "esm2" } else { "naive" })?.on_log(LogOffers::of(log)).model)
}

fn evaluate_run(
    log: &ImpressionLog,
    model: &ModelSpec,
    held_out: &[u32],
    run: &RunRows,
    bootstrap: Bootstrap,
) -> Result<OwnPredictions, OwnPredictionsError> {
    let places = places(log, held_out, run)?;
    let mut notes = Vec::new();
    let trained_on = places.iter().filter(|&&place| run.trained_on.get(place) == Some(&true)).count();
    if trained_on > 0 {
        notes.push(text!(predictions::own::trained_on, rows = trained_on, of = held_out.len()));
    }
    let mut tree = model.tree.clone();
    let mut columns = Vec::new();
    tree.events.retain(|event| match column(run, &event.name, &places) {
        Ok(column) => {
            columns.push(column);
            true
        }
        Err(missing) => {
            if missing < places.len() {
                let (missing, of) = (missing, places.len());
                notes.push(text!(predictions::own::left_aside, event = event.name, missing = missing, of = of));
            }
            false
        }
    });
    if tree.events.is_empty() {
        return Err(OwnPredictionsError::NothingWhole { model: run.model.clone() });
    }
    let no_answers = vec![0.0; held_out.len() * tree.questions.len()];
    let mut view = View::new(log, &tree, held_out, &no_answers);
    for (of_tree, column) in view.events.iter_mut().zip(columns) {
        *of_tree = EventColumn { truth: of_tree.truth.take(), ..column };
    }
    let evaluation = evaluate_events(&view, &metric_input_of(&view, &view.events), bootstrap);
    let seed = run.is_seeded.then_some(run.seed);
    Ok(OwnPredictions { model: run.model.clone(), seed, evaluation, notes, tree: tree.clone() })
}

/// Where in the file each held-out row is.
fn places(log: &ImpressionLog, held_out: &[u32], run: &RunRows) -> Result<Vec<usize>, OwnPredictionsError> {
    let rows = log.n_rows;
    let mut place_of: Vec<Option<usize>> = vec![None; rows];
    if run.names.is_empty() {
        if run.n_rows != rows {
            return Err(OwnPredictionsError::RowsUnnamed { found: run.n_rows, rows });
        }
        place_of = (0..rows).map(Some).collect();
    }
    for (place, name) in run.names.iter().enumerate() {
        let row = name.parse().ok().filter(|&row: &usize| row < rows);
        let no_such_row =
            || OwnPredictionsError::NoSuchRow { line: run.lines[place], row: name.clone(), last: rows - 1 };
        place_of[row.ok_or_else(no_such_row)?] = Some(place);
    }
    let found: Vec<usize> = held_out.iter().filter_map(|&row| place_of[row as usize]).collect();
    if let Some(&first) = held_out.iter().find(|&&row| place_of[row as usize].is_none()) {
        let (model, of) = (run.model.clone(), held_out.len());
        return Err(OwnPredictionsError::MissingRows { model, missing: of - found.len(), of, first });
    }
    for label in [CLICK, CONVERSION, ACTION] {
        let (told, known) = (&run.labels[label], log.label(LABELS[label]));
        let Some(known) = known.filter(|_| !told.is_empty()) else { continue };
        for (&row, &place) in held_out.iter().zip(&found) {
            if told[place] != known[row as usize] {
                return Err(OwnPredictionsError::OtherLabel { line: run.lines[place], label: LABELS[label], row });
            }
        }
    }
    Ok(found)
}

/// What the file says of an event in the held-out rows; without a value in each of them, how many lack one.
fn column(run: &RunRows, event: &str, places: &[usize]) -> Result<EventColumn, usize> {
    let told = |event: &str, place: usize| -> Option<Prediction> {
        let index = EVENTS.iter().position(|&known| known == event)?;
        *run.predicted[index].get(place)?
    };
    // A file without pCTCVR says it all the same: it is the product.
    let is_untold = |event| places.iter().all(|&place| told(event, place).is_none());
    let is_product = event == event::CTCVR && is_untold(event::CTCVR);
    let of = |&place: &usize| match is_product {
        true => Some(told(event::CTR, place)?.and_then(told(event::CVR, place)?)),
        false => told(event, place),
    };
    let found: Vec<Prediction> = places.iter().filter_map(of).collect();
    if found.len() < places.len() {
        return Err(places.len() - found.len());
    }
    Ok(EventColumn {
        p: found.iter().map(|found| found.p).collect(),
        log_p: found.iter().map(|found| found.log_p).collect(),
        log_not_p: found.iter().map(|found| found.log_not_p).collect(),
        truth: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{OpenedLog, SplitSpec, split};
    use crate::domain::report::{
        EvaluateOptions, Predictions, evaluate, evaluate_predictions_csv, write_predictions_csv,
    };
    use crate::domain::spec::log_preset;
    use crate::domain::synth::{SynthSpec, generate};

    fn log() -> ImpressionLog {
        let generated = generate(&SynthSpec { rows: 3_000, ..log_preset("default").unwrap() });
        OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap().log
    }

    /// Logits that know a little of each row.
    fn logits(log: &ImpressionLog, questions: usize, rows: &[u32]) -> Vec<f32> {
        let truth = log.truth.as_ref().unwrap();
        let of_row = |&row: &u32| {
            let p = truth.p_click[row as usize];
            let shift = f64::from(row % 17) / 9.0 - 1.0;
            (0..questions).map(move |question| ((p / (1.0 - p)).ln() + shift + question as f64 / 3.0) as f32)
        };
        rows.iter().flat_map(of_row).collect()
    }

    fn predictions(log: &ImpressionLog, model: &ModelSpec, called: &str, seed: u64) -> Predictions {
        let rows: Vec<u32> = (0..log.n_rows as u32).collect();
        let logits = logits(log, model.tree.questions.len(), &rows);
        Predictions { model: called.to_owned(), seed, tree: model.tree.clone(), logits }
    }

    #[test]
    fn a_file_of_ours_says_what_its_model_said_digit_by_digit() {
        let log = log();
        let parts = split(&log, &SplitSpec::default()).unwrap();
        for name in ["esmm", "esm2", "naive"] {
            let model = model_preset(name).unwrap().on_log(LogOffers::of(&log)).model;
            let csv = write_predictions_csv(&log, &parts, &[predictions(&log, &model, name, 3)]);
            let bootstrap = Bootstrap::default();
            let [own] = evaluate_own_predictions(&log, &parts.eval, &csv, bootstrap).unwrap().try_into().unwrap();
            let trained =
                evaluate(&log, &model, &parts.eval, &logits(&log, model.tree.questions.len(), &parts.eval), bootstrap);
            assert_eq!((own.model.as_str(), own.seed, own.notes.len()), (name, Some(3), 0));
            assert!(own.evaluation.trees.is_empty() && own.evaluation.towers.is_empty());
            assert_eq!(own.evaluation.rows_crc32, trained.rows_crc32);
            assert_eq!(own.evaluation.support, trained.support, "{name}");
            let metrics = trained.metrics.iter().filter(|(_, metric)| metric.value().is_some());
            let mut compared = 0;
            for (key, metric) in metrics {
                assert_eq!(own.evaluation.metrics.get(key), Some(metric), "{name}: {key}");
                compared += 1;
            }
            assert!(compared > 40, "{compared}");
            assert_eq!(own.evaluation.slices, trained.slices);
            assert_eq!(own.evaluation.curves, trained.curves);
            assert_eq!(own.evaluation.replicates, trained.replicates);
            let lab = evaluate_predictions_csv(&csv, &EvaluateOptions { bootstrap, ..EvaluateOptions::default() });
            for (key, metric) in &lab.unwrap().runs[0].metrics {
                let Some(value) = metric.value() else { continue };
                // The file has the truth question by question, so events' are products of their own.
                let here = own.evaluation.metrics[key].value().unwrap();
                assert!((here - value).abs() <= 1e-12 * value.abs(), "{name}: {key}: {here} and {value}, lab evaluate");
            }
        }
    }

    #[test]
    fn a_log_is_not_taken_for_predictions() {
        for header in ["row,split,model,seed,click,p_ctr", "\u{feff}\"row\", p_cvr\n1,0.5"] {
            assert!(is_predictions_file(header), "{header}");
        }
        for header in ["", "row,click,buy", "user,p_ctr,click", "row,truth_p_click\n", "{\"row\":1,\"p_ctr\":2}"] {
            assert!(!is_predictions_file(header), "{header}");
        }
    }

    /// A file of `row,p_ctr,p_cvr` of all rows, as its lines.
    fn lines(log: &ImpressionLog) -> Vec<String> {
        let line = |row: usize| format!("{row},{},0.{}", 0.1 + (row % 7) as f64 / 20.0, 1 + row % 8);
        [("row,p_ctr,p_cvr").to_owned()].into_iter().chain((0..log.n_rows).map(line)).collect()
    }

    fn refused(log: &ImpressionLog, held_out: &[u32], lines: &[String]) -> String {
        let csv = lines.join("\n");
        evaluate_own_predictions(log, held_out, csv.as_bytes(), Bootstrap::NONE).unwrap_err().to_string()
    }

    #[test]
    fn lines_in_any_order_and_without_names_say_the_same() {
        let log = log();
        let held_out = split(&log, &SplitSpec::default()).unwrap().eval;
        let ordered = lines(&log);
        let of = |lines: &[String]| {
            evaluate_own_predictions(&log, &held_out, lines.join("\n").as_bytes(), Bootstrap::NONE).unwrap()
        };
        let mut turned = ordered.clone();
        turned[1..].reverse();
        assert_eq!(of(&ordered), of(&turned));
        let unnamed: Vec<String> = ordered.iter().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
        assert_eq!(of(&ordered), of(&unnamed));
        let [own] = of(&ordered).try_into().unwrap();
        assert_eq!((own.model.as_str(), own.seed), ("predictions", None));
        let events: Vec<&str> = own.tree.events.iter().map(|event| event.name.as_str()).collect();
        assert!(
            events.contains(&"ctcvr") && !events.contains(&"ctavr"),
            "the product, and what nobody told: {events:?}"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_is_missing_is_said() {
        let log = log();
        let held_out = split(&log, &SplitSpec::default()).unwrap().eval;
        let first = held_out[0] as usize;
        let mut bent = lines(&log);
        bent[5] = "3000,0.1,0.2".to_owned();
        assert!(refused(&log, &held_out, &bent).contains("line 6"), "{}", refused(&log, &held_out, &bent));
        let mut short = lines(&log);
        short.remove(first + 1);
        let said = refused(&log, &held_out, &short);
        assert!(said.contains(&format!("row {first}")) && said.contains('1'), "{said}");
        let unnamed: Vec<String> = short.iter().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
        assert!(refused(&log, &held_out, &unnamed).contains("2999"), "{}", refused(&log, &held_out, &unnamed));
        let wrong = log.label("click").unwrap();
        let labelled: Vec<String> = lines(&log)
            .into_iter()
            .enumerate()
            .map(|(at, line)| match at {
                0 => format!("{line},click"),
                at => format!("{line},{}", u8::from(wrong[at - 1] != (at - 1 == first))),
            })
            .collect();
        let said = refused(&log, &held_out, &labelled);
        assert!(said.contains(&format!("line {}", first + 2)) && said.contains("click"), "{said}");
        let mut seeds = lines(&log);
        seeds.iter_mut().enumerate().for_each(|(at, line)| {
            line.push_str(&if at == 0 { ",seed".to_owned() } else { format!(",{}", at % 13) });
        });
        assert!(refused(&log, &held_out, &seeds).contains("13"));
    }

    #[test]
    fn an_event_that_lacks_rows_is_left_aside_and_rows_that_were_trained_on_are_counted() {
        let log = log();
        let held_out = split(&log, &SplitSpec::default()).unwrap().eval;
        let mut lines = lines(&log);
        lines[0].push_str(",split");
        lines[1..].iter_mut().for_each(|line| line.push_str(",eval"));
        let at = held_out[1] as usize + 1;
        lines[at] = format!("{},0.1,,train", held_out[1]);
        let of =
            |lines: &[String]| evaluate_own_predictions(&log, &held_out, lines.join("\n").as_bytes(), Bootstrap::NONE);
        let [own] = of(&lines).unwrap().try_into().unwrap();
        assert_eq!(own.tree.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["ctr"]);
        assert_eq!(own.notes.len(), 3, "trained on, cvr, its product: {:?}", own.notes);
        let mut empty = lines.clone();
        empty[0] = "row,p_ctavr,p_cvr,split".to_owned();
        empty[1..].iter_mut().enumerate().for_each(|(row, line)| *line = format!("{row},,,eval"));
        assert!(matches!(of(&empty), Err(OwnPredictionsError::NothingWhole { .. })));
    }
}
