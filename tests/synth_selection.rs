//! What the correlation control says is what comes out: at 0, clicks select nothing.

use esmm_playground::domain::log::{ColumnValues, Table};
use esmm_playground::domain::spec::log_preset;
use esmm_playground::domain::synth::{DelayLaw, Generated, SynthSpec, generate};

/// True P(click) and P(purchase given click) of every impression, from the columns that a reader has.
fn truth(table: &Table) -> (Vec<f64>, Vec<f64>) {
    let column = |name: &str| match &table.column(name).unwrap().values {
        ColumnValues::Number(values) => values.clone(),
        ColumnValues::Text { .. } => panic!("{name} is text"),
    };
    let [y2, y3, y4] = ["truth_p_action", "truth_p_buy_action", "truth_p_buy_other"].map(column);
    let buys = (0..y2.len()).map(|row| y2[row] * y3[row] + (1.0 - y2[row]) * y4[row]);
    (column("truth_p_click"), buys.collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Correlation of the two logits.
fn correlation(click: &[f64], buy: &[f64]) -> f64 {
    let logits = |of: &[f64]| -> Vec<f64> { of.iter().map(|p| (p / (1.0 - p)).ln()).collect() };
    let (a, b) = (logits(click), logits(buy));
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let dot = |x: &[f64], of_x: f64, y: &[f64], of_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - of_x) * (y - of_y)).sum()
    };
    dot(&a, mean_a, &b, mean_b) / (dot(&a, mean_a, &a, mean_a) * dot(&b, mean_b, &b, mean_b)).sqrt()
}

/// Mean true CVR over clicks, against the mean over all impressions.
fn selection(click: &[f64], buy: &[f64]) -> f64 {
    let bought: f64 = click.iter().zip(buy).map(|(p, q)| p * q).sum();
    bought / click.iter().sum::<f64>() / mean(buy)
}

/// Mean true CVR in each tenth of the impressions by their true CTR.
fn by_tenth(click: &[f64], buy: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..click.len()).collect();
    order.sort_by(|&a, &b| click[a].total_cmp(&click[b]));
    let tenths = order.chunks(click.len() / 10);
    tenths.map(|rows| mean(&rows.iter().map(|&row| buy[row]).collect::<Vec<_>>())).collect()
}

fn highest_over_lowest(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::MIN, f64::max);
    highest / values.iter().copied().fold(f64::MAX, f64::min)
}

fn preset(name: &str, seed: u64) -> SynthSpec {
    SynthSpec { seed, rows: 60_000, ..log_preset(name).unwrap() }
}

#[test]
fn the_logits_that_come_out_have_the_correlation_that_is_asked_for() {
    let base = SynthSpec { rows: 20_000, ..SynthSpec::default() };
    let mut cases = Vec::new();
    for asked in [-0.95, -0.5, 0.0, 0.3, 0.6, 0.9] {
        for seed in 1..=2 {
            cases.push(SynthSpec { correlation: asked, seed, ..base.clone() });
        }
    }
    for name in ["no_correlation", "low_cardinality", "strong_selection", "late_conversions", "returns", "sparse"] {
        cases.push(SynthSpec { rows: 20_000, ..log_preset(name).unwrap() });
    }
    cases.extend([
        SynthSpec { nonlinearity: 2.0, correlation: 0.2, ..base.clone() },
        SynthSpec { action_lift: 100.0, action_rate: 0.5, correlation: 0.8, ..base.clone() },
        SynthSpec { delay: DelayLaw::Exponential, delay_variation: 2.0, attribution_days: 2.0, ..base.clone() },
        SynthSpec { numerical_features: 4, interaction: 0.0, correlation: -0.3, ..base },
    ]);
    for spec in cases {
        let log = generate(&spec);
        let (click, buy) = truth(&log.table);
        let found = correlation(&click, &buy);
        assert!((found - spec.correlation).abs() < 0.001, "{found} {spec:?}");
        assert!((log.correlation.unwrap() - found).abs() < 1e-6, "{:?} {found}", log.correlation);
    }
}

