//! A page that is used, and mistreated, for long: what it holds stays, and does not grow.
//!
//! `ESMM_CYCLES` and `ESMM_SEED` make it longer, and another one.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser, page_memory};
use esmm_playground::domain::random::Stream;
use std::io::Write as _;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(20);
/// Cycles between two looks at what is held, of many.
const LOOK: u64 = 50;
/// Bytes that the page's processes may hold more than after the first looks: a browser clears up when it likes. One engine that is
/// not given back in ten cycles is more.
const SLACK: u64 = 256 << 20;
const VIEWS: [&str; 6] = ["Story", "Tree", "Towers", "Metrics", "Rows", "Data"];

/// Which engines live, and what nobody has caught, from before the page's own scripts on.
const WATCH: &str = "
    const Native = Worker;
    window.engines = new Set();
    window.Worker = class extends Native {
      constructor(...given) { super(...given); engines.add(this); }
      terminate() { super.terminate(); engines.delete(this); }
    };
    window.uncaught = [];
    addEventListener('error', ({ message }) => message && uncaught.push(message));
    addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)));";

/// What may happen to a page.
#[derive(Debug, Clone, Copy)]
enum Act {
    Train,
    Stop,
    Reload,
    /// An engine ends in silence.
    Kill,
    Deploy,
    /// A reload without a network.
    Offline,
    Turn(&'static str),
}

#[test]
fn a_page_that_is_used_for_long_loses_no_run_and_does_not_grow() {
    let of =
        |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise);
    let (cycles, seed) = (of("ESMM_CYCLES", 24), of("ESMM_SEED", 1));
    in_browser(Gpu::Absent, async move |page| {
        page.before_load(WATCH).await?;
        let mut spec = experiment(small_log(2000), &["naive", "esmm"]);
        spec.training.epochs = Some(60);
        page.open(&link(&spec)).await?;
        page.eventual("navigator.serviceWorker.controller?.state").await?;
        train_to_the_end(page).await?;
        let (values, held) = (values(page).await?, held(page).await?);
        let mut random = Stream::new(seed, 0);
        let mut told = Vec::new();
        let mut memory = Vec::new();
        for cycle in 0..cycles {
            if cycle > 0 && (cycle % LOOK == 0 || 2 * cycle == cycles) {
                stop(page).await?;
                memory.extend(page_memory());
                let held = self::held(page).await?;
                let held = format!("{} nodes, {} engines, {:?} bytes", held[0], held[1], memory.last());
                let _ = writeln!(std::io::stderr(), "after {cycle} of {cycles} cycles: {held}");
            }
            let act = draw(&mut random);
            told.push(act);
            carry_out(page, act, cycle).await.map_err(|error| format!("{error}\nafter {told:?}"))?;
            let uncaught = page.script("return uncaught.join();", vec![]).await?;
            ensure(uncaught == "", || format!("{uncaught}\nafter {told:?}"))?;
        }
        let after = async {
            stop(page).await?;
            train_to_the_end(page).await?;
            Ok::<_, String>((self::values(page).await?, self::held(page).await?))
        };
        let (values_after, held_after) = after.await.map_err(|error| format!("{error}\nafter {told:?}"))?;
        ensure(values == values_after, || format!("{values:?} before, {values_after:?} after {told:?}"))?;
        let grows = held_after[0] > held[0] + held[0] / 10 || held_after[1] > held[1];
        ensure(!grows, || format!("{held:?} nodes and engines before, {held_after:?} after {told:?}"))?;
        memory.extend(page_memory());
        let warm = memory.iter().take(3).max().copied().unwrap_or_default();
        let last = memory.last().copied().unwrap_or_default();
        ensure(last <= warm + SLACK, || format!("{memory:?} bytes after {told:?}"))
    });
}

fn draw(random: &mut Stream) -> Act {
    match random.below(16) {
        0..5 => Act::Train,
        5..8 => Act::Stop,
        8..10 => Act::Reload,
        10 => Act::Kill,
        11 => Act::Deploy,
        12 => Act::Offline,
        _ => Act::Turn(VIEWS[random.below(VIEWS.len() as u64) as usize]),
    }
}

async fn carry_out(page: &Page, act: Act, cycle: u64) -> Step {
    match act {
        Act::Train => {
            if !can_press(page, "Stop").await? {
                page.click("Train").await?;
            }
            Ok(())
        }
        Act::Stop => stop(page).await,
        Act::Kill => {
            page.script("[...engines].at(-1)?.terminate();", vec![]).await?;
            // A run that it had goes on when the page has noticed; a user does not wait for that.
            stop(page).await
        }
        Act::Reload => reload(page).await,
        Act::Deploy => {
            let build = format!("const BUILD = \"{cycle:x}");
            page.site().deploy("sw.js", |text| text.replacen("const BUILD = \"", &build, 1))?;
            let update = "navigator.serviceWorker.ready.then((one) => one.update()).catch(() => {});";
            page.script(update, vec![]).await.map(drop)
        }
        Act::Offline => {
            page.site().take_down();
            let outcome = reload(page).await;
            page.site().mend();
            outcome
        }
        Act::Turn(view) => page.turn_to(view).await,
    }
}

/// What a press does is on view a moment later: until then the status is that of the runs before.
async fn train_to_the_end(page: &Page) -> Step {
    page.click("Train").await?;
    eventually("a run under way", SOON, || async {
        ensure(can_press(page, "Stop").await?, || "Train was pressed, and nothing can be stopped".to_owned())
    })
    .await?;
    page.training_is_done(MINUTES).await.map(drop)
}

/// Presses Stop while anything is under way; a run may end by itself before the press is there.
async fn stop(page: &Page) -> Step {
    eventually("the end of all runs", MINUTES, || async {
        if can_press(page, "Stop").await? {
            page.script("find('button', 'Stop').click();", vec![]).await?;
        }
        let is_free = can_press(page, "Train").await? && !can_press(page, "Stop").await?;
        ensure(is_free, || "Stop can be pressed".to_owned())
    })
    .await
}

async fn reload(page: &Page) -> Step {
    page.driver().refresh().await.map_err(|error| error.to_string())?;
    page.eventual("document.querySelector('[role=tab]')?.id").await?;
    page.eventual("[...document.querySelectorAll('button')].find((one) => /^(Train|Pause|Resume)$/.test(nameOf(one)) && !one.disabled)?.type")
        .await
        .map(drop)
}

async fn can_press(page: &Page, name: &str) -> Step<bool> {
    let ask =
        "return [...document.querySelectorAll('button')].some((one) => nameOf(one) === arguments[0] && !one.disabled);";
    Ok(page.script(ask, vec![name.into()]).await? == true)
}

/// What both models say, to the last digit.
async fn values(page: &Page) -> Step<Vec<f64>> {
    page.turn_to("Metrics").await?;
    let metrics = page.metrics().await?;
    let of = |(model, key)| metrics.value(model, key);
    [("naive CVR", "auc.cvr_entire_space"), ("ESMM", "auc.ctr"), ("ESMM", "logloss.ctcvr")]
        .into_iter()
        .map(of)
        .collect()
}

/// Nodes of the document and engines, of a page that rests.
async fn held(page: &Page) -> Step<[u64; 2]> {
    page.turn_to("Story").await?;
    let ask = "return [document.getElementsByTagName('*').length, engines.size];";
    let held = page.script(ask, vec![]).await?;
    Ok([0, 1].map(|place| held[place].as_u64().unwrap_or_default()))
}
