//! What objectives are written in: one number for each impression of a batch, or one alone.
//!
//! Burn's tensors are columns on a GPU, [`super::tape::Taped`] are those in memory. An objective does not know which.

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
