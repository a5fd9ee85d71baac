//! Rounding of numbers to their significant digits. `numbers` writes them in the user's locale.

use super::numbers::{self, decimal};

/// A whole number: `31 204`.
pub fn count(n: usize) -> String {
    numbers::whole(n)
}

/// A value rounded to a whole number: `608` for 607.6, `−9 588`.
pub fn rounded(value: f64) -> String {
    let text = count(value.abs().round() as usize);
    if value.round() < 0.0 { format!("−{text}") } else { text }
}

/// Base of natural frequencies.
pub const NATURAL: f64 = 10_000.0;

/// The base as text: `10 000`.
pub fn natural() -> String {
    rounded(NATURAL)
}

/// A natural frequency, with a decimal if it is small: `412`, `3.1`, `< 0.1`.
pub fn frequency(value: f64) -> String {
    match value {
        v if v >= 9.95 => rounded(v),
        v if v >= 0.095 => decimal(format!("{v:.1}")),
        v if v > 0.0 => format!("< {}", decimal("0.1".to_owned())),
        _ => "0".to_owned(),
    }
}

/// A share in per cent with about two significant digits, and near one with a decimal: `4.1 %`, `0.25 %`, `31 %`, `99.2 %`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    let value = share * 100.0;
    let size = value.abs();
    if size > 0.0 && size < 0.0001 {
        return format!("< {}", numbers::percent("0.0001".to_owned()));
    }
    let decimals = match size {
        s if (99.0..100.0).contains(&s) => 1,
        s if s >= 9.95 => 0,
        s if s >= 0.995 => 1,
        s if s >= 0.0995 => 2,
        s if s >= 0.00995 => 3,
        s if s > 0.0 => 4,
        _ => 0,
    };
    minus(numbers::percent(format!("{value:.decimals$}")))
}

/// A difference of shares in per cent, with its sign: `+1.2 %`, `−0.40 %`.
pub fn signed_percent(difference: f64) -> String {
    let text = percent(difference);
    if difference > 0.0 { format!("+{text}") } else { text }
}

/// A share at an axis, with all its digits: `0.1 %`, `50 %`, `−2.5 %`.
pub fn tick_percent(share: f64) -> String {
    // Ten digits at most, which removes noise of the multiplication.
    let text = format!("{:.8}", share * 100.0);
    minus(numbers::percent(text.trim_end_matches('0').trim_end_matches('.').to_owned()))
}

/// A number at an axis whose ticks are `step` apart, with the decimals that tell them apart: `0.25`, `−3`, `1 500`.
pub fn tick(value: f64, step: f64) -> String {
    let decimals = (-(step.abs() * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 6.0) as usize;
    if decimals == 0 { rounded(value) } else { minus(decimal(format!("{value:.decimals$}"))) }
}

/// A number with `digits` significant digits: `0.0412`, and below a ten-thousandth `4.12·10⁻⁵`.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if magnitude < -4 {
        let decimals = digits - 1;
        let factor = minus(decimal(format!("{:.decimals$}", value / 10f64.powi(magnitude))));
        return format!("{factor}·10⁻{}", superscript(magnitude.unsigned_abs()));
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    minus(decimal(format!("{value:.decimals$}")))
}

fn superscript(number: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}

/// A value with decimals by its interval, two significant digits of the half-width: `0.724`.
pub fn by_interval(value: f64, low: f64, high: f64) -> String {
    let decimals = decimals_for(low, high);
    minus(decimal(format!("{value:.decimals$}")))
}

/// An interval with the same decimals: `0.712–0.744`; with "to" where a bound is negative.
pub fn interval(low: f64, high: f64) -> String {
    let (from, to) = (by_interval(low, low, high), by_interval(high, low, high));
    if low < 0.0 { text!(charts::range, low = from, high = to) } else { format!("{from}–{to}") }
}

/// A difference with its sign, and with decimals by its interval: `+0.028`, `−0.003`.
pub fn signed(difference: f64, low: f64, high: f64) -> String {
    let text = by_interval(difference, low, high);
    if difference > 0.0 && has_digit_above_zero(&text) { format!("+{text}") } else { text }
}

/// Decimals at which the interval's half-width shows one or two significant digits (0.03 → 3, 0.0006 → 4), 1 to 6.
fn decimals_for(low: f64, high: f64) -> usize {
    let half = (high - low).abs() / 2.0;
    if half < 1e-12 {
        return 4;
    }
    (1.2 - half.log10()).round().clamp(1.0, 6.0) as usize
}

/// A typographic minus, and none before a zero.
fn minus(text: String) -> String {
    if has_digit_above_zero(&text) { text.replace('-', "−") } else { text.replace('-', "") }
}

fn has_digit_above_zero(text: &str) -> bool {
    text.contains(|c: char| ('1'..='9').contains(&c))
}

/// A rate to two significant digits, thousands grouped: `31 000`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second <= 0.0 {
        return "0".to_owned();
    }
    let unit = 10f64.powi((per_second.log10().floor() as i32 - 1).max(0));
    rounded((per_second / unit).round() * unit)
}

