//! Whether a conversion estimate follows the click (ESCM², section 3.2, "independence priority").
//!
//! Given the true conversion rate, the true click rate says nothing more about the conversion: an estimate that follows
//! it all the same is wrong along it. That alone is no proof that one tower's answer leaks into the other's. A tower that
//! cannot represent the whole conversion rate, or has not learned it, errs along whatever it lacks, and that may lie along
//! the click rate without anything being shared: the additive part of the truth itself reaches .3 on logs with strong
//! selection. So there is no value that a model ought to have, and no verdict; what can be compared is the same model with
//! and without shared embeddings.

use super::Undefined;

/// Sums of x (pCVR), y (true CTR), z (true CVR), of their squares and products, and the weight.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments(pub [f64; N_MOMENTS]);

pub(super) const N_MOMENTS: usize = 10;

impl Moments {
    /// One row's.
    pub fn of(x: f64, y: f64, z: f64) -> Self {
        Self([1.0, x, y, z, x * x, y * y, z * z, x * y, x * z, y * z])
    }

    pub fn add(&mut self, other: &Self, weight: f64) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, value)| *sum += weight * value);
    }

    /// Partial correlation of x with y, given z.
    ///
    /// All three are log-odds, where a probability's rarity does not squeeze it; the truth's part is taken out of both by a
    /// straight line. It is also that of the estimate's error, `x − z`. Noise in the estimate brings it nearer to 0.
    ///
    /// # Errors
    /// [`Undefined`] without rows, or when one of the three does not vary (or only with the truth).
    pub fn partial_correlation(&self) -> Result<f64, Undefined> {
        let [n, x, y, z, xx, yy, zz, xy, xz, yz] = self.0;
        if n <= 0.0 {
            return Err(Undefined::NoRows);
        }
        let covariance = |product: f64, a: f64, b: f64| product / n - a / n * (b / n);
        let (vx, vy, vz) = (covariance(xx, x, x), covariance(yy, y, y), covariance(zz, z, z));
        // What is left after rounding is no variance.
        let varies = |variance: f64, square: f64| variance > 1e-12 * (square / n);
        if !varies(vx, xx) || !varies(vy, yy) || !varies(vz, zz) {
            return Err(Undefined::Constant);
        }
        let (xz, yz) = (covariance(xz, x, z), covariance(yz, y, z));
        let (rest_x, rest_y) = (vx - xz * xz / vz, vy - yz * yz / vz);
        if rest_x <= 1e-9 * vx || rest_y <= 1e-9 * vy {
            return Err(Undefined::Constant);
        }
        let rest = covariance(xy, x, y) - xz * yz / vz;
        Ok((rest / libm::sqrt(rest_x * rest_y)).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial_correlation(x: &[f64], y: &[f64], z: &[f64]) -> Result<f64, Undefined> {
        let mut moments = Moments::default();
        x.iter().zip(y).zip(z).for_each(|((&x, &y), &z)| moments.add(&Moments::of(x, y, z), 1.0));
        moments.partial_correlation()
    }

    /// Three waves that are uncorrelated over 24 steps.
    fn waves() -> [Vec<f64>; 3] {
        [1.0, 2.0, 3.0].map(|k| (0..24).map(|i| (f64::from(i) * k * std::f64::consts::TAU / 24.0).sin()).collect())
    }

    #[test]
    fn what_the_truth_explains_is_taken_out() {
        let [truth, a, b] = waves();
        let mix =
            |x: &[f64], share: f64, y: &[f64]| -> Vec<f64> { x.iter().zip(y).map(|(x, y)| x + share * y).collect() };
        // Both follow the truth and nothing else they share: correlated, but not given the truth.
        let (cvr, ctr) = (mix(&truth, 0.5, &a), mix(&truth, 0.5, &b));
        assert!(partial_correlation(&cvr, &ctr, &truth).unwrap().abs() < 1e-12);
        // The estimate also follows the click: corr(a + b, b) = 1/√2.
        let cvr = mix(&mix(&truth, 1.0, &a), 1.0, &b);
        let found = partial_correlation(&cvr, &b, &truth).unwrap();
        assert!((found - 0.5f64.sqrt()).abs() < 1e-12, "{found}");
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        let [truth, a, _] = waves();
        assert_eq!(partial_correlation(&truth, &a, &truth), Err(Undefined::Constant));
        assert_eq!(partial_correlation(&[0.3; 24], &a, &truth), Err(Undefined::Constant));
        assert_eq!(partial_correlation(&[], &[], &[]), Err(Undefined::NoRows));
    }
}
