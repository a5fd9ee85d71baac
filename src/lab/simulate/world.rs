//! A generated log parted by users: what is trained on, what stands for all users, and the held-out sets.

use super::Regime;
use crate::domain::features::Prepared;
use crate::domain::log::OpenedLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::random::Stream;
use crate::domain::report::{Evaluation, evaluate};
use crate::domain::spec::{ModelSpec, RunSpec};
use crate::domain::synth::{SynthSpec, generate};
use crate::engine::device::EngineDevice;
use crate::engine::{EngineError, Learner};
use crate::lab::LabError;

/// One log.
pub struct World {
    opened: OpenedLog,
    prepared: Prepared,
    /// Places among the held-out rows.
    pub population: Vec<usize>,
    pub sets: Vec<Vec<usize>>,
}

/// Logits of the held-out rows, `[rows, questions]`.
pub type Logits = Vec<f32>;

impl World {
    pub fn draw(regime: &Regime, spec: &RunSpec, seed: u64, model: &ModelSpec) -> Result<Self, LabError> {
        let Regime { ctr, cvr, rows, .. } = *regime;
        let synth = SynthSpec { seed, rows, users: rows / 3, ctr, cvr, ..SynthSpec::default() };
        let generated = generate(&synth);
        let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(LabError::new)?;
        let prepared = Prepared::new(&opened.log, &spec.plan(model, 1)).map_err(LabError::new)?;
        let users = opened.log.user.as_deref().unwrap_or_default();
        let draw = |place: usize| {
            let user = users[prepared.split.eval[place] as usize];
            Stream::new(seed, u64::from(user)).uniform()
        };
        let (mut population, mut pool) = (Vec::new(), Vec::new());
        for place in 0..prepared.split.eval.len() {
            let at = draw(place);
            if at < 0.5 { population.push(place) } else { pool.push((2.0 * at - 1.0, place)) }
        }
        let sets = regime.sets.iter().flat_map(|&(size, count)| cut(&pool, size, count)).collect();
        Ok(Self { opened, prepared, population, sets })
    }

    /// Trains the model with seeds 1 to `seeds`.
    pub fn train(&self, spec: &RunSpec, model: &ModelSpec, seeds: u64) -> Result<Vec<Logits>, LabError> {
        let device = EngineDevice::cpu();
        let one = |seed: u64| {
            let mut learner = Learner::new(&device, &spec.plan(model, seed), &self.prepared)?;
            pollster::block_on(learner.train(&self.opened.log, async |_| Ok(())))?;
            pollster::block_on(learner.logits(&self.prepared.split.eval))
        };
        (1..=seeds).map(one).collect::<Result<_, EngineError>>().map_err(LabError::new)
    }

    /// What the model says of some of the held-out rows.
    pub fn evaluate(&self, model: &ModelSpec, logits: &Logits, places: &[usize], bootstrap: Bootstrap) -> Evaluation {
        let width = logits.len() / self.prepared.split.eval.len();
        let rows: Vec<u32> = places.iter().map(|&place| self.prepared.split.eval[place]).collect();
        let of_rows: Vec<f32> =
            places.iter().flat_map(|&place| logits[width * place..width * (place + 1)].iter().copied()).collect();
        evaluate(&self.opened.log, model, &rows, &of_rows, bootstrap)
    }
}

/// `count` parts of about `size` places each, without a user in common.
fn cut(pool: &[(f64, usize)], size: usize, count: usize) -> Vec<Vec<usize>> {
    let parts = (pool.len() / size).max(1);
    let mut sets = vec![Vec::new(); count.min(parts)];
    for &(at, place) in pool {
        if let Some(set) = sets.get_mut((at * parts as f64) as usize) {
            set.push(place);
        }
    }
    sets
}
