//! A phone's width: everything is there, and nothing scrolls sideways.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Look, Page, Step, ensure, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const VIEWS: [&str; 7] = ["Story", "Tree", "Towers", "Metrics", "Rows", "Questions", "Data"];

#[test]
fn no_view_scrolls_sideways_on_a_phone() {
    in_browser(Gpu::Absent, async |page| {
        page.look(Look { width: 390, height: 844, is_dark: false }).await?;
        let mut spec = experiment(small_log(2000), &["naive", "esmm", "esm2"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        let mut wide = sideways(page, 390, "before training").await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        wide.extend(sideways(page, 390, "after training").await?);
        page.look(Look { width: 320, height: 640, is_dark: true }).await?;
        wide.extend(sideways(page, 320, "after training").await?);
        let tabs = "
            const list = document.querySelector('[role=tablist]');
            return all('tab').filter((tab) => tab.getBoundingClientRect().right > innerWidth).length + (list.scrollWidth > list.clientWidth ? 1 : 0);";
        let beyond = page.script(tabs, vec![]).await?;
        ensure(beyond == 0, || format!("{beyond} tabs are out of sight"))?;
        ensure(wide.is_empty(), || wide.join("\n"))
    });
}

#[test]
fn the_bar_leaves_a_phone_its_height_and_shows_the_rest_on_demand() {
    in_browser(Gpu::Absent, async |page| {
        page.look(Look { width: 390, height: 844, is_dark: false }).await?;
        let mut spec = experiment(small_log(2000), &["naive", "esmm"]);
        spec.training.epochs = Some(1);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        let height = "return document.querySelector('.bar').getBoundingClientRect().height;";
        let closed = page.script(height, vec![]).await?.as_f64().unwrap_or(f64::NAN);
        ensure(closed <= 64.0, || format!("the bar takes {closed} of 844 pixels"))?;
        page.click("Runs, time and sharing").await?;
        page.click("Share").await
    })
}

/// The views that are wider than the window, and by which element.
async fn sideways(page: &Page, width: u32, when: &str) -> Step<Vec<String>> {
    let body = "
        const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return null;
        const scrolls = (e) => e && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
        const widest = [...document.querySelectorAll('main *, header *, body > *')]
          .filter((e) => isShown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !scrolls(e.parentElement));
        return [root.scrollWidth, widest.slice(0, 3).map((e) => e.outerHTML.slice(0, 160))];";
    let mut wide = Vec::new();
    for view in VIEWS {
        page.turn_to(view).await?;
        let found = page.script(body, vec![]).await?;
        if !found.is_null() {
            wide.push(format!("{view}, {when}, {width} pixels: {found}"));
        }
    }
    Ok(wide)
}
