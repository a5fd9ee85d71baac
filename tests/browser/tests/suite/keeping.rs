//! What outlasts a reload, what does not, and the recording that the page opens with.

use browser_tests::reading::{choose, ungrouped};
use browser_tests::specs::{experiment, file, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use serde_json::Value;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(60);

/// The record of this tab, once it holds runs of about this many bytes.
const RECORD: &str = "
    const tab = sessionStorage.getItem('esmm-tab');
    return new Promise((resolve) => {
      const asked = indexedDB.open('esmm-playground ' + new URL('./', document.baseURI).pathname, 1);
      asked.onsuccess = () => {
        if (!asked.result.objectStoreNames.contains('tabs')) { asked.result.close(); return resolve(null); }
        const read = asked.result.transaction('tabs').objectStore('tabs').get(tab);
        read.onsuccess = () => { asked.result.close(); resolve(read.result ? [read.result.bytes.length, read.result.files.length > 0] : null); };
      };
      asked.onerror = () => resolve(null);
    });";

#[test]
fn runs_survive_a_reload_and_are_deleted_with_everything() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.turn_to("Metrics").await?;
        let before = page.metrics().await?.value("ESMM", "auc.ctr")?;
        let predictions = predictions_of_esmm(page).await?;
        weights_are_kept(page, 2).await?;
        reload(page).await?;
        page.turn_to("Metrics").await?;
        let after = page.metrics().await?.value("ESMM", "auc.ctr")?;
        ensure(before == after, || format!("{before} before the reload, {after} after it"))?;
        // The log is drawn again, the models have their weights again and answer as before.
        eventually("the models", MINUTES, || async {
            let body = "return document.querySelector('.provenance').hidden;";
            ensure(page.script(body, vec![]).await? == true, || "they are not back".to_owned())
        })
        .await?;
        let again = predictions_of_esmm(page).await?;
        ensure(predictions == again, || "a model predicts otherwise after the reload".to_owned())?;
        page.turn_to("Tree").await?;
        choose(page, "[role=tabpanel]", "A slice").await?;
        page.shows("Value (held-out impressions)").await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        unfold_kept(page).await?;
        page.click("Delete everything").await?;
        page.shows("Deleted: runs").await?;
        let left = page
            .script(
                "return Promise.all([caches.keys(), indexedDB.databases(), Object.keys(localStorage)])
                   .then(([a, b, c]) => [...a, ...b.map((base) => base.name), ...c]);",
                vec![],
            )
            .await?;
        ensure(left.as_array().is_some_and(Vec::is_empty), || format!("left: {left}"))?;
        reload(page).await?;
        page.turn_to("Metrics").await?;
        page.shows("Once models are trained").await
    });
}

#[test]
fn a_log_is_kept_only_when_the_reader_says_so() {
    in_browser(Gpu::Absent, async |page| {
        let csv = browser_tests::specs::log_without_truth(&small_log(800));
        page.open("").await?;
        page.choose_log(&file("mine.csv", csv.as_bytes())).await?;
        page.shows("mine.csv").await?;
        let kept = is_kept(page, 100).await?;
        ensure(kept == [false], || "the file is kept unasked".to_owned())?;
        reload(page).await?;
        let alert = page.alert().await?;
        ensure(alert.contains("mine.csv") && alert.contains("not the file itself"), || alert.clone())?;
        page.choose_log(&file("mine.csv", csv.as_bytes())).await?;
        page.button_is_ready("Train").await?;
        unfold_kept(page).await?;
        let tick = "
            const box = [...document.querySelectorAll('input[type=checkbox]')].find((box) => nameOf(box) === 'Keep my log’s file too');
            box?.click();
            return box?.checked ?? null;";
        ensure(page.script(tick, vec![]).await? == true, || "nothing lets the file be kept".to_owned())?;
        eventually("the file is kept", SOON, || async {
            ensure(is_kept(page, 100).await? == [true], || "it is not".to_owned())
        })
        .await?;
        reload(page).await?;
        page.button_is_ready("Train").await
    });
}

#[test]
fn what_was_kept_and_is_damaged_is_left_aside_in_a_sentence() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        let parts = [
            (8, "it is damaged", "as if nothing had been kept"),
            (4, "it is of version", "The experiment is as it was"),
        ];
        for (at, says, and) in parts {
            is_kept(page, 1000).await?;
            // One that was bent before is still there until the page keeps its next.
            let bend = in_store(&format!(
                "if (record.isBent) {{ asked.result.close(); return resolve(null); }} record.isBent = true; record.bytes[{at}] ^= 64;"
            ));
            eventually("a record of the page's own", SOON, || async {
                let bent = page.script(&bend, vec![]).await?;
                ensure(!bent.is_null(), || "the one that is there was bent before".to_owned())
            })
            .await?;
            reload(page).await?;
            let alert = page.alert().await?;
            ensure(alert.contains(says) && alert.contains(and), || alert.clone())?;
            page.click("Train").await?;
            page.training_is_done(MINUTES).await?;
        }
        Ok(())
    });
}

