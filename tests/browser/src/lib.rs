//! The page in a real browser: what the tests of `tests/suite` are written with.
//!
//! ```text
//! Site      serves dist/ under a sub-path           site.rs
//! Browser   starts a WebDriver and its browser      browser.rs
//! Page      steps in a reader's words               page.rs, find.js
//! ```
//! Things are found by role and accessible name, as an assistive technology would (see find.js); nothing here knows
//! a class name or the page's code.

mod browser;
mod page;
mod site;

pub use browser::{Browser, Gpu};
pub use page::Page;
pub use site::Site;

use std::future::Future;
use std::time::{Duration, Instant};

/// What a step gives.
pub type Step<T = ()> = Result<T, String>;

/// Runs one test in a fresh browser on a freshly served `dist/`; a failure shows the page as it was.
///
/// # Panics
/// When the test fails: this is where a browser test's outcome becomes cargo's.
pub fn in_browser<F>(gpu: Gpu, test: F)
where
    F: AsyncFnOnce(&Page) -> Step,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a tokio runtime");
    let outcome = runtime.block_on(async {
        let site = Site::serve()?;
        let browser = Browser::from_environment()?.start(gpu).await?;
        let page = Page::new(browser.driver().clone(), site.address());
        let outcome = match test(&page).await {
            Ok(()) => Ok(()),
            Err(sentence) => Err(format!("{sentence}\n\n{}", page.describe().await)),
        };
        browser.quit().await;
        outcome
    });
    if let Err(sentence) = outcome {
        panic!("{sentence}");
    }
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
