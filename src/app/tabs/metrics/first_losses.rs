//! The losses of each run's first steps with all digits, for comparing devices or machines.

use std::collections::BTreeSet;

use crate::app::format;
use crate::app::marks::{Cell, Mark, Table, table_twin};
use crate::app::models::display_name;
use crate::protocol::Run;

/// Steps shown per run.
const STEPS: usize = 20;
const DIGITS: usize = 7;

/// A table of the first training losses, behind a disclosure.
pub fn first_losses(runs: &[Run]) -> Mark {
    let sentence = text!(views::first_losses::same_everywhere);
    Mark::new("section")
        .attr("aria-labelledby", "first-losses-heading")
        .child(
            Mark::new("h3")
                .class("figure-title")
                .attr("id", "first-losses-heading")
                .text(text!(views::first_losses::digits)),
        )
        .child(Mark::new("p").class("figure-sentence").text(sentence))
        .child(table_twin(&first_steps(runs)))
}

/// The losses that any run has, and the first steps of every run.
fn first_steps(runs: &[Run]) -> Table {
    let firsts = || runs.iter().flat_map(|run| run.curve.iter().take(STEPS).map(move |point| (run, point)));
    let columns: BTreeSet<&str> = firsts()
        .flat_map(|(_, point)| point.losses.keys().map(String::as_str))
        .filter(|key| key.starts_with("loss."))
        .collect();
    let heads: Vec<&str> =
        [text!(views::first_losses::model), text!(views::first_losses::seed), text!(views::first_losses::step)]
            .into_iter()
            .chain(columns.iter().copied())
            .collect();
    let mut table = Table::new(text!(views::first_losses::table), &heads);
    for (run, point) in firsts() {
        let loss =
            |name: &&str| Cell::or_reason(point.losses.get(*name).map(|loss| format::significant(*loss, DIGITS)), "–");
        let named = [
            Cell::words(display_name(&run.model.name)),
            Cell::number(run.seed.to_string()),
            Cell::number(point.step.to_string()),
        ];
        table.row(named.into_iter().chain(columns.iter().map(loss)));
    }
    table
}
