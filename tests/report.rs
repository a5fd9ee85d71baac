//! Readings on a log small enough to compute by hand.

use esmm_playground::domain::log::{ColumnValues, Feature, FeatureGroup, ImpressionLog, Label, MISSING, Truth};
use esmm_playground::domain::log::{OpenedLog, Split};
use esmm_playground::domain::metrics::{Bootstrap, Metric, Undefined};
use esmm_playground::domain::report::{
    EvaluateOptions, Evaluation, LogSummary, PredictionBox, Predictions, PredictionsError, PredictionsReport, Rates,
    RowsPart, Scope, TreeReading, evaluate, evaluate_predictions_csv, read_impression, read_part,
    write_predictions_csv,
};
use esmm_playground::domain::spec::{ModelSpec, model_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};

fn logit(p: f64) -> f32 {
    (p / (1.0 - p)).ln() as f32
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");
}

fn close_rates(found: Rates, predicted: f64, observed: Option<f64>, truth: Option<f64>) {
    close(found.predicted, predicted);
    for (found, expected) in [(found.observed, observed), (found.truth, truth)] {
        assert_eq!(found.is_some(), expected.is_some(), "{found:?} {expected:?}");
        close(found.unwrap_or_default(), expected.unwrap_or_default());
    }
}

/// Four impressions: two clicks, one with an action and a purchase, one with neither.
fn tiny_log() -> ImpressionLog {
    let label = |name: &str, values: [bool; 4]| Label { name: name.into(), values: values.into() };
    ImpressionLog {
        aliases: Vec::new(),
        n_rows: 4,
        labels: vec![
            label("click", [true, true, false, false]),
            label("conversion", [true, false, false, false]),
            label("action", [true, false, false, false]),
        ],
        features: vec![
            Feature {
                name: "city".into(),
                group: FeatureGroup::User,
                values: ColumnValues::Text { dictionary: vec!["Bern".into()], codes: vec![0, 0, MISSING, 0] },
            },
            Feature {
                name: "price".into(),
                group: FeatureGroup::Item,
                values: ColumnValues::Number(vec![1.5, 2.0, 3.0, f64::NAN]),
            },
        ],
        user: Some(vec![0, 0, 1, 1]),
        group: None,
        time: None,
        timing: None,
        truth: Some(Truth {
            p_click: vec![0.5, 0.4, 0.3, 0.2],
            p_action: vec![0.5; 4],
            p_buy_action: vec![0.6, 0.6, 0.4, 0.4],
            p_buy_other: vec![0.2; 4],
            potential_action: vec![true, false, true, false],
            potential_conversion: vec![true, false, true, false],
            ..Truth::default()
        }),
        ..ImpressionLog::default()
    }
}

const P_CLICK: [f64; 4] = [0.6, 0.4, 0.2, 0.1];

fn esmm(p_cvr: [f64; 4]) -> (ModelSpec, Vec<f32>) {
    let logits = P_CLICK.iter().zip(p_cvr).flat_map(|(&click, cvr)| [logit(click), logit(cvr)]).collect();
    (model_preset("esmm").unwrap(), logits)
}

fn reading(evaluation: &Evaluation, scope: Scope) -> &TreeReading {
    evaluation.trees.iter().find(|tree| tree.scope == scope).unwrap()
}

