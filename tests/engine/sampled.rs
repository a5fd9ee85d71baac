//! Logs of which rows without a click were kept at a known rate: losses are the population's, and so is what is learned.

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::{OpenedLog, Roles, write_csv};
use esmm_playground::domain::metrics::{Bootstrap, Metric};
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::report::{Evaluation, LogSummary};
use esmm_playground::domain::spec::{
    Draws, ModelSpec, NetworkSpec, Objective, RunSpec, TrainPlan, log_preset, model_preset,
};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::trees::{
    BoostOptions, Booster, CategoryOptions, GrowOptions, Input, InputKind, TreeInputs,
};
use esmm_playground::engine::{EngineDevice, Learner};

use super::gradients::{assert_same, rows, some_weights};
use super::objectives::models;
use super::reference::{named, objective};
use super::support::{LogShape, naive, plan, prepared, trainer};

/// A log in which rows count by their labels and places, 1 in the mean over the training rows.
fn weighted(model: &ModelSpec, seed: u64) -> Prepared {
    let mut prepared = prepared(&model.tree, &LogShape::default(), seed);
    let weight = |row: usize| if prepared.labels[0][row] { 1.0 } else { 20.0 + (row % 5) as f64 };
    let weights: Vec<f64> = (0..prepared.encoded.n_rows).map(weight).collect();
    let train = &prepared.split.train;
    let mean = train.iter().map(|&row| weights[row as usize]).sum::<f64>() / train.len() as f64;
    prepared.weights = weights.into_iter().map(|weight| weight / mean).collect();
    prepared
}

#[test]
fn weighted_objectives_have_the_gradients_of_the_reference() {
    for model in models() {
        let network = NetworkSpec { embedding_size: 3, hidden: vec![6, 5], ..NetworkSpec::default() }.of(&model);
        let plan = TrainPlan { network, ..plan(model) };
        let prepared = weighted(&plan.model, 3);
        let mut trainer = trainer(&plan, &prepared);
        let weights = some_weights(&trainer);
        trainer.set_weights(&weights).unwrap();
        let engine = named(&pollster::block_on(trainer.gradients(&rows())).unwrap());
        let (_, reference) = objective(&plan, &prepared, &named(&weights), &rows(), &trainer.draws(&rows()));
        assert_same(&engine, &reference, &plan.model.name);
        let plain = Prepared { weights: Vec::new(), ..prepared.clone() };
        let (_, plain) = objective(&plan, &plain, &named(&weights), &rows(), &trainer.draws(&rows()));
        assert_ne!(format!("{reference:?}"), format!("{plain:?}"), "{}: weights change nothing", plan.model.name);
    }
}

#[test]
fn the_weighted_loss_over_all_training_rows_is_flat_along_every_output_bias() {
    for model in models().into_iter().filter(|model| model.objective.draws() != Draws::PerStep) {
        let plan = plan(model);
        let prepared = weighted(&plan.model, 1);
        let mut trainer = trainer(&plan, &prepared);
        while !trainer.is_finished() {
            trainer.step().unwrap();
            pollster::block_on(trainer.end_epoch(&Default::default())).unwrap();
        }
        let gradients = pollster::block_on(trainer.gradients(&prepared.split.train)).unwrap();
        for question in &plan.model.tree.questions {
            let Some(bias) = gradients.get(&format!("tower.{}.2.bias", question.name)) else { continue };
            assert!(bias.values[0].abs() < 2e-5, "{}: {}: {:?}", plan.model.name, question.name, bias.values);
        }
    }
}

#[test]
fn a_batch_without_a_click_teaches_the_click_alone() {
    let plan = plan(naive());
    let prepared = weighted(&plan.model, 3);
    let trainer = trainer(&plan, &prepared);
    let unclicked: Vec<u32> = rows().into_iter().filter(|&row| !prepared.labels[0][row as usize]).collect();
    let gradients = named(&pollster::block_on(trainer.gradients(&unclicked)).unwrap());
    assert!(gradients["tower.ctr.0.weight"].iter().any(|d| *d != 0.0));
    assert!(gradients["tower.cvr.0.weight"].iter().all(|d| *d == 0.0));
}

#[test]
fn trees_of_weighted_rows_are_those_of_rows_that_are_there_as_often() {
    let mut random = Stream::new(9, 0);
    let n = 300;
    let values: Vec<u16> = (0..n).map(|_| random.below(40) as u16).collect();
    let labels: Vec<bool> = values.iter().map(|&value| random.uniform() < f64::from(value) / 60.0).collect();
    let counts: Vec<usize> = (0..n).map(|_| 1 + random.below(4) as usize).collect();
    let copies: Vec<usize> = (0..n).flat_map(|row| std::iter::repeat_n(row, counts[row])).collect();
    let inputs = |bins: Vec<u16>| TreeInputs {
        n_rows: bins.len(),
        inputs: vec![Input { name: "x".into(), kind: InputKind::Buckets, n_bins: 40, bins }],
    };
    let categories = CategoryOptions { smoothing: 0.0, l2: 0.0, most: 1000, group_rows: 0, one_hot: 0 };
    let options = BoostOptions {
        grow: GrowOptions { depth: 3, min_leaf: 1, l2: 0.0, categories, learning_rate: 0.3 },
        row_sampling: 1.0,
        feature_sampling: 1.0,
    };
    let grown = |bins: Vec<u16>, labels: Vec<bool>, weights: Option<Vec<f64>>| {
        let inputs = inputs(bins);
        let booster = Booster::new(inputs.n_rows, (0..inputs.n_rows as u32).collect(), labels);
        let mut booster = match weights {
            Some(weights) => booster.weighted(&weights),
            None => booster,
        };
        for _ in 0..5 {
            booster.step(&inputs, &options, &mut Stream::new(1, 1));
        }
        booster
    };
    let weights = counts.iter().map(|&count| 7.0 * count as f64).collect();
    let of_weights = grown(values.clone(), labels.clone(), Some(weights));
    let repeated =
        grown(copies.iter().map(|&row| values[row]).collect(), copies.iter().map(|&row| labels[row]).collect(), None);
    assert!((of_weights.loss() - repeated.loss()).abs() < 1e-12);
    for (place, &row) in copies.iter().enumerate() {
        let (ours, theirs) = (of_weights.logits[row], repeated.logits[place]);
        assert!((ours - theirs).abs() < 1e-9, "row {row}: {ours} {theirs}");
    }
}

