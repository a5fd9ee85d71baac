//! Logs of which rows were kept at known rates: how they are read, and that every number is the population's.

use esmm_playground::domain::log::{
    FindingKind, Fix, ImpressionLog, Label, LogError, OpenedLog, Role, Roles, Split, Truth, is_roles_file,
};
use esmm_playground::domain::metrics::{
    Bootstrap, Exposure, Measurement, MetricInput, SliceMembership, TaskInput, constant_rate,
};
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::report::{
    EvaluateOptions, LogSummary, Predictions, evaluate, evaluate_predictions_csv, write_predictions_csv,
};
use esmm_playground::domain::spec::model_preset;

/// 60 rows, 30 of them clicked and 6 bought; a column `name` whose values `value` gives by row and click.
fn log(name: &str, value: impl Fn(usize, bool) -> String) -> String {
    let mut text = format!("user_id,city,{name},click,conversion\n");
    for row in 0..60 {
        let click = row % 2 == 0;
        let (city, conversion) = (["Rome", "Oslo", "Bern"][row % 3], row % 10 == 0);
        text += &format!("u{},{city},{},{},{}\n", row % 7, value(row, click), u8::from(click), u8::from(conversion));
    }
    text
}

fn by_class(_: usize, click: bool) -> String {
    if click { "1" } else { "100" }.to_owned()
}

fn open(text: &str, roles: Roles) -> Result<OpenedLog, LogError> {
    OpenedLog::from_bytes(text.as_bytes(), Some(roles))
}

fn role_of(opened: &OpenedLog, column: &str) -> Role {
    opened.columns.iter().find(|report| report.name == column).unwrap().role
}

fn has(opened: &OpenedLog, kind: FindingKind) -> bool {
    opened.findings.iter().any(|finding| finding.kind == kind)
}

#[test]
fn a_weight_is_known_by_its_name_and_values() {
    for name in ["sample_weight", "weight", "Importance", "sampling weight"] {
        let opened = open(&log(name, by_class), Roles::default()).unwrap();
        assert_eq!(opened.roles.weight.as_deref(), Some(name));
        assert!(opened.log.features.iter().all(|feature| feature.name != name));
        let all = LogSummary::of(&opened.log).population.unwrap();
        assert_eq!((all.rows, all.clicks, all.conversions), (30.0 + 3000.0, 30.0, 6.0));
        assert!(opened.log.space_sentence().contains("60 rows that stand for 3030 impressions"));
        assert!(has(&opened, FindingKind::Weighted) && !has(&opened, FindingKind::Leakage), "{:?}", opened.findings);
    }
    let rate = |_, click: bool| if click { "1" } else { "0.01" }.to_owned();
    for name in ["sampling_rate", "neg_rate", "keep_prob"] {
        let opened = open(&log(name, rate), Roles::default()).unwrap();
        assert_eq!(opened.roles.sampling_rate.as_deref(), Some(name));
        assert_eq!(opened.log.population(), Some(3030.0));
    }
    // A rate is no feature and no weight when the weight is there.
    let both = log("sample_weight,neg_rate", |row, click| format!("{},{}", by_class(row, click), rate(row, click)));
    let opened = open(&both, Roles::default()).unwrap();
    assert_eq!((role_of(&opened, "sample_weight"), role_of(&opened, "neg_rate")), (Role::Weight, Role::Ignore));
}

