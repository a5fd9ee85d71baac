//! `cargo xtask bench browser [PART…] [--json FILE]`: what the page costs in Chromium, after `cargo xtask dist`.
//!
//! - Smoothness: the longest task of the page's thread, frames a second and the slowest interaction while two models train.
//! - Dragging: the same while somebody drags a slider of the Story, and how soon drafts follow.
//! - Drafts: seconds of work for each model of a draft of 20 000 impressions and four epochs.
//! - Assembly: a million events made into rows, and a million impressions joined with their clicks and conversions, in the CPU
//!   engine's worker: seconds, and the memory of its module.
//! - Comparison: from a press of Train to the first step, and to the end of the opening's runs.
//! - Side by side: one run, and two at once.
//! - Engines: rows a second on the CPU and on WebGPU's software adapter, and what one training step asks of WebGPU.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Browser, Engine, Gpu, GpuCounts, Page, Setting, Step, Task, Trace, outcome};
use esmm_playground::domain::log::RowLimit;
use esmm_playground::domain::spec::{DataSpec, RunSpec, first_experiment};
use esmm_playground::domain::synth::SynthSpec;
use esmm_playground::protocol::{Answer, DeviceKind, DraftAsk, Drafted, LogSource, Question};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MODELS: [&str; 3] = ["naive", "esmm", "esm2"];
const MINUTES: Duration = Duration::from_secs(400);

/// What can be measured, and in which browser.
const PARTS: [(&str, Setting); 9] = [
    ("smoothness", Setting { is_traced: true, ..Setting::plain(Gpu::Absent) }),
    ("dragging", Setting { is_traced: true, ..Setting::plain(Gpu::Absent) }),
    ("drafts", Setting::plain(Gpu::Absent)),
    ("comparison", Setting::plain(Gpu::Absent)),
    ("side_by_side", Setting::plain(Gpu::Absent)),
    ("cpu", Setting::plain(Gpu::Absent)),
    ("assembly", Setting::plain(Gpu::Absent)),
    ("webgpu_software", Setting::plain(Gpu::Software)),
    ("webgpu_per_step", Setting::plain(Gpu::Software)),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(sentence) = run(&arguments) {
        eprintln!("{sentence}");
        std::process::exit(1);
    }
}

fn run(arguments: &[String]) -> Step {
    let (parts, file) = match arguments {
        [parts @ .., flag, file] if flag == "--json" => (parts, Some(file)),
        parts => (parts, None),
    };
    let measured = measure(parts)?;
    println!("{measured:#}");
    let write = |file| std::fs::write(file, format!("{measured:#}\n")).map_err(|error| format!("{file}: {error}"));
    file.map_or(Ok(()), write)
}

/// The parts that are asked for; all of them when none is.
fn measure(asked: &[String]) -> Step<Value> {
    if let Some(unknown) = asked.iter().find(|asked| PARTS.iter().all(|(part, _)| part != asked)) {
        return Err(format!("{unknown:?} cannot be measured; there are {:?}", PARTS.map(|(part, _)| part)));
    }
    let mut measured = serde_json::Map::new();
    for (part, setting) in PARTS.into_iter().filter(|(part, _)| asked.is_empty() || asked.iter().any(|a| a == part)) {
        let value = outcome(Browser::Chromium, setting, async |page| match part {
            "smoothness" => smoothness(page).await,
            "dragging" => dragging(page).await,
            "drafts" => drafts(page).await,
            "comparison" => comparison(page).await,
            "side_by_side" => side_by_side(page).await,
            "cpu" => speeds(page, DeviceKind::Cpu).await,
            "assembly" => assemblies(page).await,
            "webgpu_software" => speeds(page, DeviceKind::Webgpu).await,
            _ => per_step(page).await,
        })?;
        measured.insert(part.to_owned(), value);
    }
    Ok(Value::Object(measured))
}

/// Notes frames, and interactions that take longer than one.
const WATCH: &str = "
    window.interactions = []; window.frames = [];
    new PerformanceObserver((list) => interactions.push(...list.getEntries().filter((e) => e.interactionId).map((e) => e.duration)))
      .observe({ type: 'event', durationThreshold: 16 });
    const count = (now) => { frames.push(now); requestAnimationFrame(count); };
    requestAnimationFrame(count);";

