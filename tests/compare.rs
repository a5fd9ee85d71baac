//! Models over seeds and against a baseline.

use std::collections::BTreeMap;

use esmm_playground::domain::metrics::{Metric, Support, Undefined};
use esmm_playground::domain::report::{
    Compared, Comparisons, Difference, Judgement, Measure, Training, compare, default_baseline, summarize,
};

/// A run whose 200 replicates share the noise of the rows and add `own` of their own.
#[derive(Clone)]
struct Run {
    model: &'static str,
    seed: u64,
    rows: u32,
    metrics: BTreeMap<String, Metric>,
    replicates: BTreeMap<String, Vec<f32>>,
    support: BTreeMap<String, Support>,
    is_trained: bool,
    is_complete: bool,
}

/// Counts on which every metric can be judged.
fn ample() -> Support {
    Support {
        rows: 5000,
        positives: 120,
        positive_units: 100,
        negative_units: 2000,
        mixed_groups: 90,
        hits: [10, 20, 30],
    }
}

fn run(model: &'static str, seed: u64, key: &str, value: f64, own: f64) -> Run {
    let mut run = Run {
        model,
        seed,
        rows: 1,
        metrics: BTreeMap::new(),
        replicates: BTreeMap::new(),
        support: BTreeMap::new(),
        is_trained: true,
        is_complete: true,
    };
    run.add(key, value, own);
    run
}

impl Run {
    fn add(&mut self, key: &str, value: f64, own: f64) {
        let drawn = (0..200u32).map(|b| {
            let shared = 0.03 * f64::from(b).sin();
            (value + shared + own * (f64::from(b) * (1.7 + self.seed as f64)).cos()) as f32
        });
        self.replicates.insert(key.to_owned(), drawn.collect());
        self.metrics.insert(key.to_owned(), Metric::Value { value, low: value - 0.03, high: value + 0.03 });
        self.support.insert(key.rsplit_once('.').unwrap().1.to_owned(), ample());
    }
}

/// Seeds 1, 2, … of both models, the baseline first.
fn pairs(key: &str, ours: &[f64], theirs: &[f64], own: f64) -> Vec<Run> {
    let both = |(seed, (&ours, &theirs)): (u64, (&f64, &f64))| {
        [run("naive", seed, key, theirs, 0.0), run("esmm", seed, key, ours, own)]
    };
    (1..).zip(ours.iter().zip(theirs)).flat_map(both).collect()
}

fn measures(runs: &[Run]) -> Vec<Measure<'_>> {
    let training = |run: &Run| match run.is_trained {
        true => Training::Seeded { is_complete: run.is_complete, path: &[] },
        false => Training::Given,
    };
    runs.iter()
        .map(|run| Measure {
            model: run.model,
            seed: run.seed,
            rows: run.rows,
            metrics: &run.metrics,
            replicates: &run.replicates,
            support: &run.support,
            training: training(run),
        })
        .collect()
}

fn difference(runs: &[Run], key: &str) -> Result<Difference, String> {
    let found = compare(&measures(runs), "naive");
    assert_eq!(found.models.len(), 1);
    match &found.models[0].metrics[key] {
        Compared::Difference(difference) => Ok(*difference),
        Compared::Undefined { reason } => Err(reason.clone()),
    }
}

#[test]
fn noise_that_models_share_cancels() {
    let found = difference(&pairs("auc.ctr", &[0.72, 0.7202, 0.7199], &[0.70; 3], 0.001), "auc.ctr").unwrap();
    assert!((found.difference - 0.02).abs() < 1e-4 && found.high - found.low < 0.003, "{found:?}");
    assert!((found.baseline - 0.70).abs() < 1e-12 && found.verdict == Judgement::Better, "{found:?}");
    assert!(found.p_value < 1e-3);
}

#[test]
fn a_verdict_follows_what_is_wished_of_the_metric() {
    for (key, ours, theirs, own, expected) in [
        ("auc.ctr", 0.68, 0.70, 0.001, Judgement::Worse),
        ("auc.ctr", 0.705, 0.70, 0.02, Judgement::NoDifference),
        ("logloss.ctr", 0.20, 0.22, 0.001, Judgement::Better),
        // Closer to 1, from either side.
        ("pcoc.ctcvr", 1.1, 1.4, 0.001, Judgement::Better),
        ("pcoc.ctcvr", 0.6, 0.9, 0.001, Judgement::Worse),
        ("bias.cvr_entire_space", -0.2, 0.1, 0.001, Judgement::Worse),
        // As far below the target as the other is above it.
        ("pcoc.ctcvr", 0.8, 1.2, 0.001, Judgement::Differs),
        ("prevalence.ctr", 0.2, 0.3, 0.001, Judgement::Differs),
    ] {
        let wobble = own / 4.0;
        let runs = pairs(key, &[ours, ours + wobble, ours - wobble], &[theirs; 3], own);
        let found = difference(&runs, key).unwrap();
        assert_eq!(found.verdict, expected, "{key} {ours} {theirs}: {found:?}");
    }
}

