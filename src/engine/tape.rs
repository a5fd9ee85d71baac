//! Columns in memory that can be differentiated: what a step of the CPU engine computes its loss with.
//!
//! Every operation writes one entry: which columns it came from, and by how much each of their numbers moves it. Going back over
//! the entries from the last one gives the gradient of that one by all others (reverse mode; Griewank and Walther 2008,
//! chapter 3).

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Sub};
use std::rc::Rc;

use esmm_slices::LogSigmoids;

use super::column::Column;

/// What was computed so far.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    entries: Rc<RefCell<Vec<Entry>>>,
}

/// An operation on the tape.
#[derive(Debug)]
struct Entry {
    length: usize,
    sources: [Option<Source>; 2],
}

/// A column that an operation read.
#[derive(Debug)]
struct Source {
    entry: usize,
    slope: Slope,
}

/// How an operation's numbers move with those of a column that it read.
#[derive(Debug)]
enum Slope {
    /// By the same factor in every place.
    Factor(f32),
    /// By a factor of its own in each place.
    Factors(Rc<[f32]>),
    /// One number from all of them, each by the same factor.
    Reduced(f32),
    /// All of them from one number.
    Repeated,
}

/// A column in memory; a constant without an entry.
#[derive(Debug, Clone)]
pub struct Taped {
    values: Rc<[f32]>,
    origin: Option<(Tape, usize)>,
}

impl Tape {
    /// A column that gradients are taken by.
    pub fn leaf(&self, values: Vec<f32>) -> Taped {
        self.push(values.into(), [None, None])
    }

    fn push(&self, values: Rc<[f32]>, sources: [Option<Source>; 2]) -> Taped {
        let mut entries = self.entries.borrow_mut();
        entries.push(Entry { length: values.len(), sources });
        Taped { values, origin: Some((self.clone(), entries.len() - 1)) }
    }
}

impl Taped {
    /// A column that nothing flows back to.
    pub fn constant_of(values: Vec<f32>) -> Self {
        Self { values: values.into(), origin: None }
    }

    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The gradient of this one number by each of `leaves`: 0 where it does not depend on one.
    pub fn gradients(&self, leaves: &[Self]) -> Vec<Vec<f32>> {
        let zeros = |leaf: &Self| vec![0.0; leaf.values.len()];
        let Some((tape, last)) = &self.origin else { return leaves.iter().map(zeros).collect() };
        let entries = tape.entries.borrow();
        let mut gradients: Vec<Option<Vec<f32>>> = vec![None; last + 1];
        gradients[*last] = Some(vec![1.0; self.values.len()]);
        for at in (0..=*last).rev() {
            if entries[at].sources.iter().all(Option::is_none) {
                continue; // a leaf, which keeps its own
            }
            let Some(gradient) = gradients[at].take() else { continue };
            for source in entries[at].sources.iter().flatten() {
                let length = entries[source.entry].length;
                let sums = gradients[source.entry].get_or_insert_with(|| vec![0.0; length]);
                source.slope.add(&gradient, sums);
            }
        }
        let mut of = |leaf: &Self| leaf.origin.as_ref().and_then(|(_, entry)| gradients.get_mut(*entry)?.take());
        leaves.iter().map(|leaf| of(leaf).unwrap_or_else(|| zeros(leaf))).collect()
    }

    /// A column made of this one place by place: its values, and by how much each moves with it.
    fn mapped(&self, values: impl Fn(f32) -> f32, slope: impl Fn(f32) -> f32) -> Self {
        self.made(self.values.iter().map(|&x| values(x)).collect(), || {
            Slope::Factors(self.values.iter().map(|&x| slope(x)).collect())
        })
    }

    fn made(&self, values: Rc<[f32]>, slope: impl FnOnce() -> Slope) -> Self {
        match &self.origin {
            None => Self { values, origin: None },
            Some((tape, entry)) => tape.push(values, [Some(Source { entry: *entry, slope: slope() }), None]),
        }
    }

    /// A column made of two.
    fn joined(&self, other: &Self, values: Rc<[f32]>, slopes: impl Fn(bool) -> Slope) -> Self {
        let source = |of: &Self, is_other| {
            of.origin.as_ref().map(|(_, entry)| Source { entry: *entry, slope: slopes(is_other) })
        };
        match self.origin.as_ref().or(other.origin.as_ref()) {
            None => Self { values, origin: None },
            Some((tape, _)) => tape.push(values, [source(self, false), source(other, true)]),
        }
    }

    fn zipped(&self, other: &Self, of: impl Fn(f32, f32) -> f32) -> Rc<[f32]> {
        debug_assert_eq!(self.values.len(), other.values.len(), "columns of one batch");
        self.values.iter().zip(&*other.values).map(|(&a, &b)| of(a, b)).collect()
    }

    fn compared(&self, is: impl Fn(f32) -> bool) -> Rc<[bool]> {
        self.values.iter().map(|&x| is(x)).collect()
    }
}

impl Slope {
    /// Adds what flows back to a column whose operation has the gradient `gradient`.
    fn add(&self, gradient: &[f32], sums: &mut [f32]) {
        match self {
            Self::Factor(factor) => sums.iter_mut().zip(gradient).for_each(|(sum, slope)| *sum += slope * factor),
            Self::Factors(factors) => {
                let parts = gradient.iter().zip(&**factors).map(|(slope, factor)| slope * factor);
                sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            }
            Self::Reduced(factor) => sums.iter_mut().for_each(|sum| *sum += gradient[0] * factor),
            Self::Repeated => sums[0] += esmm_slices::sum(gradient),
        }
    }
}

impl Add for Taped {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.joined(&other, self.zipped(&other, |a, b| a + b), |_| Slope::Factor(1.0))
    }
}