/// Share of the rows without a click that is kept.
const KEPT: f64 = 0.01;

/// A generated log, and what is left of it when one in a hundred rows without a click is kept.
fn whole_and_sample() -> (LogSummary, OpenedLog) {
    let synth = SynthSpec { rows: 150_000, users: 20_000, ctr: 0.06, cvr: 0.15, ..log_preset("well_behaved").unwrap() };
    let generated = generate(&synth);
    let text = String::from_utf8(write_csv(&generated.table)).unwrap();
    let roles = Roles { negative_rate: Some(KEPT), ..generated.roles.clone() };
    let whole = LogSummary::of(&OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap().log);
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let click = header.split(',').position(|name| name == "click").unwrap();
    let mut random = Stream::new(1, 0);
    let is_kept = |line: &&str| line.split(',').nth(click) == Some("1") || random.uniform() < KEPT;
    let kept: Vec<&str> = std::iter::once(header).chain(lines.filter(is_kept)).collect();
    (whole, OpenedLog::from_bytes(kept.join("\n").as_bytes(), Some(roles)).unwrap())
}

fn trained(opened: &OpenedLog, model: &ModelSpec, is_corrected: bool) -> Evaluation {
    let mut spec = RunSpec { models: vec![model.clone()], ..RunSpec::default() };
    spec.network = NetworkSpec { embedding_size: 4, hidden: vec![16], ..NetworkSpec::default() };
    spec.training.epochs = Some(2);
    if let Objective::BoostedTrees { boosting, .. } = &mut spec.models[0].objective {
        (boosting.trees, boosting.depth) = (30, 4);
    }
    let plan = spec.plan(&spec.models[0], 1);
    let mut prepared = Prepared::new(&opened.log, &plan).unwrap();
    if !is_corrected {
        prepared.weights.clear();
    }
    let mut learner = Learner::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    pollster::block_on(learner.train(&opened.log, async |_| Ok(()))).unwrap();
    let bootstrap = Bootstrap { replicates: 200, seed: 1 };
    pollster::block_on(learner.evaluate(&opened.log, &plan.model, &prepared, bootstrap)).unwrap().0
}

#[test]
fn a_sample_with_its_rate_teaches_the_rates_of_the_whole_and_without_it_does_not() {
    let (whole, opened) = whole_and_sample();
    let LogSummary { rows, clicks, conversions, population, .. } = LogSummary::of(&opened.log);
    let population = population.unwrap();
    assert_eq!(
        (clicks, conversions),
        (whole.clicks, whole.conversions),
        "nothing but rows without a click was left out"
    );
    assert!(rows * 10 < whole.rows, "{rows}");
    // Kept rows without a click are binomial: four standard errors.
    let unclicked = (whole.rows - whole.clicks) as f64;
    let error = 4.0 * (unclicked * (1.0 - KEPT) / KEPT).sqrt();
    assert!((population.rows - whole.rows as f64).abs() < error, "{} {}", population.rows, whole.rows);
    assert_eq!(population.clicks, whole.clicks as f64);
    for name in ["naive", "esmm", "escm2_dr", "gbdt"] {
        let model = model_preset(name).unwrap();
        let (corrected, sampled) = (trained(&opened, &model, true), trained(&opened, &model, false));
        for task in ["ctr", "ctcvr"] {
            let bounds = |evaluation: &Evaluation, metric: &str| match evaluation.metrics[&format!("{metric}.{task}")] {
                Metric::Value { value, low, high } => (value, low, high),
                Metric::Undefined(reason) => panic!("{name} {metric}.{task}: {reason}"),
            };
            let (value, low, high) = bounds(&corrected, "pcoc");
            assert!(low < 1.0 && 1.0 < high, "{name}, PCOC of {task}: {value} ({low} to {high})");
            let (value, low, _) = bounds(&sampled, "pcoc");
            assert!(low > 5.0, "{name}, PCOC of {task} without the rate: {value} ({low})");
            let of_whole = if task == "ctr" { whole.clicks } else { whole.conversions } as f64 / whole.rows as f64;
            let (value, low, high) = bounds(&corrected, "prevalence");
            assert!(low < of_whole && of_whole < high, "{task}: {of_whole} is not {value} ({low} to {high})");
            // Of the truth too, which is known of every row and needs no labels.
            let (of_truth, of_sample) = (bounds(&corrected, "bias").0, bounds(&sampled, "bias").0);
            assert!(of_truth.abs() < 0.25 * of_whole, "{name}, bias of {task}: {of_truth}");
            assert!(of_sample > 2.0 * of_whole, "{name}, bias of {task} without the rate: {of_sample}");
        }
        let edge = corrected.trees[0].edges[0].rates;
        let of_whole = whole.clicks as f64 / whole.rows as f64;
        let observed = edge.observed.unwrap();
        assert!((observed / of_whole - 1.0).abs() < 0.3, "{observed} {of_whole}");
        assert!((edge.predicted / observed - 1.0).abs() < 0.3, "{} {observed}", edge.predicted);
    }
}