/// The page's thread while two models train and somebody turns from view to view.
async fn smoothness(page: &Page) -> Step<Value> {
    let mut spec = experiment(SynthSpec { rows: 20_000, ..SynthSpec::default() }, &["esmm", "esm2"]);
    spec.training.epochs = Some(8);
    page.open(&link(&spec)).await?;
    page.script(WATCH, vec![]).await?;
    page.click("Train").await?;
    page.status_when("Training", MINUTES, |text| text.starts_with("Training")).await?;
    let tabs = centers(page, &["Tree", "Towers", "Metrics", "Story"]).await?;
    page.script("frames.length = 0;", vec![]).await?;
    Trace::begin(page).await?;
    while is_training(page).await? {
        for tab in &tabs {
            press(page, tab).await?;
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
    watched(page).await
}

/// What [`WATCH`] and the trace have seen.
async fn watched(page: &Page) -> Step<Value> {
    let frames = page.script("return [frames.length, frames.at(-1) - frames[0]];", vec![]).await?;
    let interactions = page.script("return [interactions.length, Math.max(0, ...interactions)];", vec![]).await?;
    let trace = Trace::take(page).await?;
    let mut tasks = trace.tasks();
    tasks.sort_by(|a, b| b.busy.total_cmp(&a.busy));
    let seconds = frames[1].as_f64().unwrap_or_default() / 1e3;
    Ok(json!({
        "longest_tasks_cpu_millis": tasks.iter().take(5).map(|task| rounded(task.busy)).collect::<Vec<_>>(),
        "longest_task_did": tasks.iter().take(5).map(|task| did(&trace, task)).collect::<Vec<_>>(),
        "longest_task_wall_millis": rounded(tasks.iter().map(|task| task.wall).fold(0.0, f64::max)),
        "frames_per_second": rounded(frames[0].as_f64().unwrap_or_default() / seconds),
        "seconds": rounded(seconds),
        "interactions_over_16_millis": interactions[0],
        "slowest_interaction_millis": interactions[1],
    }))
}

/// The longest things that a task did.
fn did(trace: &Trace, task: &Task) -> String {
    let within: Vec<String> =
        trace.within(task).into_iter().take(4).map(|(name, millis)| format!("{name} {millis:.1}")).collect();
    within.join(", ")
}

/// Where tabs are. Asked for beforehand: finding things by role is work of the page's own thread, and would be measured.
async fn centers(page: &Page, tabs: &[&str]) -> Step<Vec<Value>> {
    let body = "
        return arguments[0].map((name) => {
          const box = find('tab', name).getBoundingClientRect();
          return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
        });";
    let found = page.script(body, vec![json!(tabs)]).await?;
    found.as_array().cloned().ok_or_else(|| format!("the tabs are at {found}"))
}

async fn is_training(page: &Page) -> Step<bool> {
    let body = "return document.querySelector('[role=status]').textContent.startsWith('Training');";
    Ok(page.driver().execute(body, vec![]).await.map_err(|error| error.to_string())?.json().as_bool() == Some(true))
}

/// A press of the browser's own, without a script.
async fn press(page: &Page, place: &Value) -> Step {
    let [x, y] = ["x", "y"].map(|key| place[key].as_f64().unwrap_or_default());
    mouse(page, "mousePressed", x, y).await?;
    mouse(page, "mouseReleased", x, y).await
}

async fn mouse(page: &Page, kind: &str, x: f64, y: f64) -> Step {
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
    page.driver().cdp().send_raw("Input.dispatchMouseEvent", event).await.map(drop).map_err(|error| error.to_string())
}

/// Notes when the first chapter's figure shows another draft, and where the track of its slider is.
const WATCH_DRAFTS: &str = "
    window.drafts = []; window.moved = [];
    const chapter = document.getElementById('chapter-1');
    const track = chapter.querySelector('input[type=range]');
    track.scrollIntoView({ block: 'center' });
    track.addEventListener('input', () => moved.push(performance.now()));
    let last = '';
    new MutationObserver(() => {
      const note = chapter.querySelector('.draft-note')?.textContent;
      const now = note + chapter.querySelector('svg')?.getAttribute('aria-label');
      if (note && now !== last) drafts.push([performance.now(), note]);
      last = now;
    }).observe(chapter, { subtree: true, childList: true, characterData: true, attributes: true });
    const box = track.getBoundingClientRect();
    return [box.left, box.width, box.top + box.height / 2];";

/// The page's thread while somebody drags the first chapter's slider through its range and back, over the default comparison.
async fn dragging(page: &Page) -> Step<Value> {
    const SECONDS: f64 = 10.0;
    page.open(&link(&RunSpec { seeds: vec![1], ..experiment(SynthSpec::default(), &MODELS) })).await?;
    page.click("Train").await?;
    page.training_is_done(MINUTES).await?;
    let place = page.script(WATCH_DRAFTS, vec![]).await?;
    let [left, width, y] = [0, 1, 2].map(|at| place[at].as_f64().unwrap_or_default());
    page.script(WATCH, vec![]).await?;
    let at = |share: f64| left + width * (0.2 + 0.6 * share);
    mouse(page, "mousePressed", at(0.5), y).await?;
    tokio::time::sleep(Duration::from_millis(600)).await; // the first draft's workers start
    page.script("frames.length = drafts.length = moved.length = 0;", vec![]).await?;
    Trace::begin(page).await?;
    let started = Instant::now();
    while started.elapsed().as_secs_f64() < SECONDS {
        let share = 0.5 + 0.5 * (started.elapsed().as_secs_f64() / SECONDS * std::f64::consts::TAU).sin();
        mouse(page, "mouseMoved", at(share), y).await?;
        tokio::time::sleep(Duration::from_millis(16)).await;
    }
    let drafts = page.script("return [drafts, moved.length];", vec![]).await?;
    let mut watched = watched(page).await?;
    let times: Vec<f64> = drafts[0].as_array().into_iter().flatten().filter_map(|draft| draft[0].as_f64()).collect();
    let mut apart: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    apart.sort_by(f64::total_cmp);
    watched["moves"] = drafts[1].clone();
    watched["drafts"] = json!(times.len());
    watched["millis_between_drafts_median"] = json!(apart.get(apart.len() / 2).copied().map(rounded));
    watched["millis_between_drafts_most"] = json!(apart.last().copied().map(rounded));
    watched["last_draft"] = drafts[0].as_array().and_then(|drafts| drafts.last()).map_or(Value::Null, |d| d[1].clone());
    Ok(watched)
}

/// Seconds of work for each model of a draft, with the generation of its log and without, on one core.
async fn drafts(page: &Page) -> Step<Value> {
    let mut spec = experiment(SynthSpec { rows: 20_000, ..SynthSpec::default() }, &MODELS);
    spec.training.epochs = Some(4);
    let DataSpec::Generated { synth } = spec.data.clone() else { return Err("the log is a generated one".to_owned()) };
    let engine = Engine::start(page, DeviceKind::Cpu).await?;
    let mut by_model = serde_json::Map::new();
    let mut all = 0.0;
    for model in &spec.models {
        let mut seconds = Vec::new();
        // Compiled, with its log, and again with the log at hand.
        for (seed, _) in [(2, "warm"), (1, "generated"), (1, "at hand")] {
            let synth = SynthSpec { seed, ..synth.clone() };
            let ask = DraftAsk { synth, plan: spec.plan(model, 1), longest: 1e5 };
            match engine.ask(Question::Draft(Box::new(ask))).await? {
                Answer::Draft(Drafted::Trained(drafted)) => seconds.push(drafted.seconds),
                other => return Err(format!("no draft: {other:?}")),
            }
        }
        all += seconds[2];
        let [with, without] = [seconds[1], seconds[2]].map(|seconds| rounded(1e3 * seconds));
        by_model.insert(model.name.clone(), json!({ "millis": without, "millis_with_its_log": with }));
    }
    by_model.insert("millis_of_two_cores".to_owned(), json!(rounded(1e3 * all / 2.0)));
    Ok(Value::Object(by_model))
}

/// Presses Train and notes when the status tells of the first step, and of the end.
const TRAIN: &str = "
    window.trained = { began: performance.now() };
    const status = all('status').find(isShown);
    new MutationObserver((_, observer) => {
      const text = tidy(status.textContent);
      if (/epoch/.test(text)) trained.first ??= performance.now();
      if (/^Done/.test(text)) { trained.end = performance.now(); observer.disconnect(); }
    }).observe(status, { subtree: true, childList: true, characterData: true });
    find('button', 'Train').click();";

/// Milliseconds from a press of Train to the first step and to the end.
async fn trained(page: &Page) -> Step<[f64; 2]> {
    page.script(TRAIN, vec![]).await?;
    page.status_when("Training", MINUTES, |text| !text.starts_with("Done")).await?;
    page.training_is_done(MINUTES).await?;
    let times = "return [trained.first - trained.began, trained.end - trained.began];";
    let times = page.script(times, vec![]).await?;
    Ok([0, 1].map(|at| times[at].as_f64().unwrap_or(f64::NAN)))
}

/// Whole comparisons on a page that is warm, three times each: the opening's, and one of three models with one seed on 20 000
/// impressions, four epochs.
async fn comparison(page: &Page) -> Step<Value> {
    let mut small = experiment(SynthSpec { rows: 20_000, ..SynthSpec::default() }, &MODELS);
    small.training.epochs = Some(4);
    let mut measured = serde_json::Map::new();
    for (name, spec) in [("opening", first_experiment()), ("20 000 impressions, one seed", small)] {
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let [first, end] = trained(page).await?.map(rounded);
            rounds.push(json!({ "millis_to_first_step": first, "millis_to_end": end }));
        }
        measured.insert(name.to_owned(), json!(rounds));
    }
    Ok(Value::Object(measured))
}

/// ESMM once, and with two seeds at once, alternately.
async fn side_by_side(page: &Page) -> Step<Value> {
    let specs = [vec![1], vec![1, 2]].map(|seeds| {
        let mut spec = RunSpec { seeds, ..experiment(SynthSpec::default(), &["esmm"]) };
        spec.training.epochs = Some(16);
        spec
    });
    let (mut times, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
    for round in 0..4 {
        for (spec, times) in specs.iter().zip(&mut times) {
            page.open(&link(spec)).await?;
            // The engines are there, and have the log.
            page.click("Train").await?;
            page.training_is_done(MINUTES).await?;
            times.push(trained(page).await?[1]);
        }
        ratios.push(2.0 * times[0][round] / times[1][round]);
    }
    ratios.sort_by(f64::total_cmp);
    let times = times.map(|times| times.into_iter().map(rounded).collect::<Vec<_>>());
    Ok(
        json!({ "millis_of_one": times[0], "millis_of_two": times[1], "ratios": ratios.into_iter().map(rounded).collect::<Vec<_>>() }),
    )
}

/// Rows a second while training, by model.
async fn speeds(page: &Page, kind: DeviceKind) -> Step<Value> {
    // A software GPU is slow: fewer rows, the same network.
    let rows = if kind == DeviceKind::Cpu { 20_000 } else { 4_000 };
    let mut spec = experiment(SynthSpec { rows, ..SynthSpec::default() }, &MODELS);
    spec.training.epochs = Some(if kind == DeviceKind::Cpu { 4 } else { 1 });
    let engine = loaded(page, kind, &spec).await?;
    let mut speeds = serde_json::Map::new();
    for model in &spec.models {
        engine.train(spec.plan(model, 1)).await?; // kernels are compiled, buffers are there
        let trained = engine.train(spec.plan(model, 1)).await?;
        let rows = trained.evaluation.epoch * train_rows(rows, &spec);
        speeds.insert(model.name.clone(), json!({ "rows_per_second": (rows / trained.seconds).round() }));
    }
    Ok(Value::Object(speeds))
}

/// A million events of 50 000 users and 5 000 items: views, and now and then a cart and a purchase after one.
const EVENTS: &str = "
    let state = 1;
    const below = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    const parts = [];
    let text = 'user_id,item_id,category_id,behavior,timestamp\\n';
    for (let made = 0, at = 1511544070; made < 1e6; at++) {
      const who = `${below(50000)},${below(5000)},${below(300)}`;
      const line = (kind, later) => { text += `${who},${kind},${at + later}\\n`; made++; };
      line('pv', 0);
      if (below(20) === 0) line('cart', 60);
      if (below(100) === 0) line('buy', 3600);
      if (text.length > 1e6) { parts.push(text); text = ''; }
    }
    return [[...parts, text]];";

/// A million impressions, 100 000 clicks and 5 000 conversions, a table each.
const TABLES: &str = "
    let state = 1;
    const below = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    const shown = [], clicks = [], conversions = [];
    let text = 'impression_id,user_id,item_id,hour,price\\n', clicked = 'impression_id\\n', bought = 'impression_id\\n';
    for (let at = 0; at < 1e6; at++) {
      text += `r${at},u${below(100000)},i${below(20000)},${below(24)},${below(1000) / 10}\\n`;
      if (at % 10 === 0) clicked += `r${at}\\n`;
      if (at % 200 === 0) bought += `r${at}\\n`;
      if (text.length > 1e6) { shown.push(text); text = ''; }
    }
    return [[clicked], [bought], [...shown, text]];";

/// Seconds from a load's request to its log, with the memory that it took; how soon a cancel is answered.
async fn assemblies(page: &Page) -> Step<Value> {
    let cases =
        [("events", &["events.csv"][..], EVENTS), ("join", &["clicks.csv", "conversions.csv", "views.csv"], TABLES)];
    let mut measured = serde_json::Map::new();
    for (name, files, make) in cases {
        let engine = Engine::start(page, DeviceKind::Cpu).await?;
        let before = engine.counts().await?.memory_bytes;
        let names = files.iter().map(|file| (*file).to_owned()).collect();
        let source = LogSource::Files { names, limit: RowLimit::default(), assembly: None };
        let started = Instant::now();
        let log = engine.load_made(source.clone(), make).await?;
        let seconds = started.elapsed().as_secs_f64();
        let memory = engine.counts().await?.memory_bytes;
        let cancelled = engine.begin_load_made(source, make).await?;
        let until_assembly = Instant::now();
        let cancel = engine.cancel_assembly(cancelled).await;
        let report = log.assembly.as_ref().ok_or("the log was not assembled")?;
        measured.insert(
            name.to_owned(),
            json!({
                "rows_read": report.tables.iter().map(|table| table.rows).sum::<usize>(),
                "rows": log.summary.rows,
                "labels": log.label_counts,
                "seconds_with_making_the_files": rounded(seconds),
                "megabytes_before": before >> 20,
                "peak_megabytes": memory >> 20,
                "cancelled": cancel.is_ok(),
                "seconds_to_a_cancelled_assembly": rounded(until_assembly.elapsed().as_secs_f64()),
            }),
        );
    }
    Ok(Value::Object(measured))
}

/// What one step asks of WebGPU: the difference between a run of two epochs and one of one, by step.
async fn per_step(page: &Page) -> Step<Value> {
    let mut spec = experiment(small_log(2_000), &MODELS);
    spec.training.batch_size = Some(100);
    let engine = loaded(page, DeviceKind::Webgpu, &spec).await?;
    let mut by_model = serde_json::Map::new();
    for model in spec.models.clone() {
        let mut counts = Vec::new();
        for epochs in [1, 1, 2] {
            spec.training.epochs = Some(epochs);
            let before = engine.counts().await?;
            let trained = engine.train(spec.plan(&model, 1)).await?;
            counts.push((since(&before, &engine.counts().await?), trained.evaluation.step));
        }
        // The first run compiles its kernels; of the other two, one evaluates once and the other twice.
        let ((one, steps), (two, more)) = (&counts[1], &counts[2]);
        by_model.insert(model.name.clone(), differences(one, two, more - steps));
    }
    Ok(Value::Object(by_model))
}

async fn loaded<'page>(page: &'page Page, kind: DeviceKind, spec: &RunSpec) -> Step<Engine<'page>> {
    let engine = Engine::start(page, kind).await?;
    let DataSpec::Generated { synth } = &spec.data else { return Err("the log is a generated one".to_owned()) };
    engine.load(LogSource::Generated { synth: synth.clone() }, None).await?;
    Ok(engine)
}

