//! Scales from data to pixels, their ticks, and SVG path data.

/// A linear scale: `domain` (data) onto `range` (pixels). The range may run backwards, as y axes do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    pub domain: (f64, f64),
    pub range: (f64, f64),
}

impl Linear {
    /// A scale of `domain` onto `range`; an empty domain is widened so that nothing divides by zero.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        let (low, high) = domain;
        let domain = if high - low > f64::EPSILON { domain } else { (low, low + 1.0) };
        Self { domain, range }
    }

    /// Pixel of `value`.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.domain.0) / (self.domain.1 - self.domain.0);
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// The value at a pixel, kept within the domain.
    pub fn value(&self, pixel: f64) -> f64 {
        let share = ((pixel - self.range.0) / (self.range.1 - self.range.0)).clamp(0.0, 1.0);
        self.domain.0 + share * (self.domain.1 - self.domain.0)
    }

    /// Pixel of `value`, kept within the range.
    pub fn clamped(&self, value: f64) -> f64 {
        self.at(value.clamp(self.domain.0, self.domain.1))
    }
}

/// The smallest of 1, 2, 5 × 10ᵏ that is not below `value`.
pub fn nice_ceil(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|nice| *nice >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Round values within `low..=high`, about `count` of them.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let span = high - low;
    if span <= 0.0 || !span.is_finite() || count == 0 {
        return vec![low];
    }
    let at_steps_of = |step: f64| {
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        // A quotient of whole numbers is the nearest number to its decimals, a multiple of 0.2 is not: 0.6000000000000001.
        let tick = |k: i64| if step < 1.0 { k as f64 / (1.0 / step).round() } else { k as f64 * step };
        (first..=last).map(tick).collect::<Vec<f64>>()
    };
    // One tick alone says nothing of the scale: finer steps then. Two fit when a step is half the span.
    let steps = std::iter::successors(Some(nice_ceil(span / count as f64)), |step| Some(nice_ceil(step / 2.5)));
    steps.map(at_steps_of).find(|ticks| ticks.len() > 1).unwrap_or_default()
}

/// `ln(p / (1 − p))`.
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Probabilities worth a tick on a logit axis that spans `low..=high`, with their logits.
pub fn probability_ticks(low: f64, high: f64) -> Vec<(f64, f64)> {
    const ROUND: [f64; 13] = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
    ROUND.into_iter().map(|p| (p, logit(p))).filter(|(_, z)| (low..=high).contains(z)).collect()
}

/// Ticks of a logit axis in pixels: powers of ten first, then 5s and 2s where labels keep `gap` between them.
pub fn spaced_probability_ticks(scale: &Linear, gap: f64) -> Vec<(f64, f64)> {
    let (low, high) = scale.domain;
    let between = |factor: f64| {
        [1e-5, 1e-4, 1e-3, 0.01, 0.1]
            .map(|p: f64| factor * p)
            .into_iter()
            .flat_map(|p| [p, 1.0 - p])
            .collect::<Vec<_>>()
    };
    let round = probability_ticks(low, high).into_iter().map(|(p, _)| p);
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for p in round.chain(between(5.0)).chain(between(2.0)) {
        let z = logit(p);
        let pixel = scale.at(z);
        if (low..=high).contains(&z) && kept.iter().all(|(_, other)| (other - pixel).abs() >= gap) {
            kept.push((p, pixel));
        }
    }
    kept.sort_by(|a, b| a.1.total_cmp(&b.1));
    kept
}

/// A number of pixels, short: one decimal at most.
pub fn px(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // −0 would print its sign.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Path data through points in order; empty without points.
pub fn line_path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.into_iter().enumerate() {
        path.push_str(if index == 0 { "M" } else { "L" });
        path.push_str(&px(x));
        path.push(' ');
        path.push_str(&px(y));
    }
    path
}

