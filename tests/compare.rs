//! Models over seeds and against a baseline.

use std::collections::BTreeMap;

use esmm_playground::domain::metrics::Metric;
use esmm_playground::domain::report::{Compared, Difference, Judgement, Measure, compare, default_baseline, summarize};

/// A run with one metric, whose 200 replicates share the noise of the rows and add `own` of their own.
struct Run {
    model: &'static str,
    seed: u64,
    rows: u32,
    metrics: BTreeMap<String, Metric>,
    replicates: BTreeMap<String, Vec<f32>>,
}

fn run(model: &'static str, seed: u64, key: &str, value: f64, own: f64) -> Run {
    let drawn = (0..200u32).map(|b| {
        let shared = 0.03 * f64::from(b).sin();
        (value + shared + own * (f64::from(b) * 1.7 + seed as f64).cos()) as f32
    });
    Run {
        model,
        seed,
        rows: 1,
        metrics: [(key.to_owned(), Metric::Value { value, low: value - 0.03, high: value + 0.03 })].into(),
        replicates: [(key.to_owned(), drawn.collect())].into(),
    }
}

fn measures(runs: &[Run]) -> Vec<Measure<'_>> {
    runs.iter()
        .map(|run| Measure {
            model: run.model,
            seed: run.seed,
            rows: run.rows,
            metrics: &run.metrics,
            replicates: &run.replicates,
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
    let runs = [run("naive", 1, "auc.ctr", 0.70, 0.0), run("esmm", 1, "auc.ctr", 0.72, 0.001)];
    let found = difference(&runs, "auc.ctr").unwrap();
    assert!((found.difference - 0.02).abs() < 1e-12 && found.high - found.low < 0.003, "{found:?}");
    assert_eq!((found.value, found.baseline, found.verdict), (0.72, 0.70, Judgement::Better));
}

#[test]
fn a_verdict_follows_what_is_wished_of_the_metric() {
    for (key, ours, theirs, own, expected) in [
        ("auc.ctr", 0.68, 0.70, 0.001, Judgement::Worse),
        ("auc.ctr", 0.71, 0.70, 0.02, Judgement::NoDifference),
        ("logloss.ctr", 0.20, 0.22, 0.001, Judgement::Better),
        // Closer to 1, from either side.
        ("pcoc.ctcvr", 1.1, 1.4, 0.001, Judgement::Better),
        ("pcoc.ctcvr", 0.6, 0.9, 0.001, Judgement::Worse),
        ("bias.cvr_entire_space", -0.2, 0.1, 0.001, Judgement::Worse),
        // As far below the target as the other is above it.
        ("pcoc.ctcvr", 0.8, 1.2, 0.001, Judgement::Differs),
        ("prevalence.ctr", 0.2, 0.3, 0.001, Judgement::Differs),
    ] {
        let runs = [run("naive", 1, key, theirs, 0.0), run("esmm", 1, key, ours, own)];
        assert_eq!(difference(&runs, key).unwrap().verdict, expected, "{key} {ours} {theirs}");
    }
}

#[test]
fn several_seeds_widen_what_one_seed_cannot_know() {
    let key = "auc.ctcvr";
    let one = difference(&[run("naive", 1, key, 0.70, 0.0), run("esmm", 1, key, 0.72, 0.001)], key).unwrap();
    let runs: Vec<Run> = [(1, 0.72), (2, 0.69), (3, 0.74)]
        .into_iter()
        .flat_map(|(seed, value)| [run("naive", seed, key, 0.70, 0.0), run("esmm", seed, key, value, 0.001)])
        .collect();
    let three = difference(&runs, key).unwrap();
    assert_eq!((one.verdict, three.verdict), (Judgement::Better, Judgement::NoDifference));
    // sd of .02, −.01, .04 is .02517; t with about 2 degrees of freedom is 4.30.
    let expected = 4.3027 * 0.025_166 / 3f64.sqrt();
    assert!(((three.high - three.low) / 2.0 / expected - 1.0).abs() < 0.02, "{three:?} {expected}");
    let summary = summarize(&measures(&runs));
    assert_eq!((summary[1].model.as_str(), summary[1].seeds.as_slice()), ("esmm", [1, 2, 3].as_slice()));
    let spread = summary[1].spread[key];
    assert!((spread.sd - 0.025_166).abs() < 1e-5);
    assert_eq!((spread.min, spread.max), (0.69, 0.74));
    assert!(summary[0].spread[key].sd < 1e-12);
}

#[test]
fn what_cannot_be_paired_says_why() {
    let key = "auc.ctr";
    let (naive, esmm) = (|| run("naive", 1, key, 0.7, 0.0), || run("esmm", 1, key, 0.8, 0.0));
    let elsewhere = Run { rows: 2, ..esmm() };
    assert_eq!(difference(&[naive(), elsewhere], key), Err("the two were not evaluated on the same rows".into()));
    let mut undefined = esmm();
    undefined.metrics.insert(key.into(), Metric::Undefined { reason: "no positive label".into() });
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
    let mut runs = [run("naive", 1, key, 0.5, 0.0), run("esmm", 1, key, 0.25, 0.0)];
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
    let runs = [run("naive", 1, "auc.ctr", 0.70, 0.0), run("esmm", 1, "auc.ctr", 0.72, 0.001)];
    let found = compare(&measures(&runs), "naive");
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.contains(r#""verdict":"better""#), "{text}");
    assert_eq!(serde_json::from_str::<esmm_playground::domain::report::Comparisons>(&text).unwrap(), found);
}