impl Sub for Taped {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let values = self.zipped(&other, |a, b| a - b);
        self.joined(&other, values, |is_other| Slope::Factor(if is_other { -1.0 } else { 1.0 }))
    }
}

impl Mul for Taped {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let values = self.zipped(&other, |a, b| a * b);
        self.joined(&other, values, |is_other| Slope::Factors(if is_other { &self } else { &other }.values.clone()))
    }
}

impl Div for Taped {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let values = self.zipped(&other, |a, b| a / b);
        self.joined(&other, values, |is_other| {
            Slope::Factors(if is_other {
                self.zipped(&other, |a, b| -a / (b * b))
            } else {
                other.values.iter().map(|b| 1.0 / b).collect()
            })
        })
    }
}

impl Column for Taped {
    type Mask = Rc<[bool]>;

    fn neg(self) -> Self {
        self.mul_scalar(-1.0)
    }

    fn exp(self) -> Self {
        let values: Rc<[f32]> = self.values.iter().map(|&x| libm::expf(x)).collect();
        self.made(values.clone(), || Slope::Factors(values))
    }

    fn log(self) -> Self {
        self.mapped(libm::logf, |x| 1.0 / x)
    }

    fn log_sigmoid(self) -> Self {
        let LogSigmoids { of_yes, yes_slopes, .. } = esmm_slices::log_sigmoids(&self.values);
        self.made(of_yes.into(), || Slope::Factors(yes_slopes.into()))
    }

    fn log_sigmoids(self) -> [Self; 2] {
        let LogSigmoids { of_yes, of_no, yes_slopes, no_slopes } = esmm_slices::log_sigmoids(&self.values);
        let yes = self.made(of_yes.into(), || Slope::Factors(yes_slopes.into()));
        [yes, self.made(of_no.into(), || Slope::Factors(no_slopes.into()))]
    }

    fn abs(self) -> Self {
        self.mapped(f32::abs, |x| if x == 0.0 { 0.0 } else { x.signum() })
    }

    fn add_scalar(self, x: f64) -> Self {
        self.made(self.values.iter().map(|value| value + x as f32).collect(), || Slope::Factor(1.0))
    }

    fn mul_scalar(self, x: f64) -> Self {
        self.made(self.values.iter().map(|value| value * x as f32).collect(), || Slope::Factor(x as f32))
    }

    fn clamp_min(self, least: f64) -> Self {
        let least = least as f32;
        self.mapped(|x| if x < least { least } else { x }, |x| if x < least { 0.0 } else { 1.0 })
    }

    fn clamp_max(self, most: f64) -> Self {
        let most = most as f32;
        self.mapped(|x| if x > most { most } else { x }, |x| if x > most { 0.0 } else { 1.0 })
    }

    fn sum(self) -> Self {
        self.made(Rc::new([esmm_slices::sum(&self.values)]), || Slope::Reduced(1.0))
    }

    fn mean(self) -> Self {
        let count = self.values.len() as f32;
        self.made(Rc::new([esmm_slices::sum(&self.values) / count]), || Slope::Reduced(1.0 / count))
    }

    fn min(self) -> Self {
        debug_assert!(self.origin.is_none(), "a constant");
        Self::constant_of(vec![self.values.iter().copied().fold(f32::INFINITY, f32::min)])
    }

    fn max_pair(self, other: Self) -> Self {
        debug_assert!(self.origin.is_none() && other.origin.is_none(), "constants");
        Self { values: self.zipped(&other, f32::max), origin: None }
    }

    fn expand_like(self, like: &Self) -> Self {
        self.made(vec![self.values[0]; like.values.len()].into(), || Slope::Repeated)
    }

    fn constant(self) -> Self {
        Self { origin: None, ..self }
    }

    fn lower(self, than: Self) -> Self::Mask {
        self.values.iter().zip(&*than.values).map(|(a, b)| a < b).collect()
    }

    fn lower_equal(self, than: Self) -> Self::Mask {
        self.values.iter().zip(&*than.values).map(|(a, b)| a <= b).collect()
    }

    fn lower_elem(self, than: f64) -> Self::Mask {
        self.compared(|x| x < than as f32)
    }

    fn lower_equal_elem(self, than: f64) -> Self::Mask {
        self.compared(|x| x <= than as f32)
    }

    fn mask_where(self, mask: Self::Mask, others: Self) -> Self {
        let values = mask.iter().zip(&*self.values).zip(&*others.values);
        let values = values.map(|((&is_other, &own), &other)| if is_other { other } else { own }).collect();
        self.joined(&others, values, |of_others| Slope::Factors(shares(&mask, of_others)))
    }

    fn mask_fill(self, mask: Self::Mask, x: f64) -> Self {
        let values = mask.iter().zip(&*self.values).map(|(&is_filled, &own)| if is_filled { x as f32 } else { own });
        self.made(values.collect(), || Slope::Factors(shares(&mask, false)))
    }

    fn of_mask(mask: Self::Mask) -> Self {
        Self { values: shares(&mask, true), origin: None }
    }
}

/// 1 where the mask is `is`, 0 elsewhere.
fn shares(mask: &[bool], is: bool) -> Rc<[f32]> {
    mask.iter().map(|&yes| if yes == is { 1.0 } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f32; 5] = [-20.0, -1.5, 0.25, 2.0, 30.0];
    const B: [f32; 5] = [0.5, -2.0, 0.125, 3.0, 1.0];

    #[test]
    fn a_constant_has_no_gradient() {
        let tape = Tape::default();
        let leaf = tape.leaf(A.to_vec());
        let constant = Taped::constant_of(B.to_vec()).exp().sum();
        assert_eq!(constant.gradients(&[leaf]), [vec![0.0; 5]]);
    }
}
