//! A tally as tables of markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::tally::{Case, Count, EVENTS, SEEDS, Tally};
use crate::domain::metrics::MetricKey;
use crate::domain::report::FEWEST_TO_JUDGE;

/// All tables of a tally, shares in %.
pub fn markdown(tally: &Tally) -> String {
    let mut text = String::new();
    section(&mut text, "Equal models that a verdict tells apart", &tally.told_alone);
    section(&mut text, "Equal models whose interval excludes zero, whatever would be said", &tally.excluded);
    let _ = writeln!(text, "### Tables of equal models in which anything is told\n");
    head(&mut text, "table");
    let cells = SEEDS.map(|seeds| cell(tally.told_in_table.get(&seeds)));
    let _ = writeln!(text, "| all metrics and tasks | {} |\n", cells.join(" | "));
    section(&mut text, "Intervals of a metric that hold its expectation", &tally.covered);
    section(&mut text, "Intervals of a difference that hold its expectation", &tally.covered_difference);
    text
}

/// Two tables: by the held-out users with a label of the rarer class, and by metric where there are enough to judge.
fn section(text: &mut String, title: &str, counts: &BTreeMap<Case, Count>) {
    let sum = |is_in: &dyn Fn(&str, usize) -> bool, n_seeds: usize| {
        let cases = counts.iter().filter(|((key, seeds, events), _)| *seeds == n_seeds && is_in(key, *events));
        cases.fold(Count::default(), |sum, (_, count)| Count {
            asked: sum.asked + count.asked,
            happened: sum.happened + count.happened,
        })
    };
    let _ = writeln!(text, "### {title}\n");
    head(text, "users with a label of the rarer class");
    for (group, low) in EVENTS.iter().enumerate() {
        let cells = SEEDS.map(|seeds| cell(Some(&sum(&|_, events| events == group, seeds))));
        let range = EVENTS.get(group + 1).map_or(format!("{low} or more"), |next| format!("{low} to {}", next - 1));
        let _ = writeln!(text, "| {range} | {} |", cells.join(" | "));
    }
    let mut names: Vec<&str> = counts.keys().map(|(key, ..)| metric_of(key)).collect();
    names.sort_unstable();
    names.dedup();
    text.push('\n');
    head(text, &format!("metric, {FEWEST_TO_JUDGE} users or more"));
    for name in names {
        let is_in = |key: &str, events: usize| metric_of(key) == name && EVENTS[events] >= FEWEST_TO_JUDGE;
        let cells = SEEDS.map(|seeds| cell(Some(&sum(&is_in, seeds))));
        let _ = writeln!(text, "| `{name}` | {} |", cells.join(" | "));
    }
    text.push('\n');
}

fn head(text: &mut String, first: &str) {
    let seeds = SEEDS.map(|seeds| if seeds == 1 { "1 seed".to_owned() } else { format!("{seeds} seeds") });
    let _ = writeln!(text, "| {first} | {} |", seeds.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(SEEDS.len()));
}

fn metric_of(key: &str) -> &str {
    MetricKey::parse(key).map_or(key, |key| key.metric)
}

/// The share, and of how many.
fn cell(count: Option<&Count>) -> String {
    match count {
        Some(count) if count.asked > 0 => format!("{:.1} of {}", 100.0 * count.share(), count.asked),
        _ => "–".to_owned(),
    }
}
