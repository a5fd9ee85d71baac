//! What objectives do with columns, as kernels, against the same in memory.

use super::device::Gpu;
use super::sheet::{Given, Place, Sheet};
use super::{batch, objective};
use crate::engine::column::Column;
use crate::engine::column::samples::{A, B, operations};
use crate::engine::tape::Tape;

/// Value and gradients of a number that is made of two columns, from a kernel.
fn computed(gpu: &Gpu, at: usize) -> (f32, Vec<f32>) {
    let sheet = Sheet::default();
    let [a, b] = [0, 1].map(|tower| sheet.given(Given::Logit(tower)));
    let (what, number) = operations(&a, &b).swap_remove(at);
    // Every objective reads labels; these are 0.
    let number = number + sheet.given(Given::Label(0)).sum();
    let gradients = sheet.gradients(&number, 2).into_iter();
    let gradients: Vec<Option<Place>> = gradients.map(|slope| slope.map(|slope| slope.place)).collect();
    let text = batch::declarations() + &objective::kernel(&sheet, &[number.place], &gradients);
    let kernel = gpu.kernel(what, text);
    let words = batch::BatchWords::of_rows(1, 1, &[0; 5], std::iter::empty()).words;
    let (logits, labels) = (gpu.numbers(&[A, B].concat()), gpu.room(1));
    let (of_logits, losses) = (gpu.room(10), gpu.room(1));
    let bound = gpu.bind(&kernel, &[&gpu.words(&words), &logits, &labels, &of_logits, &losses]);
    let mut commands = gpu.commands();
    commands.run([(&bound, [1, 1, 1])]);
    let mut read = pollster::block_on(gpu.read(commands, &[(&losses, 1), (&of_logits, 10)])).expect(what);
    (read.remove(0), read)
}

#[test]
fn kernels_have_the_values_and_gradients_of_columns_in_memory() {
    let (gpu, _) = pollster::block_on(Gpu::found()).expect("a GPU");
    let tape = Tape::default();
    let leaves = [tape.leaf(A.to_vec()), tape.leaf(B.to_vec())];
    for at in 0..operations(&leaves[0], &leaves[1]).len() {
        let (what, expected) = operations(&leaves[0], &leaves[1]).swap_remove(at);
        let (value, gradients) = computed(&gpu, at);
        let near = |a: f32, b: f32| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
        assert!(near(value, expected.values()[0]), "{what}: {value} is not {}", expected.values()[0]);
        for (slope, expected) in gradients.iter().zip(expected.gradients(&leaves).concat()) {
            assert!(near(*slope, expected), "{what}: {slope} is not {expected}");
        }
    }
}