#[test]
fn what_may_be_a_weight_is_asked_and_is_no_feature_until_then() {
    let parcels = |row: usize, _| format!("{}.5", 1 + row % 9);
    let opened = open(&log("weight", parcels), Roles::default()).unwrap();
    assert_eq!((role_of(&opened, "weight"), opened.log.weights), (Role::Ignore, None));
    let finding = opened.findings.iter().find(|finding| finding.kind == FindingKind::PossibleWeight).unwrap();
    let answers: Vec<Role> = finding
        .fixes
        .iter()
        .flat_map(|offered| &offered.fixes)
        .map(|fix| match fix {
            Fix::Role(answer) => answer.role,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answers, [Role::Ignore, Role::Weight, Role::Numerical]);
    for offered in &finding.fixes {
        let answered =
            open(&log("weight", parcels), Roles { fixes: offered.fixes.clone(), ..Roles::default() }).unwrap();
        assert!(!has(&answered, FindingKind::PossibleWeight), "{}", offered.words);
        assert_eq!(answered.log.weights.is_some(), has(&answered, FindingKind::Weighted));
    }
    // A weight that some rows lack cannot be used as it is.
    let gaps = |row: usize, click| if row == 5 { String::new() } else { by_class(row, click) };
    let opened = open(&log("sample_weight", gaps), Roles::default()).unwrap();
    assert!(has(&opened, FindingKind::PossibleWeight) && !has(&opened, FindingKind::Leakage), "{:?}", opened.findings);
    // Text under such a name is a feature as any other.
    let opened = open(&log("weight", |row, _| ["light", "heavy"][row % 4 / 2].to_owned()), Roles::default()).unwrap();
    assert_eq!(role_of(&opened, "weight"), Role::Categorical);
}

#[test]
fn what_is_no_weight_is_told_with_its_line() {
    let weight = || Roles { weight: Some("w".into()), ..Roles::default() };
    let rate = || Roles { sampling_rate: Some("w".into()), ..Roles::default() };
    for (bad, roles, expected) in [
        ("0", weight(), "line 7, column \"w\": a weight"),
        ("-1", weight(), "line 7"),
        ("inf", weight(), "line 7"),
        ("1e300", weight(), "line 7"),
        ("", weight(), "got \"\""),
        ("much", weight(), "got \"much\""),
        ("0", rate(), "line 7, column \"w\": a sampling rate"),
        ("1.5", rate(), "at most 1, got \"1.5\""),
        ("-0.1", rate(), "line 7"),
        ("", rate(), "line 7"),
    ] {
        let text = log("w", |row, _| if row == 5 { bad.to_owned() } else { "0.5".to_owned() });
        let said = open(&text, roles).unwrap_err().to_string();
        assert!(said.contains(expected), "{bad}: {said}");
    }
    for rate in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY] {
        let roles = Roles { negative_rate: Some(rate), ..Roles::default() };
        assert!(matches!(open(&log("x", by_class), roles), Err(LogError::BadNegativeRate { .. })), "{rate}");
    }
    let roles = Roles { negative_rate: Some(0.1), ..weight() };
    assert!(open(&log("w", by_class), roles).unwrap_err().to_string().contains("weight and negative_rate"));
    let clicks = "user_id,city,click,conversion\n".to_owned()
        + &(0..40)
            .map(|row| format!("u{row},{},1,{}\n", ["a", "b"][row % 2], u8::from(row % 4 == 0)))
            .collect::<String>();
    let roles = Roles { negative_rate: Some(0.1), ..Roles::default() };
    assert!(matches!(open(&clicks, roles), Err(LogError::NegativesWithoutClick)));
}

#[test]
fn a_column_a_rate_and_a_number_say_the_same_and_are_kept_in_a_roles_file() {
    let text = log("w", by_class);
    let by_column = open(&text, Roles { weight: Some("w".into()), ..Roles::default() }).unwrap();
    let by_number = open(&text, Roles { negative_rate: Some(0.01), ..Roles::default() }).unwrap();
    let rates = log("w", |_, click| if click { "1" } else { "0.01" }.to_owned());
    let by_rate = open(&rates, Roles { sampling_rate: Some("w".into()), ..Roles::default() }).unwrap();
    for other in [&by_number, &by_rate] {
        assert_eq!(other.log.weights, by_column.log.weights);
    }
    for opened in [&by_column, &by_number, &by_rate] {
        let roles = Roles::from_toml(&opened.roles.to_toml()).unwrap();
        assert_eq!(roles, opened.roles);
        assert!(is_roles_file("roles.txt", &opened.roles.to_toml()));
    }
    assert!(is_roles_file("roles.txt", "negative_rate = 0.01\n"));
    // Weights that are all 1 are none.
    let ones = open(&log("w", |_, _| "1".to_owned()), Roles { weight: Some("w".into()), ..Roles::default() }).unwrap();
    assert_eq!(ones.log.weights, None);
    let rate = open(&text, Roles { negative_rate: Some(1.0), ..Roles::default() }).unwrap();
    assert!(rate.log.weights.is_none() && !rate.log.space_sentence().contains("stand for"));
}

