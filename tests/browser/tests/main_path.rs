//! The main path, in every browser engine (`ESMM_BROWSER`): open, drop a log, train on the CPU, read the tree and the
//! metrics, share; and the same metrics as in Chromium.

use browser_tests::reading::{metrics_have, tree_predicts};
use browser_tests::specs::{experiment, link, log_without_truth, small_log, tiny_experiment};
use browser_tests::{Browser, Gpu, Metrics, Page, Setting, Step, ensure, in_browser, outcome};
use esmm_playground::domain::spec::decode_link;
use std::io::Write as _;
use std::time::Duration;

/// WebKitGTK loses a press now and then, which is waited out before the next attempt.
const MINUTES: Duration = Duration::from_secs(120);
/// Every browser runs the same wasm; only its own `exp` and `log` could differ, and we bring ours.
const SAME_METRICS: f64 = 1e-6;
/// WebKitGTK 2.50.6 trains to other last digits in about one run of ten, with the module that gives the same ones in every run of
/// Chromium: its compilers of wasm differ, and which of them runs when is a matter of time.
const COMPARISONS_IN_WEBKIT: usize = 3;

#[test]
fn a_dropped_log_is_trained_read_and_shared() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm", "esm2"]))).await?;
        let chip = page.device().await?;
        ensure(chip.starts_with("CPU") && chip.contains("WebGPU"), || format!("the chip says {chip:?}"))?;
        page.drop_log("my-log.csv", &log_without_truth(&small_log(2000))).await?;
        page.shows("my-log.csv").await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)?;
        tree_predicts(page, "ESM²", 4).await?;
        metrics_have(page, &["ESMM", "ESM²"], "auc.ctr", (0.3, 1.0)).await?;
        page.click("Share").await?;
        let shared = page.hash().await?;
        decode_link(&shared).map(drop).map_err(|error| format!("{shared:?}: {error}"))
    });
}

#[test]
fn the_metrics_are_those_of_chromium() {
    let setting = Setting::plain(Gpu::Absent);
    let once = |browser| outcome(browser, setting, trained_metrics);
    let again = |browser| once(browser).or_else(|_| once(browser)).or_else(|_| once(browser));
    let trained = |browser| again(browser).unwrap_or_else(|sentence| panic!("{sentence}"));
    let browser = Browser::from_environment().unwrap_or_else(|sentence| panic!("{sentence}"));
    let there = trained(Browser::Chromium);
    let comparisons = if browser == Browser::Webkit { COMPARISONS_IN_WEBKIT } else { 1 };
    for comparison in 1..=comparisons {
        match agree(&trained(browser), &there) {
            Ok(()) => return,
            Err(sentence) if comparison == comparisons => panic!("{browser:?} and Chromium: {sentence}"),
            Err(sentence) => {
                let _ = writeln!(std::io::stderr(), "comparison {comparison} of {comparisons} failed: {sentence}");
            }
        }
    }
}

async fn trained_metrics(page: &Page) -> Step<Metrics> {
    page.open(&link(&tiny_experiment(&["naive", "esmm", "esm2"]))).await?;
    page.click("Train").await?;
    page.training_is_done(MINUTES).await?;
    page.turn_to("Metrics").await?;
    page.metrics().await
}

fn agree(here: &Metrics, there: &Metrics) -> Step {
    let (here, there): (Vec<_>, Vec<_>) = (here.values().collect(), there.values().collect());
    ensure(here.len() >= 12 && here.len() == there.len(), || format!("{} values and {}", here.len(), there.len()))?;
    for ((model, key, value), (_, _, other)) in here.into_iter().zip(there) {
        ensure((value - other).abs() <= SAME_METRICS, || format!("{key} of {model}: {value} and {other}"))?;
    }
    Ok(())
}
