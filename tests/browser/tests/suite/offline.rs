//! The page without a network, after the first visit.

use browser_tests::reading::metrics_have;
use browser_tests::specs::{link, tiny_experiment};
use browser_tests::{Gpu, ensure, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn after_the_first_visit_the_page_trains_without_a_network() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        let keep = "navigator.serviceWorker.ready.then(() => { window.isKept = true; });";
        page.script(keep, vec![]).await?;
        page.eventual("window.isKept").await?;
        page.site().take_down();
        page.open(&link(&tiny_experiment(&["esmm"]))).await?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(!done.contains("failed"), || done)?;
        metrics_have(page, &["ESMM"], "auc.ctr", (0.0, 1.0)).await
    });
}
