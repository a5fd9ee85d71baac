//! Sums, roots and scales that the generator is built from.

/// Shifts and scales to mean 0 and variance 1; a constant becomes 0.
pub(super) fn standardize(values: &mut [f64]) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let scale = if variance > 1e-18 { 1.0 / libm::sqrt(variance) } else { 0.0 };
    values.iter_mut().for_each(|x| *x = (*x - mean) * scale);
}

pub(super) fn logit(p: f64) -> f64 {
    libm::log(p) - libm::log1p(-p)
}

/// `σ(z)` and `σ(−z)`, both to full precision.
pub(super) fn sigmoids(z: f64) -> (f64, f64) {
    let odds = libm::exp(-z.abs());
    let (large, small) = (1.0 / (1.0 + odds), odds / (1.0 + odds));
    if z < 0.0 { (small, large) } else { (large, small) }
}

/// `σ(z)` and its derivative.
pub(super) fn sigmoid_slope(z: f64) -> (f64, f64) {
    let (p, not_p) = sigmoids(z);
    (p, p * not_p)
}

/// Logit of a probability from itself and from one minus it; finite for 0 and 1.
pub(super) fn log_odds(p: f64, not_p: f64) -> f64 {
    const LEAST: f64 = 1e-300;
    libm::log(p.max(LEAST) / not_p.max(LEAST))
}

/// Sums for the correlation of two variables.
#[derive(Debug, Default)]
pub(super) struct Moments {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    pub fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// None where one of the two does not vary.
    pub fn correlation(&self) -> Option<f64> {
        let covariance = |xy: f64, x: f64, y: f64| xy / self.n - x * y / (self.n * self.n);
        let (of_x, of_y) = (covariance(self.xx, self.x, self.x), covariance(self.yy, self.y, self.y));
        let varies = of_x > 1e-9 && of_y > 1e-9;
        varies.then(|| covariance(self.xy, self.x, self.y) / libm::sqrt(of_x * of_y))
    }
}

/// Weighted means of a value and of its slope; `of(i)` gives weight, value and slope of impression `i`.
pub(super) fn mean(n: usize, of: impl Fn(usize) -> (f64, (f64, f64))) -> (f64, f64) {
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
pub(super) fn solve(start: f64, rate: impl Fn(f64) -> (f64, f64), target: f64) -> f64 {
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

/// Where `of`, which rises for the most part, comes nearest to `target`: within 1e-6 of it where it gets there at all.
pub(super) fn nearest(target: f64, [low, high]: [f64; 2], mut of: impl FnMut(f64) -> f64) -> f64 {
    const STEP: f64 = 0.1;
    const NEAR: f64 = 1e-6;
    let start = target.clamp(low, high);
    let mut miss = |x: f64| (x, of(x) - target);
    let first = miss(start);
    let mut best = first;
    let upward = if first.1 < 0.0 { STEP } else { -STEP };
    for step in [upward, -upward] {
        let mut from = first;
        while best.1.abs() > NEAR {
            let x = (from.0 + step).clamp(low, high);
            if x == from.0 {
                break;
            }
            let to = miss(x);
            if (from.1 < 0.0) != (to.1 < 0.0) {
                return root(from, to, NEAR, miss);
            }
            best = if to.1.abs() < best.1.abs() { to } else { best };
            from = to;
        }
    }
    let mut step = STEP;
    while best.1.abs() > NEAR && step > 1e-3 {
        step /= 2.0;
        for x in [best.0 - step, best.0 + step] {
            let to = miss(x.clamp(low, high));
            best = if to.1.abs() < best.1.abs() { to } else { best };
        }
    }
    best.0
}

/// Root of `miss` between two points on either side of it: the secant's, the end that stays weighing half as much each
/// time (Illinois).
fn root(mut a: (f64, f64), mut b: (f64, f64), near: f64, mut miss: impl FnMut(f64) -> (f64, f64)) -> f64 {
    const MOST: usize = 40;
    for _ in 0..MOST {
        let next = miss((a.0 * b.1 - b.0 * a.1) / (b.1 - a.1));
        if next.1.abs() <= near {
            return next.0;
        }
        if (next.1 < 0.0) == (b.1 < 0.0) {
            a.1 /= 2.0;
        } else {
            a = b;
        }
        b = next;
    }
    b.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solve_finds_the_root_from_far_away() {
        for (start, target) in [(0.0, 0.001), (-50.0, 0.9), (50.0, 0.5)] {
            let root = solve(start, sigmoid_slope, target);
            assert!((sigmoids(root).0 - target).abs() < 1e-12, "{start} {target} {root}");
        }
    }

    #[test]
    fn nearest_finds_the_target_or_what_comes_closest_to_it() {
        let line = |x: f64| 0.7 * x + 0.05;
        let bent = |x: f64| (x - x * x) * 2.0;
        let jump = |x: f64| if x > 0.0 { 1.0 } else { -1.0 };
        for (target, of, found) in
            [(0.3, &line as &dyn Fn(f64) -> f64, 0.3), (0.95, &line, 0.75), (-0.9, &line, -0.65), (0.1, &bent, 0.1)]
        {
            let x = nearest(target, [-1.0, 1.0], of);
            assert!((of(x) - found).abs() < 1e-5, "{target} {x}");
        }
        assert!((nearest(0.9, [-1.0, 1.0], bent) - 0.5).abs() < 0.01);
        assert!(jump(nearest(0.6, [-1.0, 1.0], jump)) > 0.0);
    }

    #[test]
    fn both_sigmoids_keep_their_precision() {
        assert_eq!(sigmoids(0.0), (0.5, 0.5));
        let (p, not_p) = sigmoids(50.0);
        assert!(p == 1.0 && (not_p / libm::exp(-50.0) - 1.0).abs() < 1e-12);
        assert!((log_odds(p, not_p) - 50.0).abs() < 1e-12 && log_odds(0.0, 1.0).is_finite());
    }
}
