//! Quantiles and tails that intervals and tests need.

/// 97.5 % quantile of the normal.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// 97.5 % quantile of Student's t with `df` degrees of freedom: of 1 and 2 the table's, else Cornish and Fisher's expansion
/// (Abramowitz and Stegun 26.7.5), within 0.2 %.
pub fn t_975(df: f64) -> f64 {
    if df < 2.5 {
        return if df < 1.5 { 12.706_204_736 } else { 4.302_652_730 };
    }
    let z = Z_975;
    let power = |n: f64| libm::pow(z, n);
    let terms = [
        (power(3.0) + z) / 4.0,
        (5.0 * power(5.0) + 16.0 * power(3.0) + 3.0 * z) / 96.0,
        (3.0 * power(7.0) + 19.0 * power(5.0) + 17.0 * power(3.0) - 15.0 * z) / 384.0,
        (79.0 * power(9.0) + 776.0 * power(7.0) + 1482.0 * power(5.0) - 1920.0 * power(3.0) - 945.0 * z) / 92_160.0,
    ];
    z + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / df)
}

/// Chance that Student's t with `df` degrees of freedom is further from 0 than `t`, on either side (Abramowitz and Stegun
/// 26.7.3 and 26.7.4).
pub fn t_two_sided_p(t: f64, df: usize) -> f64 {
    let angle = libm::atan(t.abs() / libm::sqrt(df as f64));
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let is_odd = df % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    for n in (if is_odd { 3 } else { 2 }..=df).step_by(2) {
        sum += term;
        term *= cosine * cosine * (n as f64 - 1.0) / n as f64;
    }
    let within = if is_odd { 2.0 / std::f64::consts::PI * (angle + sine * sum) } else { sine * sum };
    (1.0 - within).max(0.0)
}

/// The normal score whose tail is about that of Student's `t` with `units − 1` degrees of freedom (Wallace 1959).
pub(super) fn as_normal(t: f64, units: usize) -> f64 {
    let df = units.saturating_sub(1).max(1) as f64;
    let score = (8.0 * df + 1.0) / (8.0 * df + 3.0) * libm::sqrt(df * libm::log1p(t * t / df));
    if t < 0.0 { -score } else { score }
}

/// Chance that a standard normal is further from 0 than `z`, on either side.
pub fn two_sided_p(z: f64) -> f64 {
    libm::erfc(z.abs() / core::f64::consts::SQRT_2)
}

/// Chance that a standard normal is below `z`.
pub fn lower_p(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // scipy.stats.t.ppf(.975, df)
        for (df, expected) in [
            (1.0, 12.706_204_736),
            (2.0, 4.302_652_730),
            (3.0, 3.182_446_305),
            (4.0, 2.776_445_105),
            (11.0, 2.200_985_160),
            (50.0, 2.008_559_112),
            (f64::INFINITY, 1.959_963_985),
        ] {
            let found = t_975(df);
            assert!((found / expected - 1.0).abs() < 2e-3, "{df} {found}");
        }
    }

    #[test]
    fn tails_of_students_t_are_those_of_the_tables() {
        // 2 * scipy.stats.t.sf(t, df)
        for (t, df, expected) in [
            (0.0, 3, 1.0),
            (1.0, 1, 0.5),
            (-4.302_652_730, 2, 0.05),
            (31.599_054_6, 2, 0.001),
            (2.5, 7, 0.040_992_219),
            (0.3, 200, 0.764_488_731),
        ] {
            let found = t_two_sided_p(t, df);
            assert!((found - expected).abs() < 1e-8, "{t} {df} {found}");
        }
    }

    #[test]
    fn students_tail_is_told_by_a_normal_score() {
        // scipy.stats.t.cdf(-3, 9), (-2, 20)
        for (t, units, expected) in [(-3.0, 10, 0.007_478), (-2.0, 21, 0.029_633)] {
            let found = lower_p(as_normal(t, units));
            assert!((found / expected - 1.0).abs() < 0.02, "{t} {units} {found}");
        }
    }

    #[test]
    fn tails_are_those_of_the_normal() {
        assert!((two_sided_p(1.959_963_985) - 0.05).abs() < 1e-9);
        assert!((lower_p(-1.644_853_627) - 0.05).abs() < 1e-9);
    }
}
