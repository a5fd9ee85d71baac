//! Random numbers drawn on the host: the same for a seed on every device and platform.

use crate::domain::random::{self, Stream};

/// What random numbers are for; a stream each. Streams of one seed are independent of each other, so a wider table does
/// not change the towers, nor more epochs the initialisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Embeddings,
    Towers,
    /// Order of the training rows in an epoch.
    Shuffle {
        epoch: u64,
    },
    /// Dropout masks of a step.
    Dropout {
        step: u64,
    },
    /// One number for each row of the log.
    Rows,
    /// One number for each row of a step's batch.
    Draws {
        step: u64,
    },
}

/// The random numbers of one purpose.
#[derive(Debug, Clone)]
pub(crate) struct HostRandom(Stream);

impl HostRandom {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let stream = match purpose {
            Purpose::Embeddings => 1,
            Purpose::Towers => 2,
            Purpose::Shuffle { epoch } => (1 << 62) + epoch,
            Purpose::Dropout { step } => (1 << 63) + step,
            Purpose::Rows => 3,
            Purpose::Draws { step } => (3 << 62) + step,
        };
        Self(Stream::expanded(seed, stream))
    }

    /// `count` draws of N(0, std²).
    pub(crate) fn normals(&mut self, count: usize, std: f64) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            let (first, second) = self.0.normal_pair();
            values.extend([(first * std) as f32, (second * std) as f32]);
        }
        values.truncate(count);
        values
    }

    /// `count` draws, uniform in [−limit, limit).
    pub(crate) fn uniforms(&mut self, count: usize, limit: f64) -> Vec<f32> {
        (0..count).map(|_| ((2.0 * self.0.uniform() - 1.0) * limit) as f32).collect()
    }

    /// `count` draws, uniform in (0, 1]: their logarithm is finite.
    pub(crate) fn draws(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (1.0 - self.0.uniform()) as f32).collect()
    }

    /// Dropout masks: 0 with probability `share`, else `1/(1 − share)`.
    ///
    /// Each draw has 16 bits, so the share is exact to 2⁻¹⁶.
    pub(crate) fn dropout_mask(&mut self, count: usize, share: f64) -> Vec<f32> {
        let threshold = libm::round(share * 65536.0) as u64;
        let kept = (1.0 / (1.0 - share)) as f32;
        let mut mask = Vec::with_capacity(count + 3);
        while mask.len() < count {
            let bits = self.0.bits();
            mask.extend((0..4).map(|part| if (bits >> (16 * part)) & 0xffff < threshold { 0.0 } else { kept }));
        }
        mask.truncate(count);
        mask
    }

    /// Fisher–Yates.
    pub(crate) fn shuffle(&mut self, values: &mut [u32]) {
        random::shuffle(values, |n| self.0.below(n));
    }
}