#[test]
fn the_tree_of_esmm_reads_as_computed_by_hand() {
    let (model, logits) = esmm([0.5, 0.3, 0.2, 0.1]);
    let found = evaluate(&tiny_log(), &model, &[0, 1, 2, 3], &logits, Bootstrap::NONE);
    // True CVR by row: .4 .4 .3 .3
    let all = reading(&found, Scope::All);
    assert_eq!((all.rows, all.edges[0].observed_rows, all.edges[1].observed_rows), (4, 4, 2));
    close_rates(all.edges[0].rates, 1.3 / 4.0, Some(0.5), Some(1.4 / 4.0));
    close(all.edges[1].p_reached, 1.3 / 4.0);
    let predicted = (0.6 * 0.5 + 0.4 * 0.3 + 0.2 * 0.2 + 0.1 * 0.1) / 1.3;
    let truth = (0.5 * 0.4 + 0.4 * 0.4 + 0.3 * 0.3 + 0.2 * 0.3) / 1.4;
    close_rates(all.edges[1].rates, predicted, Some(0.5), Some(truth));
    // pCVR over the entire space is not observable, and unweighted.
    close_rates(all.events["cvr"], 1.1 / 4.0, None, Some(1.4 / 4.0));
    close_rates(all.events["ctcvr"], 0.47 / 4.0, Some(0.25), Some(0.51 / 4.0));
    assert_eq!((all.edges[0].own_loss, all.edges[1].own_loss), (true, false));
    assert!(all.edges[1].identifiable);

    let clicked = reading(&found, Scope::Clicked);
    close(clicked.edges[1].p_reached, 1.0);
    close_rates(clicked.edges[1].rates, 0.4, Some(0.5), Some(0.4));
    close_rates(clicked.events["cvr"], 0.4, Some(0.5), Some(0.4));

    let unclicked = reading(&found, Scope::Unclicked);
    close_rates(unclicked.edges[1].rates, 0.15, None, Some(0.3));
    close_rates(unclicked.events["cvr"], 0.15, None, Some(0.3));
    close_rates(unclicked.edges[0].rates, 0.15, Some(0.0), Some(0.25));
    assert_eq!(clicked.rows + unclicked.rows, all.rows);
}

#[test]
fn a_part_reads_as_the_whole_of_its_rows() {
    let (log, (model, logits)) = (tiny_log(), esmm([0.5, 0.3, 0.2, 0.1]));
    let read = |part: RowsPart| read_part(&log, &model, &[0, 1, 2, 3], &logits, &part).unwrap();
    let slice = |feature: &str, value: &str| RowsPart::Slice { feature: feature.into(), value: value.into() };
    // City Bern is rows 0, 1 and 3; nothing but the model's numbers of those rows counts.
    let bern = read(slice("city", "Bern"));
    assert_eq!((bern.tree.scope, bern.tree.rows, bern.clicked_rows), (Scope::Part, 3, 2));
    close_rates(bern.tree.edges[0].rates, 1.1 / 3.0, Some(2.0 / 3.0), Some(1.1 / 3.0));
    close_rates(bern.tree.events["ctcvr"], 0.43 / 3.0, Some(1.0 / 3.0), Some((0.2 + 0.16 + 0.06) / 3.0));
    let alone = evaluate(&log, &model, &[0, 1, 3], &[&logits[..4], &logits[6..]].concat(), Bootstrap::NONE);
    assert_eq!((&bern.tree.edges, &bern.tree.events), {
        let all = reading(&alone, Scope::All);
        (&all.edges, &all.events)
    });
    assert_eq!(bern.features, ["city", "price"]);
    assert_eq!(bern.slices, [("Bern".to_owned(), 3), ("missing".to_owned(), 1)]);
    // Without a name it is the first feature's largest slice.
    assert_eq!(read(slice("", "")), bern);
    assert_eq!(read(slice("price", "missing")).tree.rows, 1);

    let area = PredictionBox { p_ctr: (0.15, 0.5), p_cvr: (0.1, 0.25) };
    let brushed = read(RowsPart::Brush(area));
    assert_eq!((brushed.tree.rows, brushed.clicked_rows, brushed.slices.len()), (1, 0, 0), "row 2 alone");
    close_rates(brushed.tree.edges[0].rates, 0.2, Some(0.0), Some(0.3));
    let nothing = read(RowsPart::Brush(PredictionBox { p_ctr: (0.9, 1.0), ..area }));
    assert_eq!((nothing.tree.rows, nothing.tree.events.len()), (0, 0));
}

