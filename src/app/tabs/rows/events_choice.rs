//! The choice of the event in the models' columns.

use crate::app::charts::names;
use crate::app::marks::{Control, Mark, choice};
use crate::app::models::distinct;
use crate::protocol::Run;

/// The choice among the events of all models, in their trees' order.
pub fn events_choice(runs: &[Run], event: &str) -> Mark<String> {
    let events = runs.iter().flat_map(|run| &run.model.tree.events);
    let options = distinct(events.map(|event| event.name.as_str()))
        .into_iter()
        .map(|event| (event.to_owned(), names::event(event), ""));
    let control = Control::new(text!(views::rows::event));
    choice(control, "rows-event", options, &event.to_owned(), |event| event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::Element;
    use crate::domain::spec::model_preset;

    #[test]
    fn every_event_of_any_model_is_offered_once() {
        let runs: Vec<Run> = ["esmm", "esm2"]
            .into_iter()
            .zip(1..)
            .map(|(name, id)| Run::queued(id, model_preset(name).unwrap(), 1))
            .collect();
        let mark = events_choice(&runs, "cvr");
        let labels = mark.with_tag("label");
        let offered: Vec<String> = labels.iter().map(|label| label.all_text()).collect();
        assert_eq!(offered, ["pCTR", "pCVR", "pCTCVR", "pCTAVR"]);
        assert_eq!(mark.change("pCTAVR", "true").as_deref(), Some("ctavr"));
        let is_checked = |label: &&&Element| label.with_tag("input")[0].get("checked") == Some("true");
        let checked: Vec<String> = labels.iter().filter(is_checked).map(|label| label.all_text()).collect();
        assert_eq!(checked, ["pCVR"]);
    }
}
