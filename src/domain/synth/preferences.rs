//! What each segment and number adds to a behaviour.

use super::SynthSpec;
use super::numeric::standardize;
use super::world::{Impressions, World};
use crate::domain::random::Stream;

/// Latent preferences of one behaviour: what each segment adds by itself, and its direction in latent space.
pub(super) struct Preferences {
    /// Fields user a, user b, item a, item b.
    fields: [Field; 4],
    /// One weight per numerical feature.
    numbers: Vec<f64>,
}

struct Field {
    main: Vec<f64>,
    /// `[values, latent_dimensions]`.
    latent: Vec<f64>,
}

impl Preferences {
    pub fn draw(spec: &SynthSpec, stream: u64) -> Self {
        let mut stream = Stream::new(spec.seed, stream);
        let [user_a, user_b] = spec.user_segments;
        let [item_a, item_b] = spec.item_segments;
        let fields = [user_a, user_b, item_a, item_b].map(|values| Field {
            main: (0..values.max(1)).map(|_| stream.normal()).collect(),
            latent: (0..values.max(1) * spec.latent_dimensions).map(|_| stream.normal()).collect(),
        });
        let numbers = (0..spec.numerical_features).map(|_| stream.normal()).collect();
        Self { fields, numbers }
    }

    /// Score of every impression, with mean 0 and variance 1 over them: an additive part and a crossed part,
    /// the crossed one with the share `interaction` of the variance.
    pub fn scores(&self, spec: &SynthSpec, world: &World, impressions: &Impressions) -> Vec<f64> {
        let d = spec.latent_dimensions;
        let mut additive = Vec::with_capacity(spec.rows);
        let mut crossed = Vec::with_capacity(spec.rows);
        for (&user, &item) in impressions.user.iter().zip(&impressions.item) {
            let [user_a, user_b] = world.users[user as usize].map(|value| value as usize);
            let [item_a, item_b] = world.items[item as usize].map(|value| value as usize);
            let values = [user_a, user_b, item_a, item_b];
            let segments: f64 = self.fields.iter().zip(values).map(|(field, value)| field.main[value]).sum();
            let numbers = self.numbers.iter().zip(&world.numbers);
            additive.push(segments + numbers.map(|(weight, number)| weight * number.value(user, item)).sum::<f64>());
            let [user_a, user_b, item_a, item_b] = [0, 1, 2, 3].map(|f| &self.fields[f].latent[values[f] * d..][..d]);
            crossed.push((0..d).map(|k| (user_a[k] + user_b[k]) * (item_a[k] + item_b[k])).sum());
        }
        standardize(&mut additive);
        standardize(&mut crossed);
        let (of_additive, of_crossed) = (libm::sqrt(1.0 - spec.interaction), libm::sqrt(spec.interaction));
        let mut scores: Vec<f64> =
            additive.iter().zip(&crossed).map(|(a, c)| of_additive * a + of_crossed * c).collect();
        standardize(&mut scores);
        scores
    }
}
