//! Names of questions, events and metrics on the page.

use crate::app::variants::preset_of;
use crate::domain::behavior::Question;
use crate::domain::spec::model_hue;
use crate::domain::{event, label};

/// CSS class of the model's hue; the user's own models share one.
pub fn hue_class(name: &str) -> String {
    match preset_of(name).and_then(model_hue) {
        Some(hue) => format!("hue hue-{hue}"),
        None => "hue hue-own".to_owned(),
    }
}

/// An event's probability as the papers write it: `pCTR`, `pCTCVR`.
pub fn event(name: &str) -> String {
    match name {
        event::CTR | event::CVR | event::CTCVR | event::CTAVR => format!("p{}", name.to_ascii_uppercase()),
        other => format!("p({other})"),
    }
}

/// A task's name without the p: `CTR`, `CTCVR`.
pub fn task(name: &str) -> String {
    match name {
        event::CTR | event::CVR | event::CTCVR | event::CTAVR => name.to_ascii_uppercase(),
        "cvr_clicked" => text!(names::tasks::cvr_clicked).to_owned(),
        "cvr_entire_space" => text!(names::tasks::cvr_entire_space).to_owned(),
        other => other.to_owned(),
    }
}

/// The rank of a task or an event in the page's order.
pub fn task_rank(name: &str) -> usize {
    const ORDER: [&str; 6] = [event::CTR, event::CVR, "cvr_clicked", "cvr_entire_space", event::CTCVR, event::CTAVR];
    ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
}

/// An event as a participle: "clicked and bought".
pub fn event_meaning(name: &str) -> &'static str {
    match name {
        event::CTR => text!(names::events::ctr),
        event::CVR => text!(names::events::cvr),
        event::CTAVR => text!(names::events::ctavr),
        event::CTCVR => text!(names::events::ctcvr),
        _ => "",
    }
}

/// A question's symbol in formulas: `y2`, `pCTR`.
pub fn symbol(question: &str) -> String {
    match question {
        event::CTR | event::CVR | event::CTCVR | event::CTAVR => format!("p{}", question.to_ascii_uppercase()),
        other => other.to_owned(),
    }
}

/// The question in one word with its mark: "click?".
pub fn asks(question: &Question) -> String {
    match question.label.as_str() {
        label::CLICK => text!(names::asks::click).to_owned(),
        label::ACTION => text!(names::asks::action).to_owned(),
        label::CONVERSION => text!(names::asks::conversion).to_owned(),
        other => text!(names::asks::of_label, label = other),
    }
}

/// The state after an answer: "clicked", "not bought".
pub fn state(label: &str, yes: bool) -> String {
    match (label, yes) {
        (label::CLICK, true) => text!(names::states::clicked).to_owned(),
        (label::CLICK, false) => text!(names::states::not_clicked).to_owned(),
        (label::ACTION, true) => text!(names::states::action).to_owned(),
        (label::ACTION, false) => text!(names::states::no_action).to_owned(),
        (label::CONVERSION, true) => text!(names::states::bought).to_owned(),
        (label::CONVERSION, false) => text!(names::states::not_bought).to_owned(),
        (other, true) => other.to_owned(),
        (other, false) => text!(names::states::no_other, label = other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stable_model_has_a_hue_and_no_name_reaches_the_markup() {
        for (name, class) in
            [("naive", "hue hue-1"), ("escm2_ips", "hue hue-13"), ("mine", "hue hue-own"), ("\"x", "hue hue-own")]
        {
            assert_eq!(hue_class(name), class);
        }
    }
}
