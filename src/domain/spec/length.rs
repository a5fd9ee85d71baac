//! How long a run is: its batches and epochs, which follow the rows unless the experiment fixes them.
use serde::{Deserialize, Serialize};

use super::{SplitSpec, TrainPlan, TrainingSpec};

/// Batch and epochs of a run, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLength {
    /// Rows per step.
    pub batch_size: usize,
    /// Passes over the training rows.
    pub epochs: usize,
}

/// Steps of a run: what a schedule is laid out over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    pub per_epoch: u64,
    pub total: u64,
}

/// Passes over the training rows, where there are enough of them: with each further one, embeddings of rare values learn
/// by heart what happened to their rows.
const EPOCHS: usize = 2;
/// Batches are powers of two of this range.
const BATCHES: [usize; 2] = [16, 4096];
/// A run of [`EPOCHS`] makes this many steps at the most, while batches can grow.
const MOST_STEPS: usize = 512;
/// A log so short that it makes fewer steps than this is passed over more often, [`MOST_EPOCHS`] times at the most: below
/// it not even the mean prediction has arrived at the base rate.
const LEAST_STEPS: usize = 256;
const MOST_EPOCHS: usize = 50;

impl RunLength {
    /// What follows from the number of training rows: two epochs of the smallest batch, a power of two from 16 to 4 096,
    /// with which they are no more than 512 steps; and of a short log as many epochs as make 256 steps, up to 50.
    ///
    /// | training rows | batch | epochs | steps |
    /// |---|---|---|---|
    /// | 1 000 | 16 | 5 | 315 |
    /// | 15 000 | 64 | 2 | 470 |
    /// | 45 000 | 256 | 2 | 352 |
    /// | 750 000 | 4 096 | 2 | 368 |
    ///
    /// Chosen by measurement: `docs/calibration.md`, `benches/convergence`.
    pub fn of_rows(train_rows: usize) -> Self {
        let steps = |batch: usize| train_rows.div_ceil(batch);
        let [least, most] = BATCHES;
        let mut batch_size = least;
        while EPOCHS * steps(batch_size) > MOST_STEPS && batch_size < most {
            batch_size *= 2;
        }
        let epochs = LEAST_STEPS.div_ceil(steps(batch_size).max(1)).clamp(EPOCHS, MOST_EPOCHS);
        Self { batch_size, epochs }
    }

    /// Its steps over so many training rows. The last, smaller batch of an epoch is a step too.
    pub fn steps(&self, train_rows: usize) -> Steps {
        let per_epoch = train_rows.div_ceil(self.batch_size.max(1)) as u64;
        Steps { per_epoch, total: per_epoch * self.epochs as u64 }
    }
}

impl TrainingSpec {
    /// Batch and epochs over so many training rows: what the experiment fixes, and of the rest what follows.
    pub fn length(&self, train_rows: usize) -> RunLength {
        let follows = RunLength::of_rows(train_rows);
        RunLength {
            batch_size: self.batch_size.unwrap_or(follows.batch_size),
            epochs: self.epochs.unwrap_or(follows.epochs),
        }
    }
}

impl TrainPlan {
    /// The same plan with nothing left open: batch and epochs are those of so many training rows.
    pub fn on_rows(self, train_rows: usize) -> Self {
        let RunLength { batch_size, epochs } = self.training.length(train_rows);
        let training = TrainingSpec { batch_size: Some(batch_size), epochs: Some(epochs), ..self.training };
        Self { training, ..self }
    }
}

impl SplitSpec {
    /// About how many rows of a log are trained on. How many exactly is known when it is split: whole users, or rows of
    /// one moment, stay together, and a cut-off leaves out those that come after it.
    pub fn training_rows_of(&self, rows: usize) -> usize {
        (rows as f64 * (1.0 - self.eval_share) * (1.0 - self.validation_share)).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_some_hundred_steps_however_long_its_log_is() {
        for (rows, batch_size, epochs) in [
            (0, 16, 50),
            (1_000, 16, 5),
            (4_096, 16, 2),
            (4_097, 32, 2),
            (15_000, 64, 2),
            (45_000, 256, 2),
            (750_000, 4096, 2),
        ] {
            assert_eq!(RunLength::of_rows(rows), RunLength { batch_size, epochs }, "{rows} rows");
        }
        for rows in (400..1_000_000).step_by(997) {
            let length = RunLength::of_rows(rows);
            assert!((256..=512).contains(&length.steps(rows).total), "{rows} rows: {length:?}");
        }
    }

    #[test]
    fn what_is_fixed_stays_and_what_is_open_follows() {
        let follows = RunLength::of_rows(15_000);
        let training = |batch_size, epochs| TrainingSpec { batch_size, epochs, ..TrainingSpec::default() };
        assert_eq!(training(None, None).length(15_000), follows);
        assert_eq!(training(Some(7), None).length(15_000), RunLength { batch_size: 7, ..follows });
        assert_eq!(training(None, Some(9)).length(15_000), RunLength { epochs: 9, ..follows });
        assert_eq!(training(Some(7), Some(9)).length(15_000), RunLength { batch_size: 7, epochs: 9 });
    }

    #[test]
    fn a_smaller_last_batch_is_a_step() {
        let length = RunLength { batch_size: 256, epochs: 3 };
        assert_eq!(length.steps(512), Steps { per_epoch: 2, total: 6 });
        assert_eq!(length.steps(513), Steps { per_epoch: 3, total: 9 });
    }
}
