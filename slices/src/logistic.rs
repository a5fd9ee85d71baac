//! `ln σ(x)` and `ln σ(−x)` of many numbers.

use wide::f32x4;

use super::padded;

/// `ln σ(±x)` and how they move with `x`.
#[derive(Debug, Default)]
pub struct LogSigmoids {
    /// `ln σ(x)`
    pub of_yes: Vec<f32>,
    /// `ln σ(−x)`
    pub of_no: Vec<f32>,
    /// `σ(−x)`
    pub yes_slopes: Vec<f32>,
    /// `−σ(x)`
    pub no_slopes: Vec<f32>,
}

/// Both sides of every number, within two units of the last place.
///
/// ```text
/// ln σ(x) = min(x, 0) − ln(1 + e),   ln σ(−x) = min(−x, 0) − ln(1 + e),   e = exp(−|x|)
/// ```
#[inline(never)]
pub fn log_sigmoids(values: &[f32]) -> LogSigmoids {
    let mut columns = [(); 4].map(|()| Vec::with_capacity(values.len() + 4));
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks.iter().copied().chain((!rest.is_empty()).then(|| padded(rest))) {
        for (column, side) in columns.iter_mut().zip(sides(f32x4::new(chunk))) {
            column.extend_from_slice(&side.to_array());
        }
    }
    columns.iter_mut().for_each(|column| column.truncate(values.len()));
    let [of_yes, of_no, yes_slopes, no_slopes] = columns;
    LogSigmoids { of_yes, of_no, yes_slopes, no_slopes }
}

/// The four numbers of each `x`, in the order of [`LogSigmoids`].
#[inline(always)]
fn sides(x: f32x4) -> [f32x4; 4] {
    let small = (-x.abs()).exp();
    let log = small.ln_1p();
    let is_above = x.simd_gt(f32x4::ZERO);
    let high = is_above.select(x, f32x4::ZERO);
    let low = is_above.select(f32x4::ZERO, x);
    let greater = f32x4::ONE / (f32x4::ONE + small);
    let lesser = small * greater;
    [low - log, -high - log, is_above.select(lesser, greater), -is_above.select(greater, lesser)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_those_of_f64() {
        let values: Vec<f32> = (-40_000..=40_000)
            .map(|x| x as f32 / 500.0)
            .chain([-1e-9, 1e-9, -1e-30, 0.0, -0.0, 300.0, -300.0])
            .collect();
        let LogSigmoids { of_yes, of_no, yes_slopes, no_slopes } = log_sigmoids(&values);
        for (index, &x) in values.iter().enumerate() {
            let z = f64::from(x);
            let log_sigma = |z: f64| z.min(0.0) - (-z.abs()).exp().ln_1p();
            let sigma = |z: f64| 1.0 / (1.0 + (-z).exp());
            let expected = [log_sigma(z), log_sigma(-z), sigma(-z), -sigma(z)];
            let found = [of_yes[index], of_no[index], yes_slopes[index], no_slopes[index]];
            for (found, expected) in found.into_iter().zip(expected) {
                let error = (f64::from(found) - expected).abs();
                // Below the least normal number there is 0.
                assert!(error <= 2.5e-7 * expected.abs() + 2e-38, "{x}: {found} is not {expected}");
            }
        }
    }

    #[test]
    fn what_is_no_number_has_no_sides() {
        let LogSigmoids { of_yes, of_no, .. } = log_sigmoids(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0]);
        assert!(of_yes[0].is_nan() && of_no[0].is_nan());
        assert_eq!((of_yes[1], of_no[1]), (0.0, f32::NEG_INFINITY));
        assert_eq!((of_yes[2], of_no[2]), (f32::NEG_INFINITY, 0.0));
        assert!(of_yes[3].is_finite());
    }
}
