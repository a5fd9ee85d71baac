//! What the log presets promise, measured on them: docs/calibration.md has the numbers.

use std::collections::BTreeMap;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::metrics::{Bootstrap, Metric, auc};
use esmm_playground::domain::report::evaluate;
use esmm_playground::domain::spec::{RunSpec, log_preset, model_preset};
use esmm_playground::domain::synth::generate;
use esmm_playground::engine::EngineDevice;
use esmm_playground::engine::Trainer;

const CTCVR: &str = "auc.ctcvr";
const DISTANCE: &str = "kl_truth.cvr_entire_space";

/// The generated log of a preset.
fn log(preset: &str, rows: usize, seed: u64) -> OpenedLog {
    let mut synth = log_preset(preset).unwrap();
    (synth.rows, synth.seed) = (rows, seed);
    let generated = generate(&synth);
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

/// Metrics of a model trained as the preset `default` says.
fn metrics(opened: &OpenedLog, model: &str, seed: u64) -> (BTreeMap<String, Metric>, Vec<u32>) {
    let plan = RunSpec::default().plan(&model_preset(model).unwrap(), seed);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    let rows = prepared.split.eval;
    let logits = pollster::block_on(trainer.logits(&rows)).unwrap();
    (evaluate(&opened.log, &plan.model, &rows, &logits, Bootstrap::NONE).metrics, rows)
}

fn value(metrics: &BTreeMap<String, Metric>, key: &str) -> f64 {
    metrics[key].value().unwrap_or_else(|| panic!("{key}: {:?}", metrics[key]))
}

#[test]
fn well_behaved_teaches_the_click_rate_nearly_as_well_as_the_truth_knows_it() {
    for seed in 1..=3 {
        let opened = log("well_behaved", 20_000, seed);
        let (metrics, rows) = metrics(&opened, "esmm", 1);
        let truth = opened.log.truth.as_ref().unwrap();
        let of_rows = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row as usize]).collect() };
        let click = opened.log.label("click").unwrap();
        let clicks: Vec<bool> = rows.iter().map(|&row| click[row as usize]).collect();
        let best = auc(&of_rows(&truth.p_click), &clicks).unwrap();
        let reached = value(&metrics, "auc.ctr");
        assert!(best - reached < 0.02, "log {seed}: {reached} where the truth reaches {best}");
    }
}

#[test]
fn on_the_page_s_first_log_esmm_and_esm2_rank_better_and_are_nearer_to_the_truth() {
    let opened = log("default", 20_000, 1);
    let mut wins = BTreeMap::new();
    for seed in 1..=5 {
        let naive = metrics(&opened, "naive", seed).0;
        for model in ["esmm", "esm2"] {
            let found = metrics(&opened, model, seed).0;
            let ranks_better = value(&found, CTCVR) > value(&naive, CTCVR);
            let is_nearer = value(&found, DISTANCE) < value(&naive, DISTANCE);
            *wins.entry(model).or_insert(0) += usize::from(ranks_better && is_nearer);
        }
    }
    assert!(wins.values().all(|&wins| wins >= 4), "{wins:?} of 5 seeds");
}

#[test]
fn on_the_counter_examples_no_model_is_ahead() {
    // Without the bootstrap's intervals: the means over seeds differ by less than a seed's spread.
    for preset in ["low_cardinality", "no_correlation"] {
        let opened = log(preset, 60_000, 1);
        let of =
            |model: &str| -> Vec<f64> { (1..=3).map(|seed| value(&metrics(&opened, model, seed).0, CTCVR)).collect() };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let naive = of("naive");
        for model in ["esmm", "esm2"] {
            let difference = mean(&of(model)) - mean(&naive);
            assert!(difference.abs() < 0.008, "{preset}, {model}: {difference}");
        }
    }
}
