//! What would happen: scores of every impression, and from them the true probabilities at the wanted rates.

use super::SynthSpec;
use super::world::{DAY, Impressions, World, streams};
use crate::domain::behavior::reference::sigmoid;
use crate::domain::random::Stream;

/// True probabilities of every impression.
#[derive(Debug, Clone)]
pub(super) struct Probabilities {
    pub click: Vec<f64>,
    pub action: Vec<f64>,
    pub buy_action: Vec<f64>,
    pub buy_other: Vec<f64>,
}

impl Probabilities {
    /// Click, DAction and purchase logits from their scores, with intercepts that give the wanted mean rates.
    pub fn of(spec: &SynthSpec, world: &World, impressions: &Impressions) -> Self {
        let n = spec.rows;
        let click_score = Preferences::draw(spec, streams::CLICK_PREFERENCES).scores(spec, world, impressions);
        let own_score = Preferences::draw(spec, streams::PURCHASE_PREFERENCES).scores(spec, world, impressions);
        let buy_score = correlate(&click_score, own_score, spec.correlation);
        // A DAction lies between the click and the purchase, in time and in what drives it.
        let mut action_score: Vec<f64> = click_score.iter().zip(&buy_score).map(|(c, b)| c + b).collect();
        standardize(&mut action_score);
        let mut stream = Stream::new(spec.seed, streams::HIDDEN);
        let hidden: Vec<f64> = (0..n).map(|_| spec.hidden_confounder * stream.normal()).collect();

        let click: Vec<f64> = (0..n).map(|i| spec.click_signal * click_score[i] + hidden[i]).collect();
        let action_signal = (spec.click_signal + spec.conversion_signal) / 2.0;
        let action: Vec<f64> = action_score.iter().map(|score| action_signal * score).collect();
        let curved = curve(buy_score, spec.nonlinearity);
        let seconds = spec.days * DAY;
        let buy: Vec<f64> = (0..n)
            .map(|i| {
                let drift = spec.drift * (impressions.time[i] as f64 / seconds - 0.5);
                spec.conversion_signal * curved[i] + hidden[i] + drift
            })
            .collect();
        at_rates(spec, &click, &action, &buy)
    }

    /// True P(purchase given click) of an impression.
    pub fn p_cvr(&self, row: usize) -> f64 {
        self.action[row] * self.buy_action[row] + (1.0 - self.action[row]) * self.buy_other[row]
    }

    /// Leaves each impression that share of its purchases.
    pub fn keep(&mut self, share: &[f64]) {
        for buy in [&mut self.buy_action, &mut self.buy_other] {
            buy.iter_mut().zip(share).for_each(|(buy, share)| *buy *= share);
        }
    }
}

/// True P(return | purchase) of every impression from its score, with the wanted mean over `conversions`, each
/// impression's probability of one.
pub(super) fn p_return(spec: &SynthSpec, score: &[f64], conversions: &[f64]) -> Vec<f64> {
    let n = score.len();
    let rate = |a: f64| mean(n, |i| (conversions[i], sigmoid_slope(a + spec.return_signal * score[i])));
    let intercept = solve(logit(spec.return_rate), rate, spec.return_rate);
    score.iter().map(|score| sigmoid(intercept + spec.return_signal * score)).collect()
}

/// Solves the three intercepts in the order of the funnel and applies them.
fn at_rates(spec: &SynthSpec, click: &[f64], action: &[f64], buy: &[f64]) -> Probabilities {
    let n = click.len();
    let lift = libm::log(spec.action_lift);
    let intercept = solve(logit(spec.ctr), |a| mean(n, |i| (1.0, sigmoid_slope(a + click[i]))), spec.ctr);
    let click: Vec<f64> = click.iter().map(|z| sigmoid(intercept + z)).collect();
    let rate = |a: f64| mean(n, |i| (click[i], sigmoid_slope(a + action[i])));
    let intercept = solve(logit(spec.action_rate), rate, spec.action_rate);
    let action: Vec<f64> = action.iter().map(|z| sigmoid(intercept + z)).collect();
    let rate = |a: f64| {
        mean(n, |i| {
            let (after_action, slope_action) = sigmoid_slope(a + buy[i] + lift);
            let (after_other, slope_other) = sigmoid_slope(a + buy[i]);
            let y2 = action[i];
            (click[i], (y2 * after_action + (1.0 - y2) * after_other, y2 * slope_action + (1.0 - y2) * slope_other))
        })
    };
    let intercept = solve(logit(spec.cvr), rate, spec.cvr);
    let buy_action = buy.iter().map(|z| sigmoid(intercept + z + lift)).collect();
    let buy_other = buy.iter().map(|z| sigmoid(intercept + z)).collect();
    Probabilities { click, action, buy_action, buy_other }
}

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

