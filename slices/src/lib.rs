//! Loops over numbers in memory that a training step of the CPU engine spends its time in, and the products of matrices.
//!
//! A crate of their own so that they are compiled for speed in a module that is compiled for size (`Cargo.toml`,
//! `profile.engine-cpu.package`): measured alone in wasm, Adam is 4.4 times and bias with ReLU 4.9 times as fast so.
//!
//! Nothing is inlined into its callers, which are compiled for size. What is not a number stays none everywhere, for the loss to
//! tell.

mod logistic;
mod products;

pub use logistic::{LogSigmoids, log_sigmoids};
pub use products::{Matrix, Scratch, matrix_product};

/// Independent sums side by side: the compiler may use as many lanes, and long sums lose less.
const LANES: usize = 16;
/// Numbers of a block of a sum.
const BLOCK: usize = 4096;

/// Adam's numbers at one step; see the engine's `optimizer/adam.rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    pub beta1: f32,
    pub beta2: f32,
    /// 1 − β₁ and 1 − β₂, rounded once.
    pub rest1: f32,
    pub rest2: f32,
    pub step_size: f32,
    pub root_scale: f32,
    pub epsilon: f32,
}

/// A gradient: `factor · values + l2 · parameter`.
#[derive(Debug, Clone, Copy)]
pub struct Gradient<'a> {
    pub values: &'a [f32],
    pub factor: f32,
    pub l2: f32,
}

/// A parameter with its moments, all of one length.
#[derive(Debug)]
pub struct Parameter<'a> {
    pub value: &'a mut [f32],
    pub moment1: &'a mut [f32],
    pub moment2: &'a mut [f32],
}

/// Moves a parameter by Adam.
#[inline(never)]
pub fn adam(parameter: Parameter, gradient: Gradient, adam: &Adam) {
    let Parameter { value, moment1, moment2 } = parameter;
    for (((value, moment1), moment2), of_loss) in value.iter_mut().zip(moment1).zip(moment2).zip(gradient.values) {
        let gradient = of_loss * gradient.factor + *value * gradient.l2;
        *moment2 = *moment2 * adam.beta2 + gradient * gradient * adam.rest2;
        *moment1 = *moment1 * adam.beta1 + gradient * adam.rest1;
        *value -= *moment1 * adam.step_size / (moment2.sqrt() * adam.root_scale + adam.epsilon);
    }
}

/// Moves a parameter by stochastic gradient descent; its first moment is the velocity.
#[inline(never)]
pub fn sgd(parameter: Parameter, gradient: Gradient, rate: f32, momentum: f32) {
    let Parameter { value, moment1, .. } = parameter;
    for ((value, velocity), of_loss) in value.iter_mut().zip(moment1).zip(gradient.values) {
        let gradient = of_loss * gradient.factor + *value * gradient.l2;
        if momentum == 0.0 {
            *value -= gradient * rate;
        } else {
            *velocity = *velocity * momentum + gradient;
            *value -= *velocity * rate;
        }
    }
}

/// Multiplies every number by one.
#[inline(never)]
pub fn scale(values: &mut [f32], by: f32) {
    values.iter_mut().for_each(|value| *value *= by);
}

/// Multiplies place by place.
#[inline(never)]
pub fn multiply(values: &mut [f32], by: &[f32]) {
    values.iter_mut().zip(by).for_each(|(value, by)| *value *= by);
}

/// Adds place by place.
#[inline(never)]
pub fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// Adds place by place, each times a number.
#[inline(never)]
pub fn add_scaled(sums: &mut [f32], values: &[f32], by: f32) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * by);
}

/// Adds one row to every row, `[rows, row.len()]`.
#[inline(never)]
pub fn add_to_rows(values: &mut [f32], row: &[f32]) {
    values.chunks_exact_mut(row.len().max(1)).for_each(|values| add(values, row));
}

/// [`add_to_rows`], then ReLU.
#[inline(never)]
pub fn add_to_rows_and_rectify(values: &mut [f32], row: &[f32]) {
    for values in values.chunks_exact_mut(row.len().max(1)) {
        for (value, bias) in values.iter_mut().zip(row) {
            let sum = *value + bias;
            *value = if sum < 0.0 { 0.0 } else { sum };
        }
    }
}

/// The gradient of a ReLU's input: 0 where nothing came out.
#[inline(never)]
pub fn stop_where_nothing_came_out(gradient: &mut [f32], output: &[f32]) {
    for (slope, output) in gradient.iter_mut().zip(output) {
        *slope = if *output <= 0.0 { 0.0 } else { *slope };
    }
}

/// Sums of the columns of `[rows, width]`.
#[inline(never)]
pub fn sums_of_columns(values: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    values.chunks_exact(width.max(1)).for_each(|row| add(&mut sums, row));
    sums
}

#[inline(never)]
pub fn sum(values: &[f32]) -> f32 {
    in_lanes(values, |value| value)
}

#[inline(never)]
pub fn sum_of_squares(values: &[f32]) -> f32 {
    in_lanes(values, |value| value * value)
}

/// Block by block, and the blocks in f64: a long sum would lose what it adds last.
fn in_lanes(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let block = |values: &[f32]| {
        let mut lanes = [0.0; LANES];
        let chunks = values.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += of(*value));
        }
        f64::from(lanes.iter().sum::<f32>() + rest.iter().map(|value| of(*value)).sum::<f32>())
    };
    values.chunks(BLOCK).map(block).sum::<f64>() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_in_lanes_are_sums() {
        for length in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..length).map(|value| value as f32 - 3.0).collect();
            assert_eq!(sum(&values), values.iter().sum::<f32>(), "{length}");
            assert_eq!(sum_of_squares(&values), values.iter().map(|x| x * x).sum::<f32>(), "{length}");
        }
        let many = vec![0.1f32; 1 << 20];
        assert!((sum(&many) / 104_857.6 - 1.0).abs() < 1e-5, "{}", sum(&many));
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let mut values = [f32::NAN, -1.0, 2.0];
        add_to_rows_and_rectify(&mut values, &[0.5; 3]);
        assert!(values[0].is_nan() && values[1..] == [0.0, 2.5]);
        let mut slopes = [f32::NAN, 1.0, 1.0];
        stop_where_nothing_came_out(&mut slopes, &[1.0, 0.0, 2.0]);
        assert!(slopes[0].is_nan() && slopes[1..] == [0.0, 1.0]);
    }

    #[test]
    fn rows_are_added_and_summed() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        add_to_rows(&mut values, &[10.0, 20.0]);
        assert_eq!(values, [11.0, 22.0, 13.0, 24.0]);
        assert_eq!(sums_of_columns(&values, 2), [24.0, 46.0]);
    }
}