#[test]
fn weights_that_are_damaged_leave_the_run_on_view() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        weights_are_kept(page, 1).await?;
        page.script(&in_store("record.weights = [new File(['no weights'], 'esmm-1')];"), vec![]).await?;
        reload(page).await?;
        page.status_when("the run as it was kept", SOON, |text| text.starts_with("Kept")).await?;
        page.turn_to("Metrics").await?;
        page.metrics().await?.value("ESMM", "auc.ctr")?;
        page.click("Train").await?;
        let done = page.training_is_done(MINUTES).await?;
        ensure(done.contains("trained"), || done)
    });
}

#[test]
fn a_run_that_is_reloaded_goes_on_to_the_numbers_of_one_that_was_not() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(8000), &["esmm"]);
        (spec.training.epochs, spec.training.batch_size) = (Some(600), Some(32));
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        let values = async || -> Step<Vec<f64>> {
            page.turn_to("Metrics").await?;
            let metrics = page.metrics().await?;
            ["auc.ctr", "logloss.ctcvr", "bias.cvr_entire_space"]
                .into_iter()
                .map(|key| metrics.value("ESMM", key))
                .collect()
        };
        let whole = values().await?;
        page.click("Train").await?;
        // A snapshot begins with a byte that says that it is a network's, and its step; this one is later than what a run that begins again tells first.
        let step = in_store(
            "return record.weights[0]?.name === 'snapshot' ? resolve(record.weights[0].arrayBuffer().then((bytes) => {
            let step = 0;
            for (const [place, byte] of new Uint8Array(bytes, 1).entries()) {
              step += (byte & 127) * 2 ** (7 * place);
              if (byte < 128) return step;
            }
          })) : resolve(0);",
        );
        let kept = eventually("a snapshot", MINUTES, || async {
            let kept = page.script(&step, vec![]).await?.as_u64().unwrap_or_default();
            ensure(kept > 10_000, || format!("the snapshot is of step {kept}")).map(|()| kept)
        })
        .await?;
        reload(page).await?;
        let epoch = |text: &str| ungrouped(text).split("epoch ").nth(1)?.split(' ').next()?.parse::<u64>().ok();
        let status = page.status_when("the run goes on", SOON, |text| epoch(text).is_some()).await?;
        let steps_an_epoch = 6_000u64.div_ceil(32);
        let expected = kept / steps_an_epoch;
        ensure(epoch(&status).is_some_and(|epoch| epoch >= expected), || format!("from {expected}: {status}"))?;
        page.shows("go on where they were").await?;
        page.training_is_done(MINUTES).await?;
        let after = values().await?;
        ensure(whole == after, || format!("{whole:?} without a reload, {after:?} with one"))
    });
}

#[test]
fn two_tabs_keep_their_own() {
    in_browser(Gpu::Absent, async |page| {
        let say = |error: thirtyfour::error::WebDriverError| error.to_string();
        let of = |model: &str| {
            let mut spec = experiment(small_log(2000), &[model]);
            spec.training.epochs = Some(1);
            link(&spec)
        };
        let mut tabs = Vec::new();
        for (index, model) in ["esmm", "naive"].into_iter().enumerate() {
            if index > 0 {
                page.driver().new_tab().await.map(drop).map_err(say)?;
                let newest = page.driver().windows().await.map_err(say)?.pop().ok_or("no second tab")?;
                page.driver().switch_to_window(newest).await.map_err(say)?;
            }
            page.open(&of(model)).await?;
            page.click("Train").await?;
            page.training_is_done(MINUTES).await?;
            is_kept(page, 1000).await?;
            tabs.push(page.driver().window().await.map_err(say)?);
        }
        for (tab, model) in tabs.into_iter().zip(["ESMM", "naive CVR"]) {
            page.driver().switch_to_window(tab).await.map_err(say)?;
            reload(page).await?;
            let is_back = |text: &str| text.starts_with("Kept") || text.starts_with("Done");
            page.status_when("what was kept", SOON, is_back).await?;
            page.turn_to("Metrics").await?;
            page.metrics().await?.value(model, "auc.ctr")?;
        }
        Ok(())
    });
}

