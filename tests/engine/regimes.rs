//! What the log presets and the default training promise, measured on them: docs/calibration.md has the numbers.
//!
//! All are means over a few training seeds, with bounds of several times their spread.

use std::collections::BTreeMap;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::metrics::{Bootstrap, Metric, auc};
use esmm_playground::domain::report::evaluate;
use esmm_playground::domain::spec::{RunSpec, TrainingSpec, log_preset, model_preset};
use esmm_playground::domain::synth::generate;
use esmm_playground::engine::EngineDevice;
use esmm_playground::engine::Trainer;

const CTCVR: &str = "auc.ctcvr";
const ENTIRE_SPACE: &str = "auc.cvr_entire_space";
/// KL divergence of the true from the predicted CVR, over all impressions.
const DISTANCE: &str = "kl_truth.cvr_entire_space";
const MODELS: [&str; 3] = ["naive", "esmm", "esm2"];

/// The generated log of a preset.
fn log(preset: &str, rows: usize, seed: u64) -> OpenedLog {
    let mut synth = log_preset(preset).unwrap();
    (synth.rows, synth.seed) = (rows, seed);
    let generated = generate(&synth);
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

/// One model after its training.
struct Trained {
    metrics: BTreeMap<String, Metric>,
    /// Rows held out, and trained on.
    held_out: Vec<u32>,
    train: Vec<u32>,
}

impl Trained {
    fn value(&self, key: &str) -> f64 {
        self.metrics[key].value().unwrap_or_else(|| panic!("{key}: {:?}", self.metrics[key]))
    }

    /// Mean predicted over the held-out rows, over the mean label of the rows that were trained on.
    ///
    /// Not over the label of the held-out rows: on a log of 20 000 rows 20 conversions are held out, and their luck alone
    /// is 22 %.
    fn calibration(&self, task: &str, is_one: impl Fn(usize) -> bool) -> f64 {
        let of_training =
            self.train.iter().filter(|&&row| is_one(row as usize)).count() as f64 / self.train.len() as f64;
        self.value(&format!("pcoc.{task}")) * self.value(&format!("prevalence.{task}")) / of_training
    }
}

/// A model trained as the preset `default` says, or as `training` does.
fn trained(opened: &OpenedLog, model: &str, seed: u64, training: &TrainingSpec) -> Trained {
    let spec = RunSpec { training: training.clone(), ..RunSpec::default() };
    let plan = spec.plan(&model_preset(model).unwrap(), seed);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    pollster::block_on(trainer.end_epoch(&opened.log)).unwrap();
    let (held_out, train) = (prepared.split.eval, prepared.split.train);
    let logits = pollster::block_on(trainer.logits(&held_out)).unwrap();
    let metrics = evaluate(&opened.log, &plan.model, &held_out, &logits, Bootstrap::NONE).metrics;
    Trained { metrics, held_out, train }
}

/// By model: its runs with the training seeds 1 to `seeds`.
fn compared(opened: &OpenedLog, seeds: u64) -> BTreeMap<&'static str, Vec<Trained>> {
    let default = TrainingSpec::default();
    let runs = |model| (1..=seeds).map(|seed| trained(opened, model, seed, &default)).collect();
    MODELS.into_iter().map(|model| (model, runs(model))).collect()
}

fn mean(runs: &[Trained], of: impl Fn(&Trained) -> f64) -> f64 {
    runs.iter().map(of).sum::<f64>() / runs.len() as f64
}

/// CTR and CTCVR calibration of a run.
fn calibrations(opened: &OpenedLog, run: &Trained) -> [f64; 2] {
    let click = opened.log.label("click").unwrap();
    let bought = opened.log.label("conversion").unwrap();
    [run.calibration("ctr", |row| click[row]), run.calibration("ctcvr", |row| click[row] && bought[row])]
}

#[test]
fn well_behaved_teaches_the_click_rate_nearly_as_well_as_the_truth_knows_it() {
    for seed in 1..=3 {
        let opened = log("well_behaved", 20_000, seed);
        let run = trained(&opened, "esmm", 1, &TrainingSpec::default());
        let truth = opened.log.truth.as_ref().unwrap();
        let of_rows = |values: &[f64]| -> Vec<f64> { run.held_out.iter().map(|&row| values[row as usize]).collect() };
        let click = opened.log.label("click").unwrap();
        let clicks: Vec<bool> = run.held_out.iter().map(|&row| click[row as usize]).collect();
        let best = auc(&of_rows(&truth.p_click), &clicks).unwrap();
        let reached = run.value("auc.ctr");
        assert!(best - reached < 0.02, "log {seed}: {reached} where the truth reaches {best}");
    }
}

#[test]
fn on_the_page_s_first_log_every_model_has_converged_and_says_more_than_a_constant() {
    let opened = log("default", 60_000, 1);
    let runs = compared(&opened, 3);
    for (model, runs) in &runs {
        for task in ["ctr", "ctcvr"] {
            let entropy = mean(runs, |run| run.value(&format!("ne.{task}")));
            assert!(entropy < 1.0, "{model}: the normalised entropy of {task} is {entropy}");
        }
        for run in runs {
            let [ctr, ctcvr] = calibrations(&opened, run);
            assert!((0.98..1.02).contains(&ctr), "{model}: CTR is predicted {ctr} times what was trained on");
            assert!((0.95..1.05).contains(&ctcvr), "{model}: CTCVR is predicted {ctcvr} times what was trained on");
        }
    }
}

#[test]
fn where_clicks_select_strongly_esmm_and_esm2_know_more_of_purchases_over_the_entire_space() {
    let opened = log("strong_selection", 60_000, 1);
    let runs = compared(&opened, 3);
    let of = |model: &str, key: &str| mean(&runs[model], |run| run.value(key));
    for model in ["esmm", "esm2"] {
        let ranks = of(model, ENTIRE_SPACE) - of("naive", ENTIRE_SPACE);
        assert!(ranks > 0.03, "{model} ranks by {ranks} better");
        let is_nearer = of(model, DISTANCE) / of("naive", DISTANCE);
        assert!(is_nearer < 0.85, "{model} is {is_nearer} times as far from the truth");
        // What a real log could show of it is little.
        let told = of(model, "ne.ctcvr") - of("naive", "ne.ctcvr");
        assert!(told.abs() < 0.03, "{model}: the normalised entropy of CTCVR differs by {told}");
    }
}

#[test]
fn on_the_counter_examples_no_model_is_ahead_nor_left_under_trained() {
    for preset in ["low_cardinality", "no_correlation"] {
        let opened = log(preset, 60_000, 1);
        let runs = compared(&opened, 3);
        for key in [CTCVR, ENTIRE_SPACE] {
            let of = |model: &str| mean(&runs[model], |run| run.value(key));
            for model in ["esmm", "esm2"] {
                let difference = of(model) - of("naive");
                assert!(difference.abs() < 0.01, "{preset}, {model}: {key} differs by {difference}");
            }
        }
    }
}
