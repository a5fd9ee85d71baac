//! The roles and names that assistive technology, and outsiders' scripts, rely on.

use browser_tests::reading::unfold;
use browser_tests::{Gpu, ensure, in_browser};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VIEWS: [&str; 7] = ["Story", "Tree", "Towers", "Metrics", "Rows", "Questions", "Data"];

/// Role and name, as the browser itself computes them for assistive technology.
const STABLE: [(&str, &str); 14] = [
    ("tab", "Story"),
    ("tab", "Tree"),
    ("tab", "Towers"),
    ("tab", "Metrics"),
    ("tab", "Rows"),
    ("tab", "Questions"),
    ("heading", "Data"),
    ("heading", "Features"),
    ("heading", "Models"),
    ("heading", "Training"),
    ("button", "Train"),
    ("button", "Share"),
    ("button", "Impression log"),
    ("main", ""),
];

#[test]
fn the_page_keeps_its_stable_names() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        let tree = page
            .driver()
            .cdp()
            .send_raw("Accessibility.getFullAXTree", json!({}))
            .await
            .map_err(|error| error.to_string())?;
        let text = |node: &Value, key: &str| node[key]["value"].as_str().unwrap_or_default().trim().to_owned();
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let shown = nodes.iter().filter(|node| node["ignored"] != true);
        let found: BTreeSet<(String, String)> = shown.map(|node| (text(node, "role"), text(node, "name"))).collect();
        let has = |role: &str, name: &str| {
            found.iter().any(|(r, n)| r == role && (n == name || name.is_empty() || n.starts_with(name)))
        };
        let missing: Vec<_> = STABLE.iter().filter(|(role, name)| !has(role, name)).collect();
        ensure(missing.is_empty(), || format!("the page has no {missing:?}; it has {found:?}"))?;
        let mains = nodes.iter().filter(|node| text(node, "role") == "main").count();
        ensure(mains == 1, || format!("the page has {mains} main regions"))?;
        // Whoever asks for the status asks for the one of the runs; other news is told without the role.
        let statuses = nodes.iter().filter(|node| text(node, "role") == "status").count();
        ensure(statuses == 1, || format!("the page has {statuses} status regions"))
    });
}

#[test]
fn names_that_turn_the_text_or_have_no_end_are_shown_inert_and_short() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        let long = "n".repeat(5_000);
        let rows: String = (0..60)
            .map(|row| format!("{},{},a\u{202e}b{},{}\n", row % 2, u8::from(row % 4 == 0), row % 3, row % 5))
            .collect();
        let log = format!("click,conversion,co\u{202e}lour\u{2066},{long}\n{rows}");
        page.drop_log("lo\u{202e}g.csv", &log).await?;
        page.shows("60 impressions").await?;
        for view in VIEWS {
            page.turn_to(view).await?;
            unfold(page).await?;
            // What is typed in a field, and what stands for a choice, is the log's own.
            let body = "
                const turns = /[\\u202a-\\u202e\\u2066-\\u2069]/;
                const texts = [...document.body.querySelectorAll('*')].flatMap((one) => [
                  ...[...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data),
                  ...[...one.attributes].filter(({ name }) => name !== 'value').map(({ value }) => value),
                ]);
                const isLong = (text) => text.split(/\\s/).some((word) => word.length > 2500);
                return [texts.filter((text) => turns.test(text) || isLong(text)), document.documentElement.scrollWidth - innerWidth];";
            let found = page.script(body, vec![]).await?;
            ensure(found[0] == json!([]), || format!("{view} has {}", found[0]))?;
            ensure(found[1].as_i64() <= Some(0), || format!("{view} is {} too wide", found[1]))?;
        }
        page.shows("co\\u{202e}lour").await
    });
}
