//! Delayed conversions: what held-out labels say of models, of which some know that labels are still to come.

use std::collections::BTreeMap;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::{ImpressionLog, OpenedLog};
use esmm_playground::domain::metrics::{Bootstrap, Metric};
use esmm_playground::domain::report::evaluate;
use esmm_playground::domain::spec::{RunSpec, log_preset, model_preset};
use esmm_playground::domain::synth::generate;
use esmm_playground::engine::{EngineDevice, Trainer};

const MODELS: [&str; 3] = ["naive", "dfm", "dfm_entire"];
const LOGS: [u64; 4] = [1, 2, 3, 4];
const SEEDS: [u64; 2] = [1, 2];
/// Models whose cross-entropies to the truth differ by less than this share are not asked for.
const APART: f64 = 0.003;

type Metrics = BTreeMap<String, Metric>;

/// Metrics of a trained model on the latest rows, by what the log knows, and by its labels taken as final.
fn metrics(opened: &OpenedLog, model: &str, seed: u64) -> [Metrics; 2] {
    let plan = RunSpec::default().plan(&model_preset(model).unwrap(), seed);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    let rows = prepared.split.eval;
    let logits = pollster::block_on(trainer.logits(&rows)).unwrap();
    let raw = ImpressionLog { timing: None, ..opened.log.clone() };
    [&opened.log, &raw].map(|log| evaluate(log, &plan.model, &rows, &logits, Bootstrap::NONE).metrics)
}

#[test]
fn on_late_conversions_what_can_be_observed_orders_the_models_as_the_truth_does() {
    // Model → metric → mean over logs and seeds; "final" is by labels taken as final.
    let mut means: BTreeMap<(&str, String), f64> = BTreeMap::new();
    for log_seed in LOGS {
        let mut synth = log_preset("late_conversions").unwrap();
        synth.seed = log_seed;
        let generated = generate(&synth);
        let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
        for (model, seed) in MODELS.iter().flat_map(|model| SEEDS.map(|seed| (*model, seed))) {
            let [known, final_] = metrics(&opened, model, seed);
            for (which, found) in [("", known), ("final ", final_)] {
                for (key, metric) in found {
                    if let Some(value) = metric.value() {
                        *means.entry((model, format!("{which}{key}"))).or_default() +=
                            value / (LOGS.len() * SEEDS.len()) as f64;
                    }
                }
            }
        }
    }
    let of = |model: &str, key: &str| {
        let found = means.iter().find(|((name, metric), _)| *name == model && metric == key);
        *found.unwrap_or_else(|| panic!("{model} {key}")).1
    };
    for (observable, truth) in
        [("logloss.cvr_clicked", "xent_truth.cvr_clicked"), ("logloss.ctcvr", "xent_truth.ctcvr")]
    {
        for (one, other) in [("naive", "dfm"), ("naive", "dfm_entire"), ("dfm", "dfm_entire")] {
            let gap = |key: &str| of(one, key) - of(other, key);
            let expected = gap(truth);
            if expected.abs() > APART * of(one, truth) {
                assert!(gap(observable) * expected > 0.0, "{observable} {one} {other}: {} {expected}", gap(observable));
            }
        }
    }
    for task in ["cvr_clicked", "ctcvr"] {
        let off = |key: &str, model: &str| of(model, &format!("{key}.{task}")).ln().abs();
        for model in ["dfm", "dfm_entire"] {
            let bias = |model: &str| of(model, &format!("bias.{task}")).abs();
            assert!(bias(model) < bias("naive") / 2.0, "{model} is the less biased, {task}");
            assert!(off("pcoc", model) < off("pcoc", "naive"), "{model} {task}: {}", off("pcoc", model));
            // By the labels that have arrived, taken as final, it looks the worse.
            assert!(off("final pcoc", model) > off("final pcoc", "naive"), "{model} {task}");
            let worse = |key: &str| of(model, key) - of("naive", key);
            assert!(worse(&format!("final logloss.{task}")) > 0.0, "{model} {task}");
        }
    }
    assert!(of("dfm", "xent_truth.cvr_entire_space") < of("naive", "xent_truth.cvr_entire_space"));
}