#[test]
fn the_mixture_of_esm2_reads_as_computed_by_hand() {
    let model = model_preset("esm2").unwrap();
    let logits: Vec<f32> =
        P_CLICK.iter().flat_map(|&click| [logit(click), logit(0.3), logit(0.6), logit(0.1)]).collect();
    let found = evaluate(&tiny_log(), &model, &[0, 1, 2, 3], &logits, Bootstrap::NONE);
    let all = reading(&found, Scope::All);
    let cvr = 0.3 * 0.6 + 0.7 * 0.1;
    close_rates(all.events["cvr"], cvr, None, Some(1.4 / 4.0));
    close_rates(all.events["ctavr"], 0.3 * 1.3 / 4.0, Some(0.25), Some(0.5 * 1.4 / 4.0));
    // y3 is reached with probability pCTR·y2; truly with p_click·½.
    close(all.edges[2].p_reached, 0.3 * 1.3 / 4.0);
    let truth = (0.9 * 0.6 + 0.5 * 0.4) / 1.4;
    close_rates(all.edges[2].rates, 0.6, Some(1.0), Some(truth));
    close_rates(all.edges[3].rates, 0.1, Some(0.0), Some(0.2));
    assert_eq!((all.edges[2].observed_rows, all.edges[3].observed_rows), (1, 1));
    assert_eq!((all.edges[1].identifiable, all.edges[2].identifiable), (true, false));
}

#[test]
fn metrics_read_as_computed_by_hand() {
    let (model, logits) = esmm([0.5, 0.3, 0.2, 0.1]);
    let found = evaluate(&tiny_log(), &model, &[0, 1, 2, 3], &logits, Bootstrap::NONE);
    let value = |key: &str| found.metrics[key].value().unwrap_or_else(|| panic!("{key} {:?}", found.metrics[key]));
    close(value("auc.ctr"), 1.0);
    close(value("auc.cvr_clicked"), 1.0);
    // Potential purchases: rows 0 and 2; scores .5 .3 .2 .1.
    close(value("auc.cvr_entire_space"), 3.0 / 4.0);
    close(value("bias.cvr_entire_space"), 1.1 / 4.0 - 1.4 / 4.0);
    close(value("mae_truth.cvr_entire_space"), (0.1 + 0.1 + 0.1 + 0.2) / 4.0);
    close(value("pcoc.ctcvr"), 0.47);
    close(value("bias.ctr"), (1.3 - 1.4) / 4.0);
    let loss = -((0.3f64).ln() + 0.88f64.ln() + 0.96f64.ln() + 0.99f64.ln()) / 4.0;
    close(value("logloss.ctcvr"), loss);
    close(found.losses["ctcvr"], loss);
    close(found.losses["cvr"], -(0.5f64.ln() + 0.7f64.ln()) / 2.0);
    let reason = |key: &str| match &found.metrics[key] {
        Metric::Undefined(why) => why.reason,
        value => panic!("{key} {value:?}"),
    };
    assert_eq!(reason("auc.ctavr"), Undefined::NotPredicted);
    assert_eq!(reason("gauc.ctr"), Undefined::NoMixedGroup);
    assert_eq!((found.coverage["ctr"].groups_used, found.coverage["ctr"].groups_skipped), (0, 2));
    let mut real = tiny_log();
    real.truth = None;
    let found = evaluate(&real, &model, &[0, 1, 2, 3], &logits, Bootstrap::NONE);
    for key in ["auc.cvr_entire_space", "bias.cvr_entire_space", "mae_truth.ctr", "xent_truth.ctcvr"] {
        assert_eq!(found.metrics[key], Undefined::TruthUnknown.into(), "{key}");
    }
    assert!(found.deciles.is_empty());
    assert_eq!(reading(&found, Scope::All).edges[1].rates.truth, None);
}

