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

#[test]
fn what_a_full_disk_cannot_keep_is_answered_all_the_same() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        let origin = page.script("return location.origin;", vec![]).await?;
        let full = serde_json::json!({ "origin": origin, "quotaSize": 1 });
        let devtools = page.driver().cdp();
        devtools.send_raw("Storage.overrideQuotaForOrigin", full).await.map_err(|error| error.to_string())?;
        let fetch = "
            const address = 'engine_cpu_bg.wasm?for-a-full-disk';
            fetch(address).then(async (answer) => {
              const { byteLength } = await answer.arrayBuffer();
              window.answered = { byteLength, isKept: (await caches.match(address)) !== undefined };
            }).catch((error) => { window.answered = { error: String(error) }; });";
        page.script(fetch, vec![]).await?;
        let answered = page.eventual("window.answered").await?;
        let is_whole = answered["byteLength"].as_u64() > Some(1_000_000);
        ensure(is_whole && answered["isKept"] == false, || format!("the answer is {answered}"))
    });
}
