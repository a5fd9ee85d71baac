//! Parts of the held-out impressions: a slice in the Tree, a rectangle drawn or typed over the Towers' density that Rows and
//! the Tree follow.

use browser_tests::reading::{choose, number, unfold, ungrouped};
use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, eventually, in_browser};
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(30);

#[test]
fn the_tree_reads_a_slice_and_slices_add_up_to_all() {
    trained(async |page| {
        page.turn_to("Tree").await?;
        choose(page, "[role=tabpanel]", "ESMM").await?;
        let all = frequencies(page).await?;
        choose(page, "[role=tabpanel]", "A slice").await?;
        let values = eventually("values of a feature", SOON, || async {
            let values = options(page, "Value (held-out impressions)").await?;
            ensure(values.len() > 1, || format!("{values:?}"))?;
            Ok(values)
        })
        .await?;
        // The counts of a feature's values are all held-out impressions: 2 in 10 of 4000.
        let counts: Option<Vec<f64>> = values.iter().map(|value| rows_of(value)).collect();
        let sum: f64 = counts.ok_or_else(|| format!("no counts in {values:?}"))?.iter().sum();
        ensure(sum > 100.0, || format!("{sum} rows in {values:?}"))?;
        for value in values.iter().take(2) {
            choose(page, "[role=tabpanel]", value).await?;
            let name = value.rsplit_once(" (").map_or(value.as_str(), |(name, _)| name).to_owned();
            page.shows(&format!("= {name}, ESMM expects")).await?;
        }
        ensure(frequencies(page).await? != all, || "a slice has the numbers of all impressions".to_owned())
    });
}

#[test]
fn a_rectangle_of_predictions_filters_rows_and_is_a_scope_of_the_tree() {
    trained(async |page| {
        page.turn_to("Towers").await?;
        choose(page, "[role=tabpanel]", "ESMM").await?;
        drag_over_density(page).await?;
        let drawn = in_rectangle(page).await?;
        // By keyboard: the whole of it first, then a bound.
        type_bounds(
            page,
            &[("pCTR from, %", "0"), ("pCTR to, %", "100"), ("pCVR from, %", "0"), ("pCVR to, %", "100")],
        )
        .await?;
        let all = eventually("all of it", SOON, || async {
            let all = in_rectangle(page).await?;
            ensure(all > drawn, || format!("{all} in all and {drawn} in a part"))?;
            Ok(all)
        })
        .await?;
        type_bounds(page, &[("pCTR from, %", "25")]).await?;
        let typed = eventually("what is above the bound", SOON, || async {
            let typed = in_rectangle(page).await?;
            ensure(typed > 0 && typed < all, || format!("{typed} of {all}"))?;
            Ok(typed)
        })
        .await?;
        page.click("Show in Rows").await?;
        page.shows("Held-out impressions to which ESMM gives a pCTR above 25").await?;
        eventually("as many rows as in the rectangle", SOON, || async {
            let said = view(page).await?;
            ensure(said.contains(&format!("{typed} of 4000 rows")), || format!("{typed} in {said}"))
        })
        .await?;
        page.turn_to("Tree").await?;
        choose(page, "[role=tabpanel]", "The rectangle of Towers").await?;
        page.shows("gives a pCTR above 25").await?;
        unfold(page).await?;
        // Cleared here, it is cleared everywhere.
        let cleared = "
            const cross = [...document.querySelectorAll('[role=tabpanel] button')].find((b) => nameOf(b).startsWith('Clear the rectangle'));
            cross?.click();
            return Boolean(cross);";
        ensure(page.script(cleared, vec![]).await? == true, || "nothing clears the rectangle".to_owned())?;
        page.turn_to("Rows").await?;
        eventually("all rows", SOON, || async {
            let said = view(page).await?;
            ensure(said.contains("4000 rows") && !said.contains("of 4000"), || said.clone())
        })
        .await
    });
}

fn trained(then: impl AsyncFn(&Page) -> Step + Send + Sync + 'static) {
    in_browser(Gpu::Absent, async move |page| {
        let mut spec = experiment(small_log(4000), &["naive", "esmm"]);
        spec.training.epochs = Some(2);
        page.open(&link(&spec)).await?;
        page.click("Train").await?;
        page.training_is_done(MINUTES).await?;
        then(page).await
    });
}

/// Natural frequencies on the drawn tree.
async fn frequencies(page: &Page) -> Step<String> {
    let body = "return [...document.querySelectorAll('.tree-view .node-count')].map((e) => e.textContent).join(' ');";
    page.script(body, vec![]).await.map(|text| text.as_str().unwrap_or_default().to_owned())
}

async fn options(page: &Page, label: &str) -> Step<Vec<String>> {
    let body = "
        const lists = [...document.querySelectorAll('[role=tabpanel] select')].filter((list) => nameOf(list).startsWith(arguments[0]));
        return lists.flatMap((list) => [...list.options].map((option) => tidy(option.textContent)));";
    let names = page.script(body, vec![label.into()]).await?;
    Ok(names.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// The count in `Bern (412)`.
fn rows_of(value: &str) -> Option<f64> {
    value.rsplit_once('(').and_then(|(_, count)| number(count))
}

/// Draws over the middle of the density, as a pointer would.
async fn drag_over_density(page: &Page) -> Step {
    page.shows("pCTR from, %").await?;
    let body = "
        const ground = document.querySelector('.brush-ground');
        ground?.scrollIntoView({ block: 'center' });
        const box = ground?.getBoundingClientRect();
        if (!box) return false;
        const tell = (kind, x, y) => ground.dispatchEvent(new PointerEvent(kind, {
          bubbles: true, pointerId: 1, button: 0, clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
        ground.setPointerCapture = () => {};
        tell('pointerdown', 0.2, 0.2); tell('pointermove', 0.5, 0.5); tell('pointermove', 0.7, 0.75); tell('pointerup', 0.7, 0.75);
        return true;";
    ensure(page.script(body, vec![]).await? == true, || "there is nothing to draw on".to_owned())
}

async fn type_bounds(page: &Page, bounds: &[(&str, &str)]) -> Step {
    page.shows("pCTR from, %").await?;
    for (label, value) in bounds {
        let body = "
            const field = [...document.querySelectorAll('.brush-form input')].find((field) => nameOf(field) === arguments[0]);
            if (!field) return false;
            field.focus(); field.value = arguments[1];
            field.dispatchEvent(new Event('change', { bubbles: true }));
            return true;";
        let typed = page.script(body, vec![(*label).into(), (*value).into()]).await?;
        ensure(typed == true, || format!("there is no field {label}"))?;
    }
    Ok(())
}

/// How many impressions the page says are in the rectangle.
async fn in_rectangle(page: &Page) -> Step<u64> {
    eventually("what is in the rectangle", SOON, || async {
        let body = "return document.querySelector('.brush-form [aria-live]')?.textContent ?? '';";
        let said = page.script(body, vec![]).await?;
        let said = ungrouped(said.as_str().unwrap_or_default());
        let count =
            said.split(" to ").last().and_then(|rest| rest.split(' ').next()).and_then(|text| text.parse().ok());
        count.ok_or_else(|| format!("it says {said:?}"))
    })
    .await
}

async fn view(page: &Page) -> Step<String> {
    let text = page.script("return document.querySelector('[role=tabpanel]').innerText;", vec![]).await?;
    Ok(ungrouped(text.as_str().unwrap_or_default()))
}