/// Moves labels apart along one axis so that neighbours keep `gap`, moving each as little as needed, within `bounds`.
///
/// Returns positions in the order of `wanted`.
pub fn spread(wanted: &[f64], gap: f64, bounds: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed: Vec<f64> = order.iter().map(|&index| wanted[index].clamp(bounds.0, bounds.1)).collect();
    for index in 1..placed.len() {
        placed[index] = placed[index].max(placed[index - 1] + gap);
    }
    let mut ceiling = bounds.1;
    for position in placed.iter_mut().rev() {
        *position = position.min(ceiling);
        ceiling = *position - gap;
    }
    let mut result = vec![0.0; wanted.len()];
    for (&index, position) in order.iter().zip(placed) {
        result[index] = position;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::behavior::reference::sigmoid;

    #[test]
    fn a_linear_scale_maps_its_ends_and_survives_an_empty_domain() {
        let scale = Linear::new((0.0, 2.0), (100.0, 0.0));
        assert_eq!((scale.at(0.0), scale.at(1.0), scale.at(2.0)), (100.0, 50.0, 0.0));
        assert_eq!(scale.clamped(9.0), 0.0);
        assert!(Linear::new((3.0, 3.0), (0.0, 10.0)).at(3.0).is_finite());
    }

    #[test]
    fn ticks_are_round_and_inside() {
        for (low, high) in [(0.0, 1.0), (0.0, 0.073), (-3.2, 4.1), (0.0, 12_345.0)] {
            let ticks = ticks(low, high, 4);
            assert!((2..=9).contains(&ticks.len()), "{low} {high}: {ticks:?}");
            assert!(ticks.iter().all(|t| *t >= low - 1e-9 && *t <= high + 1e-9), "{ticks:?}");
        }
        assert_eq!(ticks(0.0, 5.0, 5), vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(ticks(0.0, 1.0, 5), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(0.16, 0.33, 1), vec![0.2, 0.3]);
        assert_eq!(ticks(0.12, 0.27, 1), vec![0.15, 0.2, 0.25]);
    }

    #[test]
    fn nice_ceilings_are_one_two_or_five() {
        for (value, nice) in [(0.041, 0.05), (0.05, 0.05), (0.011, 0.02), (0.9, 1.0), (120.0, 200.0)] {
            assert!((nice_ceil(value) - nice).abs() < 1e-12, "{value} {}", nice_ceil(value));
        }
    }

    #[test]
    fn probability_ticks_lie_on_the_axis() {
        let ticks = probability_ticks(-7.0, 3.0);
        assert_eq!(ticks.iter().map(|t| t.0).collect::<Vec<_>>(), vec![1e-3, 0.01, 0.1, 0.5, 0.9]);
        assert!(ticks.iter().all(|(p, z)| (sigmoid(*z) - p).abs() < 1e-12));
    }

    #[test]
    fn spaced_ticks_keep_their_gap_and_prefer_powers_of_ten() {
        let ticks = spaced_probability_ticks(&Linear::new((-5.0, 0.0), (0.0, 340.0)), 40.0);
        let shown: Vec<f64> = ticks.iter().map(|t| t.0).collect();
        assert!(shown.contains(&0.01) && shown.contains(&0.1) && shown.contains(&0.5), "{shown:?}");
        assert!(ticks.windows(2).all(|w| w[1].1 - w[0].1 >= 40.0), "{ticks:?}");
        assert!(shown.iter().any(|p| (p - 0.05).abs() < 1e-9), "{shown:?}");
    }

    #[test]
    fn labels_spread_without_leaving_their_bounds() {
        let placed = spread(&[10.0, 11.0, 98.0, 99.0], 12.0, (0.0, 100.0));
        assert_eq!(placed, vec![10.0, 22.0, 88.0, 100.0]);
    }

    #[test]
    fn paths_are_short() {
        assert_eq!(line_path([(0.04, -0.01), (10.25, 3.0)]), "M0 0L10.3 3");
        assert_eq!(line_path([]), "");
    }
}
