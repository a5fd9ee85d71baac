//! The whole objective in f64: forward, loss and every gradient by hand, one impression after the other.

use std::collections::BTreeMap;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::objective::reference::{self, Sample};
use esmm_playground::domain::objective::{Target, targets, tower_names};
use esmm_playground::domain::spec::{Pooling, TrainPlan};
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

/// Loss of the plan's objective over `rows`, and its gradient. `draws`: one for each of `rows`, or none.
pub fn objective(plan: &TrainPlan, prepared: &Prepared, weights: &Named, rows: &[u32], draws: &[f32]) -> (f64, Named) {
    let model = &plan.model;
    let names = model.tree.labels();
    let n_layers = plan.network.hidden.len() + 1;
    let towers = tower_names(model);
    let mut gradient: Named = weights.iter().map(|(name, values)| (name.clone(), vec![0.0; values.len()])).collect();
    let forwards: Vec<Vec<_>> = rows
        .iter()
        .map(|&row| {
            let of_tower = |tower: &String| {
                let sources = inputs(plan, prepared, tower, row as usize);
                let (layer_inputs, logit) = self::tower(weights, tower, value(weights, &sources), n_layers);
                (sources, layer_inputs, logit)
            };
            towers.iter().map(of_tower).collect()
        })
        .collect();
    let label = |target: &Target, row: u32| {
        let answer = |name: &str| prepared.labels[names.iter().position(|known| *known == name).unwrap()][row as usize];
        target.label(&model.tree, answer)
    };
    let logits = forwards.iter().map(|towers| towers.iter().map(|(_, _, logit)| *logit).collect()).collect();
    let labels = targets(model).iter().map(|target| rows.iter().map(|&row| label(target, row)).collect()).collect();
    let draws = draws.iter().map(|&draw| f64::from(draw)).collect();
    let waits = rows.iter().filter_map(|&row| prepared.waits.get(row as usize).copied()).collect();
    let positive_weights = plan.training.positive_weights.clone();
    let mut sample = Sample { draws, waits, positive_weights, ..Sample::new(model, logits, labels) };
    if !prepared.weights.is_empty() {
        sample.mass = rows.iter().map(|&row| prepared.weights[row as usize]).collect();
        sample.divisor = Some(rows.len() as f64);
    }
    let (loss, d_logits) = reference::total(&reference::terms(&sample));
    for (towers_of_row, d_logits) in forwards.iter().zip(&d_logits) {
        for ((name, (sources, layer_inputs, _)), d_logit) in towers.iter().zip(towers_of_row).zip(d_logits) {
            tower_backward(weights, &mut gradient, name, layer_inputs, sources, *d_logit);
        }
    }
    (loss, gradient)
}
