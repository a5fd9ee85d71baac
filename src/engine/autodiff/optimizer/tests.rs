//! Every option against PyTorch in float64: `tests/golden/optimizers.py` and the JSON it wrote.

use serde::Deserialize;

use super::super::BurnDevice;
use super::super::table::Table;
use super::*;
use crate::domain::spec::{Steps, TrainingSpec};
use crate::engine::optimizer::clip::clip_factor;

#[derive(Deserialize)]
struct Golden {
    steps_per_epoch: u64,
    start: Values,
    gradients: Vec<Values>,
    runs: Vec<Run>,
}

impl Golden {
    fn steps(&self) -> Steps {
        Steps { per_epoch: self.steps_per_epoch, total: self.gradients.len() as u64 }
    }
}

#[derive(Deserialize)]
struct Run {
    name: String,
    training: TrainingSpec,
    rates: Vec<f64>,
    end: Values,
}

#[derive(Deserialize)]
struct Values {
    weight: [[f64; 2]; 3],
    bias: [f64; 2],
}

impl Values {
    fn on(&self, device: &BurnDevice) -> (Tensor<2>, Tensor<2>) {
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        (device.floats(narrow(self.weight.as_flattened()), [3, 2]), device.floats(narrow(&self.bias), [1, 2]))
    }
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/optimizers.json")).unwrap()
}

fn read(tensor: &Tensor<2>) -> Vec<f32> {
    tensor.clone().into_data().try_into_vec().unwrap()
}

#[test]
fn six_steps_of_every_option_are_those_of_pytorch() {
    let (golden, device) = (golden(), BurnDevice::flex());
    assert_eq!(golden.runs.len(), 15);
    for run in &golden.runs {
        let (weight, bias) = golden.start.on(&device);
        let mut in_place =
            [read(&weight), read(&bias)].map(|value| [vec![0.0; value.len()], vec![0.0; value.len()], value]);
        let (mut weight, mut bias) = (Parameter::new(weight), Parameter::new(bias));
        for (step, gradient) in (1..).zip(&golden.gradients) {
            let rate = run.training.rate_at(step, golden.steps());
            let expected = run.rates[step as usize - 1];
            assert!((rate - expected).abs() < 1e-12, "{}, rate of step {step}: {rate} is not {expected}", run.name);
            let optimizer = Optimizer::at_step(&run.training, 0.0, step, golden.steps());
            let (mut of_weight, mut of_bias) = gradient.on(&device);
            let gradients = [read(&of_weight), read(&of_bias)];
            let squared = gradients.iter().flatten().map(|slope| slope * slope).sum();
            let factor = run.training.clip_norm.map_or(1.0, |clip_norm| clip_factor(squared, clip_norm));
            let decays = [optimizer.weight_decay, 0.0];
            for (([moment2, moment1, value], values), decay) in in_place.iter_mut().zip(&gradients).zip(decays) {
                let gradient = esmm_slices::Gradient { values, factor, l2: 0.0 };
                optimizer.update_in_place(esmm_slices::Parameter { value, moment1, moment2 }, gradient, decay);
            }
            if let Some(clip_norm) = run.training.clip_norm {
                let factor = SquaredNorm::default().add(&of_weight).add(&of_bias).factor(clip_norm).unwrap();
                (of_weight, of_bias) = (scaled(of_weight, &factor), scaled(of_bias, &factor));
            }
            weight = optimizer.update(weight, of_weight, optimizer.weight_decay);
            bias = optimizer.update(bias, of_bias, 0.0);
        }
        let found = [read(&weight.value), read(&bias.value)].concat();
        for (a, b) in found.iter().zip(in_place.iter().flat_map(|[.., value]| value)) {
            assert!((a - b).abs() < 1e-6, "{}: {b} in place is not {a}", run.name);
        }
        for (a, b) in found.iter().zip(run.end.weight.as_flattened().iter().chain(&run.end.bias)) {
            assert!((f64::from(*a) - b).abs() < 2e-6, "{}: {a} is not {b}", run.name);
        }
    }
}

#[test]
fn a_lazy_table_moves_as_the_same_rows_alone_would() {
    let (golden, device) = (golden(), BurnDevice::flex());
    for run in &golden.runs {
        let (training, decay) = (&run.training, run.training.weight_decay);
        let start: Vec<f32> = (0..10).map(|value| value as f32 / 10.0).collect();
        let mut table = Table::new(device.floats(start.clone(), [5, 2]));
        let mut alone = Parameter::new(device.floats(start[2..8].to_vec(), [3, 2]));
        for (step, gradient) in (1..).zip(&golden.gradients) {
            let optimizer = Optimizer::at_step(training, decay, step, golden.steps());
            let unique = device.indices(vec![1, 2, 3]);
            let rows = table.rows(unique.clone());
            let (of_rows, _) = gradient.on(&device);
            table = table.update_rows(&optimizer, rows, unique, of_rows.clone());
            alone = optimizer.update(alone, of_rows, decay);
        }
        let found = read(&table.value());
        assert_eq!(found[2..8], read(&alone.value), "{}", run.name);
        assert_eq!([&found[..2], &found[8..]], [&start[..2], &start[8..]], "{}: untouched rows", run.name);
    }
}

#[test]
fn no_gradient_at_all_is_not_scaled_up() {
    let device = BurnDevice::flex();
    let zero = device.floats(vec![0.0; 4], [2, 2]);
    let factor = SquaredNorm::default().add(&zero).factor(1e-4).unwrap();
    assert_eq!(read(&scaled(zero, &factor)), [0.0; 4]);
    assert!(SquaredNorm::default().factor(1.0).is_none());
}

#[test]
fn a_norm_that_is_no_number_is_told_by_every_parameter() {
    assert!(clip_factor(f32::NAN, 1.0).is_nan());
    assert_eq!((clip_factor(0.0, 1.0), clip_factor(4.0, 1.0) < 0.5001), (1.0, true));
}
