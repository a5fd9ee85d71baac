//! Draft runs: a small log is generated, one model trained on it to its end and evaluated, in one go. The worker's own log
//! and run are left as they are.

use std::collections::BTreeMap;

use super::Worker;
use super::page::Page;
use crate::domain::features::Prepared;
use crate::domain::log::{OpenedLog, ReadTable};
use crate::domain::metrics::Bootstrap;
use crate::domain::report::Evaluation;
use crate::domain::spec::TrainPlan;
use crate::domain::synth::{self, SynthSpec};
use crate::engine::{EngineError, Learner, Position};
use crate::protocol::{DraftAsk, DraftRun, Drafted, LoadedLog, Progress};

/// Steps between two looks at the clock.
const STEPS_A_LOOK: u64 = 16;

/// The log of the draft runs that were asked for last: the models of one comparison share it.
pub struct DraftLog {
    synth: SynthSpec,
    opened: OpenedLog,
    loaded: LoadedLog,
}

impl DraftLog {
    fn generate(synth: SynthSpec) -> Result<Self, String> {
        synth.validate().map_err(|error| error.to_string())?;
        let generated = synth::generate(&synth);
        let read = ReadTable { table: generated.table, ..ReadTable::default() };
        let opened = OpenedLog::understand(read, Some(generated.roles)).map_err(|refused| refused.error.to_string())?;
        let loaded = LoadedLog::of(text!(worker::generated_log).to_owned(), 0, &opened, None).without_rows();
        Ok(Self { synth, opened, loaded })
    }
}

impl<P: Page> Worker<P> {
    pub(super) async fn draft(&mut self, ask: DraftAsk) -> Result<Drafted, String> {
        let DraftAsk { synth, plan, longest } = ask;
        let began = self.page.now();
        let log = match self.draft_log.take().filter(|log| log.synth == synth) {
            Some(log) => log,
            None => DraftLog::generate(synth)?,
        };
        let log = self.draft_log.insert(log);
        let prepared = Prepared::new(&log.opened.log, &plan).map_err(|error| error.to_string())?;
        let plan = plan.on_rows(prepared.split.train.len());
        let mut learner = Learner::new(&self.device, &plan, &prepared).map_err(|error| error.to_string())?;
        let until = self.page.now() + longest;
        let is_trained =
            train(&mut learner, &log.opened, &self.page, until).await.map_err(|error| error.to_string())?;
        let position = learner.position();
        if !is_trained {
            return Ok(Drafted::TooSlow { share: position.step as f64 / position.total_steps.max(1) as f64 });
        }
        let evaluation = evaluate(&learner, &log.opened, &plan, &prepared).await.map_err(|error| error.to_string())?;
        let seconds = (self.page.now() - began) / 1e3;
        let Position { step, total_steps, epoch, epochs, rows_seen, .. } = position;
        let progress = Progress {
            step,
            total_steps,
            epoch,
            epochs,
            rows_per_second: rows_seen as f64 / seconds.max(1e-3),
            seconds,
            train_rows: prepared.split.train.len(),
            device: self.kind,
        };
        Ok(Drafted::Trained(Box::new(DraftRun { log: log.loaded.clone(), progress, evaluation, seconds })))
    }
}

/// Trains to the end of the run; `false` when the time is over first.
async fn train(learner: &mut Learner, log: &OpenedLog, page: &impl Page, until: f64) -> Result<bool, EngineError> {
    while !learner.is_finished() {
        learner.step()?;
        if learner.is_evaluation_due() {
            learner.end_epoch(&log.log).await?;
        }
        if learner.position().step.is_multiple_of(STEPS_A_LOOK) && page.now() > until {
            return Ok(learner.is_finished());
        }
    }
    Ok(true)
}

async fn evaluate(
    learner: &Learner,
    log: &OpenedLog,
    plan: &TrainPlan,
    prepared: &Prepared,
) -> Result<Evaluation, EngineError> {
    let (evaluation, _) = learner.evaluate(&log.log, &plan.model, prepared, Bootstrap::NONE).await?;
    // What the Story does not show is not sent.
    Ok(Evaluation { curves: BTreeMap::new(), towers: Vec::new(), ..evaluation })
}
