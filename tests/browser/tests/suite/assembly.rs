//! Tables that become rows: dropped together, changed by keyboard, undone, trained on and taken away.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use esmm_playground::domain::assembly::{Assembler, ReadFile};
use esmm_playground::domain::log::{ReadOptions, read_table, write_csv};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(180);

/// Views of 60 users, every third followed by a cart and every sixth by a purchase; some events of another kind.
fn events() -> String {
    let mut text = "user_id,item_id,hour,event,ts\n".to_owned();
    for at in 0..1200_usize {
        let who = format!("u{},i{},{}", at % 60, at % 37, at % 24);
        let mut line =
            |kind: &str, later: usize| text += &format!("{who},{kind},{}\n", 1_700_000_000 + 1000 * at + later);
        line("view", 0);
        if at % 3 == 0 {
            line("cart", 60);
        }
        if at % 6 == 0 {
            line("purchase", 600);
        }
        if at % 100 == 0 {
            line("share", 5);
        }
    }
    text
}

fn items() -> String {
    let rows = (0..37).map(|item| format!("i{item},b{}\n", item % 5));
    format!("item_id,brand\n{}", rows.collect::<String>())
}

/// The rows as the library assembles them.
fn rows() -> String {
    let file = |name: &str, text: String| {
        let read = read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's table reads");
        ReadFile { name: name.into(), read, unrolled: None }
    };
    let mut assembler = Assembler::new(vec![file("events", events()), file("items", items())], None, None);
    while assembler.step() {}
    let rows = assembler.rows().map(|rows| write_csv(&rows.table)).expect("rows");
    String::from_utf8(rows).expect("text")
}

#[test]
fn tables_that_are_dropped_together_become_rows_that_are_changed_undone_and_trained_on() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(100), &["esm2"]))).await?;
        page.drop_files(&[("items.csv", &items()), ("events.csv", &events())]).await?;
        page.shows("From tables to rows").await?;
        page.shows("1. events to rows").await?;
        page.shows("2. columns from a table: items").await?;
        says(page, "The log: 1200 rows").await?;
        page.shows("of other words").await?;

        // The same rows as elsewhere, to the byte.
        page.keep_files().await?;
        page.click("Export").await?;
        page.click("Log (CSV)").await?;
        let exported = page.kept("impressions.csv").await?;
        ensure(exported == rows(), || format!("{} bytes are not the library's {}", exported.len(), rows().len()))?;

        // Purchases are left aside: the step says so, and the log has no conversion any more.
        page.click("Change step 1").await?;
        page.choose_option("purchase", "left aside").await?;
        page.shows("changed the step “events to rows”").await?;
        says(page, "212 events of other words").await?;
        page.click("Undo the last change").await?;
        says(page, "12 events of other words").await?;

        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)
    });
}

async fn says(page: &Page, words: &str) -> Step {
    eventually(words, MINUTES, || async {
        let text = page.script("return tidy(document.querySelector('main').textContent);", vec![]).await?;
        let text = browser_tests::reading::ungrouped(text.as_str().unwrap_or_default());
        ensure(text.contains(words), || text)
    })
    .await
}
