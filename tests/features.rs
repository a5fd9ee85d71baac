//! Splits, fitted encoders, and a log made ready for a plan.
use esmm_playground::domain::behavior::BehaviorTree;
use esmm_playground::domain::features::{
    DenseEncoder, FeatureError, FieldEncoding, FittedFeatures, ID_FIRST, ID_MISSING, ID_UNKNOWN, PrepareError, Prepared,
};
use esmm_playground::domain::log::{
    ColumnValues, Feature, FeatureGroup, ImpressionLog, Label, MISSING, Split, SplitBy, SplitError, SplitSpec, split,
};
use esmm_playground::domain::spec::{FeatureSpec, NumericalEncoding, RunSpec, model_preset};
use proptest::prelude::*;

fn label(name: &str, n_rows: usize, is_set: impl Fn(usize) -> bool) -> Label {
    Label { name: name.into(), values: (0..n_rows).map(is_set).collect() }
}

fn log(n_rows: usize) -> ImpressionLog {
    ImpressionLog {
        n_rows,
        labels: vec![label("click", n_rows, |row| row % 3 == 0), label("conversion", n_rows, |row| row % 9 == 0)],
        features: vec![text("city", &["x", "y", "x"].repeat(n_rows.div_ceil(3))[..n_rows])],
        ..ImpressionLog::default()
    }
}

/// A text feature; `""` is missing.
fn text(name: &str, values: &[&str]) -> Feature {
    let mut dictionary: Vec<String> = Vec::new();
    let mut codes = Vec::new();
    for &value in values {
        if !value.is_empty() && !dictionary.iter().any(|known| known == value) {
            dictionary.push(value.to_owned());
        }
        codes.push(dictionary.iter().position(|known| known == value).map_or(MISSING, |code| code as u32));
    }
    Feature { name: name.into(), group: FeatureGroup::Context, values: ColumnValues::Text { dictionary, codes } }
}

fn number(name: &str, values: &[f64]) -> Feature {
    Feature { name: name.into(), group: FeatureGroup::Context, values: ColumnValues::Number(values.to_vec()) }
}

fn with_features(features: Vec<Feature>) -> ImpressionLog {
    let n_rows = match &features[0].values {
        ColumnValues::Text { codes, .. } => codes.len(),
        ColumnValues::Number(values) => values.len(),
    };
    ImpressionLog { n_rows, features, ..ImpressionLog::default() }
}

fn all_rows(log: &ImpressionLog) -> Vec<u32> {
    (0..log.n_rows as u32).collect()
}

fn by(by: SplitBy) -> SplitSpec {
    SplitSpec { by, ..SplitSpec::default() }
}

#[test]
fn three_rows_are_too_few() {
    let error = split(&log(3), &SplitSpec::default()).expect_err("3 rows");
    assert_eq!(
        error.to_string(),
        "3 rows are too few to train on one part and evaluate on another; at least 10 are needed"
    );
}

#[test]
fn a_split_by_what_the_log_lacks_is_refused() {
    let mut log = log(20);
    assert_eq!(split(&log, &by(SplitBy::Time)), Err(SplitError::NoTime));
    assert_eq!(split(&log, &by(SplitBy::User)), Err(SplitError::NoUser));
    log.user = Some(vec![0; 20]);
    assert_eq!(split(&log, &by(SplitBy::User)), Err(SplitError::OneUser));
    assert!(split(&log, &by(SplitBy::Auto)).is_ok(), "auto takes rows then");
}

#[test]
fn the_latest_rows_are_held_out() {
    let mut log = log(12);
    log.time = Some(vec![9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 6.0, 4.0, 5.0, 5.0, 5.0, 5.0]);
    let parts = split(&log, &by(SplitBy::Time)).expect("splits");
    assert_eq!(parts.eval, [0, 2, 4]);
    assert_eq!(split(&log, &by(SplitBy::Auto)), Ok(parts), "auto goes by time first");
}

#[test]
fn whole_users_are_held_out() {
    let mut log = log(200);
    log.user = Some((0..200).map(|row| row * 7 % 31).collect());
    let user = log.user.clone().expect("set above");
    let parts = split(&log, &by(SplitBy::User)).expect("splits");
    assert!(parts.eval.iter().all(|&held| parts.train.iter().all(|&kept| user[held as usize] != user[kept as usize])));
    assert!((50..60).contains(&parts.eval.len()), "{} rows", parts.eval.len());
    assert_eq!(split(&log, &by(SplitBy::Auto)), Ok(parts), "auto goes by user when there is no time");
}

