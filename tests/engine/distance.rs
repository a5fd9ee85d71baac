//! Nothing that is said of the distance to the truth prefers a model that shrinks to 0, as `lab evaluate` judges it.

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::{OpenedLog, Split};
use esmm_playground::domain::report::{
    Compared, EvaluateOptions, Judgement, Predictions, PredictionsReport, evaluate_predictions_csv,
    write_predictions_csv,
};
use esmm_playground::domain::spec::{RunSpec, log_preset, model_preset};
use esmm_playground::domain::synth::generate;
use esmm_playground::engine::{EngineDevice, Trainer};

const KL: &str = "kl_truth.cvr_entire_space";
const RMS: &str = "rmse_truth.cvr_entire_space";
const MEAN_ABSOLUTE: &str = "mae_truth.cvr_entire_space";
const SEEDS: [u64; 3] = [1, 2, 3];

/// The log that the page opens with.
fn log() -> OpenedLog {
    let generated = generate(&log_preset("default").unwrap());
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

/// ESMM as it is trained by default.
fn esmm(opened: &OpenedLog, seed: u64) -> (Predictions, Split) {
    let plan = RunSpec::default().plan(&model_preset("esmm").unwrap(), seed);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut trainer = Trainer::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    let rows: Vec<u32> = (0..opened.log.n_rows as u32).collect();
    let logits = pollster::block_on(trainer.logits(&rows)).unwrap();
    (Predictions { model: "esmm".into(), seed, tree: plan.model.tree, logits }, prepared.split)
}

/// A model that answers `p_ctr` and `p_cvr` to every row.
fn constant(name: &str, seed: u64, rows: usize, p_ctr: f64, p_cvr: f64) -> Predictions {
    let logit = |p: f64| (p.ln() - (-p).ln_1p()) as f32;
    let logits = [logit(p_ctr), logit(p_cvr)].repeat(rows);
    Predictions { model: name.into(), seed, tree: model_preset("esmm").unwrap().tree, logits }
}

fn evaluated(file: &[u8], baseline: &str) -> PredictionsReport {
    let options = EvaluateOptions { baseline: Some(baseline.to_owned()), ..EvaluateOptions::default() };
    evaluate_predictions_csv(file, &options).unwrap()
}

fn verdict(report: &PredictionsReport, model: &str, key: &str) -> Judgement {
    let models = &report.comparisons.as_ref().unwrap().models;
    match &models.iter().find(|compared| compared.model == model).unwrap().metrics[key] {
        Compared::Difference(difference) => difference.verdict,
        Compared::Undefined { reason } => panic!("{model} {key}: {reason}"),
    }
}

fn value(report: &PredictionsReport, model: &str, key: &str) -> f64 {
    report.summary.iter().find(|summary| summary.model == model).unwrap().metrics[key].value().unwrap()
}

#[test]
fn a_model_that_answers_zero_is_worse_than_one_that_was_trained_and_worse_than_a_constant_rate() {
    let opened = log();
    let n = opened.log.n_rows;
    let trained: Vec<(Predictions, Split)> = SEEDS.iter().map(|&seed| esmm(&opened, seed)).collect();
    let split = &trained[0].1;
    let truth = opened.log.truth.as_ref().unwrap();
    let mean_of = |of: &dyn Fn(usize) -> f64| {
        split.eval.iter().map(|&row| of(row as usize)).sum::<f64>() / split.eval.len() as f64
    };
    let (ctr, cvr) = (mean_of(&|row| truth.p_click[row]), mean_of(&|row| truth.p_cvr(row)));
    let mut runs: Vec<Predictions> = trained.iter().map(|(run, _)| run.clone()).collect();
    runs.extend(SEEDS.map(|seed| constant("zero", seed, n, ctr, 1e-6)));
    runs.extend(SEEDS.map(|seed| constant("constant", seed, n, ctr, cvr)));
    let file = write_predictions_csv(&opened.log, split, &runs);

    let against_trained = evaluated(&file, "esmm");
    let against_constant = evaluated(&file, "constant");
    assert_eq!(verdict(&against_trained, "zero", KL), Judgement::Worse);
    // Root mean square is no claim's: one that was trained badly can be as far from the truth as 0.
    for key in [KL, RMS] {
        assert_eq!(verdict(&against_constant, "zero", key), Judgement::Worse, "{key}");
    }
    // What the headline used to go by prefers it.
    let absolute = |model| value(&against_constant, model, MEAN_ABSOLUTE);
    assert!(absolute("zero") < absolute("constant"), "{} {}", absolute("zero"), absolute("constant"));

    // The constant rate that stands beside every table is that constant.
    for key in [KL, RMS, MEAN_ABSOLUTE, "kl_truth.ctr", "auc.cvr_entire_space"] {
        let (reference, found) = (against_constant.constant_rate[key], value(&against_constant, "constant", key));
        assert!((reference - found).abs() < 1e-6, "{key}: {reference} and {found}");
    }
}
