//! axe-core finds nothing to complain of, in any view and state, in both themes, on a desktop and on a phone.

use browser_tests::reading::{choose, unfold};
use browser_tests::specs::{experiment, file, link, small_log};
use browser_tests::{Gpu, Look, Page, Step, ensure, in_browser};
use serde_json::Value;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const VIEWS: [&str; 7] = ["Story", "Tree", "Towers", "Metrics", "Rows", "Questions", "Data"];

#[test]
fn axe_finds_nothing_on_a_desktop() {
    every_state(1280, 1000);
}

#[test]
fn axe_finds_nothing_on_a_phone() {
    every_state(390, 844);
}

fn every_state(width: u32, height: u32) {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(2000), &["naive", "esmm", "esm2"]);
        spec.training.epochs = Some(1);
        let mut found = Vec::new();
        for is_dark in [false, true] {
            page.look(Look { width, height, is_dark }).await?;
            let theme = if is_dark { "dark" } else { "light" };
            page.open(&link(&spec)).await?;
            for view in VIEWS {
                page.turn_to(view).await?;
                found.extend(violations(page, &format!("{theme}, {view}, before training")).await?);
            }
            page.click("Train").await?;
            page.training_is_done(MINUTES).await?;
            for view in VIEWS {
                page.turn_to(view).await?;
                found.extend(violations(page, &format!("{theme}, {view}, after training")).await?);
                unfold(page).await?;
                found.extend(violations(page, &format!("{theme}, {view}, all of it unfolded")).await?);
            }
            page.turn_to("Tree").await?;
            choose(page, "[role=tabpanel]", "A slice").await?;
            page.shows("Value (held-out impressions)").await?;
            found.extend(violations(page, &format!("{theme}, the tree of a slice")).await?);
            page.turn_to("Towers").await?;
            brush(page).await?;
            found.extend(violations(page, &format!("{theme}, a rectangle over Towers")).await?);
            page.click("Show in Rows").await?;
            page.shows("Held-out impressions to which").await?;
            found.extend(violations(page, &format!("{theme}, rows of a rectangle")).await?);
            page.choose_log(&file("no-labels.csv", b"a,b\n1,2\n3,4\n")).await?;
            page.alert().await?;
            found.extend(violations(page, &format!("{theme}, a refused file")).await?);
        }
        ensure(found.is_empty(), || found.join("\n"))
    });
}

/// Types a rectangle over pCTR × pCVR.
async fn brush(page: &Page) -> Step {
    page.shows("pCTR from, %").await?;
    let body = "
        const field = [...document.querySelectorAll('.brush-form input')].find((field) => nameOf(field) === 'pCTR from, %');
        field.value = '1';
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    page.script(body, vec![]).await?;
    page.shows("gives a pCTR above 1").await
}

/// What axe finds now: the rule, its help, and the elements.
async fn violations(page: &Page, state: &str) -> Step<Vec<String>> {
    if page.script("return typeof axe;", vec![]).await? != "object" {
        page.script(include_str!("../../vendor/axe.min.js"), vec![]).await?;
    }
    let start = "
        window.axeFound = null;
        axe.run(document, { resultTypes: ['violations'] }).then(
          ({ violations }) => { window.axeFound = violations.map((v) => [v.id, v.help, v.nodes.map((n) => n.target.join(' '))]); },
          (error) => { window.axeFound = [['axe', String(error), []]]; });";
    page.script(start, vec![]).await?;
    let found = page.eventual("window.axeFound").await?;
    let said = |violation: &Value| {
        let nodes = violation[2].as_array().map_or(0, Vec::len);
        format!("{state}: {} ({}), {nodes} times: {}", violation[0], violation[1], violation[2])
    };
    Ok(found.as_array().into_iter().flatten().map(said).collect())
}
