//! Reading what the views show, and what must be true of it.

use browser_tests::{Page, Step, ensure, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// The first number in a cell, `None` for a dash or a reason.
pub fn number(text: &str) -> Option<f64> {
    let minus = text.replace('\u{2212}', "-");
    let number: String = minus.chars().take_while(|c| c.is_ascii_digit() || ['.', '-', 'e'].contains(c)).collect();
    number.parse().ok()
}

/// Every one of `models` has a number for `key` in the metrics table, within `range`.
pub async fn metrics_have(page: &Page, models: &[&str], key: &str, range: (f64, f64)) -> Step {
    page.turn_to("Metrics").await?;
    let table = page.metrics().await?;
    for model in models {
        let (_, cells) = table
            .iter()
            .find(|(name, _)| name.starts_with(model))
            .ok_or_else(|| format!("no row of {model} in {:?}", table.keys()))?;
        let text = cells.get(key).ok_or_else(|| format!("{model} has no cell {key}; it has {:?}", cells.keys()))?;
        let value = number(text).ok_or_else(|| format!("{key} of {model} is {text:?}"))?;
        ensure((range.0..=range.1).contains(&value), || format!("{key} of {model} is {value}, not in {range:?}"))?;
    }
    Ok(())
}

/// The tree has a predicted value for each of these questions.
pub async fn tree_predicts(page: &Page, questions: usize) -> Step {
    page.turn_to("Tree").await?;
    unfold(page).await?;
    let rows = page.table("Conditional probabilities").await?;
    ensure(rows.len() == questions, || format!("the tree's table has {} rows, not {questions}: {rows:?}", rows.len()))?;
    for row in rows {
        let text = row.get("Predicted").ok_or_else(|| format!("no column Predicted: {row:?}"))?;
        ensure(number(text).is_some_and(|p| p > 0.0), || format!("predicted is {text:?}: {row:?}"))?;
    }
    Ok(())
}

/// The towers view says the distribution of this many heads' predictions.
pub async fn towers_show(page: &Page, heads: usize) -> Step {
    page.turn_to("Towers").await?;
    let body = "
        return [...document.querySelectorAll('[role=img]')].filter(isShown).map(nameOf)
          .filter((name) => name.startsWith('Distribution of predicted'));";
    eventually("the towers' distributions", Duration::from_secs(10), || async {
        let names = page.script(body, vec![]).await?;
        let count = names.as_array().map_or(0, Vec::len);
        ensure(count == heads, || format!("{count} distributions, not {heads}: {names}"))
    })
    .await
}

/// Opens every disclosure of the view, so that the table twins are there.
pub async fn unfold(page: &Page) -> Step {
    let body =
        "for (const folded of document.querySelectorAll('[role=tabpanel] details:not([open])')) folded.open = true;";
    page.script(body, vec![]).await.map(drop)
}

/// The losses of the training steps, as `[model, step, loss name, value]`, from the table "Losses of the first steps".
pub async fn first_losses(page: &Page) -> Step<Vec<(String, u64, String, f64)>> {
    page.turn_to("Metrics").await?;
    unfold(page).await?;
    let rows = page.table("Losses of the first steps").await?;
    let mut losses = Vec::new();
    for row in rows {
        let model = row.get("Model").cloned().unwrap_or_default();
        let step = row.get("Step").and_then(|text| text.parse().ok()).ok_or_else(|| format!("no step in {row:?}"))?;
        for (name, text) in row.iter().filter(|(name, _)| !["Model", "Seed", "Step"].contains(&name.as_str())) {
            if let Some(value) = number(text) {
                losses.push((model.clone(), step, name.clone(), value));
            }
        }
    }
    ensure(!losses.is_empty(), || "the table of losses has no number".to_owned())?;
    Ok(losses)
}

/// Chooses an option of the select or radio group that offers it.
pub async fn choose(page: &Page, option: &str) -> Step {
    let body = "
        const wanted = arguments[0];
        for (const select of document.querySelectorAll('select')) {
          const found = [...select.options].find((o) => tidy(o.textContent) === wanted);
          if (found) { select.value = found.value; select.dispatchEvent(new Event('change', { bubbles: true })); return true; }
        }
        const radio = [...document.querySelectorAll('input[type=radio], [role=radio], button')].find((e) => nameOf(e) === wanted);
        radio?.click();
        return Boolean(radio);";
    eventually(&format!("a choice {option:?}"), Duration::from_secs(10), || async {
        let chosen: Value = page.script(body, vec![json!(option)]).await?;
        ensure(chosen == true, || "nothing offers it".to_owned())
    })
    .await
}
