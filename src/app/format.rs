//! Numbers as the page writes them: the digits that a number deserves, no more.

use super::numbers::{self, decimal};

/// `31 204`
pub fn count(n: usize) -> String {
    numbers::whole(n)
}

/// A share in percent with three significant digits at most: `6.03 %`, `0.042 %`, `47.0 %`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".into();
    }
    let value = share * 100.0;
    let decimals = match value.abs() {
        v if v >= 99.95 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        _ => 3,
    };
    numbers::percent(format!("{value:.decimals$}"))
}

/// A probability with three significant digits: `0.060`, `0.0042`, `4.2e-7`.
pub fn probability(p: f64) -> String {
    significant(p, 3)
}

/// `digits` significant digits, scientific below 1e-4.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if magnitude < -4 {
        return decimal(format!("{value:.*e}", digits - 1));
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    decimal(format!("{value:.decimals$}"))
}

/// A rate to two significant digits with thousands grouped: `31 000`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second <= 0.0 {
        return "0".into();
    }
    let unit = 10f64.powi((per_second.log10().floor() as i32 - 1).max(0));
    count(((per_second / unit).round() * unit) as usize)
}

/// A rate in few characters: `31k`, `1.2M`, `840`.
pub fn si(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let (scaled, suffix) = match value.abs() {
        v if v >= 999_500.0 => (value / 1e6, "M"),
        v if v >= 999.5 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let decimals = usize::from(!suffix.is_empty() && scaled.abs() < 9.95);
    decimal(format!("{scaled:.decimals$}{suffix}"))
}

/// `8 s`, `1 min 20 s`
pub fn seconds(total: f64) -> String {
    if !total.is_finite() {
        return "–".into();
    }
    match total {
        t if t < 9.95 => text!(units::seconds, seconds = decimal(format!("{t:.1}"))),
        t if t < 59.5 => text!(units::seconds, seconds = format!("{t:.0}")),
        t => text!(units::minutes, minutes = (t / 60.0).floor().to_string(), seconds = format!("{:.0}", t % 60.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: String) -> String {
        text.replace('\u{202f}', " ")
    }

    #[test]
    fn thousands_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1000, "1 000"), (31204, "31 204"), (1234567, "1 234 567")];
        for (n, expected) in cases {
            assert_eq!(plain(count(n)), expected);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(plain(counted!(nouns::rows, 1)), "1 row");
        assert_eq!(plain(counted!(nouns::rows, 2000)), "2 000 rows");
    }

    #[test]
    fn percents_keep_three_digits_at_most() {
        let cases = [(0.0603, "6.03 %"), (0.00042, "0.042 %"), (0.47, "47.0 %"), (1.0, "100 %"), (0.0, "0 %")];
        for (share, expected) in cases {
            assert_eq!(plain(percent(share)), expected);
        }
        assert_eq!(percent(f64::NAN), "–");
    }

    #[test]
    fn probabilities_keep_three_significant_digits() {
        let cases = [(0.06, "0.0600"), (0.00421, "0.00421"), (4.2e-7, "4.20e-7"), (0.5, "0.500"), (0.0, "0")];
        for (p, expected) in cases {
            assert_eq!(probability(p), expected);
        }
    }

    #[test]
    fn rates_are_rounded_to_two_digits() {
        let cases = [(31_204.0, "31 000"), (987.0, "990"), (7.0, "7"), (0.0, "0"), (f64::INFINITY, "0")];
        for (value, expected) in cases {
            assert_eq!(plain(rate(value)), expected);
        }
    }

    #[test]
    fn si_suffixes() {
        let cases = [(840.0, "840"), (1200.0, "1.2k"), (31_204.0, "31k"), (999_600.0, "1.0M"), (12e6, "12M")];
        for (value, expected) in cases {
            assert_eq!(si(value), expected);
        }
    }

    #[test]
    fn durations() {
        let cases = [(8.04, "8.0 s"), (12.4, "12 s"), (80.0, "1 min 20 s")];
        for (total, expected) in cases {
            assert_eq!(plain(seconds(total)), expected);
        }
    }
}
