//! The page in a real browser: what the tests of `tests/` are written with.
//!
//! ```text
//! Site      serves dist/ under a sub-path           site.rs
//! Browser   starts a WebDriver and its browser      browser.rs, capabilities.rs
//! Page      steps in a reader's words               page.rs, find.js, metrics.rs
//! Engine    a worker spoken to without the page     engine.rs, engine.js
//! Memory    what the page's processes hold          memory.rs
//! Trace     what the page's thread was busy with    trace.rs
//! ```
//! Things are found by role and accessible name, as an assistive technology would (see find.js); nothing here knows
//! a class name or the page's code.

mod browser;
mod capabilities;
mod engine;
mod memory;
mod metrics;
mod page;
mod parquet_file;
pub mod reading;
mod site;
pub mod specs;
mod trace;

pub use browser::Browser;
pub use capabilities::{Gpu, Setting};
pub use engine::{Engine, GpuCounts, Trained};
pub use memory::page_memory;
pub use metrics::{MetricCell, Metrics};
pub use page::{Look, Page};
pub use parquet_file::parquet_log;
pub use site::{Fault, Site};
pub use trace::{Task, Trace};

use std::future::Future;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// What a step gives.
pub type Step<T = ()> = Result<T, String>;

/// Attempts at one test. A browser on a machine that is busy fails by itself at times; a fault of the page fails again.
const ATTEMPTS: usize = 2;
/// In WebKitGTK, whose workers crash by themselves and whose presses and drops are lost at times.
const ATTEMPTS_IN_WEBKIT: usize = 3;

/// Runs one test in a fresh browser on a freshly served `dist/`; a failure shows the page as it was. A test that fails is
/// tried again, and each failure is told even when it then passes.
///
/// # Panics
/// When the test fails: this is where a browser test's outcome becomes cargo's.
pub fn in_browser<F>(gpu: Gpu, test: F)
where
    F: AsyncFn(&Page) -> Step,
{
    let setting = Setting::plain(gpu);
    let browser = Browser::from_environment().unwrap_or_else(|sentence| panic!("{sentence}"));
    let attempts = if browser == Browser::Webkit { ATTEMPTS_IN_WEBKIT } else { ATTEMPTS };
    for attempt in 1..=attempts {
        match outcome(browser, setting, &test) {
            Ok(()) => return,
            Err(sentence) if attempt == attempts => panic!("{sentence}"),
            // Past the test harness, which shows nothing of a test that passes in the end.
            Err(sentence) => {
                let _ = writeln!(std::io::stderr(), "attempt {attempt} of {attempts} failed: {sentence}");
            }
        }
    }
}

/// Runs `test` in a fresh `browser`; gives what it gives.
///
/// # Errors
/// The test's own, with the page as it was.
pub fn outcome<T, F>(browser: Browser, setting: Setting, test: F) -> Step<T>
where
    F: AsyncFnOnce(&Page) -> Step<T>,
{
    outcome_on(Site::serve()?, browser, setting, test)
}

/// The same on a site that is served already.
///
/// # Errors
/// As [`outcome`].
pub fn outcome_on<T, F>(site: Site, browser: Browser, setting: Setting, test: F) -> Step<T>
where
    F: AsyncFnOnce(&Page) -> Step<T>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("no tokio runtime: {error}"))?.block_on(async {
        let running = browser.start(setting).await?;
        let page = Page::new(running.driver().clone(), site);
        let outcome = match test(&page).await {
            Ok(answer) => Ok(answer),
            Err(sentence) => Err(format!("{sentence}\n\n{}", page.describe().await)),
        };
        running.quit().await;
        outcome
    })
}

/// Asks again and again until there is an answer.
///
/// # Errors
/// Names what was waited for, and the last refusal, when `patience` is over.
pub async fn eventually<T, F, Fut>(what: &str, patience: Duration, mut ask: F) -> Step<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Step<T>>,
{
    let start = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) if start.elapsed() > patience => {
                return Err(format!("waited {} s for {what}; last: {refusal}", patience.as_secs()));
            }
            // The pace of asking, not a guess at how long the page takes.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// `Err` with a sentence unless `holds`.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Step {
    if holds { Ok(()) } else { Err(otherwise()) }
}
