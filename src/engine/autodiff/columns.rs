//! Burn's tensors as what objectives are written in.

use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Bool, Tensor};

use crate::engine::column::Column;
use crate::engine::scm::LogAnswers;

/// The log-answers of every question.
///
/// # Shapes
/// - `logits`: `[questions, batch]`
pub fn log_answers(logits: Tensor<2>) -> Vec<LogAnswers<Tensor<1>>> {
    let [questions, batch] = logits.dims();
    let yes = log_sigmoid(logits.clone());
    let no = log_sigmoid(logits.neg());
    (0..questions)
        .map(|question| LogAnswers {
            log_yes: yes.clone().narrow(0, question, 1).reshape([batch]),
            log_no: no.clone().narrow(0, question, 1).reshape([batch]),
        })
        .collect()
}

impl Column for Tensor<1> {
    type Mask = Tensor<1, Bool>;

    fn neg(self) -> Self {
        Tensor::neg(self)
    }

    fn exp(self) -> Self {
        Tensor::exp(self)
    }

    fn log(self) -> Self {
        Tensor::log(self)
    }

    fn log_sigmoid(self) -> Self {
        log_sigmoid(self)
    }

    fn log_sigmoids(self) -> [Self; 2] {
        [log_sigmoid(self.clone()), log_sigmoid(self.neg())]
    }

    fn abs(self) -> Self {
        Tensor::abs(self)
    }

    fn add_scalar(self, x: f64) -> Self {
        Tensor::add_scalar(self, x)
    }

    fn mul_scalar(self, x: f64) -> Self {
        Tensor::mul_scalar(self, x)
    }

    fn clamp_min(self, least: f64) -> Self {
        Tensor::clamp_min(self, least)
    }

    fn clamp_max(self, most: f64) -> Self {
        Tensor::clamp_max(self, most)
    }

    fn sum(self) -> Self {
        Tensor::sum(self)
    }

    fn mean(self) -> Self {
        Tensor::mean(self)
    }

    fn min(self) -> Self {
        Tensor::min(self)
    }

    fn max_pair(self, other: Self) -> Self {
        Tensor::max_pair(self, other)
    }

    fn expand_like(self, like: &Self) -> Self {
        self.expand(like.dims())
    }

    // Not `detach`, which leaves a leaf's gradient on: without autodiff, these are plain numbers.
    fn constant(self) -> Self {
        self.without_autodiff()
    }

    fn lower(self, than: Self) -> Self::Mask {
        Tensor::lower(self, than)
    }

    fn lower_equal(self, than: Self) -> Self::Mask {
        Tensor::lower_equal(self, than)
    }

    fn lower_elem(self, than: f64) -> Self::Mask {
        Tensor::lower_elem(self, than)
    }

    fn lower_equal_elem(self, than: f64) -> Self::Mask {
        Tensor::lower_equal_elem(self, than)
    }

    fn mask_where(self, mask: Self::Mask, others: Self) -> Self {
        Tensor::mask_where(self, mask, others)
    }

    fn mask_fill(self, mask: Self::Mask, x: f64) -> Self {
        Tensor::mask_fill(self, mask, x)
    }

    fn of_mask(mask: Self::Mask) -> Self {
        mask.float()
    }
}

#[cfg(test)]
mod tests {
    use super::super::BurnDevice;
    use super::*;
    use crate::engine::column::samples::{A, B, operations};
    use crate::engine::tape::Tape;

    #[test]
    fn columns_in_memory_have_the_values_and_gradients_of_these() {
        let tape = Tape::default();
        let own = [tape.leaf(A.to_vec()), tape.leaf(B.to_vec())];
        let device = BurnDevice::flex();
        let leaf = |values: [f32; 5]| device.floats(values.to_vec(), [5]).autodiff().require_grad();
        let number = |tensor: Tensor<1>| tensor.into_data().try_into_vec::<f32>().expect("floats");
        for at in 0..operations(&own[0], &own[1]).len() {
            let (what, of_own) = operations(&own[0], &own[1]).swap_remove(at);
            let burns: [Tensor<1>; 2] = [leaf(A), leaf(B)];
            let (_, of_burn) = operations(&burns[0], &burns[1]).swap_remove(at);
            let near = |a: f32, b: f32| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
            let (value, expected) = (of_own.values()[0], number(of_burn.clone())[0]);
            assert!(near(value, expected), "{what}: {value} is not {expected}");
            let gradients = of_burn.backward();
            for (found, leaf) in of_own.gradients(&own).iter().zip(&burns) {
                let expected = leaf.grad(&gradients).map_or(vec![0.0; 5], number);
                let is_near = found.iter().zip(&expected).all(|(&a, &b)| near(a, b));
                assert!(is_near, "{what}: {found:?} is not {expected:?}");
            }
        }
    }
}
