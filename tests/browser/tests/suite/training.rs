//! Training on the CPU engine, and steering it.

use browser_tests::reading::{metrics_have, towers_show, tree_predicts};
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Browser, Gpu, Page, Setting, Step, ensure, eventually, in_browser, outcome};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn the_page_as_it_opens_trains_the_default_comparison_to_the_end() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.shows("A conventional CVR model only ever sees the").await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)?;
        for key in ["auc.ctr", "auc.ctcvr", "auc.cvr_clicked", "auc.cvr_entire_space"] {
            metrics_have(page, &["naive CVR", "ESMM", "ESM²"], key, (0.3, 1.0)).await?;
        }
        // The default has several seeds, so a run is called by its own.
        tree_predicts(page, "ESMM, seed 1", 2).await?;
        tree_predicts(page, "ESM², seed 2", 4).await?;
        towers_show(page, "ESM², seed 3", 4).await?;
        page.turn_to("Story").await?;
        drawings_are_whole(page).await?;
        let errors = page.console_errors().await?;
        ensure(errors.is_empty(), || format!("the console has errors: {errors:?}"))
    });
}

#[test]
fn a_run_can_be_paused_stepped_resumed_and_stopped() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(20_000), &["esmm"]);
        spec.training.epochs = Some(200);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        // A press that follows at once is the second of a double click.
        let epoch = |text: &str| text.split("epoch ").nth(1)?.split(' ').next()?.parse::<u32>().ok();
        page.status_when("Training", MINUTES, |text| epoch(text).is_some_and(|epoch| epoch > 20)).await?;
        page.click("Pause").await?;
        let first = paused_after(page, 0).await?;
        page.click("Step").await?;
        let second = paused_after(page, first).await?;
        ensure(second == first + 1, || format!("one step led from {first} to {second}"))?;
        page.click("Resume").await?;
        page.status_when("Training", MINUTES, |text| text.starts_with("Training")).await?;
        page.click("Pause").await?;
        let third = paused_after(page, second).await?;
        ensure(third > second, || format!("resuming led from {second} to {third}"))?;
        page.click("Stop").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(done.contains("stopped"), || done)?;
        // What it learned so far is evaluated and kept.
        metrics_have(page, &["ESMM"], "auc.ctr", (0.3, 1.0)).await
    });
}

/// Waits until the run is paused beyond `step`; returns at which step.
async fn paused_after(page: &Page, step: u64) -> Step<u64> {
    eventually(&format!("a pause beyond step {step}"), MINUTES, || async {
        let text = page.status().await?;
        let at = steps_in(&text).filter(|_| text.contains("Paused"));
        at.filter(|at| *at > step).ok_or_else(|| format!("the status is {text:?}"))
    })
    .await
}

/// `Paused ESMM in epoch 1 of 5, after 1 041 steps` → 1041
fn steps_in(status: &str) -> Option<u64> {
    let (_, rest) = status.split_once("after ")?;
    let digits: String = rest.split("step").next()?.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What comes into a drawing while training goes on is drawn too: an element of another namespace is there and not seen.
async fn drawings_are_whole(page: &Page) -> Step {
    let body = "
        const parts = [...document.querySelectorAll('main svg *')];
        const strange = parts.filter((part) => !part.closest('foreignObject') && part.namespaceURI !== 'http://www.w3.org/2000/svg');
        const lines = new Set([...document.querySelectorAll('main svg .model-line, main svg .interval-line')].map((line) => getComputedStyle(line).stroke));
        return [parts.length, strange.length, lines.size];";
    let found = page.script(body, vec![]).await?;
    let [parts, strange, hues] = [0, 1, 2].map(|at| found[at].as_u64().unwrap_or(0));
    ensure(parts > 50 && strange == 0 && hues == 3, || {
        format!("of {parts} parts of drawings {strange} are no SVG; the lines have {hues} colours")
    })
}

/// A browser that gives an engine 40 MB.
#[test]
fn where_memory_runs_out_the_page_says_so_and_goes_on_with_what_fits() {
    if Browser::from_environment() != Ok(Browser::Chromium) {
        return;
    }
    let setting = Setting { most_memory: Some(640), ..Setting::plain(Gpu::Absent) };
    let found = outcome(Browser::Chromium, setting, async |page: &Page| {
        let spec = experiment(small_log(2000), &["naive", "esmm"]);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || format!("what fits: {done}"))?;
        page.type_in("Impressions", "400000").await?;
        page.click("Generate").await?;
        let said = |text: &str| text.contains("more memory than this browser gives") && text.contains("200,000");
        eventually("the page says that memory has run out", MINUTES, || async {
            let told = [page.texts("status").await?, page.texts("alert").await?].concat();
            ensure(told.iter().any(|text| said(text)), || format!("{told:?}"))
        })
        .await?;
        page.type_in("Impressions", "2000").await?;
        page.click("Generate").await?;
        page.status_when("the log that fits", MINUTES, |text| text.contains("2,000 impressions")).await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || format!("after it: {done}"))
    });
    found.unwrap_or_else(|sentence| panic!("{sentence}"));
}
