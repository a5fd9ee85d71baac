//! The numbers on a drawn tree: over held-out rows, for one impression, or of the log before training.

use crate::app::models::display_name;
use crate::domain::behavior::BehaviorTree;
use crate::domain::event;
use crate::domain::objective::targets;
use crate::domain::report::{ImpressionReading, PartReading, Rates, RowsPart, Scope, TreeReading};
use crate::domain::spec::ModelSpec;
use crate::protocol::LoadedLog;

use super::behavior_tree::rows_of;
use super::{brush, names};
use crate::app::format;

/// Rows that the tree is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TreeScope {
    All,
    Clicked,
    Unclicked,
    Slice,
    Brush,
    OneImpression,
}

impl TreeScope {
    pub const EVERY: [Self; 6] =
        [Self::All, Self::Clicked, Self::Unclicked, Self::Slice, Self::Brush, Self::OneImpression];

    /// The scopes of a tree: those of clicked rows where it `has_click` alone.
    pub fn offered(has_click: bool) -> impl Iterator<Item = Self> {
        Self::EVERY.into_iter().filter(move |scope| has_click || !matches!(scope, Self::Clicked | Self::Unclicked))
    }

    /// The scope's label.
    pub fn label(self, has_click: bool) -> &'static str {
        match self {
            Self::All if !has_click => text!(tree::scopes::all_rows),
            Self::OneImpression if !has_click => text!(tree::scopes::one_row),
            Self::All => text!(tree::scopes::all),
            Self::Clicked => text!(tree::scopes::clicked),
            Self::Unclicked => text!(tree::scopes::unclicked),
            Self::Slice => text!(tree::scopes::slice),
            Self::Brush => text!(tree::scopes::rectangle),
            Self::OneImpression => text!(tree::scopes::one),
        }
    }

    /// The scope in the evaluation's readings; `None` if a worker is asked.
    pub fn of_evaluation(self) -> Option<Scope> {
        match self {
            Self::All => Some(Scope::All),
            Self::Clicked => Some(Scope::Clicked),
            Self::Unclicked => Some(Scope::Unclicked),
            Self::Slice | Self::Brush | Self::OneImpression => None,
        }
    }
}

/// Up to three values of one probability: predicted, observed and true.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Values {
    pub predicted: Option<f64>,
    pub observed: Option<f64>,
    pub truth: Option<f64>,
    /// The scope selects rows by this answer, so an observed share would not be a rate.
    pub is_selected: bool,
}

impl Values {
    /// Reason for a missing observed value.
    pub fn without_observed(&self) -> &'static str {
        if self.is_selected { text!(tree::edge::by_selection) } else { text!(tree::edge::not_observable) }
    }

    fn in_scope(rates: &Rates, is_selected: bool) -> Self {
        let values = Self::from(rates);
        if is_selected { Self { observed: None, is_selected, ..values } } else { values }
    }

    /// All known values.
    pub fn known(&self) -> impl Iterator<Item = f64> {
        [self.predicted, self.observed, self.truth].into_iter().flatten()
    }
}

impl From<&Rates> for Values {
    fn from(rates: &Rates) -> Self {
        Self { predicted: Some(rates.predicted), observed: rates.observed, truth: rates.truth, is_selected: false }
    }
}

/// All numbers on a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TreeValues {
    /// The rows that the numbers are over, as the end of a sentence.
    pub over: String,
    /// Impressions of the natural frequencies: empty, or "like those that were clicked".
    pub like: String,
    /// One per question, in the tree's order.
    pub edges: Vec<Values>,
    /// Event name and its values, in the model's order.
    pub events: Vec<(String, Values)>,
    /// Questions that the supervised events do not determine: other values would give the same loss.
    pub undetermined: Vec<usize>,
    /// One impression: observed values are outcomes, not rates.
    pub is_single: bool,
    /// Raw feature values, of one impression only.
    pub features: Vec<(String, String)>,
}

