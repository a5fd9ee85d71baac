//! Other ways in than a chosen file: pasted text, the gallery, Parquet; and the way out of a big one.

use browser_tests::reading::ungrouped;
use browser_tests::specs::{experiment, link, log_without_truth, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser, parquet_log};
use esmm_playground::domain::log::gzip;
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

#[test]
fn text_pasted_anywhere_or_in_the_field_is_a_log() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        let paste = "
            const data = new DataTransfer();
            data.setData('text/plain', arguments[0]);
            const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
            (arguments[1] ? find('textbox', arguments[1]) : document.body).dispatchEvent(event);
            return event.defaultPrevented;";
        let tabs = log_without_truth(&small_log(250)).replace(',', "\t");
        let taken = page.script(paste, vec![json!(tabs)]).await?;
        ensure(taken == true, || "the page did not take the text".to_owned())?;
        is_loaded(page, "250 impressions").await?;

        // In a field it stays the field's.
        page.click("Paste").await?;
        let text = log_without_truth(&small_log(120));
        let taken = page.script(paste, vec![json!(text), json!("Rows, with a header line")]).await?;
        ensure(taken == false, || "the page took what was pasted into a field".to_owned())?;
        let typed = "
            const field = find('textbox', 'Rows, with a header line');
            field.value = arguments[0];
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        page.script(typed, vec![json!(text)]).await?;
        page.click("Open pasted text").await?;
        is_loaded(page, "120 impressions").await
    });
}

#[test]
fn the_gallery_opens_logs_of_other_layouts_and_draws_presets() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        page.click("Gallery").await?;
        page.shows("Searches, categorical and numerical columns").await?;
        page.click("AliExpress").await?;
        is_loaded(page, "1000 impressions").await?;
        page.shows("search.csv").await?;
        ensure(page.chosen("Role of search_id").await? == "group", || "search_id is no group".to_owned())?;
        page.click("Ali-CCP").await?;
        page.shows("numbered.csv").await?;
        eventually("purchase as the label", SOON, || async {
            let role = page.chosen("Role of purchase").await?;
            ensure(role == "conversion label", || format!("it is {role:?}"))
        })
        .await?;
        page.click("Late conversions").await?;
        page.status_when("20 000 impressions", SOON, |text| ungrouped(text).contains("20000")).await?;
        page.turn_to("Data").await?;
        eventually("conversion_time as a time", SOON, || async {
            let role = page.chosen("Role of conversion_time").await?;
            ensure(role == "conversion time", || format!("it is {role:?}"))
        })
        .await
    });
}

#[test]
fn a_dropped_parquet_file_is_read_gzipped_too() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esmm"]))).await?;
        for (name, rows, is_packed) in [("log.parquet", 400, false), ("log.parquet.gz", 600, true)] {
            let bytes = parquet_log(rows);
            page.drop_bytes(name, &if is_packed { gzip(&bytes) } else { bytes }).await?;
            is_loaded(page, &format!("{rows} impressions")).await?;
            page.shows(name).await?;
            ensure(page.chosen("Role of price").await? == "number", || "the price is no number".to_owned())?;
        }
        Ok(())
    });
}

#[test]
fn a_big_file_is_left_be_at_once() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(300), &["esmm"]))).await?;
        page.status_when("300 impressions", SOON, |text| text.contains("300 impressions")).await?;
        // About 50 MB, of which no two rows are alike.
        let drop_big = "
            const parts = ['click,conversion,user,price\\n'];
            for (let start = 0; start < 1600000; start += 20000) {
              let part = '';
              for (let i = start; i < start + 20000; i++) {
                part += `${i % 7 === 0 ? 1 : 0},${i % 49 === 0 ? 1 : 0},user_${i},${(i * 7919 % 100003) / 7}\\n`;
              }
              parts.push(part);
            }
            const transfer = new DataTransfer();
            const file = new File(parts, 'big.csv');
            transfer.items.add(file);
            document.querySelector('main').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
            return file.size;";
        let size = page.script(drop_big, vec![]).await?;
        ensure(size.as_f64().is_some_and(|size| size > 45e6), || format!("{size} bytes"))?;
        page.shows("Reading big.csv").await?;
        page.button_is_ready("Cancel").await?;
        let leave = "
            const start = performance.now();
            find('button', 'Cancel').click();
            return new Promise((resolve) => {
              const look = () => (find('button', 'Cancel') ? setTimeout(look, 5) : resolve(performance.now() - start));
              look();
            });";
        let waited = page.script(leave, vec![]).await?;
        ensure(waited.as_f64().is_some_and(|waited| waited < 500.0), || format!("it took {waited} ms"))?;
        page.status_when("the log of before", SOON, |text| text.contains("300 impressions")).await?;
        // The page goes on at once, and nothing comes of the big file later.
        page.drop_log("small.csv", &log_without_truth(&small_log(150))).await?;
        is_loaded(page, "150 impressions").await?;
        page.shows("small.csv").await
    });
}

/// Waits until the Data view is of a log that says these words.
async fn is_loaded(page: &Page, words: &str) -> Step {
    eventually(words, SOON, || async {
        let body = "return ungrouped(document.querySelector('.view.data')?.innerText);";
        let text = page.script(body, vec![]).await?;
        ensure(text.as_str().is_some_and(|text| text.contains(words)), || format!("the view says {text}"))
    })
    .await
}
