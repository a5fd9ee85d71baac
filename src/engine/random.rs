//! Random numbers drawn on the host: the same for a seed on every device and platform.

use crate::domain::random::Stream;

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

impl Purpose {
    /// The stream of this purpose.
    pub(crate) fn stream(self, seed: u64) -> Stream {
        let stream = match self {
            Self::Embeddings => 1,
            Self::Towers => 2,
            Self::Shuffle { epoch } => (1 << 62) + epoch,
            Self::Dropout { step } => (1 << 63) + step,
            Self::Rows => 3,
            Self::Draws { step } => (3 << 62) + step,
        };
        Stream::expanded(seed, stream)
    }
}

/// Dropout masks: 0 with probability `share`, else `1/(1 − share)`.
///
/// Each draw has 16 bits, so the share is exact to 2⁻¹⁶.
pub(crate) fn dropout_mask(random: &mut Stream, count: usize, share: f64) -> Vec<f32> {
    let threshold = libm::round(share * 65536.0) as u64;
    let kept = (1.0 / (1.0 - share)) as f32;
    let mut mask = Vec::with_capacity(count + 3);
    while mask.len() < count {
        let bits = random.bits();
        mask.extend((0..4).map(|part| if (bits >> (16 * part)) & 0xffff < threshold { 0.0 } else { kept }));
    }
    mask.truncate(count);
    mask
}
