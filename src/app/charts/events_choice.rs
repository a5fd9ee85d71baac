//! Which event the models' columns of the rows are about.

use super::names;
use super::rows_table::EVENT;
use crate::app::marks::{Control, Mark, choice};
use crate::protocol::Run;

/// The choice among the events of all models, in their trees' order.
pub fn events_choice(runs: &[Run], event: &str) -> Mark {
    let mut events: Vec<&str> = Vec::new();
    for known in runs.iter().flat_map(|run| &run.model.tree.events) {
        if !events.contains(&known.name.as_str()) {
            events.push(&known.name);
        }
    }
    let words: Vec<String> = events.iter().map(|event| names::event(event)).collect();
    let options = events.iter().zip(&words).map(|(event, words)| (*event, words.as_str(), ""));
    choice(Control::new(EVENT, text!(views::rows::event)), "rows-event", options, event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::model_preset;

    #[test]
    fn every_event_of_any_model_is_offered_once() {
        let runs: Vec<Run> = ["esmm", "esm2"]
            .into_iter()
            .zip(1..)
            .map(|(name, id)| Run::queued(id, model_preset(name).unwrap(), 1))
            .collect();
        let mark = events_choice(&runs, "cvr");
        let inputs = mark.with_tag("input");
        let offered: Vec<&str> = inputs.iter().filter_map(|input| input.get("data-value")).collect();
        assert_eq!(offered, ["ctr", "cvr", "ctcvr", "ctavr"]);
        let checked: Vec<&str> = inputs
            .iter()
            .filter(|input| input.get("checked") == Some("true"))
            .filter_map(|input| input.get("data-value"))
            .collect();
        assert_eq!(checked, ["cvr"]);
    }
}
