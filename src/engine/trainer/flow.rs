//! What flows through the network on given rows: activations up, each loss term's gradient down.
//!
//! Not part of a step: it reads back, and asks the device for one backward pass a loss term. It moves nothing.

use std::collections::HashMap;

use burn::tensor::Tensor;

use super::{Trainer, read};
use crate::domain::behavior::event_mass;
use crate::domain::behavior::reference::{fold, sigmoid};
use crate::domain::report::{FieldFlow, FlowReading, TermFlow, TowerFlow};
use crate::engine::EngineError;
use crate::engine::batch::all_ids;
use crate::engine::dpm::{self, LayerValues};
use crate::engine::network::Leaves;
use crate::engine::objective::Losses;
use crate::engine::sem::SemLayout;

/// The looked-up values of a sample, and which of them are one row of the tables.
struct Looked {
    /// The layout with a copy of the tables for each tower: what comes back through a tower stays apart.
    apart: SemLayout,
    /// `[towers · rows · places, size]`; absent without fields.
    gathered: Option<Tensor<2>>,
    /// Place of a row → which of the different table rows, in one copy.
    distinct_of_place: Vec<usize>,
    /// Different table row → its field.
    field_of_distinct: Vec<usize>,
}

/// A gradient on the host.
struct Downward {
    /// Tower → different table row, `size` numbers each.
    tables: Vec<Vec<f64>>,
    /// Tower → squared norm over its weights and biases.
    towers: Vec<f64>,
}

impl Trainer {
    /// Activations and gradients on `rows`, without dropout. `labels` and nothing else is left to the caller.
    ///
    /// # Errors
    /// When the device cannot hand them back, or when they are not finite.
    pub async fn flow(&self, rows: &[u32]) -> Result<FlowReading, EngineError> {
        let looked = self.look_up(rows);
        let n_terms = self.losses_of(&looked, rows)?.1.terms.len();
        let mut reading = FlowReading {
            step: self.step,
            rows: rows.len(),
            fields: self.fields_looked_up(&looked),
            n_dense: self.layout.n_dense,
            is_shared: self.layout.copies == 1,
            towers: self.activations(&looked, rows).await?,
            ..FlowReading::default()
        };
        self.read_heads(rows, &mut reading).await?;
        let mut all = self.nothing(&looked);
        for index in 0..n_terms {
            let (leaves, losses) = self.losses_of(&looked, rows)?;
            let term = &losses.terms[index];
            if term.weight == 0.0 {
                continue;
            }
            let (name, weight) = (term.name.clone(), term.weight);
            let loss =
                f64::from(read(term.value.clone().without_autodiff()).await?.first().copied().unwrap_or_default());
            let down = self.downward(&looked, leaves, term.value.clone().mul_scalar(weight)).await?;
            if !loss.is_finite() || !down.towers.iter().all(|squared| squared.is_finite()) {
                return Err(self.divergence_at(self.step));
            }
            all.add_to_tables(&down);
            reading.terms.push(TermFlow {
                name,
                weight,
                loss,
                towers: down.towers.iter().map(|&squared| libm::sqrt(squared)).collect(),
                through: down.tables.iter().map(|table| self.norms_by_field(&looked, table)).collect(),
                embeddings: self.norms_of_tables(&down),
            });
        }
        reading.embeddings = self.norms_of_tables(&all);
        Ok(reading)
    }

    /// Rows that the next step trains on; those of the last one when the run is finished.
    pub fn batch_under_glass(&mut self) -> Vec<u32> {
        let step = if self.is_finished() { self.step.saturating_sub(1) } else { self.step };
        self.order.rows_of_step(step).to_vec()
    }

    fn look_up(&self, rows: &[u32]) -> Looked {
        let apart = self.layout.with_copies(self.towers.len());
        let of_one_copy: Vec<u32> = rows.iter().flat_map(|&row| self.log.ids_of(row)).copied().collect();
        let gathered = self.network.table.as_ref().map(|table| {
            let mut ids = all_ids(&self.log, &self.layout, rows);
            if self.layout.copies == 1 {
                ids = ids.repeat(self.towers.len());
            }
            table.value_of(&table.rows(self.device.indices(ids)))
        });
        let (mut index_of, mut field_of_distinct) = (HashMap::new(), Vec::new());
        let distinct_of_place = of_one_copy.iter().map(|&id| {
            *index_of.entry(id).or_insert_with(|| {
                field_of_distinct
                    .push(self.layout.fields.iter().rposition(|field| field.offset <= id as usize).unwrap_or(0));
                field_of_distinct.len() - 1
            })
        });
        let distinct_of_place = distinct_of_place.collect();
        Looked { apart, gathered, distinct_of_place, field_of_distinct }
    }

    fn fields_looked_up(&self, looked: &Looked) -> Vec<FieldFlow> {
        let field = |(index, field): (usize, &crate::engine::sem::Field)| FieldFlow {
            name: field.name.clone(),
            vocabulary: field.vocabulary_size,
            looked_up: looked.field_of_distinct.iter().filter(|&&of| of == index).count(),
        };
        self.layout.fields.iter().enumerate().map(field).collect()
    }

    /// The losses of `rows` and the leaves that their gradients are taken with respect to.
    fn losses_of(&self, looked: &Looked, rows: &[u32]) -> Result<(Leaves, Losses), EngineError> {
        let leaves = Leaves {
            gathered: looked.gathered.clone().map(|gathered| gathered.autodiff().require_grad()),
            layers: self.network.towers.values().into_iter().map(LayerValues::tracked).collect(),
        };
        let (losses, _) = self.objective_by(&looked.apart, &leaves, rows, &[])?;
        Ok((leaves, losses))
    }

