//! The sheet of keys, and the threshold tool by keyboard.

use browser_tests::reading::ungrouped;
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn the_sheet_of_keys_opens_by_question_mark_closes_by_escape_and_gives_the_focus_back() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(2000), &["esmm"]))).await?;
        focus(page, "#tab-story").await?;
        press(page, "?").await?;
        ensure(is_open(page).await?, || "the key ? opens no sheet".to_owned())?;
        press(page, "\u{E00C}").await?;
        ensure(!is_open(page).await?, || "Escape leaves the sheet open".to_owned())?;
        let focused = page.script("return document.activeElement.id;", vec![]).await?;
        ensure(focused == "tab-story", || format!("the focus is at {focused}"))?;
        // In a field a question mark is a question mark.
        focus(page, "input[type=text]").await?;
        press(page, "?").await?;
        ensure(!is_open(page).await?, || "a sheet opens while somebody types".to_owned())?;
        page.click("Keyboard map (?)").await?;
        ensure(is_open(page).await?, || "the button opens no sheet".to_owned())?;
        page.click("Close").await
    });
}

#[test]
fn the_first_stop_of_the_keyboard_leads_past_the_forms() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(2000), &["esmm"]))).await?;
        page.button_is_ready("Train").await?;
        page.script("document.activeElement.blur(); window.getSelection().removeAllRanges();", vec![]).await?;
        press(page, "\u{E004}").await?;
        let first = page.script("return document.activeElement.textContent;", vec![]).await?;
        ensure(first == "To the views", || format!("the first stop is {first}"))?;
        press(page, "\u{E007}").await?;
        let focused = page.script("return document.activeElement.id;", vec![]).await?;
        ensure(focused == "tab-story", || format!("the focus is at {focused}"))
    });
}

#[test]
fn the_question_mark_is_turned_off_and_stays_off() {
    in_browser(Gpu::Absent, async |page| {
        let spec = link(&experiment(small_log(2000), &["esmm"]));
        page.open(&spec).await?;
        page.click("Keyboard map (?)").await?;
        let untick = "const box = document.getElementById('keys-on'); box.click(); return nameOf(box);";
        let name = page.script(untick, vec![]).await?;
        ensure(name == "? opens this sheet", || format!("the box is called {name}"))?;
        page.click("Close").await?;
        page.open(&spec).await?;
        focus(page, "#tab-story").await?;
        press(page, "?").await?;
        ensure(!is_open(page).await?, || "the key ? still opens the sheet".to_owned())?;
        page.click("Keyboard map (?)").await?;
        ensure(is_open(page).await?, || "the button opens no sheet".to_owned())
    });
}

#[test]
fn a_threshold_is_moved_by_keys_and_its_counts_belong_together() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(8000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        spec.seeds = vec![1, 2];
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.turn_to("Metrics").await?;
        page.shows("mean of 2 seeds").await?;
        page.shows("Each at its cheapest").await?;
        // Two models' ROC, precision and losses are a line and a band each.
        let bands =
            page.script("return document.querySelectorAll('main svg path.seed-band[d^=M]').length;", vec![]).await?;
        ensure(bands.as_u64() >= Some(6), || format!("{bands} bands for two models with two seeds"))?;
        focus(page, ".cost-handle").await?;
        press(page, "\u{E014}").await?;
        page.shows("At this threshold").await?;
        let rows = page.table("What the threshold calls").await?;
        ensure(rows.len() == 4, || format!("{} rows for two models with two seeds", rows.len()))?;
        for row in &rows {
            let number = |head: &str| {
                let text = row.get(head).cloned().unwrap_or_default();
                ungrouped(&text).parse::<f64>().map_err(|_| format!("{head} is {text:?}"))
            };
            let (called, found, alarms) = (number("Called")?, number("Found")?, number("False alarms")?);
            ensure(called == found + alarms, || format!("{called} called, {found} found, {alarms} false alarms"))?;
            ensure(number("Cheapest")? <= number("Cost of 1000")? + 1e-9, || format!("{row:?}"))?;
        }
        press(page, "\u{E00C}").await?;
        page.shows("Each at its cheapest").await
    });
}

/// Gives the focus to the first of these that is in sight: one in a closed disclosure takes none.
async fn focus(page: &Page, selector: &str) -> Step {
    let body = "const found = [...document.querySelectorAll(arguments[0])].find((one) => one.checkVisibility());
        found?.focus(); return found !== undefined && document.activeElement === found;";
    let is_there = page.script(body, vec![selector.into()]).await?;
    ensure(is_there == true, || format!("{selector} does not take the focus"))
}

async fn press(page: &Page, key: &str) -> Step {
    let say = |error: thirtyfour::error::WebDriverError| error.to_string();
    page.driver().active_element().await.map_err(say)?.send_keys(key).await.map_err(say)
}

async fn is_open(page: &Page) -> Step<bool> {
    Ok(page.script("return document.getElementById('keys').open;", vec![]).await? == true)
}
