//! Every message survives the trip between page and worker.

use std::fmt::Debug;

use esmm_playground::domain::assembly::{
    Assembler, AssemblyReport, KeyPair, LabelTable, ReadFile, Spread, Step, Touch,
};
use esmm_playground::domain::log::{
    Condition, ImpressionLog, OpenedLog, ReadOptions, Roles, RowFilter, RowLimit, RowQuery, SortBy, SplitBy, SplitSpec,
    read_table,
};
use esmm_playground::domain::metrics::Bootstrap;
use esmm_playground::domain::report::{
    CurvePoint, DelayReading, EarlyStoppingReport, EpochValue, FieldFlow, FlowReading, ImpressionReading, LogSummary,
    PredictionBox, Rates, RowsPart, TermFlow, TowerFlow, evaluate, read_impression, read_part, read_rows,
};
use esmm_playground::domain::spec::{
    ModelSpec, RunSpec, log_preset, model_names, model_preset, spec_preset, spec_preset_names,
};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::protocol::{
    Answer, DeviceKind, DeviceReport, DraftAsk, Export, LoadedLog, LogSource, OwnRun, Progress, Question, Refusal,
    Reply, Request, RowsAsk, RowsOf, RowsPage, StepUnit, VERSION, predicted, truth, wire,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn check<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: M) {
    let bytes = wire::encode(&message).unwrap();
    assert_eq!(wire::decode::<M>(&bytes).unwrap(), message);
    assert!(wire::decode::<M>(&[bytes.as_slice(), &[0]].concat()).is_err(), "what is left over is not passed over");
}

