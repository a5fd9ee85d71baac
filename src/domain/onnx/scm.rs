//! SCM as nodes: logits to the probability of every question and event, in double as the predictions are.

use super::OnnxError;
use super::graph::{Graph, Value};
use super::proto::DataType;
use crate::domain::behavior::{BehaviorTree, Mass, event_mass};
use crate::domain::objective::Readout;

/// A probability, `[N]`, double, and how it is written.
struct Chance {
    p: Value,
    formula: String,
}

/// P(yes) of a question, from what `logit` gives for a tower.
pub(super) fn answer(
    graph: &mut Graph,
    readout: &Readout,
    mut logit: impl FnMut(&mut Graph, &str) -> Result<Value, OnnxError>,
) -> Result<Value, OnnxError> {
    let mut chance = |graph: &mut Graph, tower: &str, shift: f64| {
        let logit = logit(graph, tower)?;
        let mut logit = graph.cast(&logit, DataType::Double);
        if shift != 0.0 {
            let shift = graph.number(shift);
            logit = graph.compute("Add", &[&logit, &shift], Vec::new());
        }
        Ok::<Value, OnnxError>(graph.compute("Sigmoid", &[&logit], Vec::new()))
    };
    match readout {
        Readout::Tower { tower, shift, .. } => chance(graph, tower, *shift),
        Readout::Ratio { numerator, denominator, max_p, .. } => {
            let (above, below) = (chance(graph, numerator, 0.0)?, chance(graph, denominator, 0.0)?);
            let (ratio, max_p) = (graph.compute("Div", &[&above, &below], Vec::new()), graph.number(*max_p));
            Ok(graph.compute("Min", &[&ratio, &max_p], Vec::new()))
        }
    }
}

/// The outputs of a tree, one name each: its events, and the questions that are no event's name.
pub(super) fn output_names(tree: &BehaviorTree) -> Vec<String> {
    let is_event = |name: &str| tree.event(name).is_some();
    let questions = tree.questions.iter().map(|question| &question.name).filter(|name| !is_event(name));
    tree.events.iter().map(|event| &event.name).chain(questions).map(|name| output_name(name)).collect()
}

fn output_name(name: &str) -> String {
    format!("p_{name}")
}

/// Hands out every event and question; `answers` in the order of the tree's questions.
pub(super) fn write_outputs(graph: &mut Graph, tree: &BehaviorTree, answers: &[Value]) -> Result<(), OnnxError> {
    for event in &tree.events {
        let certain = || OnnxError::Certain { event: event.name.clone() };
        let Chance { p, formula } = chance(graph, tree, &event_mass(tree, event), answers).ok_or_else(certain)?;
        let words = match &event.given {
            Some(given) => text!(onnx::graph::event_given, event = event.name, given = given, formula = formula),
            None => text!(onnx::graph::event, event = event.name, formula = formula),
        };
        graph.output(output_name(&event.name), &p, words);
    }
    for (question, p) in tree.questions.iter().zip(answers) {
        if tree.event(&question.name).is_none() {
            let words = text!(onnx::graph::question, question = question.name, label = question.label);
            graph.output(output_name(&question.name), p, words);
        }
    }
    Ok(())
}

/// The probability of `mass`; `None` where it is certain or impossible.
fn chance(graph: &mut Graph, tree: &BehaviorTree, mass: &Mass, answers: &[Value]) -> Option<Chance> {
    let Mass::Question { question, yes, no } = mass else { return None };
    let (name, p) = (&tree.questions[*question].name, &answers[*question]);
    let mut sum: Option<Chance> = None;
    for (is_yes, branch) in [(true, yes), (false, no)] {
        if **branch == Mass::Never {
            continue;
        }
        let first = if is_yes { Chance { p: p.clone(), formula: name.clone() } } else { complement(graph, name, p) };
        let path = match chance(graph, tree, branch, answers) {
            Some(rest) => first.times(graph, &rest),
            None => first,
        };
        sum = Some(match sum {
            Some(sum) => sum.plus(graph, &path),
            None => path,
        });
    }
    sum
}

fn complement(graph: &mut Graph, name: &str, p: &Value) -> Chance {
    let one = graph.number(1.0);
    Chance { p: graph.compute("Sub", &[&one, p], Vec::new()), formula: format!("(1 − {name})") }
}

impl Chance {
    fn times(&self, graph: &mut Graph, rest: &Self) -> Self {
        let is_sum = rest.formula.contains(" + ");
        let factor = if is_sum { format!("({})", rest.formula) } else { rest.formula.clone() };
        let formula = format!("{} · {factor}", self.formula);
        Self { p: graph.compute("Mul", &[&self.p, &rest.p], Vec::new()), formula }
    }

    fn plus(&self, graph: &mut Graph, other: &Self) -> Self {
        let formula = format!("{} + {}", self.formula, other.formula);
        Self { p: graph.compute("Add", &[&self.p, &other.p], Vec::new()), formula }
    }
}
