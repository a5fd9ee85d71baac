//! DPM, the decomposed prediction module, in memory: one MLP for each question, ReLU, one logit out with a bias.
//!
//! Source: Ma et al. 2018, section 3.2; Wen et al. 2020, section 3.3.

use esmm_slices::{Matrix, Scratch, matrix_product};

use super::random::Purpose;

/// Values of one layer of every tower.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerValues<'a> {
    /// `[towers, in, out]`
    pub weight: &'a [f32],
    /// `[towers, 1, out]`
    pub bias: &'a [f32],
    /// `[in, out]`
    pub size: [usize; 2],
}

/// What a forward pass computed.
#[derive(Debug)]
pub(crate) struct Pass {
    n_rows: usize,
    /// What enters each layer: `[1 or towers, rows, in]`, then `[towers, rows, hidden]`.
    pub entering: Vec<Vec<f32>>,
    /// `[towers, rows]`
    pub logits: Vec<f32>,
}

/// Gradients of a pass.
#[derive(Debug)]
pub(crate) struct PassGradients {
    /// `(weight, bias)` by layer, as [`LayerValues`].
    pub layers: Vec<(Vec<f32>, Vec<f32>)>,
    /// Of what entered each tower, `[towers, rows, in]`.
    pub inputs: Vec<f32>,
}

/// Fresh towers, `(weight, bias)` by layer: weights He-uniform, `U(±√(6/in))` before a ReLU and `U(±√(3/in))` before the
/// logit; biases 0.
///
/// The last bias is 0 as well, not the logit of a base rate: the rate of clicked rows would be the biased estimate
/// that the comparison is about. Towers draw from the stream one after the other, so a tower more at the end
/// leaves the others as they are.
pub(crate) fn initial_layers(seed: u64, n_towers: usize, sizes: &[[usize; 2]]) -> Vec<(Vec<f32>, Vec<f32>)> {
    let mut random = Purpose::Towers.stream(seed);
    let mut layers: Vec<(Vec<f32>, Vec<f32>)> =
        sizes.iter().map(|[_, outputs]| (Vec::new(), vec![0.0; n_towers * outputs])).collect();
    for _ in 0..n_towers {
        for (layer, (&[inputs, outputs], (weight, _))) in sizes.iter().zip(&mut layers).enumerate() {
            let gain = if layer + 1 == sizes.len() { 3.0 } else { 6.0 };
            let limit = libm::sqrt(gain / inputs as f64);
            weight.extend(random.uniforms_within(limit, inputs * outputs));
        }
    }
    layers
}

impl Pass {
    /// The towers' logits.
    ///
    /// # Shapes
    /// - `inputs`: `[1 or towers, rows, in]`
    /// - `masks`: dropout masks of the hidden layers, `[towers, rows, hidden]` each; empty without dropout
    pub(crate) fn forward(
        layers: &[LayerValues],
        n_rows: usize,
        inputs: Vec<f32>,
        masks: &[Vec<f32>],
        scratch: &mut Scratch,
    ) -> Self {
        let mut entering = vec![inputs];
        for (index, LayerValues { weight, bias, size: [n_inputs, n_outputs] }) in layers.iter().copied().enumerate() {
            let n_towers = bias.len() / n_outputs;
            let mut output = vec![0.0; n_towers * n_rows * n_outputs];
            for tower in 0..n_towers {
                let input = of_tower(&entering[index], tower, n_rows * n_inputs);
                let weight = Matrix::new(of_tower(weight, tower, n_inputs * n_outputs), [n_inputs, n_outputs]);
                let output = &mut output[tower * n_rows * n_outputs..][..n_rows * n_outputs];
                matrix_product(Matrix::new(input, [n_rows, n_inputs]), weight, output, scratch);
                let bias = of_tower(bias, tower, n_outputs);
                match index + 1 == layers.len() {
                    true => esmm_slices::add_to_rows(output, bias),
                    false => esmm_slices::add_to_rows_and_rectify(output, bias),
                }
            }
            if let Some(mask) = masks.get(index) {
                esmm_slices::multiply(&mut output, mask);
            }
            entering.push(output);
        }
        let logits = entering.pop().unwrap_or_default();
        Self { n_rows, entering, logits }
    }

    /// Gradients that follow from that of the logits, `[towers, rows]`.
    pub(crate) fn backward(
        &self,
        layers: &[LayerValues],
        masks: &[Vec<f32>],
        of_logits: Vec<f32>,
        scratch: &mut Scratch,
    ) -> PassGradients {
        let n_rows = self.n_rows;
        let n_towers = of_logits.len() / n_rows;
        let mut gradient = of_logits;
        let mut of_layers = Vec::with_capacity(layers.len());
        for (index, LayerValues { weight, size: [n_inputs, n_outputs], .. }) in layers.iter().copied().enumerate().rev()
        {
            let mut of_weight = vec![0.0; weight.len()];
            let mut of_bias = Vec::with_capacity(n_towers * n_outputs);
            let mut of_input = vec![0.0; n_towers * n_rows * n_inputs];
            for tower in 0..n_towers {
                let of_output = of_tower(&gradient, tower, n_rows * n_outputs);
                of_bias.extend(esmm_slices::sums_of_columns(of_output, n_outputs));
                let of_output = Matrix::new(of_output, [n_rows, n_outputs]);
                let input = of_tower(&self.entering[index], tower, n_rows * n_inputs);
                let input = Matrix::new(input, [n_rows, n_inputs]).transposed();
                let to = &mut of_weight[tower * n_inputs * n_outputs..][..n_inputs * n_outputs];
                matrix_product(input, of_output, to, scratch);
                let weight = Matrix::new(of_tower(weight, tower, n_inputs * n_outputs), [n_inputs, n_outputs]);
                let to = &mut of_input[tower * n_rows * n_inputs..][..n_rows * n_inputs];
                matrix_product(of_output, weight.transposed(), to, scratch);
            }
            of_layers.push((of_weight, of_bias));
            gradient = of_input;
            if index > 0 {
                // ReLU lets through where something came out.
                esmm_slices::stop_where_nothing_came_out(&mut gradient, &self.entering[index]);
                if let Some(mask) = masks.get(index - 1) {
                    esmm_slices::multiply(&mut gradient, mask);
                }
            }
        }
        of_layers.reverse();
        PassGradients { layers: of_layers, inputs: gradient }
    }
}

/// A tower's part, or the one part that all towers share.
fn of_tower(values: &[f32], tower: usize, length: usize) -> &[f32] {
    if values.len() == length { values } else { &values[tower * length..][..length] }
}
