//! RunSpec: presets, text formats, checks and links.
use esmm_playground::domain::assembly::Assembly;
use esmm_playground::domain::log::{Role, Roles, RowLimit, SplitBy, infer_roles};
use esmm_playground::domain::range::Range;
use esmm_playground::domain::spec::{
    DataSpec, EarlyStopping, LONGEST_LINK, LinkError, ModelSpec, Objective, OptimizerKind, RunSpec, Schedule,
    SpecError, WeightedEvent, decode_link, encode_link, log_preset, log_preset_names, model_names, model_preset,
    parameters_of, spec_preset, spec_preset_names,
};
use esmm_playground::domain::synth::{SynthSpec, generate};
use proptest::prelude::*;

#[test]
fn every_preset_is_valid_and_called_by_its_name() {
    for name in [
        "naive",
        "independent",
        "oversampled",
        "aman",
        "unbias",
        "division",
        "esmm",
        "esmm_ns",
        "esm2",
        "hm3",
        "escm2_ips",
        "escm2_dr",
        "dcmt",
        "gbdt",
        "dfm",
        "dfm_entire",
        "esm2_returns",
    ] {
        assert!(model_names().contains(&name), "{name}");
    }
    for name in model_names() {
        let model = model_preset(name).expect(name);
        assert_eq!(model.name, name);
        model.validate().expect(name);
    }
    assert_eq!(log_preset_names()[0], "default");
    for name in log_preset_names() {
        log_preset(name).expect(name).validate().expect(name);
    }
    assert_eq!(spec_preset_names()[0], "default");
    for name in spec_preset_names() {
        spec_preset(name).expect(name).validate().expect(name);
    }
    assert!(model_preset("").is_none() && log_preset("nope").is_none() && spec_preset("nope").is_none());
}

#[test]
fn defaults_are_the_default_presets() {
    assert_eq!(Some(RunSpec::default()), spec_preset("default"));
    assert_eq!(Some(SynthSpec::default()), log_preset("default"));
}

#[test]
fn a_generated_log_is_inferred_as_the_generator_says() {
    let generated = generate(&SynthSpec { rows: 2000, numerical_features: 2, ..SynthSpec::default() });
    let inferred = infer_roles(&generated.table);
    for column in &inferred.columns {
        let said = generated.roles.assigned().into_iter().find(|(_, name)| *name == column.name);
        let said = said.map_or(Role::Truth, |(role, _)| role);
        assert_eq!(column.role, said, "{}: {}", column.name, column.reason);
    }
}

/// An assembly with every kind of step.
fn assembly() -> Assembly {
    let text = r#"
        table = "events"
        space = "views"
        unroll = { events = "events" }
        [[steps]]
        [steps.append]
        tables = ["events_2"]
        [[steps]]
        [steps.events]
        event = "type"
        time = "ts"
        key = ["user", "item"]
        rows = ["view"]
        labels = { action = ["cart"], conversion = ["buy"] }
        window_days = 7.5
        touch = "every"
        histories = ["user"]
        [[steps]]
        [steps.label]
        table = "returns"
        label = "return"
        on = [{ left = "user", right = "buyer" }]
        times = { left = "ts", right = "at" }
        [[steps]]
        [steps.features]
        table = "items"
        on = [{ left = "item", right = "id" }]
        [[steps]]
        [steps.spread]
        impressions = "shown"
        clicks = "clicks"
        conversions = "orders"
        limit = 1000
    "#;
    toml::from_str(text).expect("an assembly")
}

/// Specs that use every part of the format.
fn specs() -> Vec<RunSpec> {
    let data = DataSpec::File {
        name: "März, 2024.csv".into(),
        bytes: 123_456_789,
        crc32: 0xdead_beef,
        roles: Some(Roles { click: Some("visit".into()), action: vec!["cart".into()], ..Roles::default() }),
        limit: RowLimit::default(),
        assembly: Some(assembly()),
    };
    let mut own = RunSpec { data, ..RunSpec::default() };
    own.split.by = SplitBy::User;
    own.network.hidden = vec![];
    own.training.learning_rate = 1.25e-6;
    own.training.optimizer = OptimizerKind::AdamW;
    own.training.schedule = Schedule::Cosine;
    own.training.warm_up_epochs = 0.25;
    own.training.decay_factor = 0.75;
    own.training.weight_decay = 1e-5;
    own.training.clip_norm = Some(1.0);
    own.training.positive_weights = [("ctr".to_owned(), 3.0)].into();
    stop(&mut own, "logloss.ctcvr", 3, 1e-4);
    let mut model = model_preset("esm2").expect("a preset");
    model.name = "mine".into();
    model.objective = Objective::ClickSpace { events: vec![WeightedEvent { event: "cvr".into(), weight: 0.1 + 0.2 }] };
    own.models.push(model);
    own.seeds = vec![0, 7, (1 << 53) - 1];
    let mut all: Vec<RunSpec> = spec_preset_names().into_iter().filter_map(spec_preset).collect();
    all.push(own);
    all
}