    /// Mean activation of every unit.
    async fn activations(&self, looked: &Looked, rows: &[u32]) -> Result<Vec<TowerFlow>, EngineError> {
        let dense = self.log.dense(&self.device.indices(rows.iter().map(|&row| row as i32).collect()));
        let inputs = looked.apart.pool(looked.gathered.clone(), dense).ok_or(EngineError::NoFeature)?;
        let (mut widths, mut means) = (Vec::new(), Vec::new());
        dpm::forward_seen(&self.network.towers.values(), inputs, &[], |activation| {
            let [towers, _, width] = activation.dims();
            widths.push(width);
            means.push(activation.clone().mean_dim(1).reshape([towers * width]));
        });
        let mut towers: Vec<TowerFlow> =
            self.towers.iter().map(|name| TowerFlow { name: name.clone(), ..TowerFlow::default() }).collect();
        if means.is_empty() {
            return Ok(towers);
        }
        let means = read(Tensor::cat(means, 0)).await?;
        let mut rest = means.as_slice();
        for width in widths {
            for tower in &mut towers {
                let (units, after) = rest.split_at(width);
                tower.layers.push(units.to_vec());
                rest = after;
            }
        }
        Ok(towers)
    }

    /// Mean probabilities of towers and events.
    async fn read_heads(&self, rows: &[u32], reading: &mut FlowReading) -> Result<(), EngineError> {
        let of_towers = self.tower_logits(rows).await?;
        let n_towers = self.towers.len();
        for (index, tower) in reading.towers.iter_mut().enumerate() {
            let sum: f64 = of_towers.iter().skip(index).step_by(n_towers).map(|&z| sigmoid(f64::from(z))).sum();
            tower.mean_p = sum / rows.len().max(1) as f64;
        }
        let tree = &self.plan.model.tree;
        let logits: Vec<f64> = self.readouts.read(&of_towers).logits.into_iter().map(f64::from).collect();
        for event in &tree.events {
            let mass = event_mass(tree, event);
            let of_row = |logits: &[f64]| fold(&mass, logits).0.map_or(0.0, libm::exp);
            let sum: f64 = logits.chunks_exact(tree.questions.len().max(1)).map(of_row).sum();
            reading.events.insert(event.name.clone(), sum / rows.len().max(1) as f64);
        }
        Ok(())
    }

    /// Goes back from a loss and reads what arrives.
    async fn downward(&self, looked: &Looked, leaves: Leaves, loss: Tensor<1>) -> Result<Downward, EngineError> {
        let mut gradients = loss.backward();
        let mut down = self.nothing(looked);
        let size = self.layout.embedding_size;
        if let Some(gradient) = leaves.gathered.and_then(|leaf| leaf.grad_remove(&mut gradients)) {
            let values = read(gradient).await?;
            let per_tower = looked.distinct_of_place.len() * size;
            for (table, values) in down.tables.iter_mut().zip(values.chunks_exact(per_tower.max(1))) {
                for (&distinct, value) in looked.distinct_of_place.iter().zip(values.chunks_exact(size)) {
                    let row = &mut table[distinct * size..][..size];
                    row.iter_mut().zip(value).for_each(|(sum, &value)| *sum += f64::from(value));
                }
            }
        }
        for layer in leaves.layers {
            for leaf in [layer.weight, layer.bias] {
                let Some(gradient) = leaf.grad_remove(&mut gradients) else { continue };
                let values = read(gradient).await?;
                let per_tower = (values.len() / self.towers.len()).max(1);
                for (squared, values) in down.towers.iter_mut().zip(values.chunks_exact(per_tower)) {
                    *squared += values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
                }
            }
        }
        Ok(down)
    }

    fn nothing(&self, looked: &Looked) -> Downward {
        let table = vec![0.0; looked.field_of_distinct.len() * self.layout.embedding_size];
        Downward { tables: vec![table; self.towers.len()], towers: vec![0.0; self.towers.len()] }
    }

    fn norms_by_field(&self, looked: &Looked, table: &[f64]) -> Vec<f64> {
        let mut squared = vec![0.0; self.layout.fields.len()];
        for (&field, row) in looked.field_of_distinct.iter().zip(table.chunks_exact(self.layout.embedding_size.max(1)))
        {
            squared[field] += row.iter().map(|value| value * value).sum::<f64>();
        }
        squared.into_iter().map(libm::sqrt).collect()
    }

    /// A table that towers share receives the sum of what comes through them.
    fn norms_of_tables(&self, down: &Downward) -> Vec<f64> {
        let norm = |table: &[f64]| libm::sqrt(table.iter().map(|value| value * value).sum());
        if self.layout.copies > 1 {
            return down.tables.iter().map(|table| norm(table)).collect();
        }
        let mut shared = vec![0.0; down.tables.first().map_or(0, Vec::len)];
        for table in &down.tables {
            shared.iter_mut().zip(table).for_each(|(sum, value)| *sum += value);
        }
        vec![norm(&shared)]
    }
}

impl Downward {
    /// Adds what another loss brings to the tables.
    fn add_to_tables(&mut self, other: &Self) {
        for (sums, values) in self.tables.iter_mut().zip(&other.tables) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
}