#[test]
fn rates_are_those_of_the_traffic() {
    // As of a log that keeps all clicks and one in a hundred of the rest: 250 clicks, 25 conversions, 500 rows.
    let mut text = "user_id,city,sample_weight,click,conversion\n".to_owned();
    for row in 0..500 {
        let click = row % 2 == 0;
        let weight = if click { 1 } else { 100 };
        text += &format!("u{},c{},{weight},{},{}\n", row % 9, row % 5, u8::from(click), u8::from(row % 20 == 0));
    }
    let opened = open(&text, Roles::default()).unwrap();
    let all = LogSummary::of(&opened.log).population.unwrap();
    assert_eq!((all.rows, all.clicks, all.conversions), (25_250.0, 250.0, 25.0));
    let finding = opened.findings.iter().find(|finding| finding.kind == FindingKind::Weighted).unwrap();
    assert!(finding.message.contains("0.990 %") && finding.message.contains("50.000 %"), "{}", finding.message);
    // One number for every row, the traffic's: calibrated there, a fiftieth of what the rows say.
    let esmm = model_preset("esmm").unwrap();
    let rows: Vec<u32> = (0..500).collect();
    let logit = |p: f64| (p / (1.0 - p)).ln() as f32;
    let logits: Vec<f32> = rows.iter().flat_map(|_| [logit(250.0 / 25_250.0), logit(0.1)]).collect();
    let metrics = |log: &ImpressionLog| evaluate(log, &esmm, &rows, &logits, Bootstrap::NONE).metrics;
    let (weighted, plain) = (metrics(&opened.log), metrics(&ImpressionLog { weights: None, ..opened.log.clone() }));
    for (key, expected, unweighted) in
        [("pcoc.ctr", 1.0, 0.0198), ("pcoc.ctcvr", 1.0, 0.0198), ("prevalence.ctr", 0.0099, 0.5), ("ne.ctr", 1.0, 3.34)]
    {
        let (found, of_rows) = (weighted[key].value().unwrap(), plain[key].value().unwrap());
        assert!((found / expected - 1.0).abs() < 2e-4, "{key}: {found}");
        assert!((of_rows / unweighted - 1.0).abs() < 0.01, "{key} of the rows: {of_rows}");
    }
    assert!((weighted["prevalence.ctcvr"].value().unwrap() - 25.0 / 25_250.0).abs() < 1e-12);
}

#[test]
fn a_sample_of_mostly_clicks_is_not_a_log_of_mostly_clicks() {
    let text = |weight: &str| {
        let mut text = "user_id,city,sample_weight,click,conversion\n".to_owned();
        for row in 0..200 {
            let click = row % 4 != 0;
            let weight = if click { "1" } else { weight };
            text += &format!("u{},c{},{weight},{},{}\n", row % 9, row % 5, u8::from(click), u8::from(row % 20 == 1));
        }
        text
    };
    let told = |text: &str, roles: Roles| {
        let found = open(text, roles).unwrap().findings;
        found.iter().any(|finding| finding.message.contains("% of impressions are clicked."))
    };
    assert!(!told(&text("100"), Roles::default()));
    assert!(told(&text("100"), Roles { ignore: vec!["sample_weight".into()], ..Roles::default() }));
    assert!(told(&text("2"), Roles::default()));
}