#[test]
fn a_row_split_keeps_the_share_of_every_label() {
    let parts = split(&log(900), &by(SplitBy::Row)).expect("splits");
    let share = |is_in: fn(u32) -> bool| parts.eval.iter().filter(|&&row| is_in(row)).count();
    assert_eq!(parts.eval.len(), 225);
    assert!(share(|row| row % 9 == 0).abs_diff(25) <= 1);
    assert!(share(|row| row % 3 == 0).abs_diff(75) <= 1);
}

#[test]
fn the_only_conversion_is_trained_on() {
    for seed in 0..50 {
        let mut log = log(40);
        log.labels[1] = label("conversion", 40, |row| row == 21);
        let parts = split(&log, &SplitSpec { eval_share: 0.9, seed, ..by(SplitBy::Row) }).expect("splits");
        assert!(parts.train.contains(&21), "seed {seed}");
    }
}

#[test]
fn a_split_is_the_same_everywhere() {
    let parts = split(&log(16), &by(SplitBy::Row)).expect("splits");
    // Frozen: the link promises the same rows on every platform and in every later version.
    assert_eq!(parts.eval, FROZEN_EVAL_ROWS);
    let other = split(&log(16), &SplitSpec { seed: 2, ..by(SplitBy::Row) }).expect("splits");
    assert_ne!(parts, other, "another seed draws other rows");
}

const FROZEN_EVAL_ROWS: [u32; 4] = [1, 2, 3, 11];

proptest! {
    #[test]
    fn every_row_is_in_exactly_one_part(
        n_rows in 10usize..300,
        eval_share in 0.05f64..=0.9,
        seed in 0u64..1000,
        n_users in 1u32..40,
        way in prop_oneof![Just(SplitBy::Auto), Just(SplitBy::Time), Just(SplitBy::User), Just(SplitBy::Row)],
    ) {
        let mut log = log(n_rows);
        log.user = Some((0..n_rows as u32).map(|row| row % n_users).collect());
        log.time = (way == SplitBy::Time).then(|| (0..n_rows).map(|row| (row * 31 % 17) as f64).collect());
        match split(&log, &SplitSpec { eval_share, seed, ..by(way) }) {
            Ok(Split { train, eval, .. }) => {
                prop_assert!(!train.is_empty() && !eval.is_empty());
                prop_assert!(train.is_sorted() && eval.is_sorted());
                let mut rows = [train, eval].concat();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..n_rows as u32).collect::<Vec<_>>());
            }
            Err(error) => prop_assert_eq!((error, n_users), (SplitError::OneUser, 1)),
        }
    }
}

#[test]
fn a_vocabulary_is_ordered_by_frequency_then_text() {
    let log = with_features(vec![text("city", &["c", "b", "a", "b", "a", "", "d", "never trained"])]);
    let fitted = FittedFeatures::fit(&log, &all_rows(&log)[..7], &FeatureSpec::default()).expect("fits");
    let values = ["a", "b", "c", "d"].map(String::from).to_vec();
    assert_eq!(fitted.fields[0].encoding, FieldEncoding::Vocabulary { values });
    assert_eq!(fitted.fields[0].vocabulary_size(), 6);
    let [a, b, c, d] = [0, 1, 2, 3].map(|index| ID_FIRST + index);
    assert_eq!(fitted.encode(&log).ids, [c, b, a, b, a, ID_MISSING, d, ID_UNKNOWN]);
}

#[test]
fn rare_categories_share_the_unknown_id() {
    let log = with_features(vec![text("city", &["a", "a", "b"])]);
    let spec = FeatureSpec { min_count: 2, ..FeatureSpec::default() };
    let fitted = FittedFeatures::fit(&log, &all_rows(&log), &spec).expect("fits");
    assert_eq!(fitted.encode(&log).ids, [ID_FIRST, ID_FIRST, ID_UNKNOWN]);
}

#[test]
fn few_distinct_numbers_have_a_bucket_each() {
    let log = with_features(vec![number("age", &[3.0, 1.0, f64::NAN, 1.0, 2.0, 100.0, -5.0])]);
    let fitted = FittedFeatures::fit(&log, &all_rows(&log)[..5], &FeatureSpec::default()).expect("fits");
    assert_eq!(fitted.fields[0].encoding, FieldEncoding::Buckets { edges: vec![1.5, 2.5], log1p: false });
    assert_eq!(fitted.encode(&log).ids, [4, 2, ID_MISSING, 2, 3, 4, 2]);
}

