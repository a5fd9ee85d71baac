//! The page starts, whatever file is late, lost or spoiled on its way; or it says so, with a button that helps.

use browser_tests::{Fault, Gpu, Page, Step, ensure, eventually, in_browser, parquet_log};
use esmm_playground::domain::random::Stream;
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(40);
/// Files that the opening does not ask for, in a Chromium without WebGPU and with relaxed SIMD; and the document itself, without
/// which there is nothing to say anything.
const NOT_ASKED_FOR: [&str; 8] =
    ["index.html", "_headers", "engine_gpu", "reader_parquet", "engine_cpu_bg", "_data", "_views", "_exports"];

/// How the page stands.
#[derive(Debug, PartialEq)]
enum Start {
    /// Train can be pressed, on a log.
    Works,
    /// A sentence, and a button beside it.
    Says(String),
}

#[test]
fn every_file_may_be_late() {
    each(vec![Fault::Late(Duration::from_millis(700))], async |page, name, _| {
        let start = stands(page, "").await?;
        ensure(start == Start::Works, || format!("{name} is late: {start:?}"))
    });
}

#[test]
fn of_every_file_that_is_lost_or_spoiled_the_page_says_so_or_works_and_its_button_helps() {
    each(vec![Fault::Missing, Fault::Refused, Fault::Cut, Fault::Changed], async |page, name, fault| {
        let start = stands(page, name).await.map_err(|error| format!("{name}, {fault:?}: {error}"))?;
        if fault == Fault::Changed && is_run(page, name).await? {
            let has_not_arrived = matches!(&start, Start::Says(sentence) if sentence.contains("arrived"));
            ensure(has_not_arrived, || format!("{name} has another byte: {start:?}"))?;
        }
        page.site().mend();
        recovers(page, &start, &format!("{name}, {fault:?}")).await
    });
}

/// `ESMM_PAIRS` and `ESMM_SEED` make it longer, and another one.
#[test]
fn of_two_files_that_are_late_or_lost_at_once_the_page_says_so_or_works_and_its_button_helps() {
    in_browser(Gpu::Absent, async move |page| {
        page.before_load("delete Navigator.prototype.serviceWorker;").await?;
        for pair in pairs(page)? {
            forget_visit(page).await?;
            spoil(page, &pair);
            page.driver().goto(page.address()).await.map_err(|error| error.to_string())?;
            let is_lost = |(_, fault): &&(String, Fault)| !matches!(fault, Fault::Late(_));
            let lost: Vec<&str> = pair.iter().filter(is_lost).map(|(name, _)| name.as_str()).collect();
            let engine = lost.iter().find(|name| name.starts_with("engine_")).copied().unwrap_or_default();
            let start = stands(page, engine).await.map_err(|error| format!("{pair:?}: {error}"))?;
            ensure(!lost.is_empty() || start == Start::Works, || format!("{pair:?} are late: {start:?}"))?;
            page.site().mend();
            recovers(page, &start, &format!("{pair:?}")).await?;
        }
        Ok(())
    });
}

#[test]
fn on_later_visits_two_files_that_are_late_or_lost_are_those_that_were_kept() {
    in_browser(Gpu::Absent, async move |page| {
        page.open("").await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        for pair in pairs(page)? {
            page.open_empty().await?;
            spoil(page, &pair);
            page.driver().goto(page.address()).await.map_err(|error| error.to_string())?;
            let start = stands(page, "").await.map_err(|error| format!("{pair:?}: {error}"))?;
            ensure(start == Start::Works, || format!("{pair:?}: {start:?}"))?;
            page.site().mend();
        }
        Ok(())
    });
}

/// Two files that the opening asks for, each with a fault, again and again.
fn pairs(page: &Page) -> Step<Vec<[(String, Fault); 2]>> {
    const FAULTS: [Fault; 6] = [
        Fault::Late(Duration::from_millis(250)),
        Fault::Late(Duration::from_millis(900)),
        Fault::Missing,
        Fault::Refused,
        Fault::Cut,
        Fault::Changed,
    ];
    let set = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (count, seed) = (set("ESMM_PAIRS").unwrap_or(16), set("ESMM_SEED").unwrap_or(1));
    let mut random = Stream::new(seed, 1);
    let files = page.site().files()?;
    let asked: Vec<String> =
        files.into_iter().filter(|name| !NOT_ASKED_FOR.iter().any(|other| name.contains(other))).collect();
    let pair = |_| {
        let first = random.below(asked.len() as u64) as usize;
        let second = (first + 1 + random.below(asked.len() as u64 - 1) as usize) % asked.len();
        [first, second].map(|file| (asked[file].clone(), FAULTS[random.below(FAULTS.len() as u64) as usize]))
    };
    Ok((0..count).map(pair).collect())
}

fn spoil(page: &Page, pair: &[(String, Fault); 2]) {
    pair.iter().for_each(|(name, fault)| page.site().spoil(name, *fault));
}