#[test]
fn specs_survive_toml_json_and_links() {
    for spec in specs() {
        spec.validate().expect("valid");
        assert_eq!(RunSpec::from_toml(&spec.to_toml().expect("writes")), Ok(spec.clone()));
        assert_eq!(RunSpec::from_json(&spec.to_json()), Ok(spec.clone()));
        let link = encode_link(&spec);
        assert!(link.len() < 2000, "{} characters", link.len());
        assert_eq!(decode_link(&link), Ok(spec.clone()));
        assert_eq!(decode_link(&format!("#{link}")), Ok(spec));
    }
}

#[test]
fn a_thousand_seeds_still_fit_into_a_link() {
    let seeds = (0..1_000).map(|seed| (1 << 53) - 1 - seed).collect();
    let spec = RunSpec { seeds, ..RunSpec::default() };
    assert_eq!(spec.validate(), Ok(()));
    let link = encode_link(&spec);
    assert!(link.len() < LONGEST_LINK, "{} characters", link.len());
    assert_eq!(decode_link(&link), Ok(spec));
}

#[test]
fn a_preset_model_is_written_as_its_name() {
    let text = RunSpec::default().to_json();
    assert!(text.contains(r#""models":["naive","esmm","esm2"]"#), "{text}");
    let mut changed = RunSpec::default();
    changed.models[1].tree.events.pop();
    assert!(changed.to_json().contains(r#"{"name":"esmm","tree":"#));
}

#[test]
fn unknown_keys_and_names_are_refused_by_name() {
    for (text, expected) in [
        ("version = 1\nfoo = 1", "line 2: unknown field `foo`"),
        ("version = 1\n[training]\nlr = 1", "unknown field `lr`"),
        (
            "version = 1\n[training]\noptimizer = \"lion\"",
            "unknown variant `lion`, expected one of `adam`, `adamw`, `sgd`",
        ),
        ("version = 1\n[training]\nschedule = \"triangle\"", "unknown variant `triangle`"),
        ("version = 1\n[training.early_stopping]\nmetric = \"auc.ctr\"\nwait = 1", "unknown field `wait`"),
        ("version = 1\n[data]\nsource = \"generated\"\nsynth = { rowz = 1 }", "unknown field `rowz`"),
        ("version = 1\n[data]\nsource = \"web\"", "unknown variant `web`"),
        ("version = 1\nmodels = [\"esm3\"]", "there is no model called \"esm3\"; known are naive, "),
        ("version = 1\nmodels = [3]", "expected a model's name, or a table"),
        (
            "version = 1\n[[models]]\nname = \"x\"\nfoo = 1",
            "unknown field `foo`, expected one of `name`, `tree`, `objective`, `embeddings`",
        ),
        (
            "version = 1\nmodels = [{name = \"x\", tree = {questions = [{name = \"a\", label = \"b\", yez = \"c\"}], events = []}}]",
            "unknown field `yez`",
        ),
        ("version = 1\n[training]\nepochs = \"many\"", "line 3: invalid type: string \"many\""),
        ("version = 1\nversion = 1", "duplicate key"),
        ("a = [", "line 1: "),
    ] {
        let error = RunSpec::from_toml(text).expect_err(text);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    let error = RunSpec::from_json("{\"version\": 1,\n\"foo\": 2}").expect_err("foo");
    assert!(error.to_string().contains("unknown field `foo`") && error.to_string().contains("line 2"), "{error}");
}

#[test]
fn the_version_is_judged_before_the_keys() {
    assert_eq!(RunSpec::from_toml("foo = 1"), Err(SpecError::NoVersion { supported: 1 }));
    let newer = Err(SpecError::Version { found: 2, supported: 1 });
    assert_eq!(RunSpec::from_toml("version = 2\nfoo = 1"), newer);
    assert_eq!(RunSpec::from_json("{\"version\": 2, \"foo\": 1}"), newer);
}

#[test]
fn every_range_is_kept() {
    type Change = fn(&mut RunSpec);
    let cases: [(&str, Change); 40] = [
        ("features.buckets", |spec| spec.features.buckets = 1),
        ("features.buckets", |spec| spec.features.buckets = 257),
        ("features.min_count", |spec| spec.features.min_count = 0),
        ("split.eval_share", |spec| spec.split.eval_share = 0.04),
        ("split.eval_share", |spec| spec.split.eval_share = f64::NAN),
        ("split.seed", |spec| spec.split.seed = u64::MAX),
        ("network.embedding_size", |spec| spec.network.embedding_size = 0),
        ("network.embedding_size", |spec| spec.network.embedding_size = 129),
        ("network.hidden", |spec| spec.network.hidden = vec![8, 0]),
        ("network.hidden", |spec| spec.network.hidden = vec![1025]),
        ("network.hidden", |spec| spec.network.hidden = vec![8; 7]),
        ("network.dropout", |spec| spec.network.dropout = 0.95),
        ("training.learning_rate", |spec| spec.training.learning_rate = 0.0),
        ("training.learning_rate", |spec| spec.training.learning_rate = f64::INFINITY),
        ("training.beta1", |spec| spec.training.beta1 = 1.0),
        ("training.beta2", |spec| spec.training.beta2 = -0.1),
        ("training.epsilon", |spec| spec.training.epsilon = 0.0),
        ("training.batch_size", |spec| spec.training.batch_size = Some(0)),
        ("training.epochs", |spec| spec.training.epochs = Some(1001)),
        ("split.validation_share", |spec| spec.split.validation_share = 0.6),
        ("training.warm_up_epochs", |spec| spec.training.warm_up_epochs = -1.0),
        ("training.schedule_floor", |spec| spec.training.schedule_floor = 1.1),
        ("training.decay_factor", |spec| spec.training.decay_factor = 0.0),
        ("training.decay_epochs", |spec| spec.training.decay_epochs = 0.0),
        ("training.momentum", |spec| spec.training.momentum = 1.0),
        ("training.weight_decay", |spec| spec.training.weight_decay = f64::NAN),
        ("training.embedding_decay", |spec| spec.training.embedding_decay = Some(2.0)),
        ("training.clip_norm", |spec| spec.training.clip_norm = Some(0.0)),
        ("training.positive_weights.ctr", |spec| spec.training.positive_weights = [("ctr".into(), 0.0)].into()),
        ("training.early_stopping.patience", |spec| stop(spec, "auc.ctr", 0, 0.0)),
        ("training.early_stopping.patience", |spec| stop(spec, "auc.ctr", 101, 0.0)),
        ("training.early_stopping.min_change", |spec| stop(spec, "auc.ctr", 1, -0.1)),
        ("data.synth.ctr", |spec| spec.data = synth(|synth| synth.ctr = 1.0)),
        ("data.synth.rows", |spec| spec.data = synth(|synth| synth.rows = 5_000_001)),
        ("data.synth.item_segments", |spec| spec.data = synth(|synth| synth.item_segments = [1, 0])),
        ("seeds", |spec| spec.seeds = vec![1 << 53]),
        ("the number of seeds", |spec| spec.seeds = vec![]),
        ("the number of seeds", |spec| spec.seeds = (0..1001).collect()),
        ("the number of models", |spec| spec.models.clear()),
        ("the weight of \"ctr\"", |spec| spec.models[1] = weighted(vec![("ctr", 101.0)])),
    ];
    for (key, change) in cases {
        let mut spec = RunSpec::default();
        change(&mut spec);
        let error = spec.validate().expect_err(key);
        assert!(matches!(error, SpecError::OutOfRange(_)) && error.to_string().contains(key), "{key}: {error}");
    }
}

fn stop(spec: &mut RunSpec, metric: &str, patience: usize, min_change: f64) {
    spec.training.early_stopping = Some(EarlyStopping { metric: metric.into(), patience, min_change });
    spec.split.validation_share = 0.1;
}

#[test]
fn early_stopping_and_class_weights_that_could_do_nothing_are_refused() {
    type Change = fn(&mut RunSpec);
    let cases: [(Change, &str); 4] = [
        (
            |spec| stop(spec, "accuracy.ctr", 1, 0.0),
            "must be a metric and a task, such as \"auc.ctcvr\" (metrics: auc, gauc",
        ),
        (|spec| stop(spec, "auc", 1, 0.0), "training.early_stopping.metric is \"auc\""),
        (
            |spec| {
                stop(spec, "auc.ctr", 1, 0.0);
                spec.split.validation_share = 0.0;
            },
            "set split.validation_share, for example to 0.1",
        ),
        (
            |spec| spec.training.positive_weights = [("sale".into(), 2.0)].into(),
            "has the event \"sale\", which no model of the experiment supervises",
        ),
    ];
    for (change, expected) in cases {
        let mut spec = RunSpec::default();
        change(&mut spec);
        let error = spec.validate().expect_err(expected);
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

fn synth(change: impl Fn(&mut SynthSpec)) -> DataSpec {
    let mut synth = SynthSpec::default();
    change(&mut synth);
    DataSpec::Generated { synth }
}

fn weighted(events: Vec<(&str, f64)>) -> ModelSpec {
    let events = events.into_iter().map(|(event, weight)| WeightedEvent { event: event.into(), weight }).collect();
    ModelSpec { objective: Objective::entire_space(events), ..model_preset("esmm").expect("a preset") }
}

#[test]
fn models_that_cannot_train_are_refused_with_the_reason() {
    let esmm = || model_preset("esmm").expect("a preset");
    let broken_tree = {
        let mut model = esmm();
        model.tree.questions[0].yes = Some("nowhere".into());
        model
    };
    let named = |name: &str| ModelSpec { name: name.into(), ..esmm() };
    for (models, expected) in [
        (vec![esmm(), esmm()], "two models are called \"esmm\""),
        (vec![named("../../etc/passwd")], "a name is 1 to 64 letters"),
        (vec![named("")], "a name is 1 to 64 letters"),
        (vec![broken_tree], "model \"esmm\": question \"ctr\" leads to \"nowhere\""),
        (vec![weighted(vec![])], "no event with a weight above 0"),
        (vec![weighted(vec![("ctr", 0.0)])], "no event with a weight above 0"),
        (vec![weighted(vec![("ctavr", 1.0)])], "which its tree does not; the tree has ctr, cvr, ctcvr"),
        (vec![weighted(vec![("ctr", 1.0), ("ctr", 1.0)])], "has the event \"ctr\" twice"),
        (vec![weighted(vec![("cvr", 1.0)])], "event \"cvr\" is conditioned on \"ctr\""),
    ] {
        let error = RunSpec { models, ..RunSpec::default() }.validate().expect_err(expected);
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
    let twice = RunSpec { seeds: vec![1, 2, 1], ..RunSpec::default() };
    assert_eq!(twice.validate(), Err(SpecError::DuplicateSeed(1)));
}

/// A link around any payload, with a right checksum.
fn link_of(json: &[u8]) -> String {
    use base64::Engine as _;
    let deflated = miniz_oxide::deflate::compress_to_vec(json, 9);
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&deflated);
    format!("v1.{payload}.{:08x}", crc32fast::hash(&deflated))
}

#[test]
fn damaged_and_foreign_links_say_what_they_are() {
    let link = encode_link(&RunSpec::default());
    let (head, checksum) = link.rsplit_once('.').expect("three parts");
    let cut = &link[..link.len() - 20];
    let flipped = if checksum.starts_with('0') { "1" } else { "0" };
    for (text, expected) in [
        ("".to_owned(), LinkError::Format),
        ("tree".to_owned(), LinkError::Format),
        ("v1".to_owned(), LinkError::Format),
        ("v1.".to_owned(), LinkError::Format),
        ("v1..00000000".to_owned(), LinkError::Format),
        (cut.to_owned(), LinkError::Format),
        (format!("v2{}", &link[2..]), LinkError::Version { found: "v2".into() }),
        (format!("w1{}", &link[2..]), LinkError::Format),
        (format!("{head}.{flipped}{}", &checksum[1..]), LinkError::Checksum),
        (format!("{head}.+{}", &checksum[1..]), LinkError::Format),
        (link.replacen("v1.", "v1.AAAA", 1), LinkError::Checksum),
        (link_of(&vec![b' '; 64 << 20]), LinkError::TooLarge { limit: 1 << 20 }),
        (format!("v1.{}.00000000", "A".repeat(2 << 20)), LinkError::TooLong { bytes: (2 << 20) + 12 }),
        (link_of(b"\xff\xfe"), LinkError::Format),
    ] {
        assert_eq!(decode_link(&text), Err(expected), "{}", &text[..text.len().min(60)]);
    }
    let error = decode_link(&link_of(b"{\"version\":1,\"foo\":1}")).expect_err("unknown key");
    assert!(error.to_string().contains("unknown field `foo`"), "{error}");
    let error = decode_link(&link_of(b"{\"version\":1,\"training\":{\"epochs\":0}}")).expect_err("out of range");
    assert!(error.to_string().contains("training.epochs is 0"), "{error}");
    let nested = decode_link(&link_of(format!("{{\"version\":1,\"foo\":{}", "[".repeat(100_000)).as_bytes()));
    assert!(matches!(nested, Err(LinkError::Spec(_))), "{nested:?}");
}

proptest! {
    #[test]
    fn no_text_makes_the_link_reader_panic(text in ".{0,80}", payload in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode_link(&text).is_err());
        prop_assert!(decode_link(&link_of(&payload)).is_err());
    }

    #[test]
    fn a_damaged_link_is_never_taken_for_another(
        at in any::<prop::sample::Index>(),
        replacement in prop::char::range(' ', '~'),
        cut in any::<prop::sample::Index>(),
    ) {
        let spec = RunSpec::default();
        let link = encode_link(&spec);
        let mut damaged: Vec<char> = link.chars().collect();
        let at = at.index(damaged.len());
        damaged[at] = replacement;
        let damaged: String = damaged.into_iter().collect();
        // Only the case of a checksum's digit may differ and still be the same link.
        let is_same = at >= link.len() - 8 && damaged.eq_ignore_ascii_case(&link);
        prop_assert_eq!(decode_link(&damaged).ok(), (damaged == link || is_same).then_some(spec));
        let cut = cut.index(link.len());
        prop_assert!(decode_link(&link[..cut]).is_err());
    }

    #[test]
    fn inflating_damaged_bytes_never_panics(mut deflated in prop::collection::vec(any::<u8>(), 1..300), seed: u8) {
        use base64::Engine as _;
        let whole = miniz_oxide::deflate::compress_to_vec(RunSpec::default().to_json().as_bytes(), 9);
        let keep = usize::from(seed) % whole.len();
        let mut bytes = whole[..keep].to_vec();
        bytes.append(&mut deflated);
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
        let _ = decode_link(&format!("v1.{payload}.{:08x}", crc32fast::hash(&bytes)));
    }
}

#[test]
fn every_parameter_keeps_its_range() {
    for name in model_names() {
        let model = model_preset(name).expect("a preset");
        for (parameter, value) in parameters_of(&model.objective) {
            let Range { low, high, is_whole, .. } = parameter.range;
            assert!(parameter.range.holds(value), "{name}: {} is {value}", parameter.key);
            let step = if is_whole { 1.0 } else { 1e-5 };
            for (outside, is_refused) in [(low - step, true), (high + step, true), (f64::NAN, true), (high, false)] {
                let mut changed = model.clone();
                (parameter.set)(&mut changed.objective, outside);
                let error = changed.validate().err();
                let is_out_of_range = matches!(error, Some(SpecError::OutOfRange(_)));
                assert_eq!(is_out_of_range, is_refused, "{name}: {} = {outside}: {error:?}", parameter.key);
                if let Some(error) = error.filter(|_| is_refused) {
                    assert!(
                        error.to_string().starts_with(&format!("{} of model \"{name}\"", parameter.key)),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_objective_asks_for_the_tree_that_it_needs() {
    type Change = fn(&mut ModelSpec);
    let cases: [(&str, Change, &str); 6] = [
        (
            "escm2_dr",
            |model| {
                model.tree.questions[0].yes = Some("imputation".into());
                model.tree.questions[1].name = "imputation".into();
            },
            "has a tower called \"imputation\"",
        ),
        ("escm2_ips", |model| drop_event(model, "cvr"), "is about at least one event with a condition"),
        ("dcmt", |model| drop_event(model, "cvr"), "is about exactly one event with a condition"),
        ("division", |model| drop_event(model, "ctcvr"), "division needs a tree of two questions"),
        (
            "esmm",
            |model| set(model, "joint_action_purchase", 1.0),
            "joint_action_purchase needs questions about action",
        ),
        (
            "oversampled",
            |model| {
                model.tree = model_preset("esm2").expect("a preset").tree;
                let Objective::Oversampled { prior_correction, .. } = &mut model.objective else { panic!() };
                *prior_correction = true;
            },
            "prior_correction shifts one question's logit",
        ),
    ];
    for (name, change, expected) in cases {
        let mut model = model_preset(name).expect("a preset");
        change(&mut model);
        let error = model.validate().expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

fn drop_event(model: &mut ModelSpec, event: &str) {
    model.objective.events_mut().retain(|weighted| weighted.event != event);
}

fn set(model: &mut ModelSpec, key: &str, value: f64) {
    let (parameter, _) = parameters_of(&model.objective).find(|(parameter, _)| parameter.key == key).expect(key);
    (parameter.set)(&mut model.objective, value);
}

#[test]
fn options_of_objectives_are_read_by_name_and_have_the_papers_defaults() {
    let spelled = |objective: &str| {
        let tree = "questions = [{ name = \"y1\", label = \"click\", yes = \"y2\" }, { name = \"y2\", label = \"action\", \
                    yes = \"y3\", no = \"y4\" }, { name = \"y3\", label = \"conversion\" }, { name = \"y4\", label = \
                    \"conversion\" }], events = [{ name = \"ctr\", answers = { click = true } }, { name = \"cvr\", \
                    answers = { conversion = true }, given = \"y1\" }]";
        let text =
            format!("version = 1\nmodels = [{{ name = \"x\", tree = {{ {tree} }}, objective = {{ {objective} }} }}]");
        RunSpec::from_toml(&text).map(|spec| spec.models[0].objective.clone())
    };
    for (objective, key, expected) in [
        ("kind = \"entire_space\", events = [{ event = \"ctr\" }]", "joint_action_purchase", 0.0),
        (
            "kind = \"entire_space\", events = [{ event = \"ctr\" }], joint_action_purchase = true",
            "joint_action_purchase",
            1.0,
        ),
        (
            "kind = \"entire_space\", events = [{ event = \"ctr\" }], joint_action_purchase = 0.25",
            "joint_action_purchase",
            0.25,
        ),
        ("kind = \"escm2_ips\", events = [{ event = \"cvr\" }]", "clip", 0.1),
        ("kind = \"escm2_dr\", events = [{ event = \"cvr\" }], clip = 0.01", "clip", 0.01),
        ("kind = \"dcmt\", events = [{ event = \"cvr\" }]", "lambda", 1e-3),
        ("kind = \"unclicked_as_negative\", events = [{ event = \"cvr\" }]", "share", 1.0),
    ] {
        let read = spelled(objective).expect(objective);
        let found = parameters_of(&read).find(|(parameter, _)| parameter.key == key).map(|(_, value)| value);
        assert_eq!(found, Some(expected), "{objective}");
    }
    for (objective, expected) in [
        ("kind = \"escm2_ips\", events = [{ event = \"cvr\" }], lambda = 1.0", "unknown field `lambda`"),
        ("kind = \"escm3\", events = []", "unknown variant `escm3`"),
        ("kind = \"escm2_ips\", events = [{ event = \"cvr\" }], clip = 0.0", "clip of model \"x\" is 0"),
    ] {
        let error = spelled(objective).expect_err(objective);
        assert!(error.to_string().contains(expected), "{objective}: {error}");
    }
}

#[test]
fn a_model_may_ask_for_embeddings_of_its_own() {
    let spec = RunSpec::default();
    for (name, share_embeddings) in [("esmm", true), ("esmm_ns", false), ("independent", false), ("division", false)] {
        let plan = spec.plan(&model_preset(name).expect("a preset"), 1);
        assert_eq!(plan.network.share_embeddings, share_embeddings, "{name}");
    }
    assert!(model_preset("esmm_ns") != model_preset("esmm"));
}