#[test]
fn many_distinct_numbers_fill_buckets_evenly() {
    let values: Vec<f64> = (0..1000).map(|row| f64::from(row * 7919 % 1000).powi(3)).collect();
    let log = with_features(vec![number("price", &values)]);
    let spec = FeatureSpec { buckets: 8, ..FeatureSpec::default() };
    for log1p in [false, true] {
        let fitted = FittedFeatures::fit(&log, &all_rows(&log), &FeatureSpec { log1p, ..spec.clone() }).expect("fits");
        assert_eq!(fitted.fields[0].vocabulary_size(), 2 + 8);
        let ids = fitted.encode(&log).ids;
        for id in ID_FIRST..ID_FIRST + 8 {
            assert_eq!(ids.iter().filter(|&&other| other == id).count(), 125, "bucket {id}, log1p {log1p}");
        }
    }
}

#[test]
fn a_value_that_fills_several_quantiles_makes_one_edge() {
    let values: Vec<f64> = (0..100).map(|row| if row < 80 { 0.0 } else { f64::from(row) }).collect();
    let log = with_features(vec![number("spend", &values)]);
    let spec = FeatureSpec { buckets: 4, ..FeatureSpec::default() };
    let fitted = FittedFeatures::fit(&log, &all_rows(&log), &spec).expect("fits");
    assert_eq!(fitted.fields[0].vocabulary_size(), 2 + 1, "no quantile but the lowest value's");
    let spec = FeatureSpec { buckets: 10, ..FeatureSpec::default() };
    let fitted = FittedFeatures::fit(&log, &all_rows(&log), &spec).expect("fits");
    assert_eq!(fitted.fields[0].encoding, FieldEncoding::Buckets { edges: vec![40.0, 89.5], log1p: false });
}

