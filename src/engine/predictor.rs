//! A trained model without its run: what predicts from exported files.

use esmm_slices::Scratch;

use super::batch::NetworkInputs;
use super::dpm::{LayerValues, Pass};
use super::sem::SemLayout;
use super::trainer::{ROWS_PER_CHUNK, by_row, tower_layers};
use super::trees::TreePredictor;
use super::weights::{MergedWeights, WeightMap};
use super::{EngineError, Weights};
use crate::domain::features::EncodedLog;
use crate::domain::objective::{Readouts, tower_names};
use crate::domain::report::WeightsSheet;
use crate::domain::spec::Objective;

/// A model as its files say it.
///
/// Invariant: its logits of the log that it was trained on in memory are the run's, bit by bit.
#[derive(Debug)]
pub struct Predictor(Kind);

#[derive(Debug)]
enum Kind {
    Network(Network),
    Trees(TreePredictor),
}

impl Predictor {
    /// A model of its exported files: the sheet, which was checked ([`WeightsSheet::from_json`]), and the bytes of what lies beside
    /// it, which may be anybody's.
    ///
    /// # Errors
    /// When these are no weights, or none of the sheet's model.
    pub fn new(sheet: &WeightsSheet, learned: &[u8]) -> Result<Self, EngineError> {
        let kind = match sheet.plan.model.objective {
            Objective::BoostedTrees { .. } => {
                Kind::Trees(TreePredictor::from_json(learned, &sheet.features, &sheet.tree)?)
            }
            _ => Kind::Network(Network::new(sheet, &Weights::from_safetensors(learned)?)?),
        };
        Ok(Self(kind))
    }

    /// The tree's logits of a log that the sheet's encoders encoded.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// When one is not finite.
    pub fn logits_of(&self, encoded: &EncodedLog) -> Result<Vec<f32>, EngineError> {
        match &self.0 {
            Kind::Network(network) => network.logits_of(encoded),
            Kind::Trees(trees) => trees.logits_of(encoded),
        }
    }
}

/// A network's weights where a forward pass wants them.
#[derive(Debug)]
struct Network {
    layout: SemLayout,
    layer_sizes: Vec<[usize; 2]>,
    weights: MergedWeights,
    readouts: Readouts,
    n_towers: usize,
}

impl Network {
    fn new(sheet: &WeightsSheet, weights: &Weights) -> Result<Self, EngineError> {
        let plan = &sheet.plan;
        let names = tower_names(&plan.model);
        let layout = SemLayout::new(&sheet.features, &plan.network, names.len());
        let layer_sizes = tower_layers(&layout, &plan.network);
        let merged = WeightMap { layout: &layout, names: &names, layer_sizes: &layer_sizes }.merge(weights)?;
        let (readouts, n_towers) = (Readouts::of(&plan.model), names.len());
        Ok(Self { layout, layer_sizes, weights: merged, readouts, n_towers })
    }

    fn logits_of(&self, encoded: &EncodedLog) -> Result<Vec<f32>, EngineError> {
        let mut of_towers = Vec::with_capacity(encoded.n_rows * self.n_towers);
        // A product of matrices may sum in another order for another number of rows: the same chunks as in the run.
        for start in (0..encoded.n_rows).step_by(ROWS_PER_CHUNK) {
            let rows = start..encoded.n_rows.min(start + ROWS_PER_CHUNK);
            let by_tower = self.by_tower(&encoded.part(rows.clone()));
            if by_tower.iter().any(|logit| !logit.is_finite()) {
                return Err(EngineError::WeightsFile(text!(engine::not_finite).to_owned()));
            }
            of_towers.extend(by_row(&by_tower, rows.len()));
        }
        Ok(self.readouts.read(&of_towers).logits)
    }

    /// `[towers, rows]`
    fn by_tower(&self, encoded: &EncodedLog) -> Vec<f32> {
        let NetworkInputs { n_rows, ids, dense } = NetworkInputs::of_encoded(&self.layout, encoded);
        let size = self.layout.embedding_size;
        let embedding = |place: usize| &self.weights.table[ids[place] as usize * size..][..size];
        let pooled = self.layout.pooled(n_rows, embedding, &dense);
        let layers = self.weights.layers.iter().zip(&self.layer_sizes);
        let layers: Vec<LayerValues> =
            layers.map(|((weight, bias), &size)| LayerValues { weight, bias, size }).collect();
        Pass::forward(&layers, n_rows, pooled, &[], &mut Scratch::default()).logits
    }
}
