//! Single rows: a window on the log, sorted, filtered, and one of them under the glass.

use browser_tests::reading::ungrouped;
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use serde_json::{Value, json};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(60);

/// The first row in sight: number, labels, predictions, truth.
const FIRST_ROW: &str = "document.querySelector('.rows-table tbody tr')?.innerText";

#[test]
fn rows_of_a_long_log_are_sorted_filtered_and_inspected() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(4000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.turn_to("Rows").await?;
        says(page, "4000 rows").await?;
        // The page holds the rows in sight and no others.
        let in_page = page.script("return document.querySelectorAll('.rows-table tbody tr').length;", vec![]).await?;
        ensure(in_page.as_u64().is_some_and(|rows| (1..=20).contains(&rows)), || {
            format!("{in_page} rows are in the page")
        })?;
        key(page, "End").await?;
        first_row_is(page, |text| ungrouped(text).starts_with("3986")).await?;
        key(page, "Home").await?;
        first_row_is(page, |text| text.starts_with('0')).await?;

        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        // By what ESMM predicts, the highest first: each row in sight predicts no more than the one before.
        press_head(page, "ESMM").await?;
        eventually("rows in the order of ESMM's predictions", SOON, || async {
            let column = column_of(page, "ESMM").await?;
            ensure(column.len() > 10 && column.is_sorted_by(|a, b| a >= b), || format!("{column:?}"))
        })
        .await?;
        key(page, "Enter").await?;
        page.shows("The impressions most alike").await?;
        what_if_is_a_forward_pass(page).await
    });
}

/// Editing a feature gives each model's own numbers; editing it back takes them away.
async fn what_if_is_a_forward_pass(page: &Page) -> Step {
    let edit = "
        const field = document.querySelectorAll('.row-features input')[arguments[0]];
        field.focus();
        field.value = arguments[1] ?? field.getAttribute('value');
        field.dispatchEvent(new Event('change', { bubbles: true }));
        return field.value;";
    page.script(edit, vec![json!(0), json!("a value that no row has")]).await?;
    page.shows("What if").await?;
    page.shows("No training row has this value").await?;
    let changes = "[...document.querySelectorAll('.row-inspector tbody tr')].map((row) => row.innerText).filter((text) => text.includes('×'))";
    eventually("changed predictions of both models", SOON, || async {
        let changes: Value = page.script(&format!("return {changes};"), vec![]).await?;
        let lines = changes.as_array().cloned().unwrap_or_default();
        ensure(lines.len() >= 4, || format!("{changes}"))?;
        ensure(lines.iter().any(|line| !line.as_str().unwrap_or_default().contains("×1.00")), || format!("{changes}"))
    })
    .await?;
    page.click("As it is").await?;
    eventually("the impression as it is", SOON, || async {
        let changes: Value = page.script(&format!("return {changes};"), vec![]).await?;
        ensure(changes.as_array().is_some_and(Vec::is_empty), || format!("{changes}"))
    })
    .await
}

/// Presses a key on the grid.
async fn key(page: &Page, key: &str) -> Step {
    let body = "
        const grid = document.querySelector('[role=grid]');
        grid.focus();
        grid.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));";
    page.script(body, vec![json!(key)]).await.map(drop)
}

async fn press_head(page: &Page, name: &str) -> Step {
    let body = "
        const head = [...document.querySelectorAll('.rows-table .sort')].find((head) => head.innerText.startsWith(arguments[0]));
        head?.click();
        return Boolean(head);";
    let found = page.script(body, vec![json!(name)]).await?;
    ensure(found == true, || format!("no column {name}"))
}

async fn first_row_is(page: &Page, holds: impl Fn(&str) -> bool) -> Step {
    eventually("the first row in sight", SOON, || async {
        let text = page.script(&format!("return {FIRST_ROW} ?? '';"), vec![]).await?;
        ensure(text.as_str().is_some_and(&holds), || format!("it is {text}"))
    })
    .await
}

async fn says(page: &Page, words: &str) -> Step {
    eventually(words, SOON, || async {
        let text = page.script("return ungrouped(document.querySelector('.view.rows')?.innerText);", vec![]).await?;
        ensure(text.as_str().is_some_and(|text| text.contains(words)), || format!("the view says {text}"))
    })
    .await
}

/// The numbers of a column, from the top.
async fn column_of(page: &Page, name: &str) -> Step<Vec<f64>> {
    let body = "
        const heads = [...document.querySelectorAll('.rows-table th')];
        const at = heads.findIndex((head) => head.innerText.startsWith(arguments[0]));
        return [...document.querySelectorAll('.rows-table tbody tr')].map((row) => Number(ungrouped(row.cells[at].innerText)));";
    let numbers = page.script(body, vec![json!(name)]).await?;
    Ok(numbers.as_array().into_iter().flatten().filter_map(Value::as_f64).collect())
}
