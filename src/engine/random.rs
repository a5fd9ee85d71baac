//! Random numbers drawn on the host: the same for a seed on every device and platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream of random numbers is for. Streams of one seed are independent of each other, so a wider table does
/// not change the towers, nor more epochs the initialisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
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

/// One stream of one seed.
#[derive(Debug, Clone)]
pub(crate) struct HostRandom(ChaCha8Rng);

impl HostRandom {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(match stream {
            Stream::Embeddings => 1,
            Stream::Towers => 2,
            Stream::Shuffle { epoch } => (1 << 62) + epoch,
            Stream::Dropout { step } => (1 << 63) + step,
            Stream::Rows => 3,
            Stream::Draws { step } => (3 << 62) + step,
        });
        Self(rng)
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Two independent standard normal draws (Box and Muller), through `libm` so that no platform differs.
    pub(crate) fn normal_pair(&mut self) -> (f64, f64) {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        let angle = 2.0 * std::f64::consts::PI * self.uniform();
        (radius * libm::cos(angle), radius * libm::sin(angle))
    }

    /// `count` draws of N(0, std²).
    pub(crate) fn normals(&mut self, count: usize, std: f64) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            let (first, second) = self.normal_pair();
            values.extend([(first * std) as f32, (second * std) as f32]);
        }
        values.truncate(count);
        values
    }

    /// `count` draws, uniform in [−limit, limit).
    pub(crate) fn uniforms(&mut self, count: usize, limit: f64) -> Vec<f32> {
        (0..count).map(|_| ((2.0 * self.uniform() - 1.0) * limit) as f32).collect()
    }

    /// `count` draws, uniform in (0, 1]: their logarithm is finite.
    pub(crate) fn draws(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (1.0 - self.uniform()) as f32).collect()
    }

    /// Dropout masks: 0 with probability `share`, else `1/(1 − share)`.
    ///
    /// Each draw has 16 bits, so the share is exact to 2⁻¹⁶.
    pub(crate) fn dropout_mask(&mut self, count: usize, share: f64) -> Vec<f32> {
        let threshold = libm::round(share * 65536.0) as u64;
        let kept = (1.0 / (1.0 - share)) as f32;
        let mut mask = Vec::with_capacity(count + 3);
        while mask.len() < count {
            let bits = self.0.next_u64();
            mask.extend((0..4).map(|part| if (bits >> (16 * part)) & 0xffff < threshold { 0.0 } else { kept }));
        }
        mask.truncate(count);
        mask
    }

    /// Fisher–Yates.
    pub(crate) fn shuffle(&mut self, values: &mut [u32]) {
        for last in (1..values.len()).rev() {
            let other = (u128::from(self.0.next_u64()) * (last as u128 + 1)) >> 64;
            values.swap(last, other as usize);
        }
    }
}
