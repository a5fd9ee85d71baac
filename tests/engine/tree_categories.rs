//! Splits of categories: LightGBM's trees, and each of its rules beside what happens without it.

use std::collections::BTreeMap;

use esmm_playground::domain::features::{ID_MISSING, ID_UNKNOWN, Prepared};
use esmm_playground::domain::log::{ColumnValues, OpenedLog};
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::spec::{BoostingSpec, Objective, RunSpec, model_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::trees::{
    BoostOptions, Booster, CategoryOptions, Derivatives, GrowOptions, Input, InputKind, Node, Split, Tree, TreeInputs,
    grow,
};

/// Bins of missing and of unknown values come before the first category.
pub const FIRST: u16 = 2;

/// No rule holds anything back.
pub const FREE: CategoryOptions = CategoryOptions { smoothing: 0.0, l2: 0.0, most: 1000, group_rows: 0, one_hot: 0 };

pub fn options(categories: CategoryOptions) -> GrowOptions {
    GrowOptions { depth: 1, min_leaf: 1, l2: 1.0, categories, learning_rate: 1.0 }
}

/// A field in which category `k` has `rows` rows, `positives` of them positive, at a predicted rate of 0.1.
fn field(categories: &[(usize, usize)]) -> (TreeInputs, Vec<Derivatives>) {
    let (mut bins, mut derivatives) = (Vec::new(), Vec::new());
    for (bin, &(rows, positives)) in (FIRST..).zip(categories) {
        bins.extend(vec![bin; rows]);
        derivatives.extend((0..rows).map(|row| derivative(row < positives)));
    }
    (one_input(InputKind::Categories, usize::from(FIRST) + categories.len(), bins, derivatives.len()), derivatives)
}

/// Of a row whose predicted rate is 0.1.
pub fn derivative(label: bool) -> Derivatives {
    Derivatives { gradient: 0.1 - f64::from(u8::from(label)), curvature: 0.09 }
}

pub fn one_input(kind: InputKind, n_bins: usize, bins: Vec<u16>, n_rows: usize) -> TreeInputs {
    TreeInputs { n_rows, inputs: vec![Input { name: "field".into(), kind, n_bins, bins }] }
}

pub fn tree((inputs, derivatives): &(TreeInputs, Vec<Derivatives>), options: &GrowOptions) -> Tree {
    let rows: Vec<u32> = (0..derivatives.len() as u32).collect();
    grow(inputs, &[0], &rows, derivatives, options)
}

/// The categories that the root names, counted from 0; none when it is a leaf.
pub fn named(tree: &Tree) -> Vec<u32> {
    match &tree.nodes[0] {
        Node::Leaf { .. } => Vec::new(),
        Node::Split { split: Split::OneOf(ids) | Split::AnyOf(ids), .. } => {
            ids.iter().map(|id| id - u32::from(FIRST)).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Values of the leaves of a tree with one question.
pub fn values(tree: &Tree) -> Vec<f64> {
    let value = |node: &Node| if let Node::Leaf { value } = node { Some(*value) } else { None };
    tree.nodes.iter().filter_map(value).collect()
}

#[test]
fn each_rule_decides_a_split_that_is_another_without_it() {
    // (rows, positives) of each category; what is named without the rule, and with it.
    type Case<'a> = (&'a str, &'a [(usize, usize)], [(CategoryOptions, &'a [u32]); 2]);
    let one = CategoryOptions { most: 1, ..FREE };
    let cases: [Case; 5] = [
        (
            "a category with few rows is not named",
            &[(9, 9), (200, 20), (200, 24), (200, 16)],
            [(FREE, &[0]), (CategoryOptions { smoothing: 10.0, ..FREE }, &[1, 3])],
        ),
        (
            "a rare category does not come before a frequent one",
            &[(12, 12), (300, 120), (300, 25), (300, 25)],
            [(one, &[3]), (CategoryOptions { smoothing: 10.0, ..one }, &[1])],
        ),
        (
            "a further λ makes a weak split worth less than none",
            &[(200, 32), (200, 26)],
            [(FREE, &[0]), (CategoryOptions { l2: 10.0, ..FREE }, &[])],
        ),
        (
            "a split names few categories",
            &[(40, 8), (40, 9), (40, 10), (40, 11), (40, 12), (40, 2), (40, 2), (40, 2), (40, 2), (40, 2)],
            [(FREE, &[0, 1, 2, 3, 4]), (CategoryOptions { most: 3, ..FREE }, &[2, 3, 4])],
        ),
        (
            "a set has many rows",
            &[(40, 20), (70, 14), (300, 20), (300, 20)],
            [(FREE, &[0]), (CategoryOptions { group_rows: 100, ..FREE }, &[0, 1])],
        ),
    ];
    for (rule, categories, expected) in cases {
        for (rules, named_then) in expected {
            let tree = tree(&field(categories), &options(rules));
            assert_eq!(named(&tree), named_then, "{rule}: {rules:?}");
        }
    }
}

#[test]
fn leaves_below_a_set_have_the_further_lambda_and_those_below_a_single_category_not() {
    let field = field(&[(300, 60), (300, 20), (60, 8)]);
    let step = |positives: f64, rows: f64, l2: f64| (positives - 0.1 * rows) / (0.09 * rows + l2);
    let (one, others) = ((20.0, 300.0), (68.0, 360.0));
    let cases = [(3, 11.0, &[0, 2][..], others, one), (4, 1.0, &[1], one, others)];
    for (one_hot, l2, names, yes, no) in cases {
        let tree = tree(&field, &options(CategoryOptions { l2: 10.0, one_hot, ..FREE }));
        assert_eq!(named(&tree), names, "{one_hot}");
        let expected = [yes, no].map(|(positives, rows)| step(positives, rows, l2));
        values(&tree).iter().zip(expected).for_each(|(value, step)| assert!((value - step).abs() < 1e-9, "{one_hot}"));
    }
}

#[test]
fn in_a_small_field_one_category_is_named_whatever_the_other_rules_say() {
    let field = field(&[(9, 9), (300, 30), (300, 30)]);
    let strict = CategoryOptions { smoothing: 10.0, group_rows: 100, ..FREE };
    assert_eq!(named(&tree(&field, &options(CategoryOptions { one_hot: 4, ..strict }))), [0]);
    assert_eq!(named(&tree(&field, &options(strict))), [1]);
    let leaf_of_ten = GrowOptions { min_leaf: 10, ..options(CategoryOptions { one_hot: 4, ..strict }) };
    assert_eq!(named(&tree(&field, &leaf_of_ten)), [1], "nine rows are no leaf");
}

#[test]
fn rows_that_say_more_of_a_logit_count_as_more_rows() {
    // Eight rows of category 0, all positive, where the others' rate is known to be low: their curvature counts.
    for (curvature, expected) in [(0.09, [1]), (0.25, [0])] {
        let (inputs, mut derivatives) = field(&[(8, 8), (300, 30)]);
        derivatives[..8].iter_mut().for_each(|derivative| derivative.curvature = curvature);
        let rule = CategoryOptions { smoothing: 10.0, most: 1, ..FREE };
        let found = tree(&(inputs, derivatives), &options(rule));
        assert_eq!(named(&found), expected, "{curvature}");
    }
}

#[test]
fn a_field_of_categories_without_a_gain_is_not_tried_again_further_down() {
    // (a, b, positives of 20): b says something where a is known, and nothing by itself.
    let cells = [(0, 0, 10), (0, 1, 0), (1, 0, 10), (1, 1, 20)];
    let rows = cells.iter().flat_map(|&(a, b, positives)| (0..20).map(move |row| (a, b, row < positives)));
    let rows: Vec<(u16, u16, bool)> = rows.collect();
    let gradient = |label: bool| 0.5 - f64::from(u8::from(label));
    let derivatives: Vec<Derivatives> =
        rows.iter().map(|&(.., label)| Derivatives { gradient: gradient(label), curvature: 0.25 }).collect();
    let column = |name: &str, kind: InputKind, of: fn(&(u16, u16, bool)) -> u16| {
        let bins = rows.iter().map(|row| of(row) + FIRST).collect();
        Input { name: name.into(), kind, n_bins: 2 + usize::from(FIRST), bins }
    };
    let all: Vec<u32> = (0..80).collect();
    let options = GrowOptions { depth: 2, ..options(FREE) };
    for (kind, n_nodes) in [(InputKind::Categories, 3), (InputKind::Buckets, 7)] {
        let (a, b) = (column("a", InputKind::Buckets, |row| row.0), column("b", kind.clone(), |row| row.1));
        let inputs = TreeInputs { n_rows: 80, inputs: vec![a, b] };
        assert_eq!(grow(&inputs, &[0, 1], &all, &derivatives, &options).nodes.len(), n_nodes, "{kind:?}");
        let half = grow(&inputs, &[1], &all[..40], &derivatives, &options);
        assert_eq!(half.nodes.len(), 3, "b splits the rows of a = 0 when they are all there is");
    }
}

#[test]
fn unknown_values_are_never_named_and_missing_ones_are_a_category() {
    for (bin, is_named) in [(ID_UNKNOWN, false), (ID_MISSING, true)] {
        let (mut inputs, derivatives) = field(&[(200, 150), (300, 30), (300, 30)]);
        inputs.inputs[0].bins[..200].fill(bin as u16);
        let tree = tree(&(inputs, derivatives), &options(FREE));
        let Node::Split { split: Split::OneOf(ids), .. } = &tree.nodes[0] else { panic!("{bin}: no set") };
        assert_eq!(ids.contains(&bin), is_named, "{bin}: {ids:?}");
    }
}

#[test]
fn the_rarest_of_many_categories_are_in_the_bin_of_unknown_ones() {
    // (rows of each category, the most frequent first; whether some have no bin)
    let even = |n: usize, rows: usize| vec![rows; n];
    let cases = [
        ("few are all binned", even(254, 16), false),
        ("many are where the rare ones are one row in ten", [even(300, 12), even(400, 1)].concat(), true),
        ("those of the last row in a hundred have none", [even(300, 14), even(30, 1)].concat(), true),
        ("254 are whatever their share", [even(240, 20), even(60, 1)].concat(), true),
    ];
    for (case, rows_of, is_cut) in cases {
        let n_rows = rows_of.iter().sum::<usize>();
        let generated = generate(&SynthSpec { rows: n_rows, ..SynthSpec::default() });
        let mut opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
        let mut codes: Vec<u32> = (0..).zip(&rows_of).flat_map(|(code, &rows)| vec![code; rows]).collect();
        let mut random = Stream::new(3, 0);
        (1..n_rows).rev().for_each(|place| codes.swap(place, random.below(place as u64 + 1) as usize));
        let dictionary = (0..rows_of.len()).map(|code| format!("v{code}")).collect();
        opened.log.features.truncate(1);
        opened.log.features[0].values = ColumnValues::Text { codes: codes.clone(), dictionary };
        let spec = RunSpec { models: vec![model_preset("gbdt").unwrap()], ..RunSpec::default() };
        let prepared = Prepared::new(&opened.log, &spec.plan(&spec.models[0], 1)).unwrap();
        let input = &TreeInputs::new(&prepared).inputs[0];
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        prepared.split.train.iter().for_each(|&row| *counts.entry(codes[row as usize]).or_default() += 1);
        let (mut binned, mut others) = (0, Vec::new());
        for (code, rows) in counts {
            let bins: Vec<u16> = (0..n_rows).filter(|&row| codes[row] == code).map(|row| input.bins[row]).collect();
            let is_binned = u32::from(bins[0]) != ID_UNKNOWN;
            assert!(bins.iter().all(|bin| *bin == bins[0]), "{case}: {code}");
            if is_binned { binned += 1 } else { others.push(rows) }
        }
        assert_eq!(!others.is_empty(), is_cut, "{case}: {others:?}");
        assert_eq!(input.n_bins, binned + usize::from(FIRST), "{case}");
        let (left_out, n_train) = (others.iter().sum::<usize>(), prepared.split.train.len());
        assert!(!is_cut || binned >= 254, "{case}: {binned}");
        let is_enough = |left_out: usize| n_train - left_out >= (n_train as f64 * 0.99).round() as usize;
        assert!(is_enough(left_out) || binned == 254, "{case}: {left_out} of {n_train} rows in {binned}");
        // One category less would be too few.
        let next = others.iter().max().map_or(0, |&rows| left_out + rows);
        assert!(!is_cut || binned == 254 || !is_enough(next), "{case}: {next} of {n_train} rows");
    }
}

#[test]
fn twenty_trees_of_categories_are_those_of_lightgbm() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("../golden/categories.json")).unwrap();
    let numbers = |key: &str| -> Vec<f64> {
        golden[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let number = |key: &str| golden[key].as_f64().unwrap();
    let inputs = ["a", "b", "c"].map(|name| {
        let bins: Vec<u16> = numbers(name).iter().map(|&value| value as u16 + FIRST).collect();
        let n_bins = usize::from(*bins.iter().max().unwrap()) + 1;
        Input { name: name.into(), kind: InputKind::Categories, n_bins, bins }
    });
    let label: Vec<bool> = numbers("label").iter().map(|&label| label > 0.0).collect();
    let n_rows = label.len();
    let inputs = TreeInputs { n_rows, inputs: inputs.into() };
    let grow = GrowOptions {
        depth: number("depth") as usize,
        min_leaf: number("min_leaf") as usize,
        l2: number("l2"),
        categories: CategoryOptions {
            smoothing: number("category_smoothing"),
            l2: number("category_l2"),
            most: number("max_categories") as usize,
            group_rows: number("min_category_rows") as usize,
            one_hot: number("max_one_hot") as usize,
        },
        learning_rate: number("learning_rate"),
    };
    let options = BoostOptions { grow, row_sampling: 1.0, feature_sampling: 1.0 };
    let mut booster = Booster::new(n_rows, (0..n_rows as u32).collect(), label);
    for leaves in numbers("leaves") {
        booster.step(&inputs, &options, &mut Stream::new(1, 1));
        let is_leaf = |node: &&Node| matches!(node, Node::Leaf { .. });
        assert_eq!(booster.trees.last().unwrap().nodes.iter().filter(is_leaf).count() as f64, leaves);
    }
    for (row, (ours, theirs)) in booster.logits.iter().zip(numbers("logits")).enumerate() {
        // LightGBM keeps gradients in f32.
        assert!((ours - theirs).abs() < 1e-7, "row {row}: {ours} {theirs}");
    }
}

#[test]
fn a_spec_without_the_rules_for_categories_has_lightgbm_s_defaults() {
    let old: BoostingSpec = serde_json::from_str(r#"{"trees": 20, "depth": 3}"#).unwrap();
    let found = (old.category_smoothing, old.category_l2, old.max_categories, old.min_category_rows, old.max_one_hot);
    assert_eq!(found, (10.0, 10.0, 32, 100, 4));
    assert_eq!((old.trees, old.depth), (20, 3));
    let Objective::BoostedTrees { boosting, .. } = model_preset("gbdt").unwrap().objective else { panic!() };
    assert_eq!(boosting, BoostingSpec::default(), "the preset states the defaults");
}