fn train_rows(rows: usize, spec: &RunSpec) -> f64 {
    rows as f64 * (1.0 - spec.split.eval_share)
}

fn since(before: &GpuCounts, after: &GpuCounts) -> GpuCounts {
    let kernels = after.kernels.iter().map(|(name, &count)| {
        let known = before.kernels.get(name).copied().unwrap_or_default();
        (name.clone(), count - known)
    });
    GpuCounts {
        dispatches: after.dispatches - before.dispatches,
        submits: after.submits - before.submits,
        writes: after.writes - before.writes,
        written_bytes: after.written_bytes - before.written_bytes,
        readbacks: after.readbacks - before.readbacks,
        pipelines: after.pipelines - before.pipelines,
        buffers: after.buffers - before.buffers,
        copies: after.copies - before.copies,
        kernels: kernels.filter(|(_, count)| *count > 0).collect(),
        memory_bytes: after.memory_bytes,
    }
}

fn differences(one: &GpuCounts, two: &GpuCounts, steps: u64) -> Value {
    let by_step = |one: u64, two: u64| rounded((two as f64 - one as f64) / steps as f64);
    let kernels: serde_json::Map<String, Value> = two
        .kernels
        .iter()
        .map(|(name, &count)| (name.clone(), by_step(one.kernels.get(name).copied().unwrap_or_default(), count)))
        .map(|(name, count)| (name, json!(count)))
        .collect();
    json!({
        "steps": steps,
        "dispatches": by_step(one.dispatches, two.dispatches),
        "submits": by_step(one.submits, two.submits),
        "uploads": by_step(one.writes, two.writes),
        "uploaded_bytes": by_step(one.written_bytes, two.written_bytes),
        "copies": by_step(one.copies, two.copies),
        "readbacks": by_step(one.readbacks, two.readbacks),
        "pipelines": by_step(one.pipelines, two.pipelines),
        "kernels": kernels,
    })
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
