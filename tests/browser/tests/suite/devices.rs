//! The two engines: WebGPU where there is an adapter, the CPU with its reason where there is none.

use browser_tests::reading::{choose, first_losses, metrics_have, tree_predicts};
use browser_tests::specs::{link, tiny_experiment};
use browser_tests::{Gpu, Page, Step, ensure, in_browser};
use std::sync::Mutex;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(400);

/// Steps whose losses must agree, and how closely.
const STEPS: u64 = 10;
const TOLERANCE: f64 = 1e-4;

type Losses = Vec<(String, u64, String, f64)>;

#[test]
fn without_an_adapter_the_cpu_trains_and_the_page_says_why() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&tiny_experiment(&["esmm"]))).await?;
        let chip = page.device().await?;
        ensure(chip.starts_with("CPU"), || format!("the chip says {chip:?}"))?;
        ensure(chip.contains("WebGPU"), || format!("the chip gives no reason: {chip:?}"))?;
        page.click("Train").await?;
        page.training_is_done(PATIENCE).await?;
        metrics_have(page, &["ESMM"], "auc.ctr", (0.0, 1.0)).await
    });
}

#[test]
fn webgpu_trains_with_the_losses_of_the_cpu() {
    let (cpu, gpu) = (Mutex::new(Losses::new()), Mutex::new(Losses::new()));
    in_browser(Gpu::Absent, async |page| {
        *cpu.lock().expect("one thread") = losses_on(page, "CPU").await?;
        Ok(())
    });
    in_browser(Gpu::Software, async |page| {
        *gpu.lock().expect("one thread") = losses_on(page, "WebGPU").await?;
        tree_predicts(page, "ESM²", 4).await
    });
    let (cpu, gpu) = (cpu.into_inner().expect("one thread"), gpu.into_inner().expect("one thread"));
    if let Err(sentence) = agree(&cpu, &gpu) {
        panic!("{sentence}\ncpu: {cpu:?}\ngpu: {gpu:?}");
    }
}

/// Has every worker's program begin with what can lose its GPU, and the page know its workers.
const LOSING: &str = "
    const OwnBlob = Blob, OwnWorker = Worker;
    window.everyWorker = [];
    window.Blob = class extends OwnBlob {
      constructor(parts, options) {
        super(options?.type === 'text/javascript' ? [PROGRAM, ...parts] : parts, options);
      }
    };
    window.Worker = class extends OwnWorker {
      constructor(...given) { super(...given); window.everyWorker.push(this); }
    };";

#[test]
fn a_run_whose_gpu_is_lost_goes_on_on_the_cpu_and_the_page_says_so() {
    let program = format!("{{ {} }}\n", include_str!("../../src/counting.js"));
    let losing = LOSING.replace("PROGRAM", &serde_json::Value::from(program).to_string());
    in_browser(Gpu::Software, async |page| {
        let mut spec = tiny_experiment(&["esmm"]);
        spec.training.epochs = Some(900);
        page.before_load(&losing).await?;
        page.open(&link(&spec)).await?;
        choose(page, "body", "WebGPU").await?;
        page.click("Train").await?;
        page.status_when("an epoch", PATIENCE, |text| text.contains("epoch")).await?;
        // The first snapshot is taken after eight seconds.
        tokio::time::sleep(Duration::from_secs(20)).await;
        page.script("window.everyWorker.forEach((worker) => worker.postMessage('lose'));", vec![]).await?;
        page.shows("The GPU was lost. ESMM continues on the CPU, from where it was kept last.").await?;
        let chip = page.device().await?;
        ensure(chip.starts_with("CPU"), || format!("the chip says {chip:?}"))?;
        let done = page.training_is_done(PATIENCE).await?;
        ensure(!done.contains("failed"), || done)?;
        metrics_have(page, &["ESMM"], "auc.ctr", (0.0, 1.0)).await
    });
}

/// Trains ESMM and ESM² on a device; returns the losses of their first steps.
async fn losses_on(page: &Page, device: &str) -> Step<Losses> {
    page.open(&link(&tiny_experiment(&["esmm", "esm2"]))).await?;
    choose(page, "body", device).await?;
    page.click("Train").await?;
    let done = page.training_is_done(PATIENCE).await?;
    ensure(!done.contains("failed"), || done)?;
    let chip = page.device().await?;
    ensure(chip.starts_with(device), || format!("trained on {chip:?}, not on {device}"))?;
    metrics_have(page, &["ESMM", "ESM²"], "auc.ctr", (0.0, 1.0)).await?;
    first_losses(page).await
}

fn agree(cpu: &Losses, gpu: &Losses) -> Step {
    for model in ["ESMM", "ESM²"] {
        for step in 1..=STEPS {
            let of = |losses: &Losses| -> Vec<(String, f64)> {
                let own = losses.iter().filter(|(name, at, ..)| name == model && *at == step);
                own.map(|(_, _, loss, value)| (loss.clone(), *value)).collect()
            };
            let (ours, theirs) = (of(cpu), of(gpu));
            ensure(!ours.is_empty() && ours.len() == theirs.len(), || {
                format!("step {step} of {model} is not told twice")
            })?;
            for ((loss, ours), (_, theirs)) in ours.iter().zip(&theirs) {
                ensure((ours - theirs).abs() <= TOLERANCE, || {
                    format!("{loss} of {model}, step {step}: {ours} and {theirs}")
                })?;
            }
        }
    }
    Ok(())
}
