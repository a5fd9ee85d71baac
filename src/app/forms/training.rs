//! Training: device, optimiser, length, seeds.

use super::training_options;
use crate::app::marks::{Act, Control, Mark, choice, number, slider, text_field};
use crate::app::numbers::decimal;
use crate::app::range::Range;
use crate::app::text::{parse_seeds, seeds_text};
use crate::domain::spec::{RunSpec, TrainingSpec};

/// [`Act::name`] of the choice of a device; its value is one of [`DEVICES`].
pub const DEVICE: &str = "device";
/// Keys and words of the devices.
pub const DEVICES: [(&str, &str, &str); 3] = [
    ("auto", text!(training_form::devices::auto), ""),
    ("cpu", text!(training_form::devices::cpu), ""),
    ("webgpu", text!(training_form::devices::webgpu), ""),
];

const RATE: Range = Range::logarithmic(1e-5, 0.1);
const BATCH: Range = Range::linear(1.0, 65_536.0).whole();
const EPOCHS: Range = Range::linear(1.0, 1000.0).whole();

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
    let (epochs, batch, rate) = (epochs.to_string(), batch_size.to_string(), decimal(learning_rate.to_string()));
    text!(training_form::summary, epochs = epochs, batch = batch, rate = rate)
}

/// How the models are trained.
pub fn form(spec: &RunSpec, device: &str) -> Vec<Mark> {
    let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
    let seeds = Control::new("seeds", text!(training_form::seeds)).hint(text!(training_form::seeds_hint));
    vec![
        choice(Control::new(DEVICE, text!(training_form::device)), "run-on", DEVICES, device),
        slider(
            Control::new("learning_rate", text!(training_form::rate)).hint(text!(training_form::rate_hint)),
            RATE,
            *learning_rate,
        ),
        number(Control::new("batch_size", text!(training_form::batch)), *batch_size as f64),
        number(Control::new("epochs", text!(training_form::epochs)), *epochs as f64),
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
