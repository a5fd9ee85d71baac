//! Boosted trees against brute force, against scikit-learn, and as a run. How categories are split is in
//! `tree_categories`.

use esmm_playground::domain::features::{FittedFeatures, Prepared};
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::spec::{FeatureSpec, NumericalEncoding, Objective, RunSpec, TrainPlan, model_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::trees::{
    BoostOptions, Booster, CategoryOptions, Derivatives, Forest, GrowOptions, Input, InputKind, Node, Split, Tree,
    TreeInputs, TreeTrainer, grow,
};
use esmm_playground::engine::{EngineDevice, EngineError, Learned, Learner};

/// No rule holds anything back.
fn options() -> GrowOptions {
    let categories = CategoryOptions { smoothing: 0.0, l2: 0.0, most: 1000, group_rows: 0, one_hot: 0 };
    GrowOptions { depth: 1, min_leaf: 1, l2: 0.0, categories, learning_rate: 1.0 }
}

fn input(name: &str, kind: InputKind, n_bins: usize, bins: Vec<u16>) -> Input {
    Input { name: name.into(), kind, n_bins, bins }
}

/// What a split of all rows gains, by its definition.
fn gain(passes: &[bool], derivatives: &[Derivatives], options: &GrowOptions) -> Option<f64> {
    let score = |side: Option<bool>| {
        let rows = passes.iter().zip(derivatives).filter(|(passes, _)| side.is_none_or(|side| **passes == side));
        let (n, g, h) = rows.fold((0, 0.0, 0.0), |(n, g, h), (_, row)| (n + 1, g + row.gradient, h + row.curvature));
        (n >= options.min_leaf).then_some(g * g / (h + options.l2))
    };
    Some(score(Some(true))? + score(Some(false))? - score(None)?)
}

#[test]
fn the_first_split_is_the_best_of_all_there_are() {
    for seed in 0..30 {
        let mut random = Stream::new(seed, 0);
        let n = 40;
        let mut bins = |below: u64| (0..n).map(|_| random.below(below) as u16).collect::<Vec<u16>>();
        let (ordered, categories) = (bins(7), bins(6));
        // The first two bins are those of missing and of unknown values.
        let categories: Vec<u16> = categories.into_iter().map(|bin| bin + 2).collect();
        let derivatives: Vec<Derivatives> = (0..n)
            .map(|row| {
                let pull = f64::from(ordered[row] > 3) - 0.7 * f64::from(categories[row] % 2);
                Derivatives { gradient: pull + random.normal(), curvature: 0.1 + random.uniform() }
            })
            .collect();
        let inputs = TreeInputs {
            n_rows: n,
            inputs: vec![
                input("ordered", InputKind::Buckets, 7, ordered.clone()),
                input("categories", InputKind::Categories, 8, categories.clone()),
            ],
        };
        let rows: Vec<u32> = (0..n as u32).collect();
        let tree = grow(&inputs, &[0, 1], &rows, &derivatives, &options());
        let Node::Split { input, split, .. } = &tree.nodes[0] else { panic!("seed {seed}: no split") };
        let passes: Vec<bool> = (0..n)
            .map(|row| match (input, split) {
                (0, Split::IdAtMost(id)) => u32::from(ordered[row]) <= *id,
                (1, Split::OneOf(ids)) => ids.contains(&u32::from(categories[row])),
                other => panic!("{other:?}"),
            })
            .collect();
        let found = gain(&passes, &derivatives, &options()).unwrap();
        let by_threshold = (0..6).map(|cut| ordered.iter().map(|&bin| bin <= cut).collect::<Vec<bool>>());
        let by_subset = (1..63u32).map(|set| categories.iter().map(|&bin| set >> (bin - 2) & 1 == 1).collect());
        let all = by_threshold.chain(by_subset).filter_map(|passes| gain(&passes, &derivatives, &options()));
        let best = all.fold(f64::NEG_INFINITY, f64::max);
        assert!((found - best).abs() < 1e-9 * best, "seed {seed}: {found} of {best}");
    }
}

#[test]
fn leaves_hold_the_newton_step_and_no_leaf_is_too_small() {
    let mut random = Stream::new(4, 0);
    let n = 500;
    let bins: Vec<u16> = (0..n).map(|_| random.below(50) as u16).collect();
    let derivatives: Vec<Derivatives> =
        (0..n).map(|_| Derivatives { gradient: random.normal(), curvature: random.uniform() }).collect();
    let inputs = TreeInputs { n_rows: n, inputs: vec![input("x", InputKind::Buckets, 50, bins.clone())] };
    let options = GrowOptions { depth: 6, min_leaf: 20, l2: 2.0, learning_rate: 0.3, ..options() };
    let rows: Vec<u32> = (0..n as u32).collect();
    let tree = grow(&inputs, &[0], &rows, &derivatives, &options);
    let mut rows_of = vec![Vec::new(); tree.nodes.len()];
    #[expect(clippy::needless_range_loop, reason = "rows index the bins of every feature")]
    for row in 0..n {
        let mut at = 0;
        while let Node::Split { split: Split::IdAtMost(id), yes, no, .. } = &tree.nodes[at] {
            at = if u32::from(bins[row]) <= *id { *yes } else { *no } as usize;
        }
        rows_of[at].push(row);
    }
    let mut leaves = 0;
    for (node, rows) in tree.nodes.iter().zip(&rows_of) {
        let Node::Leaf { value } = node else { continue };
        leaves += 1;
        assert!(rows.len() >= 20, "{}", rows.len());
        let sum = |of: fn(&Derivatives) -> f64| rows.iter().map(|&row| of(&derivatives[row])).sum::<f64>();
        let step = -0.3 * sum(|d| d.gradient) / (sum(|d| d.curvature) + 2.0);
        assert!((value - step).abs() < 1e-12, "{value} {step}");
    }
    assert!(leaves > 3, "{leaves}");
}

#[test]
fn twenty_trees_agree_with_scikit_learn() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("../golden/trees.json")).unwrap();
    let numbers = |key: &str| -> Vec<f64> {
        golden[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let inputs = ["a", "b", "c"].map(|name| {
        let values = numbers(name);
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let bins = values.iter().map(|value| distinct.partition_point(|x| x < value) as u16).collect();
        input(name, InputKind::Buckets, distinct.len(), bins)
    });
    let label: Vec<bool> = numbers("label").iter().map(|&label| label > 0.0).collect();
    let n_rows = label.len();
    let inputs = TreeInputs { n_rows, inputs: inputs.into() };
    let size = |key: &str| golden[key].as_u64().unwrap() as usize;
    let options = BoostOptions {
        grow: GrowOptions {
            depth: size("depth"),
            min_leaf: size("min_leaf"),
            l2: golden["l2"].as_f64().unwrap(),
            categories: options().categories,
            learning_rate: golden["learning_rate"].as_f64().unwrap(),
        },
        row_sampling: 1.0,
        feature_sampling: 1.0,
    };
    let mut booster = Booster::new(n_rows, (0..n_rows as u32).collect(), label);
    for nodes in numbers("nodes") {
        booster.step(&inputs, &options, &mut Stream::new(1, 1));
        assert_eq!(booster.trees.last().unwrap().nodes.len() as f64, nodes);
    }
    for (row, (ours, theirs)) in booster.logits.iter().zip(numbers("logits")).enumerate() {
        // scikit-learn sums gradients in f32.
        assert!((ours - theirs).abs() < 1e-5, "row {row}: {ours} {theirs}");
    }
}

fn small_run(change: impl FnOnce(&mut RunSpec)) -> (OpenedLog, TrainPlan, Prepared) {
    let synth = SynthSpec { rows: 6000, ctr: 0.3, cvr: 0.3, numerical_features: 2, ..SynthSpec::default() };
    let generated = generate(&synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
    let mut spec = RunSpec { models: vec![model_preset("gbdt").unwrap()], ..RunSpec::default() };
    let Objective::BoostedTrees { boosting, .. } = &mut spec.models[0].objective else { panic!() };
    boosting.trees = 12;
    change(&mut spec);
    let plan = spec.plan(&spec.models[0], 1);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    (opened, plan, prepared)
}

fn trained(plan: &TrainPlan, prepared: &Prepared) -> Learner {
    let mut learner = Learner::new(&EngineDevice::cpu(), plan, prepared).unwrap();
    while !learner.is_finished() {
        learner.step().unwrap();
    }
    learner
}

fn forest(learner: &Learner) -> Forest {
    match pollster::block_on(learner.learned()).unwrap() {
        Learned::Forest(forest) => forest,
        Learned::Weights(_) => panic!("trees have no weights"),
    }
}

#[test]
fn a_run_of_trees_steps_tree_by_tree_and_learns() {
    let (_, plan, prepared) = small_run(|_| ());
    let mut learner = Learner::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    let mut due = Vec::new();
    while !learner.is_finished() {
        learner.step().unwrap();
        due.push(learner.is_evaluation_due());
    }
    assert_eq!(learner.position().step, 12);
    assert_eq!(due.len(), 12);
    assert!(due[11]);
    let curve = pollster::block_on(learner.take_losses()).unwrap();
    assert_eq!(curve.iter().map(|point| point.step).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for event in ["loss.ctr", "loss.cvr", "loss.total"] {
        assert!(curve[11].losses[event] < curve[0].losses[event] - 1e-3, "{event} {curve:?}");
    }
    assert!(pollster::block_on(learner.take_losses()).unwrap().is_empty());
    let before = pollster::block_on(learner.logits(&[0, 5])).unwrap();
    learner.step().unwrap();
    assert_eq!(pollster::block_on(learner.logits(&[0, 5])).unwrap(), before, "a finished run does not move");
}

#[test]
fn the_same_plan_gives_the_same_trees_and_another_seed_others() {
    let (_, plan, prepared) = small_run(|_| ());
    let first = forest(&trained(&plan, &prepared));
    assert_eq!(forest(&trained(&plan, &prepared)), first);
    let other = TrainPlan { seed: 2, ..plan };
    assert_ne!(forest(&trained(&other, &prepared)).ensembles[0].trees, first.ensembles[0].trees);
}

#[test]
fn logits_can_be_recomputed_from_the_exported_trees_and_encoders() {
    for numerical in [NumericalEncoding::Buckets, NumericalEncoding::Tanh] {
        let (opened, plan, prepared) =
            small_run(|spec| spec.features = FeatureSpec { numerical, ..spec.features.clone() });
        let learner = trained(&plan, &prepared);
        let exported = Learned::Forest(forest(&learner)).to_bytes().unwrap();
        let read: Forest = serde_json::from_slice(&exported).unwrap();
        let fitted: FittedFeatures = serde_json::from_str(&serde_json::to_string(&prepared.fitted).unwrap()).unwrap();
        let encoded = fitted.encode(&opened.log);
        let (n_fields, n_dense) = (fitted.fields.len(), fitted.dense.len());
        let rows: Vec<u32> = (0..500).collect();
        let logits = pollster::block_on(learner.logits(&rows)).unwrap();
        for row in 0..500 {
            for (question, ensemble) in read.ensembles.iter().enumerate() {
                let leaf = |tree: &Tree| {
                    let mut at = 0;
                    loop {
                        match &tree.nodes[at] {
                            Node::Leaf { value } => return *value,
                            Node::Split { input, split, yes, no } => {
                                let passes = match split {
                                    Split::IdAtMost(id) => encoded.ids[row * n_fields + input] <= *id,
                                    Split::OneOf(ids) => ids.contains(&encoded.ids[row * n_fields + input]),
                                    Split::AnyOf(_) => panic!("no field has several values a row"),
                                    Split::AtMost(value) => {
                                        f64::from(encoded.dense[row * n_dense + input - n_fields]) <= *value
                                    }
                                };
                                at = if passes { *yes } else { *no } as usize;
                            }
                        }
                    }
                };
                let logit = ensemble.base + ensemble.trees.iter().map(leaf).sum::<f64>();
                assert!((logit as f32 - logits[row * 2 + question]).abs() < 1e-5, "{numerical:?} row {row}");
            }
        }
    }
}

#[test]
fn a_root_that_cannot_be_split_adds_nothing() {
    let rows: Vec<u32> = (0..100).collect();
    let inputs = TreeInputs { n_rows: 100, inputs: vec![input("x", InputKind::Buckets, 3, vec![2; 100])] };
    let derivatives = vec![Derivatives { gradient: 0.4, curvature: 0.24 }; 100];
    assert_eq!(grow(&inputs, &[0], &rows, &derivatives, &options()).nodes, [Node::Leaf { value: 0.0 }]);
}

#[test]
fn an_event_over_several_questions_is_refused_by_name() {
    let (_, mut plan, prepared) = small_run(|_| ());
    let Objective::BoostedTrees { events, .. } = &mut plan.model.objective else { panic!() };
    events[1].event = "ctcvr".into();
    let refused = |plan: &TrainPlan| match Learner::new(&EngineDevice::cpu(), plan, &prepared) {
        Err(error) => error,
        Ok(_) => panic!("it should be refused"),
    };
    assert!(matches!(refused(&plan), EngineError::SeveralQuestions { event, .. } if event == "ctcvr"));
    let Objective::BoostedTrees { events, .. } = &mut plan.model.objective else { panic!() };
    events.pop();
    assert!(matches!(refused(&plan), EngineError::QuestionWithoutTrees { question, .. } if question == "cvr"));
}

#[test]
fn trees_of_another_run_and_what_is_no_tree_change_nothing() {
    let generated = generate(&SynthSpec { rows: 800, users: 100, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() });
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
    let mut model = model_preset("gbdt").unwrap();
    let Objective::BoostedTrees { boosting, .. } = &mut model.objective else { unreachable!() };
    boosting.trees = 4;
    let boosting = boosting.clone();
    let plan = RunSpec::default().plan(&model, 1);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let trainer = || TreeTrainer::new(&plan, &boosting, &prepared).unwrap();
    let mut first = trainer();
    (0..4).for_each(|_| first.step());
    let forest = first.forest();
    let mut own = trainer();
    assert!(own.take_up(forest.clone()) && own.is_finished());
    let rows: Vec<u32> = (0..800).collect();
    assert_eq!(own.logits(&rows), first.logits(&rows));
    let start = trainer().logits(&rows);
    let bent = |bend: &dyn Fn(&mut Forest)| {
        let mut other = forest.clone();
        bend(&mut other);
        let mut run = trainer();
        assert!(!run.take_up(other));
        assert_eq!((run.position().step, run.logits(&rows)), (0, start.clone()));
    };
    let root = |forest: &mut Forest, node: Node| forest.ensembles[0].trees[0].nodes[0] = node;
    let split = |input, split, yes, no| Node::Split { input, split, yes, no };
    bent(&|forest| forest.inputs.swap(0, 1));
    bent(&|forest| forest.ensembles.truncate(1));
    bent(&|forest| forest.ensembles.swap(0, 1));
    bent(&|forest| forest.ensembles[0].base += 1e-9);
    bent(&|forest| forest.ensembles[0].trees.truncate(3));
    bent(&|forest| forest.ensembles.iter_mut().for_each(|one| one.trees.push(one.trees[0].clone())));
    bent(&|forest| forest.ensembles[0].trees[0].nodes.clear());
    bent(&|forest| root(forest, Node::Leaf { value: f64::NAN }));
    bent(&|forest| root(forest, split(0, Split::OneOf(vec![2]), 0, 1)));
    bent(&|forest| root(forest, split(0, Split::OneOf(vec![2]), 1, 4_000_000_000)));
    bent(&|forest| root(forest, split(0, Split::OneOf(vec![4_000_000_000]), 1, 2)));
    bent(&|forest| root(forest, split(0, Split::AtMost(1.0), 1, 2)));
    bent(&|forest| root(forest, split(99, Split::OneOf(vec![2]), 1, 2)));
}
