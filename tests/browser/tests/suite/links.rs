//! The experiment in the link.

use browser_tests::specs::{link, tiny_experiment};
use browser_tests::{Browser, Gpu, Metrics, Page, Setting, Step, ensure, in_browser, outcome};
use esmm_playground::domain::spec::decode_link;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn a_damaged_link_says_so_and_the_default_is_trained() {
    let whole = link(&tiny_experiment(&["esmm"]));
    let (head, checksum) = whole.rsplit_once('.').expect("a link has a checksum");
    let wrong = if checksum.starts_with('0') { '1' } else { '0' };
    let edited = format!("{head}.{wrong}{}", &checksum[1..]);
    let truncated = whole[..whole.len() / 2].to_owned();
    in_browser(Gpu::Absent, async |page| {
        for (link, word) in [(&edited, "damaged"), (&truncated, "cut short")] {
            page.open(link).await?;
            let alert = page.alert().await?;
            ensure(alert.contains(word), || format!("the alert says {alert:?}"))?;
            // The default log has arrived and the sentence is still there.
            page.shows("A conventional CVR model only ever sees the").await?;
            let alert = page.alert().await?;
            ensure(alert.contains(word), || format!("the alert has become {alert:?}"))?;
        }
        page.click("Train").await?;
        page.status_when("Training", MINUTES, |text| text.starts_with("Training")).await.map(drop)
    });
}

#[test]
fn share_gives_a_link_that_opens_the_same_experiment() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = tiny_experiment(&["esm2"]);
        spec.training.learning_rate = 0.0123;
        page.open(&link(&spec)).await?;
        page.click("Share").await?;
        let shared = page.hash().await?;
        let decoded = decode_link(&shared).map_err(|error| format!("{shared:?}: {error}"))?;
        ensure(decoded == spec, || format!("shared {decoded:?}\nfrom {spec:?}"))
    });
}

#[test]
fn a_shared_link_in_a_fresh_profile_gives_the_same_metrics() {
    let setting = Setting::plain(Gpu::Absent);
    let opened = |hash: &str| outcome(Browser::Chromium, setting, async |page| trained(page, hash).await);
    let spec = tiny_experiment(&["naive", "esmm"]);
    let (first, shared) = opened(&link(&spec)).unwrap_or_else(|sentence| panic!("{sentence}"));
    let (second, _) = opened(&shared).unwrap_or_else(|sentence| panic!("{sentence}"));
    assert!(first.values().count() > 10, "{first:?}");
    assert_eq!(first, second);
}

/// Trains what the link says; returns the metrics and the link that Share gives.
async fn trained(page: &Page, hash: &str) -> Step<(Metrics, String)> {
    page.open(hash).await?;
    page.click("Train").await?;
    page.training_is_done(MINUTES).await?;
    page.turn_to("Metrics").await?;
    let metrics = page.metrics().await?;
    page.click("Share").await?;
    Ok((metrics, page.hash().await?))
}
