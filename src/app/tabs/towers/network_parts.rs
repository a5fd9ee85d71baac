//! Parts of the network's drawing: from measurements, or before training from the model.

use crate::app::charts::formula::{Token, formula, symbolic};
use crate::app::charts::names;
use crate::app::format;
use crate::domain::behavior::BehaviorTree;
use crate::domain::objective::{targets, tower_names};
use crate::domain::report::{FlowReading, TermFlow};
use crate::domain::spec::{AuxiliaryTerm, AuxiliaryTower, ModelSpec, NetworkSpec, Objective, Pooling};
use crate::domain::{event, label};

/// Maximum number of cells in a layer; more units share them.
const MAX_CELLS: usize = 96;

/// Parts of the drawing, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkParts<'a> {
    pub tree: &'a BehaviorTree,
    pub flow: Option<&'a FlowReading>,
    pub is_shared: bool,
    /// `width 8, side by side, shared by all towers`
    pub embedding: String,
    pub towers: Vec<TowerPart>,
    pub heads: Vec<HeadPart>,
}

/// One tower.
#[derive(Debug, Clone, PartialEq)]
pub struct TowerPart {
    pub symbol: String,
    /// `click?`, or what an auxiliary tower is for.
    pub asks: String,
    pub layers: Vec<LayerPart>,
    pub mean_p: Option<f64>,
}

/// One hidden layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerPart {
    pub width: usize,
    /// Mean activation of each cell's units, relative to the tower's largest cell; empty before a measurement.
    pub cells: Vec<f64>,
    pub dead_share: Option<f64>,
    pub mean: Option<f64>,
    /// Units that share a cell.
    pub units_per_cell: usize,
}

/// A probability composed of the towers' outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadPart {
    pub name: String,
    pub symbol: String,
    /// `y1·y2`; empty for one tower's output.
    pub written: String,
    /// Its towers.
    pub towers: Vec<usize>,
    pub p: Option<f64>,
    /// Its loss terms: indices in the reading; empty before one.
    pub terms: Vec<usize>,
    /// Whether a loss is attached to it.
    pub is_supervised: bool,
    pub stage: Stage,
}

/// A loss's depth in the funnel, encoded by lightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Click,
    Action,
    Purchase,
    /// Of no event, such as imputation.
    Beside,
}

impl Stage {
    pub fn class(self) -> &'static str {
        match self {
            Self::Click => "stage-click",
            Self::Action => "stage-action",
            Self::Purchase => "stage-purchase",
            Self::Beside => "stage-beside",
        }
    }

    fn of_event(tree: &BehaviorTree, name: &str) -> Self {
        let Some(event) = tree.event(name) else { return Self::Beside };
        let asks = |label: &str| event.answers.contains_key(label);
        let is_further = event.answers.keys().any(|label| label != label::CLICK && label != label::ACTION);
        match (is_further, asks(label::ACTION)) {
            (true, _) => Self::Purchase,
            (_, true) => Self::Action,
            _ => Self::Click,
        }
    }
}

impl<'a> NetworkParts<'a> {
    pub fn new(model: &'a ModelSpec, network: &NetworkSpec, flow: Option<&'a FlowReading>) -> Self {
        let network = network.of(model);
        let tree = &model.tree;
        let names_of_towers = tower_names(model);
        let towers = names_of_towers.iter().enumerate().map(|(index, name)| tower(model, &network, name, index, flow));
        let is_shared = flow.map_or(network.share_embeddings, |flow| flow.is_shared);
        let pooling = match network.pooling {
            Pooling::SumByGroup => text!(network::embedding::summed),
            Pooling::Concatenate => text!(network::embedding::beside),
        };
        let sharing = if is_shared { text!(network::embedding::shared) } else { text!(network::embedding::own) };
        let embedding = text!(
            network::embedding::words,
            width = network.embedding_size.to_string(),
            pooling = pooling,
            sharing = sharing
        );
        let heads = heads(model, &names_of_towers, flow);
        Self { tree, flow, is_shared, embedding, towers: towers.collect(), heads }
    }

