//! Trees on fields with several values a row.

use esmm_playground::domain::features::{EncodedLog, FieldEncoding, FittedFeatures, ID_FIRST, Prepared};
use esmm_playground::domain::log::{ColumnValues, OpenedLog};
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::spec::{Objective, RunSpec, model_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::trees::{
    CategoryOptions, Derivatives, Forest, GrowOptions, InputKind, Node, Split, Tree, TreeInputs, grow,
};
use esmm_playground::engine::{EngineDevice, Learned, Learner};

use super::tree_categories::{FIRST, FREE, derivative, named, one_input, options, tree, values};

/// A field with two different values a row, and a label that depends on whether 3 is among them, be it first or not.
fn lists(n_rows: usize) -> (TreeInputs, Vec<Derivatives>) {
    let mut random = Stream::new(5, 0);
    let (mut bins, mut ends, mut derivatives) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n_rows {
        let first = random.below(8) as u16;
        let second = (first + 1 + random.below(7) as u16) % 8;
        bins.extend([first.min(second) + FIRST, first.max(second) + FIRST]);
        ends.push(bins.len() as u32);
        derivatives.push(derivative(random.uniform() < if first == 3 || second == 3 { 0.5 } else { 0.1 }));
    }
    (one_input(InputKind::Lists { ends }, 8 + usize::from(FIRST), bins, n_rows), derivatives)
}

#[test]
fn of_several_values_a_row_any_may_be_the_one_that_is_named() {
    let field = lists(600);
    let tree = tree(&field, &options(CategoryOptions { most: 1, ..FREE }));
    assert_eq!(named(&tree), [3]);
    let (inputs, derivatives) = &field;
    for (has_it, value) in [(true, values(&tree)[0]), (false, values(&tree)[1])] {
        let (mut gradient, mut curvature) = (0.0, 1.0);
        for (row, derivative) in derivatives.iter().enumerate() {
            if inputs.inputs[0].row(row).contains(&(3 + FIRST)) == has_it {
                gradient += derivative.gradient;
                curvature += derivative.curvature;
            }
        }
        assert!((value + gradient / curvature).abs() < 1e-9, "{has_it}: {value}");
    }
}

#[test]
fn a_row_with_two_of_the_named_values_counts_once() {
    let (inputs, derivatives) = lists(600);
    let rows: Vec<u32> = (0..600).collect();
    let most_of = |most| options(CategoryOptions { most, ..FREE });
    let tree = grow(&inputs, &[0], &rows, &derivatives, &GrowOptions { min_leaf: 200, ..most_of(4) });
    let Node::Split { split: Split::AnyOf(ids), .. } = &tree.nodes[0] else { panic!("no set: {tree:?}") };
    assert!(ids.len() > 1, "{ids:?}");
    let passes = |row: &u32| inputs.inputs[0].row(*row as usize).iter().any(|&bin| ids.contains(&u32::from(bin)));
    let (yes, no): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| passes(row));
    assert!(yes.len() >= 200 && no.len() >= 200, "{} {}", yes.len(), no.len());
    for (rows, value) in [(yes, values(&tree)[0]), (no, values(&tree)[1])] {
        let sum = |of: fn(&Derivatives) -> f64| rows.iter().map(|&row| of(&derivatives[row as usize])).sum::<f64>();
        let step = -sum(|d| d.gradient) / (sum(|d| d.curvature) + 1.0);
        assert!((value - step).abs() < 1e-9, "{value} {step}");
    }
}

/// A generated log whose last feature, a field of lists, holds what drives clicks, never in the first place.
fn log_of_lists() -> OpenedLog {
    let synth = SynthSpec { rows: 4000, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() };
    let generated = generate(&synth);
    let mut opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
    let clicks = opened.log.label("click").unwrap().to_vec();
    let mut random = Stream::new(9, 0);
    let dictionary = ["w0", "w0\u{1}hot", "w1\u{1}w2", "w1\u{1}hot\u{1}w1", "w2"].map(str::to_owned).to_vec();
    let codes = clicks.iter().map(|&click| {
        let is_hot = random.uniform() < if click { 0.7 } else { 0.2 };
        let cells: &[u32] = if is_hot { &[1, 3] } else { &[0, 2, 4] };
        cells[random.below(cells.len() as u64) as usize]
    });
    opened.log.features.last_mut().unwrap().values = ColumnValues::Text { codes: codes.collect(), dictionary };
    opened
}

#[test]
fn a_run_uses_all_values_of_a_list_and_its_trees_say_which() {
    let opened = log_of_lists();
    let mut spec = RunSpec { models: vec![model_preset("gbdt").unwrap()], ..RunSpec::default() };
    let Objective::BoostedTrees { boosting, .. } = &mut spec.models[0].objective else { panic!() };
    boosting.trees = 8;
    let plan = spec.plan(&spec.models[0], 1);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut learner = Learner::new(&EngineDevice::cpu(), &plan, &prepared).unwrap();
    while !learner.is_finished() {
        learner.step().unwrap();
    }
    let learned = pollster::block_on(learner.learned()).unwrap();
    let forest: Forest = serde_json::from_slice(&learned.to_bytes().unwrap()).unwrap();
    assert!(matches!(learned, Learned::Forest(_)));
    let fitted: FittedFeatures = serde_json::from_str(&serde_json::to_string(&prepared.fitted).unwrap()).unwrap();
    let encoded = fitted.encode(&opened.log);
    let FieldEncoding::Lists { values, .. } = &fitted.fields.last().unwrap().encoding else { panic!("no lists") };
    let hot = ID_FIRST + values.iter().position(|value| value == "hot").unwrap() as u32;
    let rows: Vec<u32> = (0..300).collect();
    let logits = pollster::block_on(learner.logits(&rows)).unwrap();
    let mut asked_of_lists = 0;
    for row in 0..300 {
        let ensemble = &forest.ensembles[0];
        let leaf = |tree: &Tree| leaf_of(tree, &encoded, fitted.fields.len(), row, &mut asked_of_lists);
        let logit = ensemble.base + ensemble.trees.iter().map(leaf).sum::<f64>();
        assert!((logit as f32 - logits[row * 2]).abs() < 1e-5, "row {row}");
    }
    assert!(asked_of_lists > 300, "{asked_of_lists}");
    let mean = |is_hot: bool| {
        let of_rows = (0..300).filter(|&row| encoded.lists[0].row(row).contains(&hot) == is_hot);
        let logits: Vec<f32> = of_rows.map(|row| logits[row * 2]).collect();
        logits.iter().sum::<f32>() / logits.len() as f32
    };
    assert!(mean(true) > mean(false) + 0.5, "{} {}", mean(true), mean(false));
}

/// The value of the leaf of a row, by the definitions of [`Split`].
fn leaf_of(tree: &Tree, encoded: &EncodedLog, n_fields: usize, row: usize, asked_of_lists: &mut usize) -> f64 {
    let mut at = 0;
    loop {
        match &tree.nodes[at] {
            Node::Leaf { value } => return *value,
            Node::Split { input, split, yes, no } => {
                let id = encoded.ids[row * n_fields + input];
                let passes = match split {
                    Split::IdAtMost(last) => id <= *last,
                    Split::OneOf(ids) => ids.contains(&id),
                    Split::AnyOf(ids) => {
                        *asked_of_lists += 1;
                        encoded.lists[0].row(row).iter().any(|id| ids.contains(id))
                    }
                    Split::AtMost(_) => panic!("no input is dense"),
                };
                at = if passes { *yes } else { *no } as usize;
            }
        }
    }
}