/// Rows of a task with whole weights, and the same rows, each as often as it weighs; with labels that are still to come where
/// `is_late`.
fn weighted_and_repeated(seed: u64, is_late: bool) -> [MetricInput; 2] {
    let mut random = Stream::new(seed, 0);
    let n = 400;
    let counts: Vec<usize> = (0..n).map(|_| 1 + random.below(4) as usize).collect();
    let truth: Vec<f64> = (0..n).map(|_| 0.05 + 0.6 * random.uniform()).collect();
    let labels: Vec<bool> = truth.iter().map(|&q| random.uniform() < q).collect();
    let clicks: Vec<bool> = labels.iter().map(|&label| label || random.uniform() < 0.3).collect();
    let p: Vec<f64> = truth.iter().map(|&q| ((q + 0.2 * random.uniform()) * 40.0).round() / 41.0 + 1e-3).collect();
    let ctr: Vec<f64> = (0..n).map(|_| 0.02 + 0.5 * random.uniform()).collect();
    let known: Vec<f64> = (0..n).map(|_| 0.2 + 0.8 * random.uniform()).collect();
    let users: Vec<u32> = (0..n).map(|_| random.below(60) as u32).collect();
    // Groups that cross users too: they are walked anew.
    let groups: Vec<u32> = (0..n).map(|_| random.below(40) as u32).collect();
    let each: Vec<usize> = (0..n).collect();
    let copies: Vec<usize> = (0..n).flat_map(|row| std::iter::repeat_n(row, counts[row])).collect();
    [(each, Some(counts.iter().map(|&count| count as f64).collect())), (copies, None)].map(|(rows, sampling)| {
        let of = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
        let task = TaskInput {
            rows: (0..rows.len() as u32).collect(),
            p: of(&p),
            log_p: rows.iter().map(|&row| p[row].ln()).collect(),
            log_not_p: rows.iter().map(|&row| (-p[row]).ln_1p()).collect(),
            labels: rows.iter().map(|&row| labels[row]).collect(),
            truth: Some(of(&truth)),
            true_ctr: Some(of(&ctr)),
            exposure: is_late.then(|| Exposure {
                weight: of(&known),
                positive: rows.iter().map(|&row| if labels[row] { 1.0 } else { 0.0 }).collect(),
            }),
            sampling,
        };
        MetricInput {
            n_rows: rows.len(),
            units: Some(rows.iter().map(|&row| users[row]).collect()),
            groups: Some(rows.iter().map(|&row| groups[row]).collect()),
            clicks: Some(rows.iter().map(|&row| clicks[row]).collect()),
            tasks: vec![("cvr".to_owned(), Ok(task))],
        }
    })
}

#[test]
fn a_row_of_weight_three_measures_as_three_rows() {
    for seed in 0..6 {
        let [weighted, repeated] = weighted_and_repeated(seed, seed % 3 == 2);
        let bootstrap = Bootstrap { replicates: 50, seed: 3 };
        let [a, b] = [&weighted, &repeated].map(|input| Measurement::new(input).metrics(bootstrap));
        let mut defined = 0;
        for (key, expected) in &b.metrics {
            // What chance makes of a mean gap depends on how many rows there are, and not on what they stand for.
            if key.starts_with("ece_chance") {
                continue;
            }
            let (found, expected) = (a.metrics[key].value(), expected.value());
            defined += usize::from(expected.is_some());
            match (found, expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{key}: {found} {expected}"),
                _ => assert_eq!(found, expected, "{key}"),
            }
            for (x, y) in a.replicates.get(key).iter().zip(b.replicates.get(key).iter()) {
                // Users are drawn alike, and a replicate weighs what is there.
                assert!(x.iter().zip(y.iter()).all(|(x, y)| (x - y).abs() < 1e-5), "{key}: {x:?} {y:?}");
            }
        }
        assert!(defined >= 18, "{defined}");
        let [a, b] = [&weighted, &repeated].map(constant_rate);
        for (key, expected) in b.iter().filter(|(key, _)| !key.starts_with("ece_chance")) {
            assert!((a[key] - expected).abs() < 1e-9, "{key}: {} {expected}", a[key]);
        }
    }
}

