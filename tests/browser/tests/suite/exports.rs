//! What can be taken away, and opened again.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, in_browser};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(180);

/// Presses a button of the menu; returns the file of that name.
pub(super) async fn saved(page: &Page, button: &str, name: &str) -> Step<String> {
    page.click(button).await?;
    page.shows(&format!("{name} saved")).await?;
    page.kept(name).await
}

#[test]
fn predictions_weights_and_metrics_of_a_run_can_be_saved() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.keep_files().await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.click("Export").await?;
        let predictions = saved(page, "Predictions of ESMM", "esmm-1.predictions.csv").await?;
        let mut lines = predictions.lines();
        let head = lines.next().unwrap_or_default();
        for column in ["row", "split", "click", "conversion", "p_ctr", "p_cvr", "p_ctcvr", "truth_p_click"] {
            ensure(head.split(',').any(|name| name == column), || format!("no column {column}: {head}"))?;
        }
        ensure(lines.count() == 2000, || "not every row is there".to_owned())?;
        let weights = saved(page, "Weights of ESMM", "esmm-1.safetensors").await?;
        ensure(weights.contains("tower.ctr.0.weight"), || "the weights have no tower.ctr.0.weight".to_owned())?;
        let sheet = saved(page, "Feature spec of ESMM", "esmm-1.json").await?;
        let sheet: Value = serde_json::from_str(&sheet).map_err(|error| error.to_string())?;
        ensure(sheet["features"]["fields"].is_array(), || "the sheet has no fields".to_owned())?;
        let graph = saved(page, "ONNX graph of ESMM", "esmm-1.onnx").await?;
        for word in ["ai.onnx.ml", "tower.ctr.0.weight", "p_ctcvr"] {
            ensure(graph.contains(word), || format!("the graph has no {word}"))?;
        }
        let metrics = saved(page, "Metrics (JSON)", "metrics.json").await?;
        let report: Value = serde_json::from_str(&metrics).map_err(|error| error.to_string())?;
        let run = &report["runs"][0];
        ensure(run["metrics"]["auc.ctr"]["value"].is_f64() && run["train_rows"].as_u64() > Some(0), || metrics.clone())
    });
}

/// Eight runs, and at most six workers, each with one model.
#[test]
fn every_run_has_its_files_though_later_runs_have_taken_its_worker() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(800), &["esmm"]);
        (spec.training.epochs, spec.seeds) = (Some(1), (1..=8).collect());
        page.open(&link(&spec)).await?;
        page.keep_files().await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.click("Export").await?;
        let mut all = Vec::new();
        for seed in (1..=8).chain([1]) {
            page.script("window.kept = {};", vec![]).await?;
            let button = format!("Predictions of ESMM, seed {seed}");
            all.push(saved(page, &button, &format!("esmm-{seed}.predictions.csv")).await?);
        }
        let again = all.pop();
        ensure(again.as_ref() == all.first(), || "a model that came back predicts otherwise".to_owned())?;
        let distinct: BTreeSet<&String> = all.iter().collect();
        ensure(distinct.len() == 8, || format!("{} of 8 models have predictions of their own", distinct.len()))?;
        let done = page.status().await?;
        ensure(done.contains("Done"), || done)
    });
}

#[test]
fn a_log_is_saved_for_a_spreadsheet_or_as_it_is() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.keep_files().await?;
        let rows: String = (0..40).map(|row| format!("{},{},=1+1,-1.5\n", row % 2, u8::from(row % 4 == 0))).collect();
        let log = format!("click,conversion,=name,price\n{rows}");
        page.drop_log("formulas.csv", &log).await?;
        page.status_when("40 impressions", MINUTES, |text| text.contains("40")).await?;
        page.click("Export").await?;
        let inert = saved(page, "Log (CSV)", "impressions.csv").await?;
        ensure(inert == log.replace(",=", ",'="), || inert)?;
        let untick = "find('checkbox', arguments[0]).click(); window.kept = {};";
        page.script(untick, vec![serde_json::json!("Logs for a spreadsheet")]).await?;
        let raw = saved(page, "Log (CSV)", "impressions.csv").await?;
        ensure(raw == log, || raw)
    });
}

#[test]
fn an_experiments_file_is_opened_and_a_damaged_one_gives_a_sentence() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(500), &["esmm"]))).await?;
        page.status_when("500 impressions", MINUTES, |text| text.contains("500")).await?;
        let file = link(&experiment(small_log(750), &["esm2"]));
        let (before, after) = file.split_at(file.len() / 2);
        let other = if after.starts_with('A') { "B" } else { "A" };
        let damaged = format!("{before}{other}{}", &after[1..]);
        page.drop_log("shared.esmm", &damaged).await?;
        let alert = page.alert().await?;
        ensure(alert.contains("damaged"), || alert)?;
        page.drop_log("shared.esmm", &file).await?;
        page.status_when("750 impressions", MINUTES, |text| text.contains("750")).await.map(drop)
    });
}
