//! Quantiles and tails that intervals and tests need.

/// 97.5 % quantiles of Student's t by degrees of freedom.
const T_975: [(f64, f64); 25] = [
    (1.0, 12.706204736),
    (1.25, 8.027951377),
    (1.5, 6.016663104),
    (1.75, 4.948847849),
    (2.0, 4.302652730),
    (2.5, 3.574654842),
    (3.0, 3.182446305),
    (3.5, 2.940088638),
    (4.0, 2.776445105),
    (5.0, 2.570581836),
    (6.0, 2.446911851),
    (7.0, 2.364624252),
    (8.0, 2.306004135),
    (9.0, 2.262157163),
    (10.0, 2.228138852),
    (12.0, 2.178812830),
    (15.0, 2.131449546),
    (20.0, 2.085963447),
    (25.0, 2.059538553),
    (30.0, 2.042272456),
    (40.0, 2.021075390),
    (60.0, 2.000297822),
    (120.0, 1.979930405),
    (1000.0, 1.962339081),
    (f64::INFINITY, 1.959963985),
];

/// 97.5 % quantile of Student's t, interpolated in `1/df` between tabulated values (within 3 %; below 1 degree of
/// freedom, which two seeds never go, that of 1).
pub fn t_975(df: f64) -> f64 {
    let above = T_975.iter().position(|&(known, _)| known >= df).unwrap_or(T_975.len() - 1);
    if above == 0 {
        return T_975[0].1;
    }
    let ((low, at_low), (high, at_high)) = (T_975[above - 1], T_975[above]);
    let share = (1.0 / low - 1.0 / df) / (1.0 / low - 1.0 / high);
    at_low + share * (at_high - at_low)
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
            (1.0, 12.706205),
            (1.1, 10.276801),
            (1.6, 5.517245),
            (2.2, 3.948721),
            (2.7, 3.392148),
            (4.0, 2.776445),
            (11.0, 2.200985),
            (50.0, 2.008559),
            (1e9, 1.959964),
        ] {
            let found = t_975(df);
            assert!((found / expected - 1.0).abs() < 0.031, "{df} {found}");
        }
        assert!(t_975(0.2) > 12.0);
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
