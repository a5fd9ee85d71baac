//! A run on a device of Burn's.

use std::rc::Rc;

use burn::tensor::{Tensor, TensorData};

use super::BurnDevice;
use super::columns::log_answers;
use super::log::DeviceLog;
use super::network::{self, FetchedRows, Leaves, Network, NetworkGradients};
use crate::engine::EngineError;
use crate::engine::backend::{Backend, Later, Run, StepInputs, StepLosses};
use crate::engine::batch::{BatchIndices, DistinctIds, NetworkInputs};
use crate::engine::losses::LossKeys;
use crate::engine::objective::{Batch, Losses, losses};
use crate::engine::optimizer::Optimizer;
use crate::engine::states::{Kept, States};
use crate::engine::weights::MergedWeights;

pub(crate) struct BurnBackend {
    device: BurnDevice,
    run: Rc<Run>,
    log: DeviceLog,
    states: States<Network>,
    distinct: DistinctIds,
    keys: LossKeys,
    /// `[keys]` for each step: on the device, read back together.
    pending: Vec<Tensor<1>>,
}

impl BurnBackend {
    pub(crate) fn new(device: BurnDevice, run: Rc<Run>, weights: MergedWeights) -> Self {
        Self {
            log: DeviceLog::new(&device, &run.log, run.targets.len()),
            states: States::new(Network::new(&device, &run, weights)),
            distinct: DistinctIds::new(&run.layout),
            keys: LossKeys::default(),
            pending: Vec::new(),
            device,
            run,
        }
    }

    fn fetch(&self, indices: BatchIndices) -> Option<FetchedRows> {
        let BatchIndices { unique, inverse, .. } = indices;
        let unique = (!unique.is_empty()).then(|| self.device.indices(unique));
        self.states.moving.fetch(unique, self.device.indices(inverse))
    }

    /// Losses of a batch and the gradients of their weighted sum.
    fn differentiated(
        &self,
        inputs: StepInputs,
        indices: BatchIndices,
    ) -> Result<(Losses<Tensor<1>>, NetworkGradients), EngineError> {
        let (run, device) = (&*self.run, &self.device);
        let network = &self.states.moving;
        let n_rows = inputs.rows.len();
        let fetched = self.fetch(indices);
        let leaves = network.leaves(fetched.as_ref());
        let rows = device.rows(&inputs.rows);
        let sizes = run.layer_sizes.iter().map(|[_, width]| *width);
        let mask = |(mask, width): (Vec<f32>, usize)| {
            let n_towers = mask.len() / (n_rows * width);
            device.floats(mask, [n_towers, n_rows, width])
        };
        let masks: Vec<Tensor<3>> = inputs.masks.into_iter().zip(sizes).map(mask).collect();
        let Leaves { gathered, layers } = &leaves;
        let logits = network::forward(&run.layout, layers, gathered.clone(), self.log.dense(&rows), &masks);
        let logits = logits.ok_or(EngineError::NoFeature)?;
        let draws = (!inputs.draws.is_empty()).then(|| device.floats(inputs.draws, [n_rows]));
        let labels = self.log.labels(&rows, &run.targets);
        let batch = Batch::of_answers(&run.targets, labels, log_answers(logits), draws)
            .with_waits(self.log.waits(&rows))
            .with_weights(self.log.weights(&rows));
        let losses = losses(&run.plan.model.objective, &batch);
        let gradients = network.gradients(fetched, leaves, run.total(&losses)?.backward());
        Ok((losses, gradients))
    }
}

impl Backend for BurnBackend {
    fn step(&mut self, inputs: StepInputs, optimizer: &Optimizer) -> Result<(), EngineError> {
        let indices = self.run.fetched(&mut self.distinct, &inputs.rows);
        let (losses, gradients) = self.differentiated(inputs, indices)?;
        let gradients = match self.run.plan.training.clip_norm {
            Some(clip_norm) => gradients.clipped(clip_norm),
            None => gradients,
        };
        self.states.moving = std::mem::take(&mut self.states.moving).update(optimizer, gradients);
        self.keys.learn(&losses);
        // Without what autodiff knows of them.
        self.pending.push(Tensor::cat(losses.into_values().map(Tensor::without_autodiff).collect(), 0));
        Ok(())
    }

    fn take_losses(&mut self) -> Later<'_, Vec<StepLosses>> {
        let pending = std::mem::take(&mut self.pending);
        Box::pin(async {
            if pending.is_empty() {
                return Ok(Vec::new());
            }
            Ok(self.keys.by_step(&read(Tensor::cat(pending, 0)).await?))
        })
    }

    fn logits<'a>(&'a self, inputs: &'a NetworkInputs) -> Later<'a, Vec<f32>> {
        let network = &self.states.moving;
        let ids = self.device.indices(inputs.ids.clone());
        let gathered = network.table.as_ref().map(|table| table.value_of(&table.rows(ids)));
        let width = inputs.dense.len() / inputs.n_rows;
        let dense = (width > 0).then(|| self.device.floats(inputs.dense.clone(), [inputs.n_rows, width]));
        let logits = network::forward(&self.run.layout, &network.towers.values(), gathered, dense, &[]);
        Box::pin(async { read(logits.ok_or(EngineError::NoFeature)?).await })
    }

    fn gradients(&self, inputs: StepInputs) -> Later<'_, MergedWeights> {
        let indices = self.run.all_fetched(&inputs.rows);
        let differentiated = self.differentiated(inputs, indices);
        Box::pin(async { differentiated?.1.read().await })
    }

    fn weights(&self) -> Later<'_, MergedWeights> {
        Box::pin(self.states.moving.read())
    }

    fn towers(&self) -> Later<'_, Vec<(Vec<f32>, Vec<f32>)>> {
        Box::pin(async { Ok(self.states.moving.read_towers().await?.layers) })
    }

    fn embeddings(&self, rows: Vec<i32>) -> Later<'_, Vec<f32>> {
        let rows = self.device.indices(rows);
        let values = self.states.moving.table.as_ref().map(|table| table.value_of(&table.rows(rows)));
        Box::pin(async {
            match values {
                Some(values) => read(values).await,
                None => Ok(Vec::new()),
            }
        })
    }

    fn set_weights(&mut self, weights: MergedWeights) {
        self.states.set(Network::new(&self.device, &self.run, weights));
    }

    fn shift_outputs(&mut self, shift: &[f64]) {
        self.states.moving.towers.shift_outputs(&self.device, shift);
    }

    fn prove(&mut self) {
        self.states.prove();
    }

    fn keep_best(&mut self) {
        self.states.keep_best();
    }

    fn restore(&mut self, to: Kept) {
        self.states.restore(to);
    }
}

/// Reads a tensor back.
async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, EngineError> {
    let data: TensorData = tensor.into_data_async().await.map_err(|error| EngineError::Readback(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| EngineError::Readback(error.to_string()))
}