/// The numbers of an evaluation's reading.
pub fn of_reading(model: &ModelSpec, reading: &TreeReading) -> TreeValues {
    let rows = format::count(reading.rows);
    let over = match reading.scope {
        Scope::All => text!(tree::over::all, rows = rows, of = rows_of(&model.tree)),
        Scope::Clicked => text!(tree::over::clicked, rows = rows),
        Scope::Unclicked => text!(tree::over::unclicked, rows = rows),
        Scope::Part => text!(tree::over::some, rows = rows, of = rows_of(&model.tree)),
    };
    let over = of_all(over, reading);
    let like = match reading.scope {
        Scope::All | Scope::Part => "",
        Scope::Clicked => text!(tree::which::clicked),
        Scope::Unclicked => text!(tree::which::unclicked),
    };
    // Rows selected by their click: their rate at the root is the selection.
    let is_chosen = matches!(reading.scope, Scope::Clicked | Scope::Unclicked);
    let edges = model.tree.questions.iter().enumerate().map(|(index, question)| {
        let edge = reading.edges.iter().find(|edge| edge.question == question.name);
        edge.map(|edge| Values::in_scope(&edge.rates, is_chosen && index == 0)).unwrap_or_default()
    });
    let events = model.tree.events.iter().filter_map(|event| {
        let rates = reading.events.get(&event.name)?;
        Some((event.name.clone(), Values::in_scope(rates, is_chosen && event.given.is_none())))
    });
    let undetermined = reading.edges.iter().filter(|edge| !edge.identifiable);
    TreeValues {
        over,
        like: like.to_owned(),
        edges: edges.collect(),
        events: events.collect(),
        undetermined: undetermined.filter_map(|edge| model.tree.question_index(&edge.question)).collect(),
        is_single: false,
        features: Vec::new(),
    }
}

/// The numbers of a subset of the held-out impressions.
pub fn of_part(model: &ModelSpec, reading: &PartReading) -> TreeValues {
    let which = match &reading.part {
        RowsPart::Slice { feature, value } => text!(tree::which::slice, column = feature, value = value),
        RowsPart::Brush(area) => {
            text!(tree::which::rectangle, model = display_name(&model.name), area = brush::words(area))
        }
    };
    let rows = format::count(reading.tree.rows);
    let mut values = match reading.tree.rows {
        // No rates without rows.
        0 => TreeValues::default(),
        _ => of_reading(model, &reading.tree),
    };
    let over = text!(tree::over::part, rows = rows, of = rows_of(&model.tree), which = which);
    values.over = of_all(over, &reading.tree);
    values.like = which;
    values
}

/// The words with what the rates are of beyond the rows: labels to come, and impressions that rows stand for.
fn of_all(over: String, reading: &TreeReading) -> String {
    let over = match reading.population {
        Some(population) => text!(tree::over::weighted, over = over, population = format::rounded(population)),
        None => over,
    };
    if reading.is_early { text!(tree::over::early, over = over) } else { over }
}

/// The numbers of one impression.
pub fn of_impression(model: &ModelSpec, reading: &ImpressionReading) -> TreeValues {
    let values = |name: &String| reading.questions.get(name).map(Values::from).unwrap_or_default();
    let events = model
        .tree
        .events
        .iter()
        .filter_map(|event| reading.events.get(&event.name).map(|rates| (event.name.clone(), Values::from(rates))));
    TreeValues {
        over: text!(tree::over::row, row = format::count(reading.row)),
        like: text!(tree::which::row, row = format::count(reading.row)),
        edges: model.tree.questions.iter().map(|question| values(&question.name)).collect(),
        events: events.collect(),
        undetermined: Vec::new(),
        is_single: true,
        features: reading.features.clone(),
    }
}

/// The log's own rates, before training, if its counts suffice.
///
/// A question's rate needs the count of its own label and of the one that leads to it, so a purchase after a DAction
/// stays unknown: the summary holds no joint counts.
pub fn of_log(model: &ModelSpec, log: &LoadedLog) -> TreeValues {
    let count = |label: &str| log.impressions_with(label);
    let rows = log.summary.impressions().rows;
    let observed = |index: usize| {
        let question = &model.tree.questions[index];
        let asked_of = if index == 0 {
            rows
        } else {
            let first = &model.tree.questions[0];
            // Labels of the first question's "yes" branch are only set there, so their counts divide.
            let is_next = first.yes.as_deref() == Some(question.name.as_str());
            is_next.then(|| count(&first.label)).flatten()?
        };
        (asked_of > 0.0).then(|| count(&question.label).map(|yes| yes / asked_of)).flatten()
    };
    let edges =
        (0..model.tree.questions.len()).map(|q| Values { observed: observed(q), ..Values::default() }).collect();
    let over = match log.summary.population {
        None => text!(tree::over::log, rows = format::count(log.summary.rows), of = rows_of(&model.tree)),
        Some(population) => text!(
            tree::over::weighted_log,
            rows = format::count(log.summary.rows),
            population = format::rounded(population.rows),
            of = rows_of(&model.tree)
        ),
    };
    TreeValues { over, edges, ..TreeValues::default() }
}

/// Whether a loss term supervises question `index` by itself, not only within a product or mixture.
pub fn has_own_loss(model: &ModelSpec, index: usize) -> bool {
    targets(model).iter().any(|target| target.weight > 0.0 && target.is_about(index))
}

