//! What a run trains with: batch, epochs and decay of embeddings follow the rows, unless the experiment fixes them.
use serde::{Deserialize, Serialize};

use super::{TrainPlan, TrainingSpec};

/// The settings that an experiment may leave open, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResolvedTraining {
    /// Rows per step.
    pub batch_size: usize,
    /// Passes over the training rows.
    pub epochs: usize,
    /// As [`TrainingSpec::embedding_decay`].
    pub embedding_decay: f64,
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
/// Batches are powers of two from this one on.
const LEAST_BATCH: usize = 16;
/// A log so short that it makes fewer steps than this is passed over more often, [`MOST_EPOCHS`] times at the most: below
/// it not even the mean prediction has arrived at the base rate.
const LEAST_STEPS: usize = 256;
const MOST_EPOCHS: usize = 50;
/// Decay of embeddings times training rows. A prior on the weights weighs 1/N beside a mean loss over N rows.
const DECAY_ROWS: f64 = 1_200.0;
const MOST_DECAY: f64 = 0.1;

impl ResolvedTraining {
    /// What follows from the number of training rows, N.
    ///
    /// - Batches of the power of two that is nearest to 1.2·∛N, and at least 16: of more rows, larger batches and, above all,
    ///   more steps. Rare labels, which long logs are for, need both, and a tower that learns through pCTCVR needs steps:
    ///   more of them in one pass, not more passes, which teach rare values by heart.
    /// - Two epochs, and of a short log as many as make 256 steps, up to 50.
    /// - Embeddings decay by 1 200/N, at most 0.1.
    ///
    /// | training rows | batch | epochs | steps | decay of embeddings |
    /// |---|---|---|---|---|
    /// | 1 000 | 16 | 5 | 315 | 0.1 |
    /// | 15 000 | 32 | 2 | 938 | 0.08 |
    /// | 45 000 | 32 | 2 | 2 814 | 0.027 |
    /// | 150 000 | 64 | 2 | 4 688 | 0.008 |
    /// | 750 000 | 128 | 2 | 11 720 | 0.0016 |
    ///
    /// Chosen by measurement: `docs/calibration.md`, `benches/convergence`.
    pub fn of_rows(train_rows: usize) -> Self {
        let mut batch_size = LEAST_BATCH;
        // Between two powers of two the middle is √2 times the lower one: 1.2·∛N < √2·B.
        while 5 * train_rows >= 8 * batch_size.pow(3) {
            batch_size *= 2;
        }
        let epochs = epochs(train_rows, batch_size);
        let embedding_decay = (DECAY_ROWS / train_rows.max(1) as f64).min(MOST_DECAY);
        Self { batch_size, epochs, embedding_decay }
    }

    /// Its steps over so many training rows. The last, smaller batch of an epoch is a step too.
    pub fn steps(&self, train_rows: usize) -> Steps {
        let per_epoch = train_rows.div_ceil(self.batch_size.max(1)) as u64;
        Steps { per_epoch, total: per_epoch * self.epochs as u64 }
    }
}

/// Epochs that make enough steps of batches of this size.
fn epochs(train_rows: usize, batch_size: usize) -> usize {
    LEAST_STEPS.div_ceil(train_rows.div_ceil(batch_size.max(1)).max(1)).clamp(EPOCHS, MOST_EPOCHS)
}

impl TrainingSpec {
    /// What is trained with over so many training rows: what the experiment fixes, and of the rest what follows. Of a fixed
    /// batch the epochs follow too: large batches of a short log are few steps.
    pub fn resolved(&self, train_rows: usize) -> ResolvedTraining {
        let follows = ResolvedTraining::of_rows(train_rows);
        let batch_size = self.batch_size.unwrap_or(follows.batch_size);
        ResolvedTraining {
            batch_size,
            epochs: self.epochs.unwrap_or_else(|| epochs(train_rows, batch_size)),
            embedding_decay: self.embedding_decay.unwrap_or(follows.embedding_decay),
        }
    }
}

impl TrainPlan {
    /// The same plan with nothing left open: what follows the rows is that of so many training rows.
    pub fn on_rows(self, train_rows: usize) -> Self {
        let ResolvedTraining { batch_size, epochs, embedding_decay } = self.training.resolved(train_rows);
        let training = TrainingSpec {
            batch_size: Some(batch_size),
            epochs: Some(epochs),
            embedding_decay: Some(embedding_decay),
            ..self.training
        };
        Self { training, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_with_the_cube_root_of_the_rows_and_steps_with_its_square() {
        let cases = [
            (0, 16, 50),
            (1_000, 16, 5),
            (6_553, 16, 2),
            (6_554, 32, 2),
            (15_000, 32, 2),
            (45_000, 32, 2),
            (150_000, 64, 2),
            (750_000, 128, 2),
            (3_750_000, 256, 2),
        ];
        for (rows, batch_size, epochs) in cases {
            let found = ResolvedTraining::of_rows(rows);
            assert_eq!((found.batch_size, found.epochs), (batch_size, epochs), "{rows} rows");
        }
        for rows in (400..1_000_000).step_by(997) {
            let found = ResolvedTraining::of_rows(rows);
            let (batch, root, steps) = (found.batch_size as f64, (rows as f64).cbrt(), found.steps(rows).total as f64);
            assert!(batch == 16.0 || (0.85..1.72).contains(&(batch / root)), "{rows} rows: {found:?}");
            assert!(steps >= (1.16 * root * root).max(256.0), "{rows} rows: {steps} steps");
        }
    }

    #[test]
    fn embeddings_decay_less_the_more_rows_there_are() {
        let decays = [0, 12_000, 15_000, 750_000].map(|rows| ResolvedTraining::of_rows(rows).embedding_decay);
        assert_eq!(decays, [0.1, 0.1, 0.08, 0.0016]);
    }

    #[test]
    fn what_is_fixed_stays_and_what_is_open_follows() {
        let follows = ResolvedTraining::of_rows(15_000);
        let open = TrainingSpec::default();
        assert_eq!(open.resolved(15_000), follows);
        for (batch_size, epochs) in [(7, 2), (1_000, 18), (15_000, 50)] {
            let training = TrainingSpec { batch_size: Some(batch_size), ..open.clone() };
            assert_eq!(training.resolved(15_000), ResolvedTraining { batch_size, epochs, ..follows });
        }
        let training = TrainingSpec { epochs: Some(9), ..open.clone() };
        assert_eq!(training.resolved(15_000), ResolvedTraining { epochs: 9, ..follows });
        let training = TrainingSpec { embedding_decay: Some(0.0), ..open };
        assert_eq!(training.resolved(15_000), ResolvedTraining { embedding_decay: 0.0, ..follows });
    }

    #[test]
    fn a_smaller_last_batch_is_a_step() {
        let found = ResolvedTraining { batch_size: 256, epochs: 3, embedding_decay: 0.0 };
        assert_eq!(found.steps(512), Steps { per_epoch: 2, total: 6 });
        assert_eq!(found.steps(513), Steps { per_epoch: 3, total: 9 });
    }
}