/// Mixes two standardised scores into one whose correlation with `first` over the impressions is `correlation`.
fn correlate(first: &[f64], mut own: Vec<f64>, correlation: f64) -> Vec<f64> {
    let n = first.len().max(1) as f64;
    let overlap = first.iter().zip(&own).map(|(a, b)| a * b).sum::<f64>() / n;
    own.iter_mut().zip(first).for_each(|(own, first)| *own -= overlap * first);
    standardize(&mut own);
    let rest = libm::sqrt(1.0 - correlation * correlation);
    first.iter().zip(&own).map(|(a, b)| correlation * a + rest * b).collect()
}

/// Bends a standardised score into a parabola opening downwards and standardises it again.
fn curve(mut scores: Vec<f64>, curvature: f64) -> Vec<f64> {
    if curvature != 0.0 {
        scores.iter_mut().for_each(|x| *x -= curvature * (*x * *x - 1.0));
        standardize(&mut scores);
    }
    scores
}

/// Shifts and scales to mean 0 and variance 1; a constant becomes 0.
fn standardize(values: &mut [f64]) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let scale = if variance > 1e-18 { 1.0 / libm::sqrt(variance) } else { 0.0 };
    values.iter_mut().for_each(|x| *x = (*x - mean) * scale);
}

fn logit(p: f64) -> f64 {
    libm::log(p) - libm::log1p(-p)
}

/// `σ(z)` and its derivative.
fn sigmoid_slope(z: f64) -> (f64, f64) {
    let p = sigmoid(z);
    (p, p * (1.0 - p))
}

/// Weighted means of a value and of its slope; `of(i)` gives weight, value and slope of impression `i`.
fn mean(n: usize, of: impl Fn(usize) -> (f64, (f64, f64))) -> (f64, f64) {
    let (mut weights, mut values, mut slopes) = (0.0, 0.0, 0.0);
    for i in 0..n {
        let (weight, (value, slope)) = of(i);
        weights += weight;
        values += weight * value;
        slopes += weight * slope;
    }
    if weights > 0.0 { (values / weights, slopes / weights) } else { (0.0, 0.0) }
}

/// Where an increasing rate reaches `target`: Newton's steps, halving the bracket whenever one would leave it.
fn solve(start: f64, rate: impl Fn(f64) -> (f64, f64), target: f64) -> f64 {
    let (mut low, mut high) = (-60.0, 60.0);
    let mut x = start;
    for _ in 0..100 {
        let (value, slope) = rate(x);
        if value < target {
            low = x;
        } else {
            high = x;
        }
        let newton = x - (value - target) / slope;
        let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
        if (next - x).abs() < 1e-12 {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solve_finds_the_root_from_far_away() {
        for (start, target) in [(0.0, 0.001), (-50.0, 0.9), (50.0, 0.5)] {
            let root = solve(start, sigmoid_slope, target);
            assert!((sigmoid(root) - target).abs() < 1e-12, "{start} {target} {root}");
        }
    }

    #[test]
    fn correlate_gives_the_correlation_over_the_sample() {
        let mut stream = Stream::new(1, 0);
        let mut draw = || {
            let mut values: Vec<f64> = (0..500).map(|_| stream.normal()).collect();
            standardize(&mut values);
            values
        };
        let (a, b) = (draw(), draw());
        for wanted in [-0.95, 0.0, 0.6] {
            let mixed = correlate(&a, b.clone(), wanted);
            let found = a.iter().zip(&mixed).map(|(x, y)| x * y).sum::<f64>() / 500.0;
            assert!((found - wanted).abs() < 1e-12, "{wanted} {found}");
        }
    }
}