#[test]
fn at_correlation_0_the_true_cvr_is_the_same_in_every_tenth_of_the_true_ctr() {
    let at_zero = |spec: SynthSpec| SynthSpec { correlation: 0.0, ..spec };
    let mut cases = Vec::new();
    for seed in 1..=4 {
        cases.push(preset("no_correlation", seed));
        cases.push(preset("late_conversions", seed));
        cases.push(at_zero(preset("default", seed)));
        cases.push(at_zero(SynthSpec {
            drift: 3.0,
            nonlinearity: 1.0,
            numerical_features: 2,
            ..preset("default", seed)
        }));
        cases.push(at_zero(SynthSpec { interaction: 1.0, action_lift: 30.0, ..preset("default", seed) }));
    }
    for spec in cases {
        let (click, buy) = truth(&generate(&spec).table);
        let (tenths, selection) = (by_tenth(&click, &buy), selection(&click, &buy));
        assert!(highest_over_lowest(&tenths) < 1.05, "{tenths:?} {spec:?}");
        assert!((selection - 1.0).abs() < 0.02, "{selection} {spec:?}");
    }
}

#[test]
fn an_attribution_window_that_cuts_by_segment_does_not_select_by_itself() {
    for seed in 1..=3 {
        let spec = SynthSpec {
            delay: DelayLaw::Exponential,
            delay_variation: 1.5,
            attribution_days: 3.0,
            correlation: 0.0,
            ..preset("default", seed)
        };
        let (click, buy) = truth(&generate(&spec).table);
        let (tenths, selection) = (by_tenth(&click, &buy), selection(&click, &buy));
        assert!(highest_over_lowest(&tenths) < 1.1, "{tenths:?}");
        assert!((selection - 1.0).abs() < 0.02, "{selection}");
    }
}

#[test]
fn purchases_stay_a_function_of_the_features() {
    let spec = SynthSpec {
        rows: 60_000,
        user_segments: [6, 3],
        item_segments: [8, 4],
        nonlinearity: 0.5,
        ..SynthSpec::default()
    };
    let Generated { table, roles, .. } = generate(&spec);
    let (_, buy) = truth(&table);
    let codes: Vec<&Vec<u32>> = roles
        .categorical
        .iter()
        .map(|name| match &table.column(name).unwrap().values {
            ColumnValues::Text { codes, .. } => codes,
            ColumnValues::Number(_) => panic!("{name} is a number"),
        })
        .collect();
    let mut of = std::collections::HashMap::new();
    for (row, buy) in buy.iter().enumerate() {
        let features: Vec<u32> = codes.iter().map(|codes| codes[row]).collect();
        let first = *of.entry(features).or_insert(*buy);
        assert!((first - buy).abs() < 1e-12, "row {row}: {first} {buy}");
    }
    assert!(of.len() > 300);
}

#[test]
fn what_cannot_be_reached_comes_as_near_as_it_can_and_says_what_it_is() {
    let spec = SynthSpec { nonlinearity: 2.0, correlation: 0.9, rows: 20_000, ..SynthSpec::default() };
    let log = generate(&spec);
    let (click, buy) = truth(&log.table);
    let found = correlation(&click, &buy);
    assert!((log.correlation.unwrap() - found).abs() < 1e-6);
    assert!(found > 0.1 && found < 0.8, "{found}");
    assert_eq!(generate(&SynthSpec { click_signal: 0.0, ..spec }).correlation, None);
}

#[test]
fn the_hidden_confounder_selects_on_top_of_the_correlation() {
    let spec = SynthSpec { correlation: 0.0, ..preset("hidden_confounder", 1) };
    let log = generate(&spec);
    let (click, buy) = truth(&log.table);
    assert!(log.correlation.unwrap().abs() < 0.001);
    assert!(selection(&click, &buy) > 1.2 && correlation(&click, &buy) > 0.2);
}

#[test]
fn strong_selection_selects_strongly() {
    for seed in 1..=3 {
        let (click, buy) = truth(&generate(&preset("strong_selection", seed)).table);
        let tenths = by_tenth(&click, &buy);
        assert!(tenths[0] < 0.5 * mean(&buy) && selection(&click, &buy) > 1.5, "{tenths:?}");
    }
}
