//! The sixth chapter of the Story.

use browser_tests::specs::{experiment, late_log, link, small_log};
use browser_tests::{Gpu, ensure, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

/// The chapter's words, the cut-off's value, and the number of parts of bars that are grey.
const CHAPTER: &str = "
    const chapter = document.getElementById('chapter-6');
    const cut = chapter.querySelector('[role=slider][aria-label=\"Cut-off date\"]');
    const bars = (name) => (chapter.querySelector('path.' + name)?.getAttribute('d') ?? '').split('Z').length - 1;
    return [chapter.innerText, cut?.getAttribute('aria-valuenow'), bars('late-pending'), bars('late-beyond')];";

#[test]
fn the_cut_off_moves_and_the_models_train_as_of_it() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(late_log(3000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.shows("still to come and look like none").await?;
        let end = page.script(CHAPTER, vec![]).await?;
        ensure(end[2].as_u64() > Some(0) && end[3] == 0, || format!("at the log's end: {end}"))?;
        let key = "
            const cut = document.querySelector('#chapter-6 [role=slider][aria-label=\"Cut-off date\"]');
            cut.focus();
            for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
              cut.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));";
        page.script(key, vec![]).await?;
        page.shows("On day").await?;
        let early = page.script(CHAPTER, vec![]).await?;
        ensure(early[1] == "6" && early[3].as_u64() > Some(0), || format!("after six stretches: {early}"))?;
        let button = early[0].as_str().and_then(|text| text.lines().find(|line| line.starts_with("Train as of day")));
        page.click(button.ok_or("there is no button to train as of that day")?).await?;
        page.training_is_done(MINUTES).await?;
        page.shows("Trained as of day").await
    });
}

#[test]
fn a_log_without_delays_is_offered_one_that_has_them() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(1500), &["naive"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.click("Draw a log with late purchases").await?;
        page.shows("still to come and look like none").await?;
        page.training_is_done(MINUTES).await.map(drop)
    });
}