#[test]
fn of_one_seed_or_two_nothing_is_told_unless_there_was_no_training() {
    let key = "auc.ctcvr";
    for (ours, theirs) in [([0.80].as_slice(), [0.60].as_slice()), (&[0.80, 0.801], &[0.60, 0.60])] {
        let mut runs = pairs(key, ours, theirs, 0.001);
        let found = difference(&runs, key).unwrap();
        assert_eq!((found.verdict, found.needed.seeds), (Judgement::FewSeeds, Some(3)));
        assert!(found.needed.positives.is_some(), "{found:?}");
        runs.iter_mut().for_each(|run| run.is_trained = false);
        assert_eq!(difference(&runs, key).unwrap().verdict, Judgement::Better, "predictions as they are");
    }
}

#[test]
fn predictions_as_they_are_stand_against_every_seed_of_a_trained_model() {
    let key = "auc.ctcvr";
    let mut runs = pairs(key, &[0.80, 0.801, 0.799], &[0.60; 3], 0.001);
    runs.retain(|run| run.model == "naive");
    runs.push(Run { is_trained: false, ..run("file", 1, key, 0.8, 0.001) });
    for (seed, value) in [(1, 0.60), (2, 0.61), (3, 0.59)] {
        let naive = runs.iter_mut().find(|run| run.model == "naive" && run.seed == seed).unwrap();
        *naive = run("naive", seed, key, value, 0.001);
    }
    let compared = compare(&measures(&runs), "naive");
    assert_eq!(compared.models[0].seeds, [1, 2, 3]);
    let found = compared.difference("file", key).unwrap();
    assert_eq!(found.verdict, Judgement::Better, "{found:?}");
    assert!((found.difference - 0.2).abs() < 1e-6 && (found.value - 0.8).abs() < 1e-12, "{found:?}");
    // How far the seeds lie apart is in the interval.
    assert!(found.high - found.low > 0.04, "{found:?}");
    let turned = compare(&measures(&runs), "file");
    assert_eq!(
        (turned.models[0].seeds.as_slice(), turned.difference("naive", key).unwrap().verdict),
        ([1, 2, 3].as_slice(), Judgement::Worse)
    );
    let two = |run: &Run| run.model == "file" || run.seed < 3;
    let fewer: Vec<Run> = runs.iter().filter(|run| two(run)).cloned().collect();
    let found = compare(&measures(&fewer), "naive");
    assert_eq!(found.difference("file", key).unwrap().verdict, Judgement::FewSeeds, "of the trained one");
}

#[test]
fn of_few_positives_nothing_is_told_and_how_many_it_takes_is() {
    let key = "auc.ctcvr";
    for (units, has_interval) in [(3, false), (9, false), (10, true), (19, true)] {
        let mut runs = pairs(key, &[0.80, 0.801, 0.799], &[0.60; 3], 0.001);
        for support in runs.iter_mut().flat_map(|run| run.support.values_mut()) {
            (support.positives, support.positive_units) = (2 * units, units);
        }
        let found = difference(&runs, key).unwrap();
        assert_eq!((found.verdict, found.has_interval()), (Judgement::TooFewPositives, has_interval), "{units}");
        assert_eq!(found.positives, 2 * units);
        // Two purchases a user: twenty users are forty purchases.
        assert_eq!(found.needed.positives, Some(40), "{units}: {found:?}");
        let alone = summarize(&measures(&runs));
        let Metric::Value { low, high, .. } = alone[0].metrics[key] else { panic!() };
        assert_eq!(low < high, has_interval, "{units}");
    }
}

#[test]
fn of_a_run_that_was_left_nothing_is_told() {
    let key = "auc.ctcvr";
    let mut runs = pairs(key, &[0.80, 0.801, 0.799], &[0.60; 3], 0.001);
    assert_eq!(difference(&runs, key).unwrap().verdict, Judgement::Better);
    runs[2].is_complete = false;
    assert_eq!(difference(&runs, key).unwrap().verdict, Judgement::NotConverged);
}

