//! `ln σ(x)` and `ln σ(−x)` of many numbers, without a branch or a call, so that the compiler makes vectors of them.

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
    let n = values.len();
    let [mut of_yes, mut of_no, mut yes_slopes, mut no_slopes] = [(); 4].map(|()| vec![0.0; n]);
    for index in 0..n {
        let x = values[index];
        let small = exp_of_negative(x.abs());
        let log = log1p_of_share(small);
        let (low, high) = (if x < 0.0 { x } else { 0.0 }, if x > 0.0 { x } else { 0.0 });
        // The lesser and the greater of σ(x) and σ(−x).
        let (lesser, greater) = (small / (1.0 + small), 1.0 / (1.0 + small));
        of_yes[index] = low - log;
        of_no[index] = -high - log;
        yes_slopes[index] = if x > 0.0 { lesser } else { greater };
        no_slopes[index] = if x > 0.0 { -greater } else { -lesser };
    }
    LogSigmoids { of_yes, of_no, yes_slopes, no_slopes }
}

/// `exp(−a)` of `a ≥ 0`; 0 where it is less than the least normal number.
///
/// `a = n·ln 2 − r` with `|r| ≤ ln 2 / 2`, then Taylor's series of `exp(r)` and `2⁻ⁿ` by its bits.
#[inline(always)]
fn exp_of_negative(a: f32) -> f32 {
    /// Added and taken away again, it rounds to a whole number.
    const TO_WHOLE: f32 = 12_582_912.0;
    /// ln 2 in two parts: the first has few digits, so that `n` times it is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const LARGEST: f32 = 87.0;
    let bounded = if a > LARGEST { LARGEST } else { a };
    let n = (bounded * std::f32::consts::LOG2_E + TO_WHOLE) - TO_WHOLE;
    let r = (n * LN_2[0] - bounded) + n * LN_2[1];
    let series = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * series)));
    let power = f32::from_bits(((127 - n as i32) << 23) as u32);
    if a > LARGEST { 0.0 } else { series * power }
}

/// `ln(1 + e)` of `0 ≤ e ≤ 1`: `2·artanh(s)` with `s = e / (2 + e) ≤ 1/3`, as its series.
#[inline(always)]
fn log1p_of_share(e: f32) -> f32 {
    let s = e / (2.0 + e);
    let q = s * s;
    let series = q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
    2.0 * (s + s * series)
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
