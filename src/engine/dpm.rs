//! DPM, the decomposed prediction module: one MLP for each question, ReLU, one logit out with a bias.
//!
//! The towers have one shape, so a layer of all of them is one tensor and one batched product.
//! Source: Ma et al. 2018, section 3.2; Wen et al. 2020, section 3.3.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::device::EngineDevice;
use super::optimizer::{Optimizer, Parameter};
use super::random::Purpose;

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
    /// Fresh towers: weights He-uniform, `U(±√(6/in))` before a ReLU and `U(±√(3/in))` before the logit; biases 0.
    ///
    /// The last bias is 0 as well, not the logit of a base rate: the rate of clicked rows would be the biased estimate
    /// that the comparison is about. Towers draw from the stream one after the other, so a tower more at the end
    /// leaves the others as they are.
    pub(crate) fn new(device: &EngineDevice, seed: u64, n_towers: usize, input_size: usize, hidden: &[usize]) -> Self {
        let sizes: Vec<usize> = [&[input_size], hidden, &[1]].concat();
        let mut random = Purpose::Towers.stream(seed);
        let mut weights: Vec<Vec<f32>> = vec![Vec::new(); sizes.len() - 1];
        for _ in 0..n_towers {
            for (layer, weight) in weights.iter_mut().enumerate() {
                let gain = if layer + 2 == sizes.len() { 3.0 } else { 6.0 };
                let limit = libm::sqrt(gain / sizes[layer] as f64);
                weight.extend(random.uniforms_within(limit, sizes[layer] * sizes[layer + 1]));
            }
        }
        let layers = weights.into_iter().zip(sizes.windows(2)).map(|(weight, size)| Layer {
            weight: Parameter::new(device.floats(weight, [n_towers, size[0], size[1]])),
            bias: Parameter::new(device.zeros([n_towers, 1, size[1]])),
        });
        Self { layers: layers.collect() }
    }

    /// The same shapes with given `(weight, bias)` by layer, not moved yet.
    pub(crate) fn with_values(&self, device: &EngineDevice, values: Vec<(Vec<f32>, Vec<f32>)>) -> Self {
        let layers = self.layers.iter().zip(values).map(|(layer, (weight, bias))| Layer {
            weight: Parameter::new(device.floats(weight, layer.weight.value.dims())),
            bias: Parameter::new(device.floats(bias, layer.bias.value.dims())),
        });
        Self { layers: layers.collect() }
    }

    /// Adds to each tower's output bias.
    pub(crate) fn shift_outputs(&mut self, device: &EngineDevice, shift: &[f64]) {
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
    forward_seen(layers, inputs, masks, |_| ())
}

/// [`forward`], with a look at what leaves each hidden layer, `[towers, batch, hidden]`.
pub(crate) fn forward_seen(
    layers: &[LayerValues],
    inputs: Tensor<3>,
    masks: &[Tensor<3>],
    mut see: impl FnMut(&Tensor<3>),
) -> Tensor<2> {
    let mut activation = inputs;
    for (index, layer) in layers.iter().enumerate() {
        activation = activation.matmul(layer.weight.clone()) + layer.bias.clone();
        if index + 1 < layers.len() {
            activation = relu(activation);
            see(&activation);
            if let Some(mask) = masks.get(index) {
                activation = activation * mask.clone();
            }
        }
    }
    let [towers, batch, _] = activation.dims();
    activation.reshape([towers, batch])
}
