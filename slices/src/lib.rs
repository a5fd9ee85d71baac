//! Loops over numbers in memory that a training step of the CPU engine and a bootstrap spend their time in, and the products of
//! matrices.
//!
//! In vectors by hand, of the crate `wide`: the module that they are linked into is compiled for size, and the compiler makes no
//! vectors of loops there, in whatever way their crate is compiled. Nothing is inlined into its callers, which are compiled for size. What is not a number stays none everywhere, for the loss to
//! tell.

mod logistic;
mod products;
mod resampled;

pub use logistic::{LogSigmoids, log_sigmoids};
pub use products::{Matrix, Scratch, matrix_product};
pub use resampled::{add_weighted_rows, sums_by_class};

use wide::f32x4;

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
    let Adam { beta1, beta2, rest1, rest2, step_size, root_scale, epsilon } = *adam;
    move_each(parameter, gradient, |value, moment1, moment2, gradient| {
        let moment2 = moment2 * beta2 + gradient * gradient * rest2;
        let moment1 = moment1 * beta1 + gradient * rest1;
        [value - moment1 * step_size / (moment2.sqrt() * root_scale + epsilon), moment1, moment2]
    });
}

/// Moves a parameter by stochastic gradient descent; its first moment is the velocity.
#[inline(never)]
pub fn sgd(parameter: Parameter, gradient: Gradient, rate: f32, momentum: f32) {
    if momentum == 0.0 {
        move_each(parameter, gradient, |value, moment1, moment2, gradient| [value - gradient * rate, moment1, moment2]);
    } else {
        move_each(parameter, gradient, |value, velocity, moment2, gradient| {
            let velocity = velocity * momentum + gradient;
            [value - velocity * rate, velocity, moment2]
        });
    }
}

/// Sets value and moments to what `of` makes of them and the gradient.
#[inline(always)]
fn move_each(parameter: Parameter, gradient: Gradient, of: impl Fn(f32x4, f32x4, f32x4, f32x4) -> [f32x4; 3]) {
    let Parameter { value, moment1, moment2 } = parameter;
    let Gradient { values, factor, l2 } = gradient;
    let moved = |value: &[f32; 4], moment1: &[f32; 4], moment2: &[f32; 4], of_loss: &[f32; 4]| {
        let [value, moment1, moment2, of_loss] = [value, moment1, moment2, of_loss].map(|part| f32x4::new(*part));
        of(value, moment1, moment2, of_loss * factor + value * l2).map(f32x4::to_array)
    };
    let (values, last_values) = values.as_chunks();
    let (value, last_value) = value.as_chunks_mut();
    let (moment1, last_moment1) = moment1.as_chunks_mut();
    let (moment2, last_moment2) = moment2.as_chunks_mut();
    for (((value, moment1), moment2), of_loss) in value.iter_mut().zip(moment1).zip(moment2).zip(values) {
        [*value, *moment1, *moment2] = moved(value, moment1, moment2, of_loss);
    }
    let rest = [last_value, last_moment1, last_moment2];
    let [value, moment1, moment2] = [0, 1, 2].map(|part| padded(rest[part]));
    for (to, moved) in rest.into_iter().zip(moved(&value, &moment1, &moment2, &padded(last_values))) {
        to.copy_from_slice(&moved[..to.len()]);
    }
}

/// Multiplies every number by one.
#[inline(never)]
pub fn scale(values: &mut [f32], by: f32) {
    let (chunks, rest) = values.as_chunks_mut();
    chunks.iter_mut().for_each(|chunk| *chunk = (f32x4::new(*chunk) * by).to_array());
    rest.iter_mut().for_each(|value| *value *= by);
}

/// Multiplies place by place.
#[inline(never)]
pub fn multiply(values: &mut [f32], by: &[f32]) {
    set_each(values, by, |value, by| value * by);
}

/// Adds place by place.
#[inline(never)]
pub fn add(sums: &mut [f32], values: &[f32]) {
    set_each(sums, values, |sum, value| sum + value);
}

/// Adds place by place, each times a number.
#[inline(never)]
pub fn add_scaled(sums: &mut [f32], values: &[f32], by: f32) {
    set_each(sums, values, |sum, value| sum + value * by);
}

/// Adds one row to every row, `[rows, row.len()]`.
#[inline(never)]
pub fn add_to_rows(values: &mut [f32], row: &[f32]) {
    for values in values.chunks_exact_mut(row.len().max(1)) {
        set_each(values, row, |value, bias| value + bias);
    }
}

/// [`add_to_rows`], then ReLU.
#[inline(never)]
pub fn add_to_rows_and_rectify(values: &mut [f32], row: &[f32]) {
    for values in values.chunks_exact_mut(row.len().max(1)) {
        set_each(values, row, |value, bias| {
            let sum = value + bias;
            sum.simd_lt(f32x4::ZERO).select(f32x4::ZERO, sum)
        });
    }
}

/// The gradient of a ReLU's input: 0 where nothing came out.
#[inline(never)]
pub fn stop_where_nothing_came_out(gradient: &mut [f32], output: &[f32]) {
    set_each(gradient, output, |slope, output| output.simd_le(f32x4::ZERO).select(f32x4::ZERO, slope));
}

/// Sums of the columns of `[rows, width]`.
#[inline(never)]
pub fn sums_of_columns(values: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for row in values.chunks_exact(width.max(1)) {
        set_each(&mut sums, row, |sum, value| sum + value);
    }
    sums
}

/// Sets every number to what `of` makes of it and its partner.
#[inline(always)]
fn set_each(values: &mut [f32], partners: &[f32], of: impl Fn(f32x4, f32x4) -> f32x4) {
    let (values, last_values) = values.as_chunks_mut();
    let (partners, last_partners) = partners.as_chunks();
    for (values, partners) in values.iter_mut().zip(partners) {
        *values = of(f32x4::new(*values), f32x4::new(*partners)).to_array();
    }
    for (value, partner) in last_values.iter_mut().zip(last_partners) {
        [*value, ..] = of(f32x4::splat(*value), f32x4::splat(*partner)).to_array();
    }
}

fn padded(values: &[f32]) -> [f32; 4] {
    let mut padded = [0.0; 4];
    padded[..values.len()].copy_from_slice(values);
    padded
}

#[inline(never)]
pub fn sum(values: &[f32]) -> f32 {
    in_lanes(values, |value| value)
}

#[inline(never)]
pub fn sum_of_squares(values: &[f32]) -> f32 {
    in_lanes(values, |value| value * value)
}

/// Block by block in several sums, and the blocks in f64: a long sum would lose what it adds last.
#[inline(always)]
fn in_lanes(values: &[f32], of: impl Fn(f32x4) -> f32x4) -> f32 {
    let block = |values: &[f32]| {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut sums = [f32x4::ZERO; LANES / 4];
        for chunk in chunks {
            let (parts, _) = chunk.as_chunks();
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += of(f32x4::new(*part)));
        }
        for part in rest.chunks(4) {
            sums[0] += of(f32x4::new(padded(part)));
        }
        f64::from(sums.into_iter().fold(f32x4::ZERO, |sum, part| sum + part).reduce_add())
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
