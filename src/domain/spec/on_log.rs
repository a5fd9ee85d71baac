//! A model on a log that lacks what the model can do without.
//!
//! A log without actions answers "no" to every question about one, and a log without times has no purchase still to come.
//! There a model of the papers becomes a simpler one of them, which can be trained; what was left out is said. A label of
//! the user's own naming is never left out: that one is an error.

use super::{ModelSpec, Objective};
use crate::domain::log::{ImpressionLog, Space, Timing};
use crate::domain::{event, label};

/// A model as a log lets it be trained.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOnLog {
    pub model: ModelSpec,
    /// One sentence for each thing that was left out; empty when the model is as it was asked for.
    pub left_out: Vec<String>,
}

/// What of a log decides how a model is trained on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOffers {
    pub space: Space,
    pub has_click: bool,
    pub has_conversion: bool,
    pub has_action: bool,
    /// Whether it says when purchases happened.
    pub has_purchase_times: bool,
}

impl LogOffers {
    /// What `log` has.
    pub fn of(log: &ImpressionLog) -> Self {
        let has_times = |timing: &Timing| timing.times(label::CONVERSION).is_some();
        let has = |name| log.label(name).is_some();
        Self {
            space: log.space,
            has_click: has(label::CLICK),
            has_conversion: has(label::CONVERSION),
            has_action: has(label::ACTION),
            has_purchase_times: log.timing.as_ref().is_some_and(has_times),
        }
    }
}

impl ModelSpec {
    /// The model for a log with these offers.
    pub fn on_log(&self, offers: LogOffers) -> ModelOnLog {
        let mut fitted = ModelOnLog { model: self.clone(), left_out: Vec::new() };
        if !offers.has_action {
            fitted.leave_action_out();
        }
        if !offers.has_conversion {
            fitted.leave_conversion_out();
        }
        if !offers.has_click {
            fitted.begin_after_click(offers.space);
        }
        if !offers.has_purchase_times {
            fitted.take_labels_as_final();
        }
        fitted
    }

    /// The first label that the tree asks for and the log does not have.
    pub fn missing_label(&self, has: impl Fn(&str) -> bool) -> Option<&str> {
        self.tree.labels().into_iter().find(|label| !has(label))
    }
}

impl ModelOnLog {
    /// No impression has an action: `y2` is 0, and `y1·(y2·y3 + (1−y2)·y4)` is `y1·y4`.
    fn leave_action_out(&mut self) {
        let tree = self.model.tree.never(label::ACTION);
        if tree == self.model.tree {
            return;
        }
        let mut objective = self.model.objective.clone();
        objective.events_mut().retain(|weighted| tree.event(&weighted.event).is_some());
        if objective.events().is_empty() {
            return; // a model of actions alone: nothing would be left to learn
        }
        if let Objective::EntireSpace { joint_action_purchase, .. } = &mut objective {
            *joint_action_purchase = 0.0;
        }
        let gone = |names: Vec<&str>| names.join(", ");
        let questions = self.model.tree.questions.iter().map(|question| question.name.as_str());
        let questions = gone(questions.filter(|name| tree.question_index(name).is_none()).collect());
        let events = self.model.tree.events.iter().map(|event| event.name.as_str());
        let events = gone(events.filter(|name| tree.event(name).is_none()).collect());
        self.left_out.push(text!(spec::no_actions, questions = questions, events = events));
        (self.model.tree, self.model.objective) = (tree, objective);
    }

    /// Nothing is known of conversions: of a model that learns each event by itself, the click's question is left.
    fn leave_conversion_out(&mut self) {
        let tree = self.model.tree.never(label::CONVERSION);
        let is_by_event = matches!(self.model.objective, Objective::ClickSpace { .. } | Objective::BoostedTrees { .. });
        if !is_by_event || tree == self.model.tree || tree.labels() != [label::CLICK] {
            return;
        }
        self.model.objective.events_mut().retain(|weighted| tree.event(&weighted.event).is_some());
        self.model.tree = tree;
        self.left_out.push(text!(spec::no_conversions).to_owned());
    }

    /// Every row stands for what a click leads to: the tree begins after the click. A model whose loss is about unclicked
    /// impressions is left as it is, and lacks its label; of ESM² what follows the click is left.
    fn begin_after_click(&mut self, space: Space) {
        let is_about_clicks = match &self.model.objective {
            Objective::ClickSpace { .. } | Objective::BoostedTrees { .. } => true,
            Objective::DelayedFeedback { delayed, .. } => delayed == event::CVR,
            Objective::EntireSpace { .. } => self.model.tree.labels().contains(&label::ACTION),
            _ => false,
        };
        let mut tree = self.model.tree.always(label::CLICK);
        if !is_about_clicks || tree == self.model.tree || tree.questions.is_empty() {
            return;
        }
        // Both now mean the conversion of a row; among clicks that is the conversion rate.
        let (kept, gone) = if space == Space::Clicks { (event::CVR, event::CTCVR) } else { (event::CTCVR, event::CVR) };
        if tree.event(kept).is_some() {
            tree.events.retain(|event| event.name != gone);
        }
        let objective = &mut self.model.objective;
        for weighted in objective.events_mut().iter_mut().filter(|weighted| weighted.event == gone) {
            kept.clone_into(&mut weighted.event);
        }
        let mut seen: Vec<String> = Vec::new();
        objective.events_mut().retain(|weighted| {
            let is_new = !seen.contains(&weighted.event);
            seen.push(weighted.event.clone());
            is_new && tree.event(&weighted.event).is_some()
        });
        match objective {
            Objective::DelayedFeedback { delayed, .. } => kept.clone_into(delayed),
            Objective::EntireSpace { joint_action_purchase, .. } => *joint_action_purchase = 0.0,
            _ => {}
        }
        self.model.tree = tree;
        self.left_out.push(text!(spec::no_clicks, space = space.plural()));
    }

