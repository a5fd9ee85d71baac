//! What happens around a page while its models train, and must not change their numbers.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Browser, Gpu, Page, Setting, Step, ensure, outcome};
use serde_json::json;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SHORT: Duration = Duration::from_secs(4);

/// What is done to a page whose models train.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meanwhile {
    Nothing,
    /// A tab in the background of a phone.
    Frozen,
    /// The computer's clock is set a day back, and then a year on.
    ClockMoved,
}

#[test]
fn frozen_or_with_another_clock_a_run_has_the_numbers_of_one_that_was_left_alone() {
    if Browser::from_environment() != Ok(Browser::Chromium) {
        return;
    }
    let alone = metrics_after(Meanwhile::Nothing);
    for what in [Meanwhile::ClockMoved, Meanwhile::Frozen] {
        assert_eq!(metrics_after(what), alone, "{what:?}");
    }
}

fn metrics_after(what: Meanwhile) -> Vec<f64> {
    let found = outcome(Browser::Chromium, Setting::plain(Gpu::Absent), async |page: &Page| {
        let mut spec = experiment(small_log(4000), &["esmm", "esm2"]);
        spec.training.epochs = Some(40);
        page.before_load("const own = Date.now; window.shift = 0; Date.now = () => own() + window.shift;").await?;
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.status_when("an epoch", MINUTES, |text| text.contains("epoch")).await?;
        happens(page, what).await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)?;
        page.turn_to("Metrics").await?;
        let table = page.metrics().await?;
        let keys = ["auc.ctr", "auc.ctcvr", "logloss.ctr", "logloss.ctcvr"];
        let values = ["ESMM", "ESM²"].iter().flat_map(|model| keys.map(|key| table.value(model, key)));
        values.collect()
    });
    found.unwrap_or_else(|sentence| panic!("{what:?}: {sentence}"))
}

async fn happens(page: &Page, what: Meanwhile) -> Step {
    match what {
        Meanwhile::Nothing => Ok(()),
        Meanwhile::Frozen => {
            page.lifecycle("frozen").await?;
            tokio::time::sleep(SHORT).await;
            page.lifecycle("active").await
        }
        Meanwhile::ClockMoved => {
            for days in [-1, 365] {
                page.script("window.shift = arguments[0];", vec![json!(days * 86_400_000_i64)]).await?;
                tokio::time::sleep(SHORT / 4).await;
            }
            Ok(())
        }
    }
}
