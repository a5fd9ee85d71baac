//! The Data view: roles by keyboard, repairs and their undo, ROLES files out and in.

use browser_tests::specs::{experiment, file, link, log_without_truth, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
const SEGMENT: &str = "Role of user_segment_a";

#[test]
fn a_role_is_changed_by_keyboard_taken_back_saved_and_loaded() {
    in_browser(Gpu::Absent, async |page| {
        opens(page, "my-log.csv", &log_without_truth(&small_log(1500))).await?;
        role_is(page, "category").await?;
        page.choose_option(SEGMENT, "ignore").await?;
        page.shows("user_segment_a is ignore").await?;
        role_is(page, "ignore").await?;
        page.keep_files().await?;
        page.click("Save as ROLES file").await?;
        let roles = page.kept("ROLES.toml").await?;
        ensure(roles.contains("\"user_segment_a\"") && roles.contains("click = \"click\""), || roles.clone())?;

        page.click("Undo the last change").await?;
        role_is(page, "category").await?;
        let input = "return find('file', 'ROLES file');";
        let script = format!("{}\n{input}", include_str!("../../src/find.js"));
        let input = page.driver().execute(script, vec![]).await.map_err(|error| error.to_string())?;
        let input = input.element().map_err(|error| error.to_string())?;
        let path = file("ROLES.toml", roles.as_bytes());
        input.send_keys(path.to_string_lossy()).await.map_err(|error| error.to_string())?;
        role_is(page, "ignore").await?;
        page.click("Undo the last change").await?;
        role_is(page, "category").await?;

        // Dropped like a log, it is not taken for one.
        page.drop_log("ROLES.toml", &roles).await?;
        role_is(page, "ignore").await?;
        page.shows("roles of ROLES.toml").await?;
        page.shows("my-log.csv").await?;
        page.drop_log("ROLES.toml", "clik = \"click\"\n").await?;
        let said = page.alert().await?;
        ensure(said.contains("line 1") && said.contains("clik"), || said)?;
        role_is(page, "ignore").await
    });
}

#[test]
fn a_repair_is_made_and_taken_back() {
    in_browser(Gpu::Absent, async |page| {
        let good = log_without_truth(&small_log(2000));
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        let columns: Vec<String> = lines[0].split(',').map(str::to_owned).collect();
        let place = |name: &str| columns.iter().position(|column| column == name).expect("a column of the log");
        for line in &mut lines[1..=7] {
            let mut cells: Vec<&str> = line.split(',').collect();
            (cells[place("click")], cells[place("conversion")]) = ("0", "1");
            *line = cells.join(",");
        }
        opens(page, "unclicked.csv", &(lines.join("\n") + "\n")).await?;
        says(page, "2000 impressions").await?;
        page.shows("without a click").await?;
        page.click("Drop these rows").await?;
        says(page, "1993 impressions").await?;
        page.click("Undo the last change").await?;
        says(page, "2000 impressions").await
    });
}

#[test]
fn a_longer_log_is_sampled_and_says_so() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        page.click("Longer files").await?;
        page.type_in("Rows kept at most", "1000").await?;
        page.drop_log("long.csv", &log_without_truth(&small_log(3000))).await?;
        says(page, "1000 impressions").await?;
        page.shows("The file has 3000 rows, more than are kept").await?;
        page.type_in("Rows kept at most", "5000").await?;
        says(page, "3000 impressions").await
    });
}

/// Opens the page, drops a log on it and waits for the Data view to show it.
async fn opens(page: &Page, name: &str, text: &str) -> Step {
    page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
    page.drop_log(name, text).await?;
    page.shows("How its columns are read").await?;
    eventually(name, SOON, || async {
        let title = page.script("return document.querySelector('h2.data-name')?.textContent ?? '';", vec![]).await?;
        ensure(title == json!(name), || format!("the view is of {title}"))
    })
    .await
}

async fn role_is(page: &Page, role: &str) -> Step {
    eventually(&format!("{SEGMENT} to be {role}"), SOON, || async {
        let chosen = page.chosen(SEGMENT).await?;
        ensure(chosen == role, || format!("it is {chosen:?}"))
    })
    .await
}

/// Waits for words in which no space groups the digits.
async fn says(page: &Page, words: &str) -> Step {
    eventually(words, SOON, || async {
        let text = page.script("return ungrouped(document.body.innerText);", vec![]).await?;
        ensure(text.as_str().is_some_and(|text| text.contains(words)), || "it is not said".to_owned())
    })
    .await
}