#[test]
fn curves_and_slices_of_weighted_rows_are_those_of_repeated_ones() {
    let [weighted, repeated] = weighted_and_repeated(7, false);
    let slices = |input: &MetricInput| {
        let users = input.units.as_ref().unwrap();
        let membership = SliceMembership {
            feature: "f".into(),
            values: vec!["a".into(), "b".into()],
            slice_of_row: users.iter().map(|user| user % 2).collect(),
        };
        let measurement = Measurement::new(input);
        (measurement.curves()["cvr"].clone(), measurement.slices(&[membership])["cvr"].clone())
    };
    let ((a, of_a), (b, of_b)) = (slices(&weighted), slices(&repeated));
    assert_eq!((a.rows, a.positives), (b.rows, b.positives));
    assert_eq!(a.roc, b.roc);
    let area = |curve: &esmm_playground::domain::metrics::Curves| {
        let mut before = 0.0;
        curve.pr.iter().fold(0.0, |sum, point| {
            let width = f64::from(point.recall) - before;
            before = f64::from(point.recall);
            sum + width * f64::from(point.precision)
        })
    };
    assert!((area(&a) - area(&b)).abs() < 1e-5, "{} {}", area(&a), area(&b));
    for (x, y) in a.reliability.iter().zip(&b.reliability) {
        assert_eq!((x.rows, x.positives), (y.rows, y.positives));
        assert!((x.observed - y.observed).abs() < 1e-12 && (x.mean_p - y.mean_p).abs() < 1e-12);
        // 400 rows say less than the 1 000 that they stand for.
        assert!(x.high - x.low > y.high - y.low, "{x:?} {y:?}");
    }
    for (x, y) in of_a.features[0].slices.iter().zip(&of_b.features[0].slices) {
        assert!(x.rows < y.rows);
        for (x, y) in [(&x.auc, &y.auc), (&x.pcoc, &y.pcoc), (&x.logloss, &y.logloss)] {
            let (x, y) = (x.value().unwrap(), y.value().unwrap());
            assert!((x - y).abs() < 1e-12, "{x} {y}");
        }
    }
}

/// A log of weighted rows, and the same rows as often as they weigh, with logits of ESMM.
fn weighted_and_repeated_logs() -> [(ImpressionLog, Vec<f32>); 2] {
    let mut random = Stream::new(4, 0);
    let n = 200;
    let clicks: Vec<bool> = (0..n).map(|_| random.uniform() < 0.4).collect();
    let bought: Vec<bool> = clicks.iter().map(|&click| click && random.uniform() < 0.4).collect();
    let users: Vec<u32> = (0..n).map(|_| random.below(50) as u32).collect();
    let logits: Vec<[f32; 2]> = (0..n).map(|_| [random.normal() as f32 - 0.5, random.normal() as f32 - 0.3]).collect();
    let counts: Vec<usize> = clicks.iter().map(|&click| if click { 1 } else { 3 }).collect();
    let p: Vec<f64> = (0..n).map(|_| 0.1 + 0.8 * random.uniform()).collect();
    let each: Vec<usize> = (0..n).collect();
    let copies: Vec<usize> = (0..n).flat_map(|row| std::iter::repeat_n(row, counts[row])).collect();
    [(each, Some(counts.iter().map(|&count| count as f64).collect())), (copies, None)].map(|(rows, weights)| {
        let label = |name: &str, values: &[bool]| Label {
            name: name.to_owned(),
            values: rows.iter().map(|&row| values[row]).collect(),
        };
        let of = |shift: usize| -> Vec<f64> { rows.iter().map(|&row| p[(row + shift) % n]).collect() };
        let potential = |values: &[bool]| rows.iter().map(|&row| values[(row + 3) % n]).collect();
        let log = ImpressionLog {
            n_rows: rows.len(),
            labels: vec![label("click", &clicks), label("conversion", &bought)],
            user: Some(rows.iter().map(|&row| users[row]).collect()),
            truth: Some(Truth {
                p_click: of(0),
                p_action: of(1),
                p_buy_action: of(2),
                p_buy_other: of(3),
                potential_action: potential(&bought),
                potential_conversion: potential(&clicks),
                ..Truth::default()
            }),
            weights,
            ..ImpressionLog::default()
        };
        (log, rows.iter().flat_map(|&row| logits[row]).collect())
    })
}