    /// The largest gradient norm, the unit of thickness.
    pub fn largest_norm(&self) -> f64 {
        let terms = self.flow.map_or(&[][..], |flow| &flow.terms);
        let of_term = |term: &TermFlow| {
            let through = (0..term.through.len()).map(|tower| term.through_tower(tower)).fold(0.0, f64::max);
            term.towers.iter().copied().fold(through, f64::max)
        };
        terms.iter().map(of_term).fold(0.0, f64::max)
    }
}

/// The stage of a loss term.
pub fn stage_of(tree: &BehaviorTree, term: &str) -> Stage {
    Stage::of_event(tree, term)
}

/// The auxiliary term of this name; `None` when it is an event of the tree.
fn auxiliary(tree: &BehaviorTree, term: &str) -> Option<AuxiliaryTerm> {
    if tree.event(term).is_some() { None } else { AuxiliaryTerm::named(term) }
}

/// A loss term's name in a sentence.
pub fn term_name(tree: &BehaviorTree, term: &str) -> String {
    match auxiliary(tree, term) {
        Some(AuxiliaryTerm::Joint) => text!(network::losses::joint).to_owned(),
        Some(AuxiliaryTerm::Imputation) => text!(network::losses::imputation).to_owned(),
        Some(AuxiliaryTerm::Counterfactual) => text!(network::losses::counterfactual).to_owned(),
        Some(AuxiliaryTerm::Constraint) => text!(network::losses::constraint).to_owned(),
        None => text!(network::loss_of, event = names::event(term)),
    }
}

fn tower(model: &ModelSpec, network: &NetworkSpec, name: &str, index: usize, flow: Option<&FlowReading>) -> TowerPart {
    let question = model.tree.questions.iter().find(|question| question.name == name);
    let auxiliary = model.objective.auxiliary_tower().filter(|tower| tower.name() == name);
    let asks = match (question, auxiliary) {
        (Some(question), _) => names::asks(question),
        (None, Some(AuxiliaryTower::Imputation)) => text!(network::guesses).to_owned(),
        (None, Some(AuxiliaryTower::Counterfactual)) => text!(network::unclicked).to_owned(),
        (None, Some(AuxiliaryTower::Delay)) => text!(network::delays).to_owned(),
        (None, None) => names::event_meaning(name).to_owned(),
    };
    let measured = flow.and_then(|flow| flow.towers.get(index));
    let largest = measured
        .map_or(0.0, |tower| tower.layers.iter().flatten().fold(0.0f64, |largest, &mean| largest.max(f64::from(mean))));
    let layers = network.hidden.iter().enumerate().map(|(layer, &width)| {
        let units = measured.and_then(|tower| tower.layers.get(layer)).map_or(&[][..], Vec::as_slice);
        let units_per_cell = width.div_ceil(MAX_CELLS).max(1);
        let cell = |units: &[f32]| {
            let mean = units.iter().map(|&mean| f64::from(mean)).sum::<f64>() / units.len() as f64;
            if largest > 0.0 { mean / largest } else { 0.0 }
        };
        LayerPart {
            width,
            cells: units.chunks(units_per_cell).map(cell).collect(),
            dead_share: measured.and_then(|tower| tower.dead_share(layer)),
            mean: measured.and_then(|tower| tower.mean_activation(layer)),
            units_per_cell,
        }
    });
    TowerPart {
        symbol: names::symbol(name),
        asks,
        layers: layers.collect(),
        mean_p: measured.map(|tower| tower.mean_p),
    }
}