fn log() -> OpenedLog {
    let generated = generate(&SynthSpec { rows: 400, ..SynthSpec::default() });
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

fn late() -> ImpressionLog {
    let synth = SynthSpec { rows: 2000, ..log_preset("late_conversions").unwrap() };
    let generated = generate(&synth);
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap().log
}

fn flow() -> FlowReading {
    let term = TermFlow {
        name: "ctcvr".into(),
        weight: 1.0,
        loss: 0.2,
        towers: vec![0.0, 0.3],
        through: vec![vec![0.1], vec![]],
        embeddings: vec![0.1],
    };
    FlowReading {
        step: 3,
        rows: 64,
        labels: vec![("click".into(), 4)],
        fields: vec![FieldFlow { name: "user".into(), vocabulary: 9, looked_up: 4 }],
        towers: vec![TowerFlow { name: "ctr".into(), layers: vec![vec![0.0, 1.5]], mean_p: 0.1 }],
        terms: vec![term],
        ..FlowReading::default()
    }
}

#[test]
fn requests_survive() {
    for name in spec_preset_names() {
        let spec: RunSpec = spec_preset(name).unwrap();
        for model in &spec.models {
            check(Request::Train { run: 7, plan: Box::new(spec.plan(model, 1)), step: Some(StepUnit::Epoch) });
            check(Request::TakeUp { run: 7, plan: Box::new(spec.plan(model, 1)), step: 40 });
            check(Request::Ask { id: 3, question: Question::Race(Box::new(spec.plan(model, 1))) });
            let ask = DraftAsk { synth: SynthSpec::default(), plan: spec.plan(model, 1), longest: 400.0 };
            check(Request::Ask { id: 3, question: Question::Draft(Box::new(ask)) });
        }
    }
    for cutoff_days in [None, Some(2.5)] {
        let split = SplitSpec { by: SplitBy::User, cutoff_days, ..SplitSpec::default() };
        check(Request::Ask { id: 3, question: Question::OwnPredictions(split) });
    }
    let roles = Roles { click: Some("visit".into()), ignore: vec!["x".into()], ..Roles::default() };
    let file = LogSource::Files {
        names: vec!["a.csv".into()],
        limit: RowLimit { rows: 5_000, ..RowLimit::default() },
        assembly: Some(report().assembly),
    };
    check(Request::Load { id: 1, origin: 4, source: file, roles: Some(roles) });
    check(Request::Load {
        id: 2,
        origin: 5,
        source: LogSource::Generated { synth: SynthSpec::default() },
        roles: None,
    });
    for request in [
        Request::Pause { run: 1 },
        Request::Step { run: 1, unit: StepUnit::Batch },
        Request::SetLearningRate { run: 1, learning_rate: 0.003 },
    ] {
        check(request);
    }
    for question in [
        Question::Impression { run: 1, row: 12 },
        Question::Flow { run: 1 },
        Question::Embeddings { run: 1, field: 2 },
        Question::Predictions { run: 1, rows: vec![0, 7] },
        Question::WhatIf { run: 1, row: 3, values: vec![("city".into(), "Bern".into())] },
        Question::Part { run: 1, part: RowsPart::Slice { feature: "city".into(), value: "Bern".into() } },
        Question::Part { run: 1, part: RowsPart::Brush(PredictionBox { p_ctr: (0.0, 0.1), p_cvr: (0.2, 1.0) }) },
        Question::Export { run: 1, what: Export::WeightsSpec },
        Question::ExportLog { with_truth: false, is_inert: true },
        Question::Sample { file: "search.csv".into() },
        Question::Preview(Box::default()),
    ] {
        check(Request::Ask { id: 3, question });
    }
}

fn answer(answer: Answer) {
    check(Reply::Answer { id: 9, answer: Ok(answer) });
}

#[test]
fn a_window_on_rows_survives_with_every_condition() {
    let conditions = [
        Condition::Is("a".into()),
        Condition::IsNot("b".into()),
        Condition::Contains("c".into()),
        Condition::Above(0.5),
        Condition::Below(-1.0),
        Condition::Missing,
        Condition::Present,
    ];
    let filter = |condition| RowFilter { column: predicted("cvr"), condition };
    let query = RowQuery {
        filters: conditions.map(filter).to_vec(),
        search: "Bern".into(),
        sort: Some(SortBy { column: truth("ctr"), descending: true }),
    };
    for of in [RowsOf::Query(query), RowsOf::Query(RowQuery::default()), RowsOf::Alike { row: 3, n: 8 }] {
        let ask = RowsAsk { of, run: Some(3), stamp: 9, start: 1_999_990, count: 24, columns: vec![0, 3] };
        check(Request::Ask { id: 1, question: Question::Rows(Box::new(ask)) });
    }
    let page = RowsPage {
        total: 2_000_000,
        start: 24,
        rows: vec![9, 7],
        cells: vec![vec!["a".into(), String::new()], vec!["b".into(), "1".into()]],
        similarity: vec![0.5],
    };
    answer(Answer::Rows(Box::new(page)));
}

#[test]
fn an_evaluation_of_every_model_survives() {
    let opened = log();
    let rows: Vec<u32> = (0..200).collect();
    let has_labels = |model: &ModelSpec| model.tree.labels().iter().all(|label| opened.log.label(label).is_some());
    for model in model_names().into_iter().filter_map(model_preset).filter(has_labels) {
        let n_questions = model.tree.questions.len();
        let logits: Vec<f32> = (0..rows.len() * n_questions).map(|i| (i % 17) as f32 / 4.0 - 3.0).collect();
        let mut evaluation = evaluate(&opened.log, &model, &rows, &logits, Bootstrap::default());
        evaluation.flow = Some(flow());
        assert!(!evaluation.metrics.is_empty() && !evaluation.deciles.is_empty());
        answer(Answer::Flow(Box::new(flow())));
        let own = OwnRun { model: model.clone(), seed: None, evaluation: evaluation.clone(), notes: vec!["n".into()] };
        answer(Answer::OwnPredictions(vec![own.clone(), OwnRun { seed: Some(3), ..own }]));
        check(Reply::Evaluated { run: 1, evaluation: Box::new(evaluation) });
        let reading: ImpressionReading = read_impression(&opened.log, &model, 3, &logits[..n_questions]);
        answer(Answer::Impression(Box::new(reading.clone())));
        answer(Answer::WhatIf { reading: Box::new(reading), unknown: vec!["city".into()] });
        let events = read_rows(&opened.log, &model, &rows, &logits);
        assert!(events.iter().all(|event| event.predicted.len() == rows.len() && event.truth.is_some()));
        answer(Answer::Predictions(events));
        let slice = RowsPart::Slice { feature: String::new(), value: String::new() };
        let reading = read_part(&opened.log, &model, &rows, &logits, &slice).unwrap();
        answer(Answer::Part(Box::new(reading)));
    }
    check(Rates { predicted: 0.1, observed: None, truth: Some(0.2) });
}

/// An assembly with steps that leave much to their defaults, and with some that leave nothing.
fn report() -> AssemblyReport {
    let table = |name: &str, text: &str| {
        let read = read_table(text.as_bytes(), &ReadOptions::default()).expect("a table");
        ReadFile { name: name.into(), read, unrolled: None }
    };
    let events = "user_id,item_id,event,ts\nu1,i1,pv,2024-01-01 10:00:00\nu1,i1,buy,2024-01-01 11:00:00\n";
    let files = vec![table("events", events), table("returns", "buyer,at\nu1,2024-01-09 10:00:00\n")];
    let mut report = Assembler::new(files, None, None).open().report.expect("an assembly");
    let times = KeyPair { left: "ts".into(), right: "at".into() };
    for (times, window_days) in [(None, None), (Some(times), Some(2.5))] {
        report.assembly.steps.push(Step::Label(LabelTable {
            table: "returns".into(),
            label: "conversion".into(),
            on: vec![KeyPair { left: "user_id".into(), right: "buyer".into() }],
            times,
            window_days,
            touch: Touch::First,
        }));
    }
    let spread = Spread { impressions: "a".into(), clicks: "b".into(), conversions: None, limit: 5 };
    report.assembly.steps.extend([Step::Append { tables: vec!["b".into()] }, Step::Spread(spread)]);
    report.assembly.unroll.insert("events".into(), "items".into());
    report
}

#[test]
fn other_replies_survive() {
    let opened = log();
    let loaded = LoadedLog {
        name: "generated log".into(),
        summary: LogSummary::of(&opened.log),
        roles: opened.roles.clone(),
        columns: opened.columns.clone(),
        findings: opened.findings.clone(),
        label_counts: vec![("click".into(), 3)],
        label_weights: vec![30.0],
        head: opened.head(5),
        dots: vec![0, 1, 2, 3],
        delays: DelayReading::of(&late()),
        crc32: 7,
        assembly: Some(report()),
        ..LoadedLog::default()
    };
    assert!(loaded.delays.is_some());
    check(Reply::Loaded { id: 1, log: Box::new(loaded) });
    let refused = (opened.columns.clone(), opened.head(2));
    let (columns, head) = refused;
    check(Reply::LoadNeedsRoles { id: 2, message: "no click".into(), columns, head, assembly: Some(report()) });
    let progress = Progress {
        step: 3,
        total_steps: 10,
        epoch: 0.3,
        epochs: 1,
        rows_per_second: 1e4,
        seconds: 1.0,
        train_rows: 10,
        device: DeviceKind::Cpu,
    };
    let curve = vec![CurvePoint { step: 3, epoch: 0.3, losses: [("loss.total".to_owned(), 0.7)].into() }];
    let device = DeviceReport { kind: DeviceKind::Webgpu, detail: "none".into(), usable: false };
    for reply in [
        Reply::Ready { protocol: VERSION, device },
        Reply::Progress { run: 1, progress, curve },
        Reply::EarlyStopping {
            run: 1,
            report: Box::new(EarlyStoppingReport {
                metric: "auc.ctcvr".into(),
                patience: 2,
                epochs: vec![EpochValue { step: 40, epoch: 1.0, value: 0.7 }],
                best: 0,
                stopped: false,
            }),
        },
        Reply::Held { run: 1 },
        Reply::Finished { run: 1, seconds: 2.5 },
        Reply::Failed { run: 1, message: "diverged".into() },
        Reply::TakenUp { run: 1, is_there: true },
        Reply::GoesOn { run: 1, step: 40 },
        Reply::Answer { id: 1, answer: Ok(Answer::File { name: "a.csv".into() }) },
        Reply::Answer { id: 1, answer: Err(Refusal("no log is loaded".into())) },
    ] {
        check(reply);
    }
}
