//! The experiment in the link.

use crate::specs::{link, tiny_experiment};
use browser_tests::{Gpu, ensure, in_browser};
use esmm_playground::domain::spec::decode_link;

#[test]
fn a_damaged_link_says_so_and_the_page_can_be_used() {
    in_browser(Gpu::Absent, async |page| {
        let whole = link(&tiny_experiment(&["esmm"]));
        let (head, checksum) = whole.rsplit_once('.').ok_or("a link has a checksum")?;
        let wrong = if checksum.starts_with('0') { '1' } else { '0' };
        page.open(&format!("{head}.{wrong}{}", &checksum[1..])).await?;
        let alert = page.alert().await?;
        ensure(alert.contains("damaged"), || format!("the alert says {alert:?}"))
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