fn heads(model: &ModelSpec, towers: &[String], flow: Option<&FlowReading>) -> Vec<HeadPart> {
    let tree = &model.tree;
    let supervised: Vec<String> =
        targets(model).into_iter().filter(|target| target.weight > 0.0).map(|target| target.name).collect();
    let is_ratio = matches!(model.objective, Objective::Division { .. });
    let terms_of = |is_own: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let terms = flow.map_or(&[][..], |flow| &flow.terms);
        terms.iter().enumerate().filter(|(_, term)| is_own(&term.name)).map(|(index, _)| index).collect()
    };
    let mut heads: Vec<HeadPart> = Vec::new();
    for event in &tree.events {
        let tokens = formula(tree, event);
        let symbol = names::event(&event.name);
        let own_tower = if is_ratio { towers.iter().position(|tower| *tower == event.name) } else { None };
        let asked = tokens.iter().filter_map(|token| match token {
            Token::Term { question, .. } => Some(*question),
            Token::Text(_) => None,
        });
        let (towers, written) = match (is_ratio, own_tower) {
            (true, Some(tower)) => (vec![tower], String::new()),
            (true, None) => {
                ((0..towers.len()).collect(), format!("{} / {}", names::event(event::CTCVR), names::event(event::CTR)))
            }
            _ => {
                let mut asked: Vec<usize> = asked.collect();
                asked.dedup();
                asked.sort_unstable();
                asked.dedup();
                (asked, tokens.iter().map(|token| symbolic(tree, token)).collect())
            }
        };
        heads.push(HeadPart {
            p: flow.and_then(|flow| flow.events.get(&event.name)).copied(),
            terms: terms_of(&|term| term == event.name),
            is_supervised: supervised.contains(&event.name),
            stage: Stage::of_event(tree, &event.name),
            written: if written == symbol { String::new() } else { written },
            name: event.name.clone(),
            symbol,
            towers,
        });
    }
    // Losses of no event of the tree: they are attached to the towers that they reach.
    for index in terms_of(&|term| tree.event(term).is_none()) {
        let Some(term) = flow.and_then(|flow| flow.terms.get(index)) else { continue };
        let reached = term.towers.iter().enumerate().filter(|(_, norm)| **norm > 0.0).map(|(tower, _)| tower);
        heads.push(HeadPart {
            name: term.name.clone(),
            symbol: term.name.clone(),
            written: String::new(),
            towers: reached.collect(),
            p: None,
            terms: vec![index],
            is_supervised: true,
            stage: Stage::Beside,
        });
    }
    heads
}

/// The reading in a sentence: its rows, and each loss's gradient norm at the embeddings.
pub fn sentence(parts: &NetworkParts) -> String {
    let Some(flow) = parts.flow else {
        let towers = parts.towers.len().to_string();
        return text!(network::says::untrained, towers = towers, embedding = parts.embedding);
    };
    let reach = flow.terms.iter().map(|term| {
        let norm = format::significant(term.reaching_embeddings(), 2);
        match auxiliary(parts.tree, &term.name) {
            Some(_) => text!(network::says::from_loss, norm = norm, loss = term_name(parts.tree, &term.name)),
            None => text!(network::says::from_event, norm = norm, event = names::event(&term.name)),
        }
    });
    text!(
        network::says::measured,
        rows = format::count(flow.rows),
        labels = labelled(flow),
        what = embeddings(parts),
        reach = format::listed(&reach.collect::<Vec<_>>())
    )
}

/// The number of rows with each label, in words.
pub fn labelled(flow: &FlowReading) -> String {
    let labels = flow
        .labels
        .iter()
        .map(|(label, yes)| text!(network::says::labelled, rows = format::count(*yes), label = label));
    format::listed(&labels.collect::<Vec<_>>())
}

