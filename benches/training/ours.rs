//! The CPU engine's side of `cargo xtask bench training`, natively: trains an experiment for some time, and says how far it came.
//!
//! `cargo bench --features engine --bench training -- EXPERIMENT.json SECONDS` prints one line of JSON: `rows`, `seconds`, and
//! `losses`, one of each step in nats per impression. The experiment is a RunSpec whose log is generated and whose first model is
//! trained. As many seconds are trained before the clock starts, at most one: caches and allocator are warm then.

use std::error::Error;
use std::time::Instant;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::spec::{DataSpec, RunSpec};
use esmm_playground::domain::synth::generate;
use esmm_playground::engine::{EngineDevice, Trainer};
use serde_json::json;

/// Enough of them that no run comes to its end.
const EPOCHS: usize = 100_000;
/// Steps between two readings of losses.
const STEPS_BETWEEN_READINGS: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds words of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [experiment, seconds] = arguments.as_slice() else { return Err("training EXPERIMENT.json SECONDS".into()) };
    let seconds: f64 = seconds.parse()?;
    let mut trainer = trainer(&std::fs::read_to_string(experiment)?)?;
    let mut losses = Vec::new();
    train(&mut trainer, seconds.min(1.0), &mut losses)?;
    let (rows, took) = train(&mut trainer, seconds, &mut losses)?;
    println!("{}", json!({ "rows": rows, "seconds": took, "losses": losses }));
    Ok(())
}

fn trainer(experiment: &str) -> Result<Trainer, Box<dyn Error>> {
    let spec = RunSpec::from_json(experiment)?;
    let DataSpec::Generated { synth } = &spec.data else { return Err("the log is a generated one".into()) };
    let model = spec.models.first().ok_or("the experiment has no model")?;
    let mut plan = spec.plan(model, 1);
    plan.training.epochs = Some(EPOCHS);
    let generated = generate(synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    let prepared = Prepared::new(&opened.log, &plan)?;
    Ok(Trainer::new(&EngineDevice::cpu(), &plan, &prepared)?)
}

/// Trains for at least so many seconds; returns the rows trained on and the seconds that it took.
fn train(trainer: &mut Trainer, seconds: f64, losses: &mut Vec<f64>) -> Result<(u64, f64), Box<dyn Error>> {
    let (start, rows_before) = (now(), trainer.position().rows_seen);
    while start.elapsed().as_secs_f64() < seconds {
        for _ in 0..STEPS_BETWEEN_READINGS {
            trainer.step()?;
        }
        let curve = pollster::block_on(trainer.take_losses())?;
        losses.extend(curve.iter().filter_map(|point| point.losses.get("loss.total")));
    }
    Ok((trainer.position().rows_seen - rows_before, start.elapsed().as_secs_f64()))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark takes the clock, and is native")]
fn now() -> Instant {
    Instant::now()
}
