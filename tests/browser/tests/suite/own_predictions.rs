//! Predictions of a model from elsewhere, beside the runs.

use super::exports::saved;
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(180);
const NAME: &str = "ESMM (file)";

#[test]
fn the_predictions_of_a_run_give_its_numbers_and_a_broken_file_its_line() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.keep_files().await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.click("Export").await?;
        let csv = saved(page, "Predictions of ESMM", "esmm-1.predictions.csv").await?;
        opened(page, &csv).await?;
        has_the_runs_numbers(page).await?;
        let broken = csv.lines().take(500).collect::<Vec<_>>().join("\n");
        page.drop_log("short.csv", &broken).await?;
        let alert = page.alert().await?;
        ensure(alert.contains("short.csv") && alert.contains("row"), || alert)?;
        let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
        let at = column(&csv, "p_ctr");
        let mut cells: Vec<&str> = lines[7].split(',').collect();
        cells[at] = "1.5";
        lines[7] = cells.join(",");
        page.drop_log("beyond.csv", &lines.join("\n")).await?;
        page.shows("beyond.csv").await?;
        let alert = page.alert().await?;
        ensure(alert.contains("line 8") && alert.contains("p_ctr"), || alert)?;
        // What was there is still there, and goes when it is told to.
        has_the_runs_numbers(page).await?;
        page.click("Take them off").await?;
        page.turn_to("Metrics").await?;
        let table = page.metrics().await?;
        ensure(table.models().all(|name| !name.starts_with(NAME)), || "it is still in the table".to_owned())?;
        table.value("ESMM", "auc.ctcvr").map(drop)
    });
}

fn column(csv: &str, name: &str) -> usize {
    let head = csv.lines().next().unwrap_or_default();
    head.split(',').position(|column| column == name).expect("a column of the predictions")
}

async fn opened(page: &Page, csv: &str) -> Step {
    page.drop_log("mine.csv", csv).await?;
    page.shows("Beside the runs from mine.csv").await
}

async fn has_the_runs_numbers(page: &Page) -> Step {
    page.turn_to("Metrics").await?;
    let table = page.metrics().await?;
    let (run, file) = (table.of("ESMM")?, table.of(NAME)?);
    let values = run.iter().filter_map(|(key, cell)| Some((key, cell.value?)));
    let mut compared = 0;
    for (key, value) in values {
        let Some(read) = file.get(key).and_then(|cell| cell.value) else { continue };
        ensure(value == read, || format!("{key} of the run is {value}, of its predictions {read}"))?;
        compared += 1;
    }
    ensure(compared >= 8, || format!("only {compared} values of the run have one of the file: {file:?}"))
}
