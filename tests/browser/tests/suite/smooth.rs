//! The page stays smooth while models train: no long task on its thread.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Trace, ensure, in_traced_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
/// Milliseconds of CPU time that a task may take.
const LIMIT: f64 = 50.0;

#[test]
fn training_never_holds_the_page_up() {
    in_traced_browser(async |page| {
        page.open(&link(&experiment(small_log(20_000), &["naive", "esmm", "esm2"]))).await?;
        for view in ["Story", "Tree", "Towers", "Metrics"] {
            page.turn_to(view).await?;
        }
        Trace::begin(page).await?; // what opening took is not asked here
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        let mut tasks = Trace::take(page).await?.tasks();
        ensure(tasks.len() > 100, || format!("the trace has only {} tasks of the page", tasks.len()))?;
        tasks.sort_by(|a, b| b.busy.total_cmp(&a.busy));
        let longest = tasks[0].busy;
        ensure(longest <= LIMIT, || format!("the page's thread was held up; the longest tasks: {:?}", &tasks[..8]))
    });
}