#[test]
fn a_recording_plays_until_the_engine_is_there_and_a_live_run_takes_over() {
    in_browser(Gpu::Absent, async |page| {
        page.before_load(
            // The engine is heard three seconds late, as if it had a long way to come.
            "Object.defineProperty(Worker.prototype, 'onmessage', { set(hear) {
               this.addEventListener('message', (event) =>
                 setTimeout(() => hear?.call(this, event), Math.max(0, 3000 - performance.now())));
             } });
             globalThis.heard = [];
             new MutationObserver(() => {
               const note = document.querySelector('.provenance:not([hidden])')?.textContent;
               if (note && !heard.includes(note)) heard.push(note);
             }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });",
        )
        .await?;
        open_bare(page).await?;
        // The reader's button says Train all along.
        page.button_is_ready("Train").await?;
        page.status_when("Training", MINUTES, |text| text.starts_with("Training")).await?;
        page.button_is_ready("Train").await?;
        page.training_is_done(MINUTES).await?;
        let heard = page.script("return heard;", vec![]).await?;
        let heard = heard.as_array().cloned().unwrap_or_default();
        let is_recorded = |note: &Value| note.as_str().is_some_and(|note| note.starts_with("Recorded"));
        ensure(heard.iter().any(is_recorded), || format!("no recording was on view: {heard:?}"))?;
        let now =
            page.script("return document.querySelector('.provenance:not([hidden])')?.textContent ?? null;", vec![]);
        let now = now.await?;
        ensure(now.is_null(), || format!("{now} is still on view"))
    });
}

#[test]
fn under_reduced_motion_the_recording_stands_at_its_end_and_nothing_starts() {
    in_browser(Gpu::Absent, async |page| {
        let media = serde_json::json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        page.driver().cdp().send_raw("Emulation.setEmulatedMedia", media).await.map_err(|error| error.to_string())?;
        open_bare(page).await?;
        page.shows("Recorded: our lab trained this experiment").await?;
        page.button_is_ready("Train").await?;
        let time = page.script("return document.querySelector('.time-said')?.textContent ?? null;", vec![]).await?;
        ensure(time.as_str().is_some_and(|time| time.starts_with("now")), || format!("the time is {time}"))?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await.map(drop)
    });
}

/// Opens the page as a reader who follows no link.
async fn open_bare(page: &Page) -> Step {
    page.driver().goto("about:blank").await.map_err(|error| error.to_string())?;
    page.driver().goto(page.address()).await.map_err(|error| error.to_string())
}

async fn reload(page: &Page) -> Step {
    page.driver().refresh().await.map_err(|error| error.to_string())?;
    page.eventual("document.querySelector('[role=tab]')?.id").await.map(drop)
}

/// A script that changes the tab's `record` and puts it back.
fn in_store(change: &str) -> String {
    format!(
        "const tab = sessionStorage.getItem('esmm-tab');
         return new Promise((resolve) => {{
           const asked = indexedDB.open('esmm-playground ' + new URL('./', document.baseURI).pathname, 1);
           asked.onsuccess = () => {{
             const store = asked.result.transaction('tabs', 'readwrite').objectStore('tabs');
             store.get(tab).onsuccess = (event) => {{
               const record = event.target.result;
               if (!record) {{ asked.result.close(); return resolve(null); }}
               {change}
               store.put(record, tab).onsuccess = () => {{ asked.result.close(); resolve(record.weights.filter(Boolean).length); }};
             }};
           }};
         }});"
    )
}

/// Waits until so many runs are kept with their weights.
async fn weights_are_kept(page: &Page, runs: u64) -> Step {
    eventually("the weights", SOON, || async {
        let kept = page.script(&in_store(""), vec![]).await?;
        ensure(kept.as_u64() == Some(runs), || format!("{kept} runs have theirs"))
    })
    .await
}

/// The file of predictions that the page saves.
async fn predictions_of_esmm(page: &Page) -> Step<String> {
    page.keep_files().await?;
    page.click("Export").await?;
    page.click("Predictions of ESMM").await?;
    page.shows("esmm-1.predictions.csv saved").await?;
    let file = page.kept("esmm-1.predictions.csv").await?;
    page.click("Export").await?;
    Ok(file)
}

/// Waits until the tab's record holds at least this many bytes; whether a file is among them.
async fn is_kept(page: &Page, bytes: u64) -> Step<[bool; 1]> {
    eventually("the tab's record", SOON, || async {
        let record = page.script(RECORD, vec![]).await?;
        let has = record.get(0).and_then(Value::as_u64).is_some_and(|length| length >= bytes);
        ensure(has, || format!("it is {record}"))?;
        Ok([record[1] == true])
    })
    .await
}

async fn unfold_kept(page: &Page) -> Step {
    page.click("Kept in this browser").await
}
