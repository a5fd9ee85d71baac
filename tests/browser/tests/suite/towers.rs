//! The Towers view: the network with what flows through it, one batch in slow motion, the embedding map.

use browser_tests::reading::{choose, unfold};
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn the_network_shows_where_the_gradient_of_each_loss_goes() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(20_000), &["naive", "esmm", "gbdt"]))).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.turn_to("Towers").await?;
        choose(page, "[role=tabpanel]", "ESMM").await?;
        // The purchase loss of ESMM reaches both towers; that of the naive model its own alone.
        let norms = norms(page, "loss of pCTCVR: tower’s weights").await?;
        ensure(norms.values().all(|norm| norm != "0") && norms.len() == 2, || format!("ESMM: {norms:?}"))?;
        choose(page, "[role=tabpanel]", "naive CVR").await?;
        let norms = self::norms(page, "loss of pCVR: tower’s weights").await?;
        ensure(norms.get("pCTR").is_some_and(|norm| norm == "0"), || format!("naive: {norms:?}"))?;
        ensure(norms.get("pCVR").is_some_and(|norm| norm != "0"), || format!("naive: {norms:?}"))?;
        choose(page, "[role=tabpanel]", "GBDT").await?;
        page.shows("it has no embeddings and no towers").await
    });
}

/// Tower → what the table twin says in `column`.
async fn norms(page: &Page, column: &str) -> Step<BTreeMap<String, String>> {
    eventually(&format!("the column {column}"), Duration::from_secs(20), || async {
        unfold(page).await?;
        let rows = page.table("Gradient norms by tower").await?;
        let cells = rows.iter().filter_map(|row| Some((row.get("Tower")?.clone(), row.get(column)?.clone())));
        let cells: BTreeMap<String, String> = cells.collect();
        ensure(!cells.is_empty(), || format!("there is none in {rows:?}"))?;
        Ok(cells)
    })
    .await
}

#[test]
fn one_batch_is_followed_in_slow_motion_and_then_trained_on() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(20_000), &["esmm"]);
        spec.training.epochs = Some(200);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.turn_to("Towers").await?;
        page.click("One batch in slow motion").await?;
        page.status_when("a pause", MINUTES, |text| text.contains("aused")).await?;
        for (phase, says) in [
            ("Look-up", "look up"),
            ("Towers", "Each tower turns"),
            ("Product", "pCTCVR = pCTR·pCVR"),
            ("Loss", "pCVR has no loss of its own"),
            ("Gradients", "Loss of pCTCVR goes through pCTR and pCVR"),
        ] {
            press_phase(page, phase).await?;
            page.shows(says).await?;
        }
        let before = page.eventual(STEP).await?;
        page.click("Take this step").await?;
        eventually("the next batch", MINUTES, || async {
            let after = page.eventual(STEP).await?;
            ensure(after != before, || format!("it is still {after}"))
        })
        .await?;
        // At two seconds a phase all are gone through in eight; at the five of the beginning it would take twenty.
        choose(page, "[aria-label=\"Slow motion\"]", "2 seconds").await?;
        press_phase(page, "Look-up").await?;
        page.click("Play phases").await?;
        let now = "document.querySelector('[aria-label=\"Slow motion\"] [aria-current=step]')?.textContent ?? ''";
        eventually("the last phase", Duration::from_secs(16), || async {
            let phase = page.script(&format!("return {now};"), vec![]).await?;
            ensure(phase == "Gradients", || format!("it is {phase}"))
        })
        .await?;
        page.click("Close slow motion").await?;
        page.button_is_ready("One batch in slow motion").await?;
        page.click("Stop").await
    });
}

/// Presses a phase's button: one has the name of a tab.
async fn press_phase(page: &Page, phase: &str) -> Step {
    let body = "
        const buttons = [...document.querySelectorAll('[aria-label=\"Slow motion\"] button')];
        const button = buttons.find((button) => button.textContent.includes(arguments[0]));
        button?.click();
        return button !== undefined;";
    let is_there = page.script(body, vec![phase.into()]).await?;
    ensure(is_there == true, || format!("there is no phase {phase}"))
}

const STEP: &str = "document.querySelector('[aria-label=\"Slow motion\"] h3')?.textContent";

#[test]
fn a_fields_values_are_on_a_map_with_a_table_of_the_same() {
    in_browser(Gpu::Absent, async |page| {
        page.open(&link(&experiment(small_log(20_000), &["esmm"]))).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        page.turn_to("Towers").await?;
        page.shows("on the two axes along which they differ most").await?;
        choose(page, "[role=tabpanel]", "item_segment_a").await?;
        eventually("the map of another field", Duration::from_secs(20), || async {
            unfold(page).await?;
            let rows = page.table("Values of item_segment_a, most frequent first").await?;
            ensure(rows.len() >= 10, || format!("{} rows", rows.len()))
        })
        .await
    });
}