/// The words for the embeddings.
pub fn embeddings(parts: &NetworkParts) -> &'static str {
    if parts.is_shared { text!(network::embedding::the_shared) } else { text!(network::embedding::the) }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::report::{FieldFlow, TowerFlow};
    use crate::domain::spec::model_preset;

    /// A reading of a model with two hidden layers, every term of which reaches every tower that its event is made of.
    pub(in super::super) fn reading(model: &ModelSpec) -> FlowReading {
        let towers: Vec<TowerFlow> = tower_names(model)
            .into_iter()
            .map(|name| TowerFlow { name, layers: vec![vec![0.0, 1.0, 0.5], vec![0.25; 120]], mean_p: 0.05 })
            .collect();
        let n = towers.len();
        let term = |target: &crate::domain::objective::Target| TermFlow {
            name: target.name.clone(),
            weight: 1.0,
            loss: 0.2,
            towers: (0..n).map(|tower| if tower == 0 && target.is_conditional() { 0.0 } else { 0.3 }).collect(),
            through: vec![vec![0.03, 0.04]; n],
            embeddings: vec![0.05 * n as f64],
        };
        FlowReading {
            step: 12,
            rows: 2048,
            labels: vec![("click".into(), 120), ("conversion".into(), 7)],
            fields: ["user", "item"]
                .map(|name| FieldFlow { name: name.into(), vocabulary: 50, looked_up: 31 })
                .to_vec(),
            n_dense: 1,
            is_shared: true,
            events: model.tree.events.iter().map(|event| (event.name.clone(), 0.04)).collect::<BTreeMap<_, _>>(),
            terms: targets(model).iter().map(term).collect(),
            embeddings: vec![0.1],
            towers,
        }
    }

    #[test]
    fn every_model_has_its_towers_and_its_heads() {
        let network = NetworkSpec::default();
        for (name, towers, cvr) in [
            ("naive", vec!["pCTR", "pCVR"], ""),
            ("esmm", vec!["pCTR", "pCVR"], ""),
            ("esm2", vec!["y1", "y2", "y3", "y4"], "y2·y3 + (1−y2)·y4"),
            ("escm2_dr", vec!["pCTR", "pCVR", "imputation"], ""),
            ("dcmt", vec!["pCTR", "pCVR", "counterfactual"], ""),
            ("division", vec!["pCTR", "pCTCVR"], "pCTCVR / pCTR"),
        ] {
            let model = model_preset(name).unwrap();
            let parts = NetworkParts::new(&model, &network, None);
            let symbols: Vec<&str> = parts.towers.iter().map(|tower| tower.symbol.as_str()).collect();
            assert_eq!(symbols, towers, "{name}");
            let head = parts.heads.iter().find(|head| head.name == "cvr").unwrap();
            assert_eq!(head.written, cvr, "{name}");
        }
        let naive = model_preset("naive").unwrap();
        let supervised = |name: &str, model: &ModelSpec| {
            NetworkParts::new(model, &network, None).heads.iter().find(|head| head.name == name).unwrap().is_supervised
        };
        assert!(supervised("cvr", &naive) && !supervised("ctcvr", &naive));
        let esmm = model_preset("esmm").unwrap();
        assert!(!supervised("cvr", &esmm) && supervised("ctcvr", &esmm));
    }

    #[test]
    fn every_tower_is_explained_and_every_loss_of_no_event_is_named() {
        let network = NetworkSpec::default();
        for name in ["escm2_dr", "dcmt", "dfm", "dfm_entire"] {
            let model = model_preset(name).unwrap();
            for tower in NetworkParts::new(&model, &network, None).towers {
                assert!(!tower.asks.is_empty(), "{name}: {}", tower.symbol);
            }
        }
        let dcmt = model_preset("dcmt").unwrap();
        for term in AuxiliaryTerm::ALL.map(AuxiliaryTerm::name) {
            assert_eq!(term_name(&dcmt.tree, term), format!("{term} loss"));
        }
        let mut flow = reading(&dcmt);
        flow.terms[0].name = AuxiliaryTerm::Constraint.name().to_owned();
        let said = sentence(&NetworkParts::new(&dcmt, &network, Some(&flow)));
        assert!(said.contains(" constraint loss") && !said.contains("p(constraint)"), "{said}");
        let mut own = dcmt.clone();
        own.tree.events[0].name = "joint".to_owned();
        assert_eq!(term_name(&own.tree, "joint"), "loss of p(joint)", "an event may have that name");
    }

    #[test]
    fn more_units_than_cells_share_them() {
        let model = model_preset("esmm").unwrap();
        let flow = reading(&model);
        let network = NetworkSpec { hidden: vec![3, 120], ..NetworkSpec::default() };
        let parts = NetworkParts::new(&model, &network, Some(&flow));
        let [first, second] = parts.towers[0].layers.as_slice() else { panic!("two layers") };
        assert_eq!((first.cells.as_slice(), first.dead_share), (&[0.0, 1.0, 0.5][..], Some(1.0 / 3.0)));
        assert_eq!((second.cells.len(), second.units_per_cell), (60, 2));
        assert_eq!(parts.largest_norm(), 0.3);
    }
}
