//! Scales from data to pixels, their ticks, and SVG path data.

/// A linear scale: `domain` (data) onto `range` (pixels). The range may run backwards, as y axes do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    pub domain: (f64, f64),
    pub range: (f64, f64),
}

impl Linear {
    /// A scale of `domain` onto `range`. An empty domain is widened to avoid a division by zero; a domain that is not finite is
    /// 0 to 1.
    pub fn new((low, high): (f64, f64), range: (f64, f64)) -> Self {
        let is_finite = low.is_finite() && high.is_finite();
        let low = if is_finite { low } else { 0.0 };
        let high = if is_finite && high - low > f64::EPSILON { high } else { low + 1.0 };
        Self { domain: (low, high), range }
    }

    /// Pixel of `value`.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.domain.0) / (self.domain.1 - self.domain.0);
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// The value at a pixel, clamped to the domain.
    pub fn value(&self, pixel: f64) -> f64 {
        let share = ((pixel - self.range.0) / (self.range.1 - self.range.0)).clamp(0.0, 1.0);
        self.domain.0 + share * (self.domain.1 - self.domain.0)
    }

    /// Pixel of `value`, clamped to the range.
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
    // One tick alone does not show the scale: finer steps then. Two fit if a step is half the span.
    let steps = std::iter::successors(Some(nice_ceil(span / count as f64)), |step| Some(nice_ceil(step / 2.5)));
    steps.map(at_steps_of).find(|ticks| ticks.len() > 1).unwrap_or_default()
}

/// `ln(p / (1 − p))`.
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The least and the greatest of the finite values; `None` without any.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let mut extent: Option<(f64, f64)> = None;
    for value in values {
        if value.is_finite() {
            extent = Some(extent.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        }
    }
    extent
}

/// The domain of an axis for these values: their extent, and this share of it beyond either end.
pub fn domain_of(values: impl IntoIterator<Item = f64>, share: f64) -> (f64, f64) {
    let (low, high) = extent(values).unwrap_or((0.0, 1.0));
    let margin = ((high - low) * share).max(1e-6);
    (low - margin, high + margin)
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

/// Moves labels apart along one axis so that neighbours keep `gap`, moving each as little as needed, within `bounds`; too
/// many labels overflow its lower end.
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
    fn extents_are_of_the_finite_values() {
        assert_eq!(extent([2.0, f64::NAN, -1.0, f64::INFINITY]), Some((-1.0, 2.0)));
        assert_eq!((extent([]), extent([f64::NAN])), (None, None));
        assert_eq!(domain_of([0.0, 10.0], 0.1), (-1.0, 11.0));
        let (low, high) = domain_of([3.0], 0.1);
        assert!(low < 3.0 && 3.0 < high, "one point has room on both sides");
    }

    #[test]
    fn labels_spread_without_leaving_their_bounds() {
        let placed = spread(&[10.0, 11.0, 98.0, 99.0], 12.0, (0.0, 100.0));
        assert_eq!(placed, vec![10.0, 22.0, 88.0, 100.0]);
    }

    #[test]
    fn spread_labels_never_overlap_and_keep_their_order() {
        let mut seed = 7_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as f64 / 2f64.powi(31) * 300.0 - 50.0
        };
        for n in 0..30 {
            let mut wanted: Vec<f64> = (0..n).map(|_| random()).collect();
            wanted.sort_by(f64::total_cmp);
            let placed = spread(&wanted, 15.0, (30.0, 232.0));
            assert!(placed.windows(2).all(|pair| pair[1] - pair[0] >= 15.0 - 1e-9), "{wanted:?} {placed:?}");
        }
        let placed = spread(&[f64::NAN, 50.0, f64::NAN], 15.0, (0.0, 100.0));
        assert!(placed.iter().all(|place| place.is_finite()), "{placed:?}");
    }

    #[test]
    fn paths_are_short() {
        assert_eq!(line_path([(0.04, -0.01), (10.25, 3.0)]), "M0 0L10.3 3");
        assert_eq!(line_path([]), "");
    }
}