/// The leading sentence: natural frequencies of the last event of the funnel.
pub fn sentence(name: &str, tree: &BehaviorTree, values: &TreeValues) -> String {
    let predicted = |event: &str| {
        values.events.iter().find(|(n, _)| n == event).and_then(|(_, v)| v.predicted).map(|p| p * format::NATURAL)
    };
    let questions = counted!(nouns::questions, tree.questions.len());
    match (predicted(event::CTR), predicted(event::CTCVR)) {
        (Some(clicks), Some(purchases)) => {
            let (all, clicks, purchases) = (format::natural(), format::frequency(clicks), format::frequency(purchases));
            if values.like.is_empty() {
                text!(tree::says::expects, all = all, name = name, clicks = clicks, purchases = purchases)
            } else {
                text!(
                    tree::says::expects_of,
                    all = all,
                    which = values.like,
                    name = name,
                    clicks = clicks,
                    purchases = purchases
                )
            }
        }
        _ if values.edges.is_empty() && !values.like.is_empty() => {
            text!(tree::says::none, which = values.like)
        }
        _ if values.edges.is_empty() => {
            text!(tree::says::untrained, name = name, questions = questions)
        }
        _ => text!(tree::says::rates, name = name, questions = questions, over = values.over),
    }
}

/// A note about questions that the losses do not determine. Source: Wen et al. 2020, eq. 5–10.
pub fn caveat(tree: &BehaviorTree, values: &TreeValues) -> Option<String> {
    let symbols = values.undetermined.iter().map(|&q| names::symbol(&tree.questions[q].name));
    let symbols: Vec<String> = symbols.collect();
    (!symbols.is_empty()).then(|| text!(tree::says::mixture, symbols = format::listed(&symbols)))
}

#[cfg(test)]
mod tests {
    use super::super::behavior_tree::tests::{esm2, esmm};
    use super::*;
    use crate::domain::behavior::Event;
    use crate::domain::report::EdgeReading;
    use crate::domain::spec::{Objective, WeightedEvent};

    fn event(name: &str, label: &str, given: Option<&str>) -> Event {
        Event { name: name.to_owned(), answers: [(label.to_owned(), true)].into(), given: given.map(str::to_owned) }
    }

    fn weighted(names: &[&str]) -> Vec<WeightedEvent> {
        names.iter().map(|n| WeightedEvent { event: (*n).to_owned(), weight: 1.0 }).collect()
    }

    #[test]
    fn a_part_says_which_impressions_it_is_over() {
        let mut tree = esmm();
        tree.events = vec![event("ctr", "click", None), event("ctcvr", "conversion", None)];
        let model = ModelSpec::new("esmm", tree, Objective::entire_space(Vec::new()));
        let rates = Rates { predicted: 0.06, observed: Some(0.05), truth: None };
        let edge = |question: &str| EdgeReading {
            question: question.to_owned(),
            p_reached: 1.0,
            rates,
            observed_rows: 412,
            own_loss: true,
            identifiable: true,
        };
        let edges = model.tree.questions.iter().map(|question| edge(&question.name)).collect();
        let events = [("ctr".to_owned(), rates), ("ctcvr".to_owned(), rates)].into();
        let mut reading = PartReading {
            step: 1,
            part: RowsPart::Slice { feature: "city".into(), value: "Bern".into() },
            tree: TreeReading { scope: Scope::Part, rows: 412, is_early: false, population: None, edges, events },
            clicked_rows: 20,
            features: vec!["city".into()],
            slices: vec![("Bern".into(), 412)],
            n_slices: 1,
        };
        let values = of_part(&model, &reading);
        assert_eq!(values.over, "over the 412 held-out impressions with city = Bern");
        assert_eq!(values.edges[0].observed, Some(0.05), "no choice by click: a rate");
        let said = sentence("ESMM", &model.tree, &values);
        assert!(said.starts_with("Of 10\u{202f}000 impressions with city = Bern, ESMM expects 600"), "{said}");
        reading.tree.rows = 0;
        let nothing = of_part(&model, &reading);
        assert_eq!(sentence("ESMM", &model.tree, &nothing), "There are no held-out impressions with city = Bern.");
    }

    #[test]
    fn only_directly_supervised_questions_have_a_loss_of_their_own() {
        let mut tree = esm2();
        tree.events =
            vec![event("ctr", "click", None), event("ctavr", "action", None), event("ctcvr", "conversion", None)];
        let objective = Objective::entire_space(weighted(&["ctr", "ctavr", "ctcvr"]));
        let model = ModelSpec::new("esm2", tree, objective);
        assert_eq!((0..4).map(|q| has_own_loss(&model, q)).collect::<Vec<_>>(), [true, false, false, false]);

        let mut tree = esmm();
        tree.events = vec![event("ctr", "click", None), event("cvr", "conversion", Some("ctr"))];
        let objective = Objective::ClickSpace { events: weighted(&["ctr", "cvr"]) };
        let model = ModelSpec::new("naive", tree, objective);
        assert_eq!((0..2).map(|q| has_own_loss(&model, q)).collect::<Vec<_>>(), [true, true]);
    }
}
