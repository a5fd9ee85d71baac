//! DPM on Burn; see `engine/dpm.rs`.
//!
//! The towers have one shape, so a layer of all of them is one tensor and one batched product.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::BurnDevice;
use super::optimizer::Parameter;
use crate::engine::optimizer::Optimizer;

/// One layer of every tower.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// `[towers, in, out]`
    pub weight: Parameter<3>,
    /// `[towers, 1, out]`
    pub bias: Parameter<3>,
}

/// Values of one layer in a forward pass: leaves of the gradient when training.
#[derive(Debug, Clone)]
pub(crate) struct LayerValues {
    pub weight: Tensor<3>,
    pub bias: Tensor<3>,
}

/// Every tower.
#[derive(Debug, Clone, Default)]
pub(crate) struct Towers {
    pub layers: Vec<Layer>,
}

impl Towers {
    /// Towers with given `(weight, bias)` by layer, not moved yet.
    pub(crate) fn new(device: &BurnDevice, sizes: &[[usize; 2]], values: Vec<(Vec<f32>, Vec<f32>)>) -> Self {
        let layers = values.into_iter().zip(sizes).map(|((weight, bias), &[inputs, outputs])| {
            let n_towers = bias.len() / outputs;
            Layer {
                weight: Parameter::new(device.floats(weight, [n_towers, inputs, outputs])),
                bias: Parameter::new(device.floats(bias, [n_towers, 1, outputs])),
            }
        });
        Self { layers: layers.collect() }
    }

    /// Adds to each tower's output bias.
    pub(crate) fn shift_outputs(&mut self, device: &BurnDevice, shift: &[f64]) {
        let Some(last) = self.layers.last_mut() else { return };
        let shift = device.floats(shift.iter().map(|&shift| shift as f32).collect(), [shift.len(), 1, 1]);
        last.bias.value = last.bias.value.clone() + shift;
    }

    /// The layers' values, as constants.
    pub(crate) fn values(&self) -> Vec<LayerValues> {
        let values = |layer: &Layer| LayerValues { weight: layer.weight.value.clone(), bias: layer.bias.value.clone() };
        self.layers.iter().map(values).collect()
    }

    /// Moves every parameter against its gradient, given as `(weight, bias)` by layer. Biases do not decay.
    pub(crate) fn update(self, optimizer: &Optimizer, gradients: Vec<(Tensor<3>, Tensor<3>)>) -> Self {
        let layers = self.layers.into_iter().zip(gradients).map(|(layer, (weight, bias))| Layer {
            weight: optimizer.update(layer.weight, weight, optimizer.weight_decay),
            bias: optimizer.update(layer.bias, bias, 0.0),
        });
        Self { layers: layers.collect() }
    }
}

impl LayerValues {
    /// The same values as leaves whose gradient is kept.
    pub(crate) fn tracked(self) -> Self {
        Self { weight: self.weight.autodiff().require_grad(), bias: self.bias.autodiff().require_grad() }
    }
}

/// The towers' logits.
///
/// # Shapes
/// - `inputs`: `[1 or towers, batch, in]`
/// - `masks`: dropout masks of the hidden layers, `[towers, batch, hidden]` each; empty without dropout
/// - returns `[towers, batch]`
pub(crate) fn forward(layers: &[LayerValues], inputs: Tensor<3>, masks: &[Tensor<3>]) -> Tensor<2> {
    let mut activation = inputs;
    for (index, layer) in layers.iter().enumerate() {
        activation = activation.matmul(layer.weight.clone()) + layer.bias.clone();
        if index + 1 < layers.len() {
            activation = relu(activation);
            if let Some(mask) = masks.get(index) {
                activation = activation * mask.clone();
            }
        }
    }
    let [towers, batch, _] = activation.dims();
    activation.reshape([towers, batch])
}
