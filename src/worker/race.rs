//! The race: how fast this engine trains a run on the worker's log. The worker's own run is left as it is.

use super::Worker;
use super::page::Page;
use crate::domain::features::Prepared;
use crate::domain::spec::TrainPlan;
use crate::engine::{EngineError, Learner};

/// A stretch of steps is long enough to be believed after so much time.
const ENOUGH_MILLIS: f64 = 60.0;
/// Steps of the first stretch; each later one has twice as many.
const FIRST_STEPS: u64 = 8;

impl<P: Page> Worker<P> {
    /// Training rows a second, with the losses of each stretch read.
    pub(super) async fn race(&self, plan: TrainPlan) -> Result<f64, String> {
        let log = &self.log.as_ref().ok_or(text!(worker::no_log))?.opened.log;
        let prepared = Prepared::new(log, &plan).map_err(|error| error.to_string())?;
        let plan = plan.on_rows(prepared.split.train.len());
        let learner = Learner::new(&self.device, &plan, &prepared).map_err(|error| error.to_string())?;
        rate(learner, &self.page).await.map_err(|error| error.to_string())
    }
}

async fn rate(mut learner: Learner, page: &impl Page) -> Result<f64, EngineError> {
    // A GPU compiles its kernels in the first step.
    learner.step()?;
    learner.take_losses().await?;
    let mut steps = FIRST_STEPS;
    loop {
        let (began, before) = (page.now(), learner.position().rows_seen);
        for _ in 0..steps {
            learner.step()?;
        }
        let rows = learner.position().rows_seen - before;
        // A run that overflows was as fast as another.
        let is_over = match learner.take_losses().await {
            Err(EngineError::Diverged { .. }) => true,
            losses => losses.map(|_| learner.is_finished())?,
        };
        let taken = page.now() - began;
        if taken >= ENOUGH_MILLIS || is_over {
            // What was over before the clock had moved took no time.
            return Ok(rows as f64 * 1e3 / taken.max(1.0));
        }
        steps *= 2;
    }
}
