//! The Story: drafts while a slider moves, and its sixth chapter.

use browser_tests::specs::{experiment, late_log, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(60);

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
        // The models follow by themselves: drafts, and then the runs in full.
        page.training_is_done(MINUTES).await?;
        page.shows("Trained as of day").await
    });
}

/// Moves the slider of the first chapter to the share of its track, and lets it go when `is_let_go`.
async fn slide(page: &Page, share: f64, is_let_go: bool) -> Step {
    let body = "
        const track = document.querySelector('#chapter-1 input[type=range]');
        track.focus();
        track.value = String(Number(track.max) * arguments[0]);
        track.dispatchEvent(new Event('input', { bubbles: true }));
        if (arguments[1]) track.dispatchEvent(new Event('change', { bubbles: true }));";
    page.script(body, vec![share.into(), is_let_go.into()]).await.map(drop)
}

/// What the first chapter's figure says, and its note on a draft.
async fn first_figure(page: &Page) -> Step<[String; 2]> {
    let body = "
        const answer = document.querySelector('#chapter-1 .chapter-answer');
        return [answer.querySelector('svg')?.getAttribute('aria-label') ?? '',
                answer.querySelector('.draft-note')?.textContent ?? ''];";
    let said = page.script(body, vec![]).await?;
    Ok([0, 1].map(|at| said[at].as_str().unwrap_or_default().to_owned()))
}

#[test]
fn drafts_follow_a_slider_while_it_moves_and_the_runs_in_full_when_it_is_let_go() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(15_000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.shows("15,000 impressions").await?;
        let mut before = String::new();
        for share in [0.9, 0.5, 0.1] {
            slide(page, share, false).await?;
            before = eventually("another draft", SOON, || async {
                let [figure, note] = first_figure(page).await?;
                ensure(figure != before && note.contains("of 15,000 impressions"), || format!("{figure} {note}"))?;
                Ok(figure)
            })
            .await?;
        }
        let status = page.status().await?;
        ensure(!status.contains("Done"), || format!("nothing is let go yet: {status}"))?;
        slide(page, 0.1, true).await?;
        page.training_is_done(MINUTES).await?;
        eventually("the runs in full", SOON, || async {
            let [figure, note] = first_figure(page).await?;
            ensure(note.is_empty() && figure.contains("ESMM says"), || format!("{figure} {note}"))
        })
        .await
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
