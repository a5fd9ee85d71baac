//! The page without a network, after the first visit.

use browser_tests::reading::metrics_have;
use browser_tests::specs::{link, tiny_experiment};
use browser_tests::{Fault, Gpu, ensure, in_browser, parquet_log};
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
fn under_the_headers_of_a_host_the_page_is_kept_and_trains_without_a_network() {
    in_browser(Gpu::Absent, async |page| {
        page.site().send_headers();
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        page.site().take_down();
        page.open(&link(&tiny_experiment(&["esmm"]))).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await.map(drop)
    });
}

#[test]
fn of_a_build_with_another_byte_nothing_is_kept() {
    in_browser(Gpu::Absent, async |page| {
        let files = page.site().files()?;
        let view = files.iter().find(|name| name.contains("split_views")).ok_or("dist/ has no part of the views")?;
        page.site().spoil(view, Fault::Changed);
        page.before_load(
            "
            const register = ServiceWorkerContainer.prototype.register;
            ServiceWorkerContainer.prototype.register = async function (...given) {
              const registration = await register.apply(this, given);
              const worker = registration.installing;
              worker.addEventListener('statechange', () => { window.installed = worker.state; });
              return registration;
            };",
        )
        .await?;
        page.open("").await?;
        let state = page.eventual("window.installed").await?;
        ensure(state == "redundant", || format!("the worker is {state}"))
    });
}

#[test]
fn a_page_that_is_open_while_another_build_is_put_up_keeps_its_own_to_the_end() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        page.site().deploy("sw.js", |text| {
            // None of the files that this build is made of.
            let text = text.replacen("const BUILD = \"", "const BUILD = \"0", 1);
            text.replacen("const FILES = [", "const FILES = [\"./\"], EARLIER = [", 1)
        })?;
        let update = "
            navigator.serviceWorker.ready.then((registration) => { window.registration = registration; return registration.update(); });";
        page.script(update, vec![]).await?;
        page.eventual("window.registration?.waiting?.state").await?;
        // Of the build before nothing is on the server any more: its views come from what it has kept.
        page.site().take_down();
        for view in ["Metrics", "Tree", "Data", "Rows"] {
            page.turn_to(view).await?;
        }
        let lost = page.script("return document.body.innerText.includes('could not be loaded');", vec![]).await?;
        ensure(lost == false, || "a part is lost".to_owned())
    });
}

#[test]
fn a_newer_build_is_offered_and_comes_when_it_is_wanted() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        let is_offered = "(document.getElementById('newer').hidden ? null : true)";
        let update = "
            window.before = true;
            navigator.serviceWorker.ready.then((registration) => registration.update());";
        // The page's own build, met anew: nothing to offer.
        page.site().deploy("sw.js", |text| format!("{text}\n// the same build"))?;
        page.script(update, vec![]).await?;
        page.eventual("navigator.serviceWorker.getRegistration().then((one) => one.waiting?.state)").await?;
        let offered = page.script("return !document.getElementById('newer').hidden;", vec![]).await?;
        ensure(offered == false, || "the page's own build is offered to it".to_owned())?;
        page.site().deploy("sw.js", |text| text.replacen("const BUILD = \"", "const BUILD = \"0", 1))?;
        page.script(update, vec![]).await?;
        page.eventual(is_offered).await?;
        page.click("Reload with it").await?;
        page.eventual("(window.before === undefined ? true : null)").await?;
        page.button_is_ready("Train").await?;
        let names = "return caches.keys().then((names) => names.filter((name) => / 0[0-9a-f]+$/.test(name)).length);";
        let kept = page.script(names, vec![]).await?;
        ensure(kept == 1, || format!("{kept} caches of the newer build"))
    });
}

#[test]
fn two_deployments_on_one_origin_keep_their_own() {
    in_browser(Gpu::Absent, async |page| {
        let goto = async |address: String| page.driver().goto(address).await.map_err(|error| error.to_string());
        let kept = "navigator.serviceWorker.controller?.state";
        page.open("").await?;
        page.eventual(kept).await?;
        goto(page.site().other_address()).await?;
        page.eventual(kept).await?;
        let names = "return caches.keys().then((names) => names.length);";
        let caches = page.script(names, vec![]).await?;
        ensure(caches == 2, || format!("{caches} caches"))?;
        page.site().take_down();
        for address in [page.address().to_owned(), page.site().other_address()] {
            goto(address).await?;
            page.button_is_ready("Train").await?;
        }
        Ok(())
    });
}

#[test]
fn a_parquet_file_is_read_without_a_network() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        page.site().take_down();
        page.drop_bytes("log.parquet", &parquet_log(400)).await?;
        page.shows("400 impressions").await
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