/// A rate in few characters: `31k`, `1.2M`, `840`.
pub fn si(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let (scaled, suffix) = match value.abs() {
        v if v >= 999_500.0 => (value / 1e6, "M"),
        v if v >= 999.5 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let decimals = usize::from(!suffix.is_empty() && scaled.abs() < 9.95);
    decimal(format!("{scaled:.decimals$}{suffix}"))
}

/// A duration: `8.0 s`, `12 s`, `1 min 20 s`.
pub fn seconds(total: f64) -> String {
    if !total.is_finite() {
        return "–".to_owned();
    }
    match total {
        t if t < 9.95 => text!(units::seconds, seconds = decimal(format!("{t:.1}"))),
        t if t < 59.5 => text!(units::seconds, seconds = format!("{t:.0}")),
        t => text!(units::minutes, minutes = (t / 60.0).floor().to_string(), seconds = format!("{:.0}", t % 60.0)),
    }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => text!(charts::listed, names = first.join(", "), last = last),
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
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1 000"), (31204, "31 204"), (1234567, "1 234 567")] {
            assert_eq!(plain(count(n)), text);
        }
        for (value, text) in [(412.0, "412"), (607.6, "608"), (-9588.0, "−9 588"), (-0.4, "0")] {
            assert_eq!(plain(rounded(value)), text);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(plain(counted!(nouns::rows, 1)), "1 row");
        assert_eq!(plain(counted!(nouns::rows, 2000)), "2 000 rows");
    }

    #[test]
    fn natural_frequencies_have_a_decimal_below_ten() {
        for (value, text) in [(412.3, "412"), (3.13, "3.1"), (0.04, "< 0.1"), (0.0, "0")] {
            assert_eq!(frequency(value), text);
        }
        assert_eq!(plain(natural()), "10 000");
    }

    #[test]
    fn percentages_keep_two_digits_at_every_size() {
        for (share, text) in [
            (0.0412, "4.1 %"),
            (0.31, "31 %"),
            (0.0025, "0.25 %"),
            (0.00025, "0.025 %"),
            (0.0, "0 %"),
            (0.9923, "99.2 %"),
            (1.0, "100 %"),
            (-0.021, "−2.1 %"),
            (1e-8, "< 0.0001 %"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(plain(percent(share)), text);
        }
        assert_eq!(plain(signed_percent(0.012)), "+1.2 %");
        assert_eq!(plain(signed_percent(-0.004)), "−0.40 %");
    }

    #[test]
    fn ticks_have_the_digits_that_tell_them_apart() {
        for (share, text) in [(1e-6, "0.0001 %"), (0.01, "1 %"), (0.5, "50 %"), (0.999, "99.9 %"), (-0.025, "−2.5 %")]
        {
            assert_eq!(plain(tick_percent(share)), text);
        }
        for (value, step, text) in
            [(0.25, 0.05, "0.25"), (0.2, 0.1, "0.2"), (-3.0, 1.0, "−3"), (1500.0, 500.0, "1 500")]
        {
            assert_eq!(plain(tick(value, step)), text);
        }
    }

    #[test]
    fn digits_are_significant_at_every_size() {
        for (value, digits, text) in [
            (0.041_23, 3, "0.0412"),
            (0.5, 3, "0.500"),
            (0.0, 3, "0"),
            (-2.66, 2, "−2.7"),
            (4.12e-5, 3, "4.12·10⁻⁵"),
            (-4.2e-12, 2, "−4.2·10⁻¹²"),
            (f64::INFINITY, 3, "–"),
        ] {
            assert_eq!(significant(value, digits), text);
        }
    }

    #[test]
    fn digits_follow_the_interval() {
        assert_eq!(by_interval(0.724_449, 0.70, 0.75), "0.724");
        assert_eq!(by_interval(0.724_449, 0.724_1, 0.724_8), "0.72445");
        assert_eq!(interval(0.70, 0.75), "0.700–0.750");
        assert_eq!(interval(-0.01, 0.02), "−0.010 to 0.020");
        assert_eq!(signed(0.0281, 0.01, 0.04), "+0.028");
        assert_eq!(signed(-0.0004, -0.02, 0.02), "0.000");
    }

    #[test]
    fn rates_are_rounded_to_two_digits() {
        for (value, text) in [(31_204.0, "31 000"), (987.0, "990"), (7.0, "7"), (0.0, "0"), (f64::INFINITY, "0")] {
            assert_eq!(plain(rate(value)), text);
        }
        for (value, text) in [(840.0, "840"), (1200.0, "1.2k"), (31_204.0, "31k"), (999_600.0, "1.0M"), (12e6, "12M")] {
            assert_eq!(si(value), text);
        }
    }

    #[test]
    fn durations_have_two_digits() {
        for (total, text) in [(8.04, "8.0 s"), (12.4, "12 s"), (80.0, "1 min 20 s")] {
            assert_eq!(plain(seconds(total)), text);
        }
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!([listed::<&str>(&[]), listed(&["a"]), listed(&["a", "b", "c"])], ["", "a", "a, b and c"]);
    }
}
