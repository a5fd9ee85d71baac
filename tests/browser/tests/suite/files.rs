//! A log of one's own: chosen, dropped, and broken.

use browser_tests::reading::{metrics_have, number, towers_show, tree_predicts, ungrouped};
use browser_tests::specs::{experiment, file, link, log_without_truth, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(180);

#[test]
fn a_chosen_csv_trains_esmm_and_esm2() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm", "esm2"]))).await?;
        page.choose_log(&file("my-log.csv", log_without_truth(&small_log(4000)).as_bytes())).await?;
        trains_my_log(page).await
    });
}

#[test]
fn a_dropped_csv_trains_esmm_and_esm2() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm", "esm2"]))).await?;
        page.drop_log("my-log.csv", &log_without_truth(&small_log(4000))).await?;
        trains_my_log(page).await
    });
}

/// Trains the 4 000 rows of my-log.csv and reads every view.
async fn trains_my_log(page: &Page) -> Step {
    page.status_when("4 000 impressions", MINUTES, |text| says_rows(text, "4000")).await?;
    page.shows("my-log.csv").await?;
    page.click("Train").await?;
    let done = page.training_is_done(MINUTES).await?;
    ensure(!done.contains("failed"), || done)?;
    metrics_have(page, &["ESMM", "ESM²"], "auc.ctr", (0.3, 1.0)).await?;
    metrics_have(page, &["ESMM", "ESM²"], "auc.ctcvr", (0.3, 1.0)).await?;
    let table = page.metrics().await?;
    let unseen = table.cell("ESM²", "auc.cvr_entire_space")?;
    ensure(unseen.value.is_none() && number(&unseen.text).is_none(), || {
        format!("CVR over the entire space of a real log has a number: {unseen:?}")
    })?;
    tree_predicts(page, "ESMM", 2).await?;
    tree_predicts(page, "ESM²", 4).await?;
    towers_show(page, "ESM²", 4).await
}

/// Whether a text has this number, whatever groups its digits.
fn says_rows(text: &str, digits: &str) -> bool {
    ungrouped(text).contains(digits)
}

/// A broken file, and words of which the alert must say at least one.
struct Broken {
    name: &'static str,
    bytes: Vec<u8>,
    says: &'static [&'static str],
}

fn broken_files() -> Vec<Broken> {
    let good = log_without_truth(&small_log(60));
    let lines: Vec<&str> = good.lines().collect();
    let (head, rows) = (lines[0], &lines[1..]);
    let with_rows = |rows: &[String]| format!("{head}\n{}\n", rows.join("\n")).into_bytes();
    let set = |row: &str, column: &str, value: &str| {
        let at = head.split(',').position(|name| name == column).expect("a column of the log");
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[at] = value;
        cells.join(",")
    };
    let all = |column: &str, value: &str| rows.iter().map(|row| set(row, column, value)).collect::<Vec<_>>();
    let mut torn: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    torn[10] = "only,three,cells".into();
    vec![
        Broken { name: "torn-row.csv", bytes: with_rows(&torn), says: &["line 12"] },
        Broken { name: "no-labels.csv", bytes: b"a,b\n1,2\n3,4\n5,6\n7,8\n".to_vec(), says: &["click", "label"] },
        Broken { name: "no-click.csv", bytes: with_rows(&all("click", "0")), says: &["click"] },
        Broken { name: "no-rows.csv", bytes: format!("{head}\n").into_bytes(), says: &["no data", "no rows"] },
        Broken { name: "empty.csv", bytes: Vec::new(), says: &["empty", "no rows", "0 "] },
        Broken {
            name: "picture.csv",
            bytes: vec![0x89, b'P', b'N', b'G', 0, 0, 0, 13, 0xff, 0xfe, 0, 1],
            says: &["binary", "text", "UTF-8"],
        },
    ]
}

#[test]
fn a_broken_file_gives_a_sentence_and_the_page_goes_on() {
    in_browser(Gpu::Absent, async |page| {
        let mut failures = Vec::new();
        for broken in broken_files() {
            if let Err(sentence) = names_the_trouble(page, &broken).await {
                failures.push(format!("{}: {sentence}", broken.name));
            }
        }
        ensure(failures.is_empty(), || failures.join("\n"))
    });
}

async fn names_the_trouble(page: &Page, broken: &Broken) -> Step {
    let mut spec = experiment(small_log(1000), &["esmm"]);
    spec.training.epochs = Some(1);
    page.open(&link(&spec)).await?;
    // From the second file on, the tab may remember the runs of this experiment, whose models come back.
    let is_loaded = |text: &str| says_rows(text, "1000") || text.starts_with("Kept") || text.starts_with("Done");
    page.status_when("1 000 impressions", MINUTES, is_loaded).await?;
    page.choose_log(&file(broken.name, &broken.bytes)).await?;
    let alert = page.alert().await?;
    ensure(broken.says.iter().any(|word| alert.to_lowercase().contains(&word.to_lowercase())), || {
        format!("the alert says none of {:?}: {alert:?}", broken.says)
    })?;
    // The log that was there before is still there to be trained.
    page.click("Train").await?;
    let done = page.training_is_done(MINUTES).await?;
    ensure(!done.contains("failed"), || done)?;
    metrics_have(page, &["ESMM"], "auc.ctr", (0.0, 1.0)).await
}

#[test]
fn three_rows_are_too_few_to_train_on_and_the_page_says_so() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        let log: String = log_without_truth(&small_log(60)).lines().take(4).map(|line| format!("{line}\n")).collect();
        page.drop_log("three-rows.csv", &log).await?;
        page.shows("three-rows.csv").await?;
        page.click("Train").await?;
        eventually("a sentence on too few rows", MINUTES, || async {
            let said = [page.texts("alert").await?, page.texts("status").await?].concat().join(" ").to_lowercase();
            let is_said = ["too few", "no training row", "needs", "only one class", "not enough"];
            ensure(is_said.iter().any(|word| said.contains(word)), || said.clone())
        })
        .await?;
        // The page goes on: another log is taken and trained.
        page.drop_log("my-log.csv", &log_without_truth(&small_log(1000))).await?;
        page.shows("my-log.csv").await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)
    });
}

#[test]
fn conversions_without_clicks_are_reported_and_the_rest_is_trained() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        let good = log_without_truth(&small_log(2000));
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        let columns: Vec<String> = lines[0].split(',').map(str::to_owned).collect();
        let place = |name: &str| columns.iter().position(|column| column == name).expect("a column of the log");
        for line in &mut lines[1..=7] {
            let mut cells: Vec<&str> = line.split(',').collect();
            (cells[place("click")], cells[place("conversion")]) = ("0", "1");
            *line = cells.join(",");
        }
        page.choose_log(&file("unclicked.csv", lines.join("\n").as_bytes())).await?;
        page.status_when("2 000 impressions", MINUTES, |text| says_rows(text, "2000")).await?;
        eventually("conversions without a click to be spoken of", MINUTES, || async {
            let text = page.script("return tidy(document.body.innerText);", vec![]).await?;
            let text = text.as_str().unwrap_or_default().to_lowercase();
            ensure(text.contains("without a click") || text.contains("without click"), || text.clone())
        })
        .await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await.map(drop)
    });
}
