//! Reading what the views show, and what must be true of it.

use crate::{Page, Step, ensure, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// A text without what groups the digits of its numbers.
pub fn ungrouped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let groups = |at: usize| {
        [',', '\u{202f}'].contains(&chars[at]) && at > 0 && is_digit(at - 1) && (1..=3).all(|n| is_digit(at + n))
    };
    (0..chars.len()).filter(|&at| !groups(at)).map(|at| chars[at]).collect()
}

/// The first number in a cell, `None` for a dash or a reason.
pub fn number(text: &str) -> Option<f64> {
    let minus = ungrouped(text).replace('\u{2212}', "-");
    let number: String = minus.chars().take_while(|c| c.is_ascii_digit() || ['.', '-', 'e'].contains(c)).collect();
    number.parse().ok()
}

/// Every one of `models` has a value for `key` in the metrics table, within `range`, and shows it.
pub async fn metrics_have(page: &Page, models: &[&str], key: &str, range: (f64, f64)) -> Step {
    page.turn_to("Metrics").await?;
    let table = page.metrics().await?;
    for model in models {
        let cell = table.cell(model, key)?;
        let value = table.value(model, key)?;
        ensure((range.0..=range.1).contains(&value), || format!("{key} of {model} is {value}, not in {range:?}"))?;
        let shown = number(&cell.text).ok_or_else(|| format!("{key} of {model} is {:?}", cell.text))?;
        ensure((shown - value).abs() <= 0.02, || format!("{key} of {model} is {value} and shown as {:?}", cell.text))?;
    }
    Ok(())
}

/// The tree of `model` has a predicted value for each of its questions.
pub async fn tree_predicts(page: &Page, model: &str, questions: usize) -> Step {
    page.turn_to("Tree").await?;
    choose(page, "[role=tabpanel]", model).await?;
    eventually(&format!("the tree of {model}"), Duration::from_secs(20), || async {
        unfold(page).await?;
        let rows = page.table("Conditional probabilities").await?;
        ensure(rows.len() == questions, || format!("its table has {} rows, not {questions}: {rows:?}", rows.len()))?;
        for row in rows {
            let text = row.get("Predicted").ok_or_else(|| format!("no column Predicted: {row:?}"))?;
            ensure(number(text).is_some_and(|p| p > 0.0), || format!("predicted is {text:?}: {row:?}"))?;
        }
        Ok(())
    })
    .await
}

/// The towers view says the distribution of this many heads' predictions for `model`.
pub async fn towers_show(page: &Page, model: &str, heads: usize) -> Step {
    page.turn_to("Towers").await?;
    choose(page, "[role=tabpanel]", model).await?;
    let body = "
        return [...document.querySelectorAll('[role=img]')].filter(isShown).map(nameOf)
          .filter((name) => name.startsWith('Distribution of predicted'));";
    eventually("the towers' distributions", Duration::from_secs(20), || async {
        let names = page.script(body, vec![]).await?;
        let count = names.as_array().map_or(0, Vec::len);
        ensure(count == heads, || format!("{count} distributions, not {heads}: {names}"))
    })
    .await
}

/// Opens every disclosure of the page, so that what is in them (table twins above all) is there.
pub async fn unfold(page: &Page) -> Step {
    let body = "for (const folded of document.querySelectorAll('details:not([open])')) folded.open = true;";
    page.script(body, vec![]).await.map(drop)
}

/// The losses of the training steps, as `[model, step, loss name, value]`, from the table "Losses of the first steps".
pub async fn first_losses(page: &Page) -> Step<Vec<(String, u64, String, f64)>> {
    page.turn_to("Metrics").await?;
    let rows = eventually("the first steps' losses", Duration::from_secs(20), || async {
        unfold(page).await?;
        page.table("Losses of the first steps").await
    })
    .await?;
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

/// Chooses an option of a select, radio group or row of buttons that offers it, within the shown elements that `scope`
/// selects.
pub async fn choose(page: &Page, scope: &str, option: &str) -> Step {
    let body = "
        const [scope, wanted] = arguments;
        for (const part of [...document.querySelectorAll(scope)].filter(isShown)) {
          for (const select of part.querySelectorAll('select')) {
            const found = [...select.options].find((o) => tidy(o.textContent) === wanted);
            if (found) { select.value = found.value; select.dispatchEvent(new Event('change', { bubbles: true })); return true; }
          }
          const offered = [...part.querySelectorAll('input[type=radio], [role=radio], button')].find((e) => nameOf(e) === wanted);
          if (offered) { offered.click(); return true; }
        }
        return false;";
    eventually(&format!("a choice {option:?}"), Duration::from_secs(20), || async {
        let chosen: Value = page.script(body, vec![json!(scope), json!(option)]).await?;
        ensure(chosen == true, || "nothing offers it".to_owned())
    })
    .await
}
