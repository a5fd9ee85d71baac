//! What questions, events and metrics are called on the page.

use crate::domain::behavior::Question;

/// CSS class that carries the model's hue; names of the user's own share one.
pub fn hue_class(name: &str) -> String {
    match crate::app::variants::preset_of(name) {
        Some(preset) => format!("hue hue-{}", preset.replace('_', "-")),
        None => "hue hue-own".to_owned(),
    }
}

/// An event's probability as the papers write it: `pCTR`, `pCTCVR`.
pub fn event(name: &str) -> String {
    match name {
        "ctr" | "cvr" | "ctcvr" | "ctavr" => format!("p{}", name.to_ascii_uppercase()),
        other => format!("p({other})"),
    }
}

/// A task's name without the p: `CTR`, `CTCVR`.
pub fn task(name: &str) -> String {
    match name {
        "ctr" | "cvr" | "ctcvr" | "ctavr" => name.to_ascii_uppercase(),
        "cvr_clicked" => "CVR, on clicks (biased)".to_owned(),
        "cvr_entire_space" => "CVR, entire space (truth known)".to_owned(),
        other => other.to_owned(),
    }
}

/// What an event says of an impression: "clicked and bought".
pub fn event_meaning(name: &str) -> &'static str {
    match name {
        "ctr" => "clicked",
        "cvr" => "bought, once clicked",
        "ctavr" => "clicked, then a DAction",
        "ctcvr" => "clicked and bought",
        _ => "",
    }
}

/// A question's symbol in formulas: `y2`, `pCTR`.
pub fn symbol(question: &str) -> String {
    match question {
        "ctr" | "cvr" | "ctcvr" | "ctavr" => format!("p{}", question.to_ascii_uppercase()),
        other => other.to_owned(),
    }
}

/// The question in one word with its mark: "click?".
pub fn asks(question: &Question) -> String {
    match question.label.as_str() {
        "click" => "click?".to_owned(),
        "action" => "DAction?".to_owned(),
        "conversion" => "buy?".to_owned(),
        other => format!("{other}?"),
    }
}

/// The state after an answer: "clicked", "not bought".
pub fn state(label: &str, yes: bool) -> String {
    match (label, yes) {
        ("click", true) => "clicked".to_owned(),
        ("click", false) => "not clicked".to_owned(),
        ("action", true) => "DAction".to_owned(),
        ("action", false) => "OAction".to_owned(),
        ("conversion", true) => "bought".to_owned(),
        ("conversion", false) => "not bought".to_owned(),
        (other, true) => other.to_owned(),
        (other, false) => format!("no {other}"),
    }
}

/// A metric's name and what it says, in a few words.
pub fn metric(name: &str) -> (&'static str, &'static str) {
    match name {
        "auc" => ("AUC", "chance that a positive ranks above a negative"),
        "gauc" => ("GAUC", "AUC within each group, averaged"),
        "gauc_impressions" => ("GAUC, by impressions", "AUC within each group, weighing its impressions"),
        "gauc_clicks" => ("GAUC, by clicks", "AUC within each group, weighing its clicks"),
        "f1_threshold" => ("F1 @ threshold", "F1 at the threshold that is best on the other half of the held-out rows"),
        "prevalence" => ("prevalence", "share of positive labels"),
        "pcorr_ctr" => ("partial correlation", "of pCVR with pCTR, given the true CVR; 0 is independent"),
        "logloss" => ("log-loss", "mean cross-entropy, nats"),
        "ne" => ("NE", "log-loss over that of the base rate"),
        "brier" => ("Brier", "mean squared error"),
        "pcoc" => ("PCOC", "mean predicted over mean observed; 1 is calibrated"),
        "ece" => ("ECE", "mean calibration error in equal-mass bins"),
        "ap" => ("AP", "average precision"),
        "f1_top0.1" => ("F1 @ 0.1 %", "F1 when the top 0.1 % count as positive"),
        "f1_top0.6" => ("F1 @ 0.6 %", "F1 when the top 0.6 % count as positive"),
        "f1_top1" => ("F1 @ 1 %", "F1 when the top 1 % count as positive"),
        "bias" => ("bias", "mean pCVR minus mean true CVR"),
        "mae_truth" => ("|pCVR − truth|", "mean distance to the true CVR"),
        "xent_truth" => ("cross-entropy to truth", "nats, against the true CVR"),
        _ => ("metric", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stable_model_has_a_hue_and_no_name_reaches_the_markup() {
        for (name, class) in [
            ("naive", "hue hue-naive"),
            ("escm2_ips", "hue hue-escm2-ips"),
            ("mine", "hue hue-own"),
            ("\"x", "hue hue-own"),
        ] {
            assert_eq!(hue_class(name), class);
        }
    }
}
