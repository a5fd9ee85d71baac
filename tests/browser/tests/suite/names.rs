//! The roles and names that assistive technology, and outsiders' scripts, rely on.

use browser_tests::{Gpu, ensure, in_browser};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