#[test]
fn several_seeds_widen_what_one_seed_cannot_know() {
    let key = "auc.ctcvr";
    let runs = pairs(key, &[0.72, 0.69, 0.74], &[0.70; 3], 0.0);
    let three = difference(&runs, key).unwrap();
    assert_eq!(three.verdict, Judgement::NoDifference);
    // sd of .02, −.01, .04 is .02517; t with two degrees of freedom is 4.30.
    let expected = 4.3027 * 0.025_166 / 3f64.sqrt();
    assert!(((three.high - three.low) / 2.0 / expected - 1.0).abs() < 0.001, "{three:?} {expected}");
    // No number of purchases makes the seeds agree.
    assert_eq!(three.needed.positives, None);
    assert!(three.needed.seeds.is_some_and(|seeds| (15..30).contains(&seeds)), "{three:?}");
    let summary = summarize(&measures(&runs));
    assert_eq!((summary[1].model.as_str(), summary[1].seeds.as_slice()), ("esmm", [1, 2, 3].as_slice()));
    let spread = summary[1].spread[key];
    assert!((spread.sd - 0.025_166).abs() < 1e-5);
    assert_eq!((spread.min, spread.max), (0.69, 0.74));
    assert!(summary[0].spread[key].sd < 1e-12);
}

#[test]
fn of_many_comparisons_a_narrow_one_is_no_discovery() {
    // t with two degrees of freedom: excludes zero at p = .03.
    let narrow = [0.7120, 0.7080, 0.7160];
    let lone = pairs("auc.ctcvr", &narrow, &[0.70; 3], 0.0);
    let found = compare(&measures(&lone), "naive");
    assert_eq!((found.tests, found.found), (1, 1));
    let mut many = lone;
    for run in &mut many {
        for other in 0..30 {
            let wobble = 0.001 * (run.seed as f64 - 2.0);
            let value = if run.model == "esmm" { 0.5 + wobble } else { 0.5 };
            run.add(&format!("auc.other{other}"), value, 0.0);
        }
    }
    let found = compare(&measures(&many), "naive");
    assert_eq!((found.tests, found.found), (31, 0));
    let of = |key: &str| found.difference("esmm", key).unwrap();
    assert_eq!(of("auc.ctcvr").verdict, Judgement::AmongMany);
    assert!(!of("auc.ctcvr").spans_zero());
    assert_eq!(of("auc.other3").verdict, Judgement::NoDifference);
}

#[test]
fn what_cannot_be_paired_says_why() {
    let key = "auc.ctr";
    let (naive, esmm) = (|| run("naive", 1, key, 0.7, 0.0), || run("esmm", 1, key, 0.8, 0.0));
    let elsewhere = Run { rows: 2, ..esmm() };
    assert_eq!(difference(&[naive(), elsewhere], key), Err("the two were not evaluated on the same rows".into()));
    let mut undefined = esmm();
    undefined.metrics.insert(key.into(), Undefined::NoPositive.into());
    assert_eq!(difference(&[naive(), undefined], key), Err("no positive label".into()));
    let mut without = esmm();
    without.replicates.clear();
    assert_eq!(difference(&[naive(), without], key), Err("no replicates to pair".into()));
    let found = compare(&measures(&[naive(), Run { seed: 2, ..esmm() }]), "naive");
    assert!(found.models[0].seeds.is_empty() && found.models[0].metrics.is_empty());
}

#[test]
fn one_row_that_is_always_drawn_makes_nothing_better() {
    let key = "logloss.cvr_clicked";
    let mut runs = pairs(key, &[0.25, 0.25], &[0.5, 0.5], 0.0);
    for run in &mut runs {
        let Metric::Value { value, .. } = run.metrics[key] else { panic!() };
        run.replicates.insert(key.to_owned(), vec![value as f32; 200]);
    }
    let reason = difference(&runs, key).unwrap_err();
    assert!(reason.contains("too few held-out rows have the label"), "{reason}");
}

#[test]
fn the_conventional_model_is_the_baseline_unless_another_is_named() {
    assert_eq!(default_baseline(["esmm", "naive"].into_iter()), Some("naive"));
    assert_eq!(default_baseline(["esm2", "esmm"].into_iter()), Some("esm2"));
    assert_eq!(default_baseline(std::iter::empty()), None);
}

#[test]
fn comparisons_survive_json() {
    let runs = pairs("auc.ctr", &[0.72, 0.7202, 0.7199], &[0.70; 3], 0.001);
    let found = compare(&measures(&runs), "naive");
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.contains(r#""verdict":"better""#), "{text}");
    assert_eq!(serde_json::from_str::<Comparisons>(&text).unwrap(), found);
    // A report from before verdicts said what they rest on.
    let old = r#"{"baseline":"naive","models":[{"model":"esmm","seeds":[1],"metrics":{"auc.ctr":
        {"value":0.72,"baseline":0.7,"difference":0.02,"low":0.01,"high":0.03,"verdict":"better"}}}]}"#;
    assert_eq!(serde_json::from_str::<Comparisons>(old).unwrap().difference("esmm", "auc.ctr").unwrap().high, 0.03);
}
