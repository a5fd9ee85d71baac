//! Training: device, optimiser, length, seeds.

use super::training_options;
use crate::app::marks::{Act, Control, Mark, choice, number, slider, text_field};
use crate::app::range::Range;
use crate::app::text::{parse_seeds, seeds_text};
use crate::domain::spec::{RunSpec, TrainingSpec};

/// [`Act::name`] of the choice of a device; its value is one of [`DEVICES`].
pub const DEVICE: &str = "device";
/// Keys and words of the devices.
pub const DEVICES: [(&str, &str, &str); 3] = [("auto", "auto", ""), ("cpu", "CPU", ""), ("webgpu", "WebGPU", "")];

const RATE: Range = Range::logarithmic(1e-5, 0.1);
const BATCH: Range = Range::linear(1.0, 65_536.0).whole();
const EPOCHS: Range = Range::linear(1.0, 1000.0).whole();

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
    format!("{epochs} epochs, batches of {batch_size}, learning rate {learning_rate}")
}

/// How the models are trained.
pub fn form(spec: &RunSpec, device: &str) -> Vec<Mark> {
    let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
    let seeds = Control::new("seeds", "Training seeds").hint("one run per model and seed; several show the spread");
    vec![
        choice(Control::new(DEVICE, "Run on"), "run-on", DEVICES, device),
        slider(
            Control::new("learning_rate", "Learning rate").hint("acts at once, on what is training as well"),
            RATE,
            *learning_rate,
        ),
        number(Control::new("batch_size", "Batch size"), *batch_size as f64),
        number(Control::new("epochs", "Epochs"), *epochs as f64),
        text_field(seeds, seeds_text(&spec.seeds), "numeric"),
        training_options::form(spec),
    ]
}

/// Does what the reader did.
pub fn apply(spec: &mut RunSpec, act: &Act) {
    if training_options::apply(spec, act) {
        return;
    }
    let training = &mut spec.training;
    match act.name.as_str() {
        "learning_rate" => training.learning_rate = act.number(RATE).unwrap_or(training.learning_rate),
        "batch_size" => training.batch_size = act.number(BATCH).map_or(training.batch_size, |n| n as usize),
        "epochs" => training.epochs = act.number(EPOCHS).map_or(training.epochs, |n| n as usize),
        "seeds" => spec.seeds = parse_seeds(&act.input).unwrap_or(std::mem::take(&mut spec.seeds)),
        _ => {}
    }
}