/// With every file as it is again, the button that the page offers makes it work.
async fn recovers(page: &Page, start: &Start, which: &str) -> Step {
    let Start::Says(sentence) = start else { return Ok(()) };
    page.script(
        "const button = [...document.querySelectorAll('[role=alert] button, .alert button')].find((one) => one.offsetParent);
         (button ?? [...document.querySelectorAll('button')].find((one) => nameOf(one) === 'Train')).click();",
        vec![],
    )
    .await?;
    eventually("the page works", PATIENCE, || async {
        let start = look(page).await?;
        ensure(start == Some(Start::Works), || format!("{which}, said {sentence:?}; now {start:?}"))
    })
    .await
}

/// Opens the page anew with each fault of each file.
fn each(faults: Vec<Fault>, then: impl AsyncFn(&Page, &str, Fault) -> Step + Send + Sync + 'static) {
    in_browser(Gpu::Absent, async move |page| {
        page.before_load("delete Navigator.prototype.serviceWorker;").await?;
        for name in page.site().files()? {
            if NOT_ASKED_FOR.iter().any(|other| name.contains(other)) {
                continue;
            }
            for fault in &faults {
                forget_visit(page).await?;
                page.site().spoil(&name, *fault);
                page.driver().goto(page.address()).await.map_err(|error| error.to_string())?;
                then(page, &name, *fault).await?;
                page.site().mend();
            }
        }
        Ok(())
    });
}

/// Whether the file is a script or a module that the opening asks for: an engine's is asked for in its worker.
async fn is_run(page: &Page, name: &str) -> Step<bool> {
    let body = "return performance.getEntriesByType('resource').some((one) => one.name.includes(arguments[0]));";
    let is_asked_for = page.script(body, vec![Value::from(name)]).await? == true;
    let runs = name.ends_with(".js") || name.ends_with(".wasm");
    Ok(runs && name != "sw.js" && (is_asked_for || name.starts_with("engine_")))
}

/// Leaves the page, and nothing of it behind.
async fn forget_visit(page: &Page) -> Step {
    page.open_empty().await?;
    let origin = page.script("sessionStorage.clear(); return location.origin;", vec![]).await?;
    let devtools = page.driver().cdp();
    let all = serde_json::json!({ "origin": origin, "storageTypes": "all" });
    devtools.send_raw("Storage.clearDataForOrigin", all).await.map_err(|error| error.to_string())?;
    let nothing = serde_json::json!({});
    devtools.send_raw("Network.clearBrowserCache", nothing).await.map(drop).map_err(|error| error.to_string())
}

/// How the page stands when `lost` does not come. Without an engine the recording plays: the page seems to work until it is said.
async fn stands(page: &Page, lost: &str) -> Step<Start> {
    eventually("the page works or says why not", PATIENCE, || async {
        let start = look(page).await?.ok_or_else(|| "it does neither".to_owned())?;
        ensure(!lost.starts_with("engine_") || start != Start::Works, || "it does not say so".to_owned())?;
        Ok(start)
    })
    .await
}

async fn look(page: &Page) -> Step<Option<Start>> {
    let body = "
        const seen = (one) => one.offsetParent !== null;
        const alert = [...document.querySelectorAll('[role=alert], .alert')].find((one) => seen(one) && tidy(one.innerText));
        const train = [...document.querySelectorAll('button')].find((one) => seen(one) && ['Train', 'Pause'].includes(nameOf(one)));
        const works = Boolean(train) && !train.disabled && !alert && /impressions/.test(document.body.innerText);
        const helps = [...alert?.querySelectorAll('button') ?? []].some(seen) || (train && !train.disabled);
        return [works, alert && helps ? tidy(alert.innerText) : null];";
    let found = page.script(body, vec![]).await?;
    Ok(match (&found[0], &found[1]) {
        (Value::Bool(true), _) => Some(Start::Works),
        (_, Value::String(sentence)) => Some(Start::Says(sentence.clone())),
        _ => None,
    })
}

#[test]
fn a_view_an_engine_and_a_reader_with_another_byte_do_not_run_either() {
    in_browser(Gpu::Absent, async |page| {
        let files = page.site().files()?;
        let named = |part: &str| {
            let found = files.iter().find(|name| name.contains(part) && name.ends_with(".wasm"));
            found.cloned().ok_or_else(|| format!("dist/ has no {part}"))
        };
        page.before_load("delete Navigator.prototype.serviceWorker;").await?;
        page.site().spoil(&named("split_views")?, Fault::Changed);
        page.open("").await?;
        page.turn_to("Metrics").await?;
        page.shows("This part of the page could not be loaded").await?;
        page.site().mend();
        page.click("Try again").await?;
        page.shows("Metrics").await?;
        page.site().spoil(&named("reader_parquet")?, Fault::Changed);
        page.drop_bytes("log.parquet", &parquet_log(400)).await?;
        page.shows("have not arrived").await
    });
}
