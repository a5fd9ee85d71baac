//! The learning rate over the steps of a run.
use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Steps, TrainingSpec};

/// How the learning rate falls after the warm-up. The formulas are those of `torch.optim.lr_scheduler`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    Constant,
    /// In a line to `schedule_floor` at the run's end.
    #[default]
    Linear,
    /// Half a cosine to `schedule_floor` at the run's end. Source: Loshchilov and Hutter 2017, eq. 5, without restarts.
    Cosine,
    /// Times `decay_factor` after every `decay_epochs`.
    Step,
    /// By `decay_factor` over every `decay_epochs`, a little at each step.
    Exponential,
}

impl TrainingSpec {
    /// The learning rate of step `step`, where 1 is the first and `steps.total` the last.
    ///
    /// The warm-up takes `k/n` of the rate at its `k`th of `n` steps; the schedule starts at the step after it.
    pub fn rate_at(&self, step: u64, steps: Steps) -> f64 {
        let warm_up = (self.warm_up_epochs * steps.per_epoch as f64).round() as u64;
        if step <= warm_up {
            return self.learning_rate * step as f64 / warm_up as f64;
        }
        let done = (step - warm_up - 1) as f64;
        let all = steps.total.saturating_sub(warm_up).max(1) as f64;
        let share_done = (done / all).min(1.0);
        let decays = done / (self.decay_epochs * steps.per_epoch as f64);
        let between = |share_left: f64| self.schedule_floor + (1.0 - self.schedule_floor) * share_left;
        self.learning_rate
            * match self.schedule {
                Schedule::Constant => 1.0,
                Schedule::Linear => between(1.0 - share_done),
                Schedule::Cosine => between((1.0 + libm::cos(PI * share_done)) / 2.0),
                Schedule::Step => libm::pow(self.decay_factor, decays.floor()),
                Schedule::Exponential => libm::pow(self.decay_factor, decays),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rates of a run of 4 epochs of 5 steps.
    fn rates(training: &TrainingSpec) -> Vec<f64> {
        (1..=20).map(|step| training.rate_at(step, Steps { per_epoch: 5, total: 20 })).collect()
    }

    fn spec(schedule: Schedule) -> TrainingSpec {
        TrainingSpec { learning_rate: 0.1, schedule, ..TrainingSpec::default() }
    }

    #[test]
    fn a_constant_rate_is_the_rate_to_the_last_bit() {
        assert!(rates(&spec(Schedule::Constant)).iter().all(|&rate| rate == 0.1));
    }

    #[test]
    fn the_warm_up_rises_in_equal_steps_and_the_schedule_starts_after_it() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Step] {
            let found = rates(&TrainingSpec { warm_up_epochs: 0.8, ..spec(schedule) });
            let rising: Vec<f64> = [0.25, 0.5, 0.75, 1.0].iter().map(|share| 0.1 * share).collect();
            assert_eq!((&found[..4], found[4]), (rising.as_slice(), 0.1), "{schedule:?}");
        }
    }

    #[test]
    fn rates_fall_to_the_floor_and_not_below() {
        for schedule in [Schedule::Linear, Schedule::Cosine] {
            let found = rates(&TrainingSpec { schedule_floor: 0.1, ..spec(schedule) });
            assert!(found.windows(2).all(|pair| pair[1] < pair[0]), "{schedule:?}: {found:?}");
            assert!((0.01..0.015).contains(&found[19]), "{schedule:?}: {}", found[19]);
            assert!((found[10] - 0.055).abs() < 1e-12, "halfway between at half the steps: {}", found[10]);
        }
    }

    #[test]
    fn steps_fall_at_their_epochs_and_the_exponential_meets_them_there() {
        let falling = |schedule| rates(&TrainingSpec { decay_epochs: 2.0, decay_factor: 0.5, ..spec(schedule) });
        let (step, exponential) = (falling(Schedule::Step), falling(Schedule::Exponential));
        assert_eq!((step[9], step[10], step[19]), (0.1, 0.05, 0.05));
        assert_eq!((exponential[0], exponential[10]), (0.1, 0.05));
        assert!(exponential.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn a_warm_up_longer_than_the_run_never_divides_by_zero() {
        let found = rates(&TrainingSpec { warm_up_epochs: 100.0, ..spec(Schedule::Cosine) });
        assert!(found.iter().all(|rate| rate.is_finite() && *rate > 0.0));
    }
}
