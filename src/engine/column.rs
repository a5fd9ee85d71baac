//! What objectives are written in: one number for each impression of a batch, or one alone.
//!
//! [`super::tape::Taped`] are columns in memory; on a GPU they are written down and become a kernel. An objective does not know which.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Sub};

/// A differentiable column, `[batch]` or `[1]`. Two of one length are added, subtracted, multiplied and divided place by place.
pub trait Column:
    Clone + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Yes or no, by place.
    type Mask: Clone;

    fn neg(self) -> Self;
    fn exp(self) -> Self;
    fn log(self) -> Self;
    /// `ln σ(x)`
    fn log_sigmoid(self) -> Self;
    /// `ln σ(x)` and `ln σ(−x)`
    fn log_sigmoids(self) -> [Self; 2];
    fn abs(self) -> Self;
    fn add_scalar(self, x: f64) -> Self;
    fn mul_scalar(self, x: f64) -> Self;
    fn clamp_min(self, least: f64) -> Self;
    fn clamp_max(self, most: f64) -> Self;
    /// `[1]`
    fn sum(self) -> Self;
    /// `[1]`
    fn mean(self) -> Self;
    /// `[1]`, of a constant.
    fn min(self) -> Self;
    /// The greater of two constants by place.
    fn max_pair(self, other: Self) -> Self;
    /// `[1]` for each place of `like`.
    fn expand_like(self, like: &Self) -> Self;
    /// The same numbers, as constants.
    fn constant(self) -> Self;
    fn lower(self, than: Self) -> Self::Mask;
    fn lower_equal(self, than: Self) -> Self::Mask;
    fn lower_elem(self, than: f64) -> Self::Mask;
    fn lower_equal_elem(self, than: f64) -> Self::Mask;
    /// `others` where the mask says so.
    fn mask_where(self, mask: Self::Mask, others: Self) -> Self;
    /// `x` where the mask says so.
    fn mask_fill(self, mask: Self::Mask, x: f64) -> Self;
    /// 1 for yes, 0 for no.
    fn of_mask(mask: Self::Mask) -> Self;
}

/// What objectives do with columns, for the tests of those that there are.
#[cfg(test)]
pub(crate) mod samples {
    use super::Column;

    pub const A: [f32; 5] = [-20.0, -1.5, 0.25, 2.0, 30.0];
    pub const B: [f32; 5] = [0.5, -2.0, 0.125, 3.0, 1.0];

    /// Everything that objectives do with columns, each as one number.
    pub fn operations<C: Column>(a: &C, b: &C) -> Vec<(&'static str, C)> {
        let (a, b) = (|| a.clone(), || b.clone());
        let positive = || a().abs().add_scalar(0.5);
        vec![
            ("add", (a() + b()).sum()),
            ("sub", (a() - b()).mean()),
            ("mul", (a() * b() * a()).sum()),
            ("div", (a() / b()).sum()),
            ("div by itself", (b() / b()).sum()),
            ("neg", (a().neg() * b()).sum()),
            ("exp", a().clamp_max(3.0).exp().sum()),
            ("log", positive().log().sum()),
            ("log sigmoid", (a().log_sigmoid() * b()).sum()),
            ("log sigmoid of the other side", (a().neg().log_sigmoid() * b()).mean()),
            ("both log sigmoids", {
                let [yes, no] = a().log_sigmoids();
                (yes * b()).sum() + no.mean()
            }),
            ("scaled", a().mul_scalar(2.5).add_scalar(-1.0).sum()),
            ("clamped", (a().clamp_min(-2.0).clamp_max(5.0) * b()).sum()),
            ("ratio of sums", (a() * b()).sum() / positive().sum()),
            ("repeated", (a().mean().expand_like(&b()) * b()).sum()),
            ("mask where", (a().mask_where(a().lower(b()), b()) * a()).sum()),
            ("mask fill", (a().mask_fill(a().lower_elem(0.0), 7.0) * b()).sum()),
            ("of masks", (C::of_mask(a().lower_equal_elem(0.25)) * C::of_mask(b().lower_equal(a())) * b()).sum()),
            ("constants", (a().constant().max_pair(b().constant()) * b()).sum() + a().constant().min() * a().sum()),
        ]
    }
}