#[test]
fn the_tree_and_the_losses_of_weighted_rows_are_those_of_repeated_ones() {
    let esmm = model_preset("esmm").unwrap();
    let [a, b] = weighted_and_repeated_logs().map(|(log, logits)| {
        let rows: Vec<u32> = (0..log.n_rows as u32).collect();
        evaluate(&log, &esmm, &rows, &logits, Bootstrap::NONE)
    });
    for (name, loss) in &b.losses {
        assert!((a.losses[name] - loss).abs() < 1e-12, "{name}");
    }
    for (key, expected) in b.metrics.iter().filter(|(key, _)| !key.starts_with("ece_chance")) {
        let (found, expected) = (a.metrics[key].value(), expected.value());
        assert!(found.zip(expected).is_none_or(|(x, y)| (x - y).abs() < 1e-9), "{key}: {found:?} {expected:?}");
    }
    let close = |x: Option<f64>, y: Option<f64>| {
        x.is_some() == y.is_some() && x.zip(y).is_none_or(|(x, y)| (x - y).abs() < 1e-12)
    };
    for (x, y) in a.trees.iter().zip(&b.trees) {
        assert_eq!((x.population, y.population), (Some(y.rows as f64), None));
        for (x, y) in x.edges.iter().zip(&y.edges) {
            assert!((x.p_reached - y.p_reached).abs() < 1e-12);
            assert!((x.rates.predicted - y.rates.predicted).abs() < 1e-12, "{x:?} {y:?}");
            assert!(close(x.rates.observed, y.rates.observed) && close(x.rates.truth, y.rates.truth), "{x:?} {y:?}");
        }
        for (name, y) in &y.events {
            let x = &x.events[name];
            assert!((x.predicted - y.predicted).abs() < 1e-12 && close(x.observed, y.observed), "{name}: {x:?} {y:?}");
            assert!(close(x.truth, y.truth), "{name}: {x:?} {y:?}");
        }
    }
    for (x, y) in a.towers.iter().zip(&b.towers) {
        assert!(close(x.clicked.mean_p, y.clicked.mean_p) && close(x.unclicked.mean_p, y.unclicked.mean_p));
    }
}

#[test]
fn a_predictions_file_has_the_weights_and_gives_the_metrics_of_the_run() {
    let esmm = model_preset("esmm").unwrap();
    let [(log, logits), _] = weighted_and_repeated_logs();
    let rows: Vec<u32> = (0..log.n_rows as u32).collect();
    let of_run = evaluate(&log, &esmm, &rows, &logits, Bootstrap::NONE).metrics;
    let split = Split { eval: rows, ..Split::default() };
    let run = Predictions { model: "esmm".into(), seed: 1, tree: esmm.tree.clone(), logits };
    let csv = write_predictions_csv(&log, &split, &[run]);
    let text = String::from_utf8(csv.clone()).unwrap();
    assert!(text.starts_with("row,split,model,seed,user,weight,click,conversion,"), "{}", &text[..80]);
    let options = EvaluateOptions { bootstrap: Bootstrap::NONE, ..EvaluateOptions::default() };
    let again = evaluate_predictions_csv(&csv, &options).unwrap();
    for (key, expected) in &of_run {
        let found = again.runs[0].metrics.get(key).and_then(|metric| metric.value());
        // The truth of a product is multiplied in another order.
        let is_same = found.zip(expected.value()).map_or(found == expected.value(), |(x, y)| (x - y).abs() < 1e-12);
        assert!(is_same, "{key}: {found:?} {expected:?}");
    }
    let bad = text.replacen(",1,1,0,", ",0,1,0,", 1);
    let said = evaluate_predictions_csv(bad.as_bytes(), &options).unwrap_err().to_string();
    assert!(said.contains("column \"weight\""), "{said}");
}