#[test]
fn distributions_count_every_row_once() {
    let (model, logits) = esmm([0.5, 0.3, 0.2, 0.1]);
    let found = evaluate(&tiny_log(), &model, &[0, 1, 2, 3], &logits, Bootstrap::NONE);
    for tower in &found.towers {
        assert_eq!((tower.clicked.counts.iter().sum::<u32>(), tower.unclicked.counts.iter().sum::<u32>()), (2, 2));
    }
    close(found.towers[0].clicked.mean_p.unwrap(), 0.5);
    // Bin width 18/120 = .15; logit(.6) = .405 lies in bin (12 + .405)/.15 = 82.
    assert_eq!(found.towers[0].clicked.counts[82], 1);
    assert_eq!(found.density.counts.iter().sum::<u32>(), 4);
    assert_eq!(found.density.clicked_counts.iter().sum::<u32>(), 2);
    // logit(.6) = .405, logit(.5) = 0, bins of 18/48 = .375: row 33, column 32.
    assert_eq!(found.density.clicked_counts[33 * 48 + 32], 1);
    assert_eq!(found.deciles.iter().map(|decile| decile.rows).sum::<usize>(), 4);
    close(found.deciles[0].mean_true_ctr, 0.2);
    close(found.deciles.iter().map(|decile| decile.click_share).sum(), 1.0);
}

#[test]
fn one_impression_shows_its_answers_and_its_truth() {
    let (model, _) = esmm([0.5, 0.3, 0.2, 0.1]);
    let log = tiny_log();
    let clicked = read_impression(&log, &model, 0, &[logit(0.6), logit(0.5)]);
    close_rates(clicked.questions["cvr"], 0.5, Some(1.0), Some(0.4));
    close_rates(clicked.events["ctcvr"], 0.3, Some(1.0), Some(0.2));
    assert_eq!(clicked.features, [("city".to_owned(), "Bern".to_owned()), ("price".to_owned(), "1.5".to_owned())]);
    let unclicked = read_impression(&log, &model, 3, &[logit(0.1), logit(0.1)]);
    close_rates(unclicked.questions["cvr"], 0.1, None, Some(0.3));
    close_rates(unclicked.events["cvr"], 0.1, None, Some(0.3));
    assert_eq!(unclicked.features[1].1, "");
}

#[test]
fn a_tree_that_asks_in_another_order_has_its_truth_too() {
    // Bought at all? If not: clicked?
    let model: ModelSpec = serde_json::from_str(
        r#"{"name":"other","objective":{"kind":"entire_space","events":[{"event":"click"}]},"tree":{
        "questions":[{"name":"buy","label":"conversion","no":"see"},{"name":"see","label":"click"}],
        "events":[{"name":"click","answers":{"click":true}}]}}"#,
    )
    .unwrap();
    let found = read_impression(&tiny_log(), &model, 0, &[0.0, 0.0]);
    // Row 0: p_click .5, CVR .4: buys .2; of the .8 others .3 clicked.
    close_rates(found.questions["buy"], 0.5, Some(1.0), Some(0.2));
    close_rates(found.questions["see"], 0.5, None, Some(0.3 / 0.8));
}

#[test]
fn an_evaluation_survives_json_and_an_empty_one_is_finite() {
    let (model, logits) = esmm([0.5, 0.3, 0.2, 0.1]);
    for rows in [vec![0, 1, 2, 3], vec![3], Vec::new()] {
        let logits: Vec<f32> = rows.iter().flat_map(|&row: &u32| logits[row as usize * 2..][..2].to_vec()).collect();
        let found = evaluate(&tiny_log(), &model, &rows, &logits, Bootstrap { replicates: 20, seed: 1 });
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), found);
    }
}

#[test]
fn a_log_is_summarised() {
    let expected = LogSummary { rows: 4, clicks: 2, conversions: 1, truth_known: true, population: None };
    assert_eq!(LogSummary::of(&tiny_log()), expected);
}

#[test]
fn predictions_have_the_columns_of_the_interface() {
    let esm2 = model_preset("esm2").unwrap();
    let (esmm, logits) = esmm([0.5, 0.3, 0.2, 0.1]);
    let runs = [
        Predictions { model: "esmm".into(), seed: 1, tree: esmm.tree, logits },
        Predictions { model: "esm2".into(), seed: 7, tree: esm2.tree, logits: vec![0.0; 16] },
    ];
    let split = Split { train: vec![0, 2], eval: vec![1, 3], ..Split::default() };
    let text = String::from_utf8(write_predictions_csv(&tiny_log(), &split, &runs)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "row,split,model,seed,user,click,conversion,action,p_ctr,p_cvr,p_ctcvr,p_ctavr,p_y1,p_y2,p_y3,p_y4,\
         truth_p_click,truth_p_action,truth_p_buy_action,truth_p_buy_other,potential_action,potential_conversion"
    );
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[1], "0,train,esmm,1,0,1,1,1,0.6,0.5,0.3,,,,,,0.5,0.5,0.6,0.2,1,1");
    assert_eq!(lines[8], "3,eval,esm2,7,1,0,0,0,0.5,0.5,0.25,0.25,0.5,0.5,0.5,0.5,0.2,0.5,0.4,0.2,0,0");
}

