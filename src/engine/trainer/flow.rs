//! What flows through the network on given rows: activations up, each loss term's gradient down.
//!
//! Not part of a step: it reads parameters back and goes through the network in memory. It moves nothing.

use std::collections::HashMap;

use esmm_slices::Scratch;

use super::Trainer;
use crate::domain::behavior::event_mass;
use crate::domain::behavior::reference::{fold, sigmoid};
use crate::domain::report::{FieldFlow, FlowReading, TermFlow, TowerFlow};
use crate::engine::EngineError;
use crate::engine::column::Column;
use crate::engine::dpm::{LayerValues, Pass, PassGradients};
use crate::engine::sem::SemLayout;

/// What a sample looks up, and which of it is one row of the tables.
struct Looked {
    /// The layout with a copy of the tables for each tower: what comes back through a tower stays apart.
    apart: SemLayout,
    /// `[rows, n_dense + n_weights]`
    dense: Vec<f32>,
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
        let layout = &self.run.layout;
        let looked = self.look_up(rows);
        let inputs = self.run.log.inputs(layout, rows);
        let embeddings = self.backend.embeddings(inputs.ids).await?;
        let towers = self.backend.towers().await?;
        let layers: Vec<LayerValues> = towers
            .iter()
            .zip(&self.run.layer_sizes)
            .map(|((weight, bias), &size)| LayerValues { weight, bias, size })
            .collect();
        let size = layout.embedding_size;
        let pooled = layout.pooled(rows.len(), |place| &embeddings[place * size..][..size], &inputs.dense);
        let mut scratch = Scratch::default();
        let pass = Pass::forward(&layers, rows.len(), pooled, &[], &mut scratch);
        let mut reading = FlowReading {
            step: self.step,
            rows: rows.len(),
            fields: self.fields_looked_up(&looked),
            n_dense: layout.n_dense,
            is_shared: layout.copies == 1,
            towers: self.activations(&pass, rows.len()),
            ..FlowReading::default()
        };
        self.read_heads(&pass.logits, rows.len(), &mut reading)?;
        let (losses, of_towers) = self.run.losses(rows, &pass.logits, &self.draws(rows));
        let mut all = self.nothing(&looked);
        for term in losses.terms.iter().filter(|term| term.weight != 0.0) {
            let loss = f64::from(term.value.values().first().copied().unwrap_or_default());
            let of_logits = term.value.clone().mul_scalar(term.weight).gradients(&of_towers).concat();
            let down = self.downward(&looked, pass.backward(&layers, &[], of_logits, &mut scratch), rows.len());
            if !loss.is_finite() || !down.towers.iter().all(|squared| squared.is_finite()) {
                return Err(self.divergence_at(self.step));
            }
            all.add_to_tables(&down);
            reading.terms.push(TermFlow {
                name: term.name.clone(),
                weight: term.weight,
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
        let layout = &self.run.layout;
        let of_one_copy: Vec<u32> = rows.iter().flat_map(|&row| self.run.log.ids_of(row)).copied().collect();
        let (mut index_of, mut field_of_distinct) = (HashMap::new(), Vec::new());
        let distinct_of_place = of_one_copy.iter().map(|&id| {
            *index_of.entry(id).or_insert_with(|| {
                field_of_distinct
                    .push(layout.fields.iter().rposition(|field| field.offset <= id as usize).unwrap_or(0));
                field_of_distinct.len() - 1
            })
        });
        let distinct_of_place = distinct_of_place.collect();
        let apart = layout.with_copies(self.towers.len());
        Looked { apart, dense: self.run.log.dense_of(rows), distinct_of_place, field_of_distinct }
    }

    fn fields_looked_up(&self, looked: &Looked) -> Vec<FieldFlow> {
        let field = |(index, field): (usize, &crate::engine::sem::Field)| FieldFlow {
            name: field.name.clone(),
            vocabulary: field.vocabulary_size,
            looked_up: looked.field_of_distinct.iter().filter(|&&of| of == index).count(),
        };
        self.run.layout.fields.iter().enumerate().map(field).collect()
    }

    /// Mean activation of every unit.
    fn activations(&self, pass: &Pass, n_rows: usize) -> Vec<TowerFlow> {
        let of_tower = |(tower, name): (usize, &String)| {
            let hidden = self.run.layer_sizes.iter().zip(&pass.entering[1..]).map(|([_, width], activations)| {
                let sums =
                    esmm_slices::sums_of_columns(&activations[tower * n_rows * width..][..n_rows * width], *width);
                sums.into_iter().map(|sum| sum / n_rows as f32).collect()
            });
            TowerFlow { name: name.clone(), layers: hidden.collect(), ..TowerFlow::default() }
        };
        self.towers.iter().enumerate().map(of_tower).collect()
    }

    /// Mean probabilities of towers and events, from the towers' logits, `[towers, rows]`.
    fn read_heads(&self, by_tower: &[f32], n_rows: usize, reading: &mut FlowReading) -> Result<(), EngineError> {
        let of_towers = self.by_row(by_tower, n_rows)?;
        let n_towers = self.towers.len();
        for (index, tower) in reading.towers.iter_mut().enumerate() {
            let sum: f64 = of_towers.iter().skip(index).step_by(n_towers).map(|&z| sigmoid(f64::from(z))).sum();
            tower.mean_p = sum / n_rows.max(1) as f64;
        }
        let tree = &self.plan().model.tree;
        let logits: Vec<f64> = self.readouts.read(&of_towers).logits.into_iter().map(f64::from).collect();
        for event in &tree.events {
            let mass = event_mass(tree, event);
            let of_row = |logits: &[f64]| fold(&mass, logits).0.map_or(0.0, libm::exp);
            let sum: f64 = logits.chunks_exact(tree.questions.len().max(1)).map(of_row).sum();
            reading.events.insert(event.name.clone(), sum / n_rows.max(1) as f64);
        }
        Ok(())
    }

    /// What arrives at tables and towers.
    fn downward(&self, looked: &Looked, gradients: PassGradients, n_rows: usize) -> Downward {
        let mut down = self.nothing(looked);
        let size = self.run.layout.embedding_size;
        let per_tower = looked.distinct_of_place.len().max(1);
        if !looked.distinct_of_place.is_empty() {
            looked.apart.spread(n_rows, &gradients.inputs, &looked.dense, |place, weight, of_pool| {
                let distinct = looked.distinct_of_place[place % per_tower];
                let row = &mut down.tables[place / per_tower][distinct * size..][..size];
                row.iter_mut().zip(of_pool).for_each(|(sum, &slope)| *sum += f64::from(weight * slope));
            });
        }
        for values in gradients.layers.iter().flat_map(|(weight, bias)| [weight, bias]) {
            let per_tower = (values.len() / self.towers.len()).max(1);
            for (squared, values) in down.towers.iter_mut().zip(values.chunks_exact(per_tower)) {
                *squared += values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
            }
        }
        down
    }

    fn nothing(&self, looked: &Looked) -> Downward {
        let table = vec![0.0; looked.field_of_distinct.len() * self.run.layout.embedding_size];
        Downward { tables: vec![table; self.towers.len()], towers: vec![0.0; self.towers.len()] }
    }

    fn norms_by_field(&self, looked: &Looked, table: &[f64]) -> Vec<f64> {
        let mut squared = vec![0.0; self.run.layout.fields.len()];
        for (&field, row) in
            looked.field_of_distinct.iter().zip(table.chunks_exact(self.run.layout.embedding_size.max(1)))
        {
            squared[field] += row.iter().map(|value| value * value).sum::<f64>();
        }
        squared.into_iter().map(libm::sqrt).collect()
    }

    /// A table that towers share receives the sum of what comes through them.
    fn norms_of_tables(&self, down: &Downward) -> Vec<f64> {
        let norm = |table: &[f64]| libm::sqrt(table.iter().map(|value| value * value).sum());
        if self.run.layout.copies > 1 {
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
