//! Randomness with the same bits on every platform: ChaCha8 streams and conversions of our own.
//!
//! `rand`'s distributions are free to change between versions and use the platform's logarithm; these do neither.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// One independent stream of a seed. Streams keep parts of a log apart: more rows leave the users as they were.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// Stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        // The key is the seed itself: `seed_from_u64` would expand it in a way that is the crate's to change.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Stream number `stream` of `seed`, with the key that `rand_chacha` expands the seed to: what splits and training have
    /// drawn from since their first version. `tests/golden/randomness_of_seed_7.py` holds the expansion to its bits.
    pub fn expanded(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `0..n`; the bias of the multiply-shift is below `n / 2⁶⁴`.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in `0..n` without bias: the uneven rest of the range is drawn again.
    pub fn below_evenly(&mut self, n: u64) -> u64 {
        let rest = (u64::MAX % n + 1) % n;
        loop {
            let drawn = self.bits();
            if drawn <= u64::MAX - rest {
                return drawn % n;
            }
        }
    }

    /// Standard normal: the cosine half of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = self.polar();
        radius * libm::cos(angle)
    }

    /// Two independent standard normals, by Box and Muller; the first is what [`Stream::normal`] would draw.
    pub fn normal_pair(&mut self) -> (f64, f64) {
        let (radius, angle) = self.polar();
        (radius * libm::cos(angle), radius * libm::sin(angle))
    }

    /// `count` draws of N(0, std²).
    pub fn normals(&mut self, count: usize, std: f64) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            let (first, second) = self.normal_pair();
            values.extend([(first * std) as f32, (second * std) as f32]);
        }
        values.truncate(count);
        values
    }

    /// `count` draws, uniform in [−limit, limit).
    pub fn uniforms_within(&mut self, limit: f64, count: usize) -> Vec<f32> {
        (0..count).map(|_| ((2.0 * self.uniform() - 1.0) * limit) as f32).collect()
    }

    /// `count` draws, uniform in (0, 1]: their logarithm is finite.
    pub fn positive_uniforms(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (1.0 - self.uniform()) as f32).collect()
    }

    /// Fisher–Yates by [`Stream::below`].
    pub fn shuffle(&mut self, values: &mut [u32]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// Fisher–Yates by [`Stream::below_evenly`].
    pub fn shuffle_evenly(&mut self, values: &mut [u32]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below_evenly(last as u64 + 1) as usize);
        }
    }

    /// `wanted` of the values, each subset as likely, in their order. Source: Knuth, TAOCP 3.4.2, algorithm S.
    pub fn sample<T: Copy>(&mut self, values: &[T], wanted: usize) -> Vec<T> {
        if wanted >= values.len() {
            return values.to_vec();
        }
        let mut chosen = Vec::with_capacity(wanted);
        for (index, &value) in values.iter().enumerate() {
            if self.below((values.len() - index) as u64) < (wanted - chosen.len()) as u64 {
                chosen.push(value);
            }
        }
        chosen
    }

    /// A standard normal point of the plane, from two uniforms.
    fn polar(&mut self) -> (f64, f64) {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        (radius, core::f64::consts::TAU * self.uniform())
    }
}

/// SplitMix64 of a seed and an index: what needs a random number of any one index, without those before it.
/// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
pub fn split_mix(seed: u64, index: u64) -> u64 {
    let mix = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    mix(mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)).wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// A distribution over `0..n` in which value `k` is drawn ∝ `(k + 1)^−exponent`.
#[derive(Debug, Clone)]
pub struct Zipf {
    /// Running sums of the unnormalised masses.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// # Panics
    /// When `n` is 0.
    pub fn new(n: usize, exponent: f64) -> Self {
        assert!(n > 0, "a distribution needs a value");
        let mut sum = 0.0;
        let cumulative = (1..=n)
            .map(|k| {
                sum += libm::pow(k as f64, -exponent);
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// Draws a value.
    pub fn draw(&self, stream: &mut Stream) -> usize {
        let last = self.cumulative.len() - 1;
        let target = stream.uniform() * self.cumulative[last];
        self.cumulative.partition_point(|&sum| sum <= target).min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut stream = Stream::new(7, 3);
        let n = 200_000;
        let uniform: f64 = (0..n).map(|_| stream.uniform()).sum::<f64>() / f64::from(n);
        assert!((uniform - 0.5).abs() < 4.0 / (12.0 * f64::from(n)).sqrt(), "{uniform}");
        let normals: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let square = normals.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 4.0 / f64::from(n).sqrt(), "{mean}");
        assert!((square - 1.0).abs() < 4.0 * (2.0 / f64::from(n)).sqrt(), "{square}");
    }

    #[test]
    fn zipf_draws_in_proportion_to_its_masses() {
        let zipf = Zipf::new(4, 1.0);
        let mut stream = Stream::new(1, 0);
        let mut counts = [0u32; 4];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut stream)] += 1;
        }
        let total = 1.0 + 0.5 + 1.0 / 3.0 + 0.25;
        for (k, &count) in counts.iter().enumerate() {
            let expected = 1.0 / (k + 1) as f64 / total;
            let standard_error = (expected * (1.0 - expected) / 1e5).sqrt();
            assert!((f64::from(count) / 1e5 - expected).abs() < 4.0 * standard_error, "{counts:?}");
        }
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let draw = |stream| Stream::new(5, stream).below(1 << 60);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