#[test]
fn metrics_from_the_file_are_those_of_the_evaluation() {
    let generated = generate(&SynthSpec { rows: 1500, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() });
    let log = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap().log;
    let esm2 = model_preset("esm2").unwrap();
    let logits: Vec<f32> = (0..6000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 / 1024.0 - 3.0).collect();
    let split = Split { train: (0..500).collect(), eval: (500..1500).collect(), ..Split::default() };
    let expected = evaluate(&log, &esm2, &split.eval, &logits[2000..], Bootstrap::default());
    let run = Predictions { model: "esm2".into(), seed: 2, tree: esm2.tree, logits };
    let report =
        evaluate_predictions_csv(&write_predictions_csv(&log, &split, &[run]), &EvaluateOptions::default()).unwrap();
    let found = &report.runs[0];
    assert_eq!((found.model.as_str(), found.seed, found.eval_rows), ("esm2", 2, 1000));
    assert_eq!(found.metrics.len(), expected.metrics.len());
    assert_eq!(report.constant_rate.len(), expected.constant_rate.len());
    for (key, expected) in &expected.constant_rate {
        close(report.constant_rate[key], *expected);
    }
    for (key, expected) in &expected.metrics {
        match (expected, &found.metrics[key]) {
            (Metric::Value { value, low, high }, Metric::Value { value: v, low: l, high: h }) => {
                for (a, b) in [(value, v), (low, l), (high, h)] {
                    assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{key} {expected:?} {:?}", found.metrics[key]);
                }
            }
            (expected, found) => assert_eq!(expected, found, "{key}"),
        }
    }
}

fn evaluated(bytes: &[u8]) -> Result<PredictionsReport, PredictionsError> {
    evaluate_predictions_csv(bytes, &EvaluateOptions::default())
}

#[test]
fn faults_of_a_predictions_file_are_named_with_their_place() {
    let head = "row,split,model,seed,click,p_ctr\n";
    for (text, expected) in [
        ("model,seed,p_ctr\n".to_owned(), PredictionsError::NoLabel),
        ("model,seed,click\n".to_owned(), PredictionsError::NoProbability),
        ("model,seed,click,p_ctr,click\n".to_owned(), PredictionsError::DuplicateColumn("click".into())),
        (head.to_owned(), PredictionsError::NoRows),
        (format!("{head}0,train,esmm,1,0,0.5\n"), PredictionsError::NoEvalRows { model: "esmm".into(), seed: 1 }),
        (format!("{head}0,eval,esmm,1,0\n"), PredictionsError::FieldCount { line: 2, fields: 5, columns: 6 }),
    ] {
        assert_eq!(evaluated(text.as_bytes()), Err(expected), "{text}");
    }
    for (row, message) in [
        ("0,eval,esmm,1,2,0.5", "line 2, column \"click\": expected 0 or 1, got \"2\""),
        ("0,eval,esmm,1,0,1.5", "line 2, column \"p_ctr\": expected a probability from 0 to 1, got \"1.5\""),
        ("0,eval,esmm,one,0,0.5", "line 2, column \"seed\": expected a whole number, got \"one\""),
        ("0,test,esmm,1,0,0.5", "line 2, column \"split\": expected train, validation or eval, got \"test\""),
    ] {
        let error = evaluated(format!("{head}{row}\n").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = evaluated(b"model,seed,click,p_ctr\n\xff\xfe,1,0,0.5\n").unwrap_err();
    assert_eq!(error, PredictionsError::NotUtf8 { line: 2 });
}
