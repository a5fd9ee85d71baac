//! The generator's panel: a preset, a dial, what will be drawn, and a log that comes back as it was saved.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Metrics, Page, Step, ensure, eventually, in_browser};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
const MINUTES: Duration = Duration::from_secs(180);

#[test]
fn presets_and_dials_change_what_will_be_drawn() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(500), &["esmm"]))).await?;
        let first = preview(page).await?;
        page.choose_option("Preset", "sparse").await?;
        let sparse = changed(page, &first).await?;
        page.shows("One click in a hundred impressions").await?;
        page.click("Base rates").await?;
        page.type_in("CTR", "0.4").await?;
        changed(page, &sparse).await?;
        ensure(page.chosen("Preset").await? == "own settings", || "the preset is still named".to_owned())?;
        page.type_in("Impressions", "700").await?;
        page.click("Generate").await?;
        page.status_when("700 impressions", MINUTES, |text| text.contains("700 impressions")).await?;
        // Four clicks in ten impressions, give or take five standard errors.
        let clicks =
            page.script("return document.body.innerText.match(/700 impressions, (\\d+) clicks/)?.[1];", vec![]);
        let clicks: f64 = clicks.await?.as_str().unwrap_or_default().parse().map_err(|_| "no count of clicks")?;
        ensure((clicks / 700.0 - 0.4).abs() < 0.1, || format!("{clicks} of 700"))
    });
}

#[test]
fn a_generated_log_that_is_saved_and_dropped_gives_the_same_metrics() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.keep_files().await?;
        let first = trained(page).await?;
        page.click("Export").await?;
        page.click("Log (CSV)").await?;
        let log = page.kept("impressions.csv").await?;
        page.click("Log without the truth (CSV)").await?;
        let observed = page.kept("impressions-without-truth.csv").await?;
        ensure(log.contains("truth_p_click") && !observed.contains("truth_"), || "the truth".to_owned())?;
        page.open(&link(&spec)).await?;
        page.drop_log("impressions.csv", &log).await?;
        page.shows("impressions.csv").await?;
        let again = trained(page).await?;
        for model in ["naive CVR", "ESMM"] {
            ensure(again.of(model)? == first.of(model)?, || {
                format!("{model}: {:?}, then {:?}", first.of(model), again.of(model))
            })?;
        }
        Ok(())
    });
}

async fn trained(page: &Page) -> Step<Metrics> {
    page.click("Train").await?;
    page.training_is_done(MINUTES).await?;
    page.turn_to("Metrics").await?;
    page.metrics().await
}

/// What the preview says, its table included.
async fn preview(page: &Page) -> Step<String> {
    let text = page.eventual("document.querySelector('.generator figure')?.innerText").await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

async fn changed(page: &Page, before: &str) -> Step<String> {
    eventually("another preview", SOON, || async {
        let now = preview(page).await?;
        ensure(now != before, || "it is the same".to_owned())?;
        Ok(now)
    })
    .await
}