#[test]
fn dense_inputs_are_standardised_and_squashed() {
    let log = with_features(vec![number("x", &[1.0, 3.0, f64::NAN, 1e300]), number("constant", &[7.0, 7.0, 7.0, 7.0])]);
    let spec = FeatureSpec { numerical: NumericalEncoding::Tanh, ..FeatureSpec::default() };
    let fitted = FittedFeatures::fit(&log, &[0, 1, 2], &spec).expect("fits");
    assert_eq!(fitted.dense[0], DenseEncoder { name: "x".into(), mean: 2.0, std: 1.0, log1p: false });
    let one = 1f64.tanh() as f32;
    assert_eq!(fitted.encode(&log).dense, [-one, 0.0, one, 0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn logarithms_are_taken_of_non_negative_numbers_only() {
    let spec = FeatureSpec { numerical: NumericalEncoding::Tanh, log1p: true, ..FeatureSpec::default() };
    let log = with_features(vec![number("spend", &[0.0, 9.0, -3.0]), number("balance", &[-1.0, 1.0, 0.0])]);
    let fitted = FittedFeatures::fit(&log, &[0, 1], &spec).expect("fits");
    assert_eq!([fitted.dense[0].log1p, fitted.dense[1].log1p], [true, false]);
    let encoded = fitted.encode(&log);
    assert_eq!(encoded.dense[4], encoded.dense[0], "a negative number that training never saw counts as 0");
    assert!(encoded.dense.iter().all(|x| x.is_finite()));
}

#[test]
fn encoders_survive_json_and_encode_the_same() {
    let log = with_features(vec![text("city", &["a", "", "b"]), number("x", &[0.1, 0.30000000000000004, 2.0])]);
    let fitted = FittedFeatures::fit(&log, &all_rows(&log), &FeatureSpec::default()).expect("fits");
    let json = serde_json::to_string(&fitted).expect("writes");
    let back: FittedFeatures = serde_json::from_str(&json).expect("reads");
    assert_eq!(back, fitted);
    assert_eq!(back.encode(&log), fitted.encode(&log));
}

#[test]
fn a_log_without_features_is_refused() {
    let fitted = FittedFeatures::fit(&ImpressionLog::default(), &[], &FeatureSpec::default());
    assert_eq!(fitted, Err(FeatureError::NoFeature));
}

#[test]
fn an_infinity_is_a_missing_value() {
    let values = [1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 2.0, 3.0];
    let log = with_features(vec![number("x", &values)]);
    let finite = with_features(vec![number("x", &values.map(|x| if x.is_finite() { x } else { f64::NAN }))]);
    for (numerical, log1p) in [(NumericalEncoding::Buckets, false), (NumericalEncoding::Tanh, true)] {
        let spec = FeatureSpec { numerical, log1p, ..FeatureSpec::default() };
        let fitted = FittedFeatures::fit(&log, &all_rows(&log), &spec).expect("fits");
        assert_eq!(fitted, FittedFeatures::fit(&finite, &all_rows(&finite), &spec).expect("fits"));
        assert_eq!(fitted.encode(&log), fitted.encode(&finite));
    }
}

#[test]
fn a_field_with_several_values_a_row_has_all_of_their_ids() {
    let log =
        with_features(vec![text("tags", &["a\u{1}b", "b", "", "b\u{1}z", "a\u{1}b\u{1}a"]), text("city", &["x"; 5])]);
    let train = [0, 1, 2, 4];
    let fitted = FittedFeatures::fit(&log, &train, &FeatureSpec::default()).expect("fits");
    let FieldEncoding::Lists { values, values_per_row, .. } = &fitted.fields[0].encoding else { panic!("no lists") };
    assert_eq!((&values[..], *values_per_row), (&["a".to_owned(), "b".to_owned()][..], 3));
    let encoded = fitted.encode(&log);
    let (a, b) = (ID_FIRST, ID_FIRST + 1);
    let rows: Vec<&[u32]> = (0..5).map(|row| encoded.lists[0].row(row)).collect();
    assert_eq!(rows, [&[a, b][..], &[b], &[ID_MISSING], &[b, ID_UNKNOWN], &[a, b, a]]);
    assert_eq!((encoded.lists.len(), encoded.lists[0].field), (1, 0));
    let firsts: Vec<u32> = encoded.ids.iter().copied().step_by(2).collect();
    assert_eq!(firsts, [a, b, ID_MISSING, b, a], "the other ids are those of the first values");
}

proptest! {
    #[test]
    fn every_id_is_in_its_vocabulary_and_every_dense_input_within_one(
        values in prop::collection::vec(prop_oneof![9 => -1e6f64..1e6, 1 => Just(f64::NAN), 1 => Just(f64::MAX)], 1..80),
        n_train in 0usize..80,
        buckets in 2usize..20,
        log1p: bool,
        is_tanh: bool,
    ) {
        let log = with_features(vec![number("x", &values)]);
        let numerical = if is_tanh { NumericalEncoding::Tanh } else { NumericalEncoding::Buckets };
        let train = &all_rows(&log)[..n_train.min(values.len())];
        let spec = FeatureSpec { numerical, buckets, log1p, min_count: 1, ..FeatureSpec::default() };
        let fitted = FittedFeatures::fit(&log, train, &spec).expect("one feature");
        let encoded = fitted.encode(&log);
        prop_assert!(encoded.dense.iter().all(|x| (-1.0..=1.0).contains(x)));
        for field in &fitted.fields {
            prop_assert!(field.vocabulary_size() <= 2 + buckets);
            prop_assert!(encoded.ids.iter().all(|&id| (id as usize) < field.vocabulary_size() && id != ID_UNKNOWN));
        }
        for (&x, &id) in values.iter().zip(&encoded.ids) {
            prop_assert_eq!(x.is_nan(), id == ID_MISSING);
        }
    }
}

fn plan_of(model: &str) -> esmm_playground::domain::spec::TrainPlan {
    RunSpec::default().plan(&model_preset(model).expect("a preset"), 1)
}

#[test]
fn a_log_is_prepared_with_its_labels_in_the_trees_order() {
    let mut log = log(90);
    log.labels.push(label("action", 90, |row| row % 6 == 0));
    let prepared = Prepared::new(&log, &plan_of("esm2")).expect("goes together");
    let expected: Vec<Vec<bool>> =
        ["click", "action", "conversion"].iter().map(|name| log.label(name).expect("set above").to_vec()).collect();
    assert_eq!(prepared.labels, expected);
    assert_eq!(prepared.encoded.ids.len(), 90);
    assert_eq!(prepared.split.train.len() + prepared.split.eval.len(), 90);
}

#[test]
fn a_label_that_is_missing_or_never_set_is_named() {
    let error = Prepared::new(&log(90), &plan_of("esm2")).expect_err("no action");
    assert_eq!(error, PrepareError::MissingLabel { model: "esm2".into(), label: "action".into() });
    let mut never = log(90);
    never.labels[1] = label("conversion", 90, |_| false);
    let error = Prepared::new(&never, &plan_of("esmm")).expect_err("no conversion");
    assert_eq!(error, PrepareError::NeverOne { model: "esmm".into(), label: "conversion".into(), rows: 68 });
}

#[test]
fn a_tree_of_the_users_own_may_ask_for_any_label_column() {
    let mut plan = plan_of("esmm");
    let tree: BehaviorTree = serde_json::from_str(
        r#"{"questions": [{"name": "a", "label": "click", "yes": "b"}, {"name": "b", "label": "returned"}], "events": []}"#,
    )
    .expect("a tree");
    plan.model.tree = tree;
    let mut log = log(90);
    log.labels.push(label("returned", 90, |row| row % 18 == 0));
    assert_eq!(Prepared::new(&log, &plan).expect("goes together").labels.len(), 2);
}
