//! `cargo xtask bench browser [--json FILE]`: what the page costs in Chromium, after `cargo xtask dist`.
//!
//! - Smoothness: the longest task of the page's thread, frames a second and the slowest interaction while two models train.
//! - Engines: rows a second on the CPU and on WebGPU's software adapter, and what one training step asks of WebGPU.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Browser, Engine, Gpu, GpuCounts, Page, Setting, Step, Trace, outcome};
use esmm_playground::domain::spec::{DataSpec, RunSpec};
use esmm_playground::domain::synth::SynthSpec;
use esmm_playground::protocol::{DeviceKind, LogSource};
use serde_json::{Value, json};
use std::time::Duration;

const MODELS: [&str; 3] = ["naive", "esmm", "esm2"];
const MINUTES: Duration = Duration::from_secs(400);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measured = measure().unwrap_or_else(|sentence| {
        eprintln!("{sentence}");
        std::process::exit(1);
    });
    println!("{measured:#}");
    if let [flag, file] = arguments.as_slice()
        && flag == "--json"
        && let Err(error) = std::fs::write(file, format!("{measured:#}\n"))
    {
        eprintln!("{file}: {error}");
        std::process::exit(1);
    }
}

fn measure() -> Step<Value> {
    let (plain, traced) =
        (Setting { gpu: Gpu::Absent, is_traced: false }, Setting { gpu: Gpu::Absent, is_traced: true });
    let software = Setting { gpu: Gpu::Software, is_traced: false };
    let browser = Browser::Chromium;
    Ok(json!({
        "smoothness": outcome(browser, traced, smoothness)?,
        "cpu": outcome(browser, plain, async |page| speeds(page, DeviceKind::Cpu).await)?,
        "webgpu_software": outcome(browser, software, async |page| speeds(page, DeviceKind::Webgpu).await)?,
        "webgpu_per_step": outcome(browser, software, per_step)?,
    }))
}

/// The page's thread while two models train and somebody turns from view to view.
async fn smoothness(page: &Page) -> Step<Value> {
    let mut spec = experiment(SynthSpec { rows: 20_000, ..SynthSpec::default() }, &["esmm", "esm2"]);
    spec.training.epochs = 8;
    page.open(&link(&spec)).await?;
    let watch = "
        window.interactions = []; window.frames = [];
        new PerformanceObserver((list) => interactions.push(...list.getEntries().filter((e) => e.interactionId).map((e) => e.duration)))
          .observe({ type: 'event', durationThreshold: 16 });
        const count = (now) => { frames.push(now); requestAnimationFrame(count); };
        requestAnimationFrame(count);";
    page.script(watch, vec![]).await?;
    page.click("Train").await?;
    page.status_when("Training", MINUTES, |text| text.starts_with("Training")).await?;
    Trace::begin(page).await?;
    page.script("frames.length = 0;", vec![]).await?;
    while page.status().await?.starts_with("Training") {
        for view in ["Tree", "Towers", "Metrics", "Story"] {
            page.turn_to(view).await?;
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
    let frames = page.script("return [frames.length, frames.at(-1) - frames[0]];", vec![]).await?;
    let interactions = page.script("return [interactions.length, Math.max(0, ...interactions)];", vec![]).await?;
    let mut tasks = Trace::take(page).await?.tasks();
    tasks.sort_by(|a, b| b.busy.total_cmp(&a.busy));
    let seconds = frames[1].as_f64().unwrap_or_default() / 1e3;
    Ok(json!({
        "longest_tasks_cpu_millis": tasks.iter().take(5).map(|task| rounded(task.busy)).collect::<Vec<_>>(),
        "longest_task_wall_millis": rounded(tasks.iter().map(|task| task.wall).fold(0.0, f64::max)),
        "frames_per_second": rounded(frames[0].as_f64().unwrap_or_default() / seconds),
        "seconds": rounded(seconds),
        "interactions_over_16_millis": interactions[0],
        "slowest_interaction_millis": interactions[1],
    }))
}

/// Rows a second while training, by model.
async fn speeds(page: &Page, kind: DeviceKind) -> Step<Value> {
    // A software GPU is slow: fewer rows, the same network.
    let rows = if kind == DeviceKind::Cpu { 20_000 } else { 4_000 };
    let mut spec = experiment(SynthSpec { rows, ..SynthSpec::default() }, &MODELS);
    spec.training.epochs = if kind == DeviceKind::Cpu { 4 } else { 1 };
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

/// What one step asks of WebGPU: the difference between a run of two epochs and one of one, by step.
async fn per_step(page: &Page) -> Step<Value> {
    let mut spec = experiment(small_log(2_000), &MODELS);
    spec.training.batch_size = 100;
    let engine = loaded(page, DeviceKind::Webgpu, &spec).await?;
    let mut by_model = serde_json::Map::new();
    for model in spec.models.clone() {
        let mut counts = Vec::new();
        for epochs in [1, 1, 2] {
            spec.training.epochs = epochs;
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
