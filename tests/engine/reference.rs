//! The whole objective in f64: forward, loss and every gradient by hand, one impression after the other.

use std::collections::BTreeMap;

use esmm_playground::domain::behavior::{Mass, event_mass, reference};
use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::spec::{Objective, Pooling, TrainPlan};
use esmm_playground::engine::Weights;

/// Named tensors in f64.
pub type Named = BTreeMap<String, Vec<f64>>;

pub fn named(weights: &Weights) -> Named {
    let widened = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    weights.tensors.iter().map(|tensor| (tensor.name.clone(), widened(&tensor.values))).collect()
}

/// Where a tower's input component comes from: tensor name and position, or a dense value.
enum Source {
    Embedding { name: String, position: usize },
    Dense(f64),
}

/// A tower's pooled input: for each component the sources that are summed.
fn inputs(plan: &TrainPlan, prepared: &Prepared, question: &str, row: usize) -> Vec<Vec<Source>> {
    let size = plan.network.embedding_size;
    let fields = &prepared.fitted.fields;
    let mut order: Vec<usize> = (0..fields.len()).collect();
    if plan.network.pooling == Pooling::SumByGroup {
        order.sort_by_key(|&field| fields[field].group);
    }
    let mut components: Vec<Vec<Source>> = Vec::new();
    let mut last_group = None;
    for field in order {
        let is_joined = plan.network.pooling == Pooling::SumByGroup && last_group == Some(fields[field].group);
        last_group = Some(fields[field].group);
        if !is_joined {
            components.extend((0..size).map(|_| Vec::new()));
        }
        let name = match plan.network.share_embeddings {
            true => format!("embedding.{}.weight", fields[field].name),
            false => format!("embedding.{question}.{}.weight", fields[field].name),
        };
        let id = prepared.encoded.ids[row * fields.len() + field] as usize;
        let start = components.len() - size;
        for (offset, component) in components[start..].iter_mut().enumerate() {
            component.push(Source::Embedding { name: name.clone(), position: id * size + offset });
        }
    }
    let n_dense = prepared.fitted.dense.len();
    let dense = &prepared.encoded.dense[row * n_dense..][..n_dense];
    components.extend(dense.iter().map(|&value| vec![Source::Dense(f64::from(value))]));
    components
}

fn value(weights: &Named, components: &[Vec<Source>]) -> Vec<f64> {
    let of = |source: &Source| match source {
        Source::Embedding { name, position } => weights[name][*position],
        Source::Dense(value) => *value,
    };
    components.iter().map(|sources| sources.iter().map(of).sum()).collect()
}

/// Inputs of every layer (after ReLU), and the logit.
fn tower(weights: &Named, question: &str, input: Vec<f64>, n_layers: usize) -> (Vec<Vec<f64>>, f64) {
    let mut layer_inputs = vec![input];
    for layer in 0..n_layers {
        let bias = &weights[&format!("tower.{question}.{layer}.bias")];
        let weight = &weights[&format!("tower.{question}.{layer}.weight")];
        let input = &layer_inputs[layer];
        let mut output = bias.clone();
        for (i, x) in input.iter().enumerate() {
            for (o, sum) in output.iter_mut().enumerate() {
                *sum += x * weight[i * bias.len() + o];
            }
        }
        if layer + 1 < n_layers {
            output.iter_mut().for_each(|z| *z = z.max(0.0));
        }
        layer_inputs.push(output);
    }
    let logit = layer_inputs.pop().unwrap()[0];
    (layer_inputs, logit)
}

/// Adds a tower's gradient for `∂loss/∂logit = d_logit`.
fn tower_backward(
    weights: &Named,
    gradient: &mut Named,
    question: &str,
    layer_inputs: &[Vec<f64>],
    components: &[Vec<Source>],
    d_logit: f64,
) {
    let mut d_output = vec![d_logit];
    for layer in (0..layer_inputs.len()).rev() {
        let input = &layer_inputs[layer];
        let (weight_name, bias_name) =
            (format!("tower.{question}.{layer}.weight"), format!("tower.{question}.{layer}.bias"));
        let weight = &weights[&weight_name];
        let n_out = d_output.len();
        let mut d_input = vec![0.0; input.len()];
        for (i, x) in input.iter().enumerate() {
            for (o, d) in d_output.iter().enumerate() {
                gradient.get_mut(&weight_name).unwrap()[i * n_out + o] += x * d;
                d_input[i] += weight[i * n_out + o] * d;
            }
        }
        for (sum, d) in gradient.get_mut(&bias_name).unwrap().iter_mut().zip(&d_output) {
            *sum += d;
        }
        if layer > 0 {
            for (d, x) in d_input.iter_mut().zip(input) {
                *d *= if *x > 0.0 { 1.0 } else { 0.0 };
            }
        }
        d_output = d_input;
    }
    for (sources, d) in components.iter().zip(&d_output) {
        for source in sources {
            if let Source::Embedding { name, position } = source {
                gradient.get_mut(name).unwrap()[*position] += d;
            }
        }
    }
}

/// Loss of the plan's objective over `rows`, and its gradient.
pub fn objective(plan: &TrainPlan, prepared: &Prepared, weights: &Named, rows: &[u32]) -> (f64, Named) {
    let tree = &plan.model.tree;
    let names = tree.labels();
    let n_layers = plan.network.hidden.len() + 1;
    let mut gradient: Named = weights.iter().map(|(name, values)| (name.clone(), vec![0.0; values.len()])).collect();
    let mut loss = 0.0;
    let label = |event: &str, row: u32| {
        let answer = |name: &str| prepared.labels[names.iter().position(|known| *known == name).unwrap()][row as usize];
        tree.event_label(tree.event(event).unwrap(), answer)
    };
    let is_conditional = matches!(plan.model.objective, Objective::ClickSpace { .. });
    for &row in rows {
        let sources: Vec<_> =
            tree.questions.iter().map(|question| inputs(plan, prepared, &question.name, row as usize)).collect();
        let forwards: Vec<_> = tree
            .questions
            .iter()
            .zip(&sources)
            .map(|(question, sources)| tower(weights, &question.name, value(weights, sources), n_layers))
            .collect();
        let logits: Vec<f64> = forwards.iter().map(|(_, logit)| *logit).collect();
        let mut d_logits = vec![0.0; logits.len()];
        for supervised in plan.model.objective.events() {
            let Some(is_yes) = label(&supervised.event, row) else { continue };
            let count = match is_conditional {
                true => rows.iter().filter(|&&row| label(&supervised.event, row).is_some()).count(),
                false => rows.len(),
            };
            let mass: Mass = event_mass(tree, tree.event(&supervised.event).unwrap());
            let share = supervised.weight / count as f64;
            loss += share * reference::cross_entropy(reference::log_mass(&mass, &logits), is_yes);
            let (d_log_p, d_log_not_p) = reference::log_mass_gradient(&mass, &logits);
            for (d, side) in d_logits.iter_mut().zip(if is_yes { d_log_p } else { d_log_not_p }) {
                *d -= share * side;
            }
        }
        for (index, question) in tree.questions.iter().enumerate() {
            let (layer_inputs, _) = &forwards[index];
            tower_backward(weights, &mut gradient, &question.name, layer_inputs, &sources[index], d_logits[index]);
        }
    }
    (loss, gradient)
}
