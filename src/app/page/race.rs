//! The race: both engines train the comparison's largest network for a moment, and the faster one trains it.

use super::effect::Effect;
use super::questions::Asked;
use super::runs::{MAX_CPU_WORKERS, QueuedRun, cost};
use super::{Message, Page};
use crate::app::format;
use crate::domain::spec::{FeatureSpec, NetworkSpec, Objective, Schedule, TrainPlan, TrainingSpec};
use crate::protocol::{DeviceKind, Question};

/// An engine that has not said its rate by then has lost.
const TIMEOUT_MILLIS: u32 = 30_000;
/// The engines, in the order of a race's rates.
const ENGINES: [DeviceKind; 2] = [DeviceKind::Cpu, DeviceKind::Webgpu];

/// A race under way, or its end.
#[derive(Debug)]
pub(super) struct Race {
    plan: TrainPlan,
    of: Shapes,
    /// Rows a second of one worker by engine; 0 for one that cannot train this.
    rates: [Option<f64>; 2],
    /// Which engines were given the log.
    has_log: [bool; 2],
    /// Runs that the CPU trains at once; the GPU trains one.
    at_once: usize,
}

/// What a step's time follows from.
#[derive(Debug, Clone, PartialEq)]
struct Shapes {
    /// Serial of the log.
    log: u32,
    features: FeatureSpec,
    network: NetworkSpec,
    /// Without what only says how far each step goes, and how many there are.
    training: TrainingSpec,
    cost: usize,
}

impl Race {
    /// Rows a second of all that an engine trains at once, the CPU's first; `None` while one is unknown.
    fn rates(&self) -> Option<[f64; 2]> {
        let [cpu, gpu] = self.rates;
        Some([cpu? * self.at_once as f64, gpu?])
    }

    fn winner(&self) -> Option<DeviceKind> {
        self.rates().map(|[cpu, gpu]| if gpu > cpu { DeviceKind::Webgpu } else { DeviceKind::Cpu })
    }
}

impl Page {
    /// Makes a race ready for the queued runs, unless their shapes have had theirs.
    pub(super) fn prepare_race(&mut self) {
        let networks = self.queue.iter().map(|QueuedRun { plan, .. }| plan);
        let networks = networks.filter(|plan| !matches!(plan.model.objective, Objective::BoostedTrees { .. }));
        let (Some(plan), Some(source)) = (networks.max_by_key(|plan| cost(plan)), &self.source) else {
            self.race = None;
            return;
        };
        let of = Shapes {
            log: source.serial,
            features: plan.features.clone(),
            network: plan.network.clone(),
            training: TrainingSpec {
                learning_rate: 0.0,
                epochs: None,
                schedule: Schedule::Constant,
                ..plan.training.clone()
            },
            cost: cost(plan),
        };
        let at_once = self.surroundings.cores.clamp(1, MAX_CPU_WORKERS).min(self.queue.len());
        match &mut self.race {
            Some(race) if race.of == of && race.rates != [Some(0.0); 2] => {
                (race.at_once, race.plan) = (at_once, plan.clone());
            }
            race => {
                *race = Some(Race { plan: plan.clone(), of, rates: [None; 2], has_log: [false; 2], at_once });
                self.awaited.forget(Asked::is_race);
            }
        }
    }

    /// The faster engine; `None` while that is not known. Without a network to train, the CPU.
    pub(super) fn faster(&mut self) -> Option<DeviceKind> {
        let Some(race) = &self.race else { return Some(DeviceKind::Cpu) };
        let winner = race.winner();
        if winner.is_none() {
            (0..ENGINES.len()).for_each(|engine| self.run_race(engine));
        }
        self.race.as_ref().and_then(Race::winner)
    }

    /// Asks an engine for its rate, after it was given the log.
    fn run_race(&mut self, engine: usize) {
        let (Some(race), Some(source)) = (&self.race, self.source.clone()) else { return };
        let kind = ENGINES[engine];
        if race.rates[engine].is_some() || self.awaited.has(|asked| asked.is_race() && asked.races == Some(kind)) {
            return;
        }
        let (has_had_log, plan) = (race.has_log[engine], race.plan.clone());
        let of_kind: Vec<usize> = (0..self.workers.len()).filter(|&index| self.workers[index].kind == kind).collect();
        let state = |index: &usize| &self.workers[*index].state;
        if let Some(&index) = of_kind.iter().find(|&index| state(index).log() == Some(source.serial)) {
            let id = self.ask_worker(index, Question::Race(Box::new(plan)));
            let message = Box::new(Message::RaceTimeIsUp(id));
            return self.effects.push(Effect::Wait { millis: TIMEOUT_MILLIS, message });
        }
        if of_kind.iter().any(|index| state(index).is_loading() || state(index).is_busy()) {
            return;
        }
        if has_had_log {
            // It could not read it, or broke.
            return self.on_raced(kind, 0.0);
        }
        let index = of_kind.first().copied().unwrap_or_else(|| self.start_worker(kind));
        self.send_log(index, &source, None);
        if let Some(race) = &mut self.race {
            race.has_log[engine] = true;
        }
    }

    pub(super) fn on_raced(&mut self, kind: DeviceKind, rows_per_second: f64) {
        if let Some(race) = &mut self.race {
            let rates = ENGINES.iter().zip(&mut race.rates).filter(|(engine, _)| **engine == kind);
            rates.for_each(|(_, rate)| *rate = Some(rows_per_second));
        }
    }

    /// Who has won, and what the chip says of it; nobody while they race.
    pub(super) fn raced(&self) -> Option<(Option<DeviceKind>, String)> {
        let race = self.race.as_ref()?;
        let Some(rates) = race.rates() else { return Some((None, text!(page::workers::racing).to_owned())) };
        let said = |rate: f64| match rate {
            0.0 => text!(page::workers::no_rate).to_owned(),
            rate => text!(page::workers::rate, rate = format::si(rate)),
        };
        let [cpu, gpu] = rates.map(said);
        Some((race.winner(), text!(page::workers::raced, cpu = cpu, gpu = gpu)))
    }
}