    /// No purchase is known to be still to come: each observed label is final, and DFM's likelihood is the plain one.
    fn take_labels_as_final(&mut self) {
        let Objective::DelayedFeedback { events, delayed } = &self.model.objective else { return };
        let is_conditional = self.model.tree.event(delayed).is_some_and(|event| event.given.is_some());
        let events = events.clone();
        let plain = if is_conditional { Objective::ClickSpace { events } } else { Objective::entire_space(events) };
        self.left_out.push(text!(spec::labels_are_final, kind = plain.kind()));
        self.model.objective = plain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::{model_names, model_preset};

    const EVERYTHING: LogOffers = LogOffers {
        space: Space::Impressions,
        has_click: true,
        has_conversion: true,
        has_action: true,
        has_purchase_times: true,
    };
    const NOTHING: LogOffers = LogOffers { has_action: false, has_purchase_times: false, ..EVERYTHING };
    const CLICKS: LogOffers = LogOffers { space: Space::Clicks, has_click: false, ..EVERYTHING };
    const VIEWS: LogOffers = LogOffers { space: Space::Views, ..CLICKS };
    const CLICK_ALONE: LogOffers = LogOffers { has_conversion: false, ..NOTHING };

    fn on(name: &str, offers: LogOffers) -> ModelOnLog {
        model_preset(name).unwrap().on_log(offers)
    }

    #[test]
    fn without_actions_esm2_is_esmm() {
        let fitted = on("esm2", NOTHING);
        let esmm = model_preset("esmm").unwrap();
        let masses = |model: &ModelSpec| {
            let targets = crate::domain::objective::targets(model);
            targets.into_iter().map(|target| (target.name, target.mass)).collect::<Vec<_>>()
        };
        assert_eq!(masses(&fitted.model), masses(&esmm));
        let names: Vec<_> = fitted.model.tree.questions.iter().map(|question| question.name.as_str()).collect();
        assert_eq!((fitted.model.name.as_str(), names.as_slice()), ("esm2", ["y1", "y4"].as_slice()));
        assert!(fitted.left_out[0].contains("y2, y3 and ctavr are left out"), "{:?}", fitted.left_out);
    }

    #[test]
    fn without_times_dfm_is_the_plain_model() {
        let naive = model_preset("naive").unwrap();
        let fitted = on("dfm", NOTHING);
        assert_eq!((&fitted.model.tree, &fitted.model.objective), (&naive.tree, &naive.objective));
        let esmm = model_preset("esmm").unwrap();
        assert_eq!(on("dfm_entire", NOTHING).model.objective, esmm.objective);
        assert!(fitted.left_out[0].contains("trained as click_space"), "{:?}", fitted.left_out);
    }

    #[test]
    fn whatever_is_left_is_a_valid_model_and_nothing_is_left_out_unsaid() {
        for name in model_names() {
            let asked = model_preset(name).unwrap();
            for offers in [NOTHING, EVERYTHING, CLICKS, VIEWS, CLICK_ALONE] {
                let fitted = asked.on_log(offers);
                fitted.model.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(fitted.model == asked, fitted.left_out.is_empty(), "{name}");
            }
            assert_eq!(asked.on_log(EVERYTHING).model, asked, "{name}");
        }
    }

    #[test]
    fn among_clicks_only_what_learns_from_clicks_is_trained() {
        let trainable = |offers: LogOffers, has: &[&str]| -> Vec<&str> {
            let is_trained = |name: &&str| on(name, offers).model.missing_label(|label| has.contains(&label)).is_none();
            model_names().into_iter().filter(is_trained).collect()
        };
        let no_action = LogOffers { has_action: false, ..CLICKS };
        assert_eq!(trainable(no_action, &["conversion"]), ["naive", "independent", "gbdt", "dfm"]);
        assert_eq!(trainable(CLICK_ALONE, &["click"]), ["naive", "independent", "gbdt"]);
        let of_views = trainable(VIEWS, &["action", "conversion"]);
        assert!(of_views.contains(&"esm2") && !of_views.contains(&"esmm"), "{of_views:?}");
    }

    #[test]
    fn the_conversion_of_a_row_is_named_by_its_space() {
        let events = |name: &str, offers| {
            let model = on(name, offers).model;
            let supervised: Vec<String> = model.objective.events().iter().map(|event| event.event.clone()).collect();
            (model.tree.events.into_iter().map(|event| event.name).collect::<Vec<_>>(), supervised)
        };
        let of = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(events("naive", CLICKS), (of(&["cvr"]), of(&["cvr"])));
        assert_eq!(events("naive", VIEWS), (of(&["ctcvr"]), of(&["ctcvr"])));
        assert_eq!(events("esm2", VIEWS), (of(&["ctavr", "ctcvr"]), of(&["ctavr", "ctcvr"])));
        assert_eq!(events("naive", CLICK_ALONE), (of(&["ctr"]), of(&["ctr"])));
    }

    #[test]
    fn a_model_of_actions_alone_stays_as_it_is() {
        let mut model = model_preset("esm2").unwrap();
        model.objective.events_mut().retain(|weighted| weighted.event == "ctavr");
        assert_eq!(model.on_log(NOTHING).model, model);
    }
}
