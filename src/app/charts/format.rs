//! Numbers for readers: the digits that their interval deserves, no more.

use crate::app::numbers::{self, decimal};

/// A whole number as the page writes it, of a value that is one or is rounded to one.
pub fn count(value: f64) -> String {
    let text = crate::app::format::count(value.abs().round() as usize);
    if value.round() < 0.0 { format!("−{text}") } else { text }
}

/// The impressions that natural frequencies are counted in.
pub const NATURAL: f64 = 10_000.0;

/// Those, as they are written.
pub fn natural() -> String {
    count(NATURAL)
}

/// A natural frequency, with a decimal where whole people would say nothing: `412`, `3.1`, `< 0.1`.
pub fn frequency(value: f64) -> String {
    match value {
        v if v >= 9.95 => count(v),
        v if v >= 0.095 => decimal(format!("{v:.1}")),
        v if v > 0.0 => format!("< {}", decimal("0.1".to_owned())),
        _ => "0".to_owned(),
    }
}

/// A probability in per cent with about two significant digits: `4.1 %`, `0.25 %`, `31 %`.
pub fn percent(p: f64) -> String {
    let value = p * 100.0;
    let size = value.abs();
    let decimals = match size {
        s if s >= 9.95 => 0,
        s if s >= 0.995 => 1,
        s if s >= 0.0995 => 2,
        s if s >= 0.00995 => 3,
        s if s > 0.0 => 4,
        _ => 0,
    };
    if size > 0.0 && size < 0.0001 {
        return format!("< {}", numbers::percent("0.0001".to_owned()));
    }
    // Near one, digits are wanted again: 99.2 % is not 99 %.
    let decimals = if (99.0..100.0).contains(&size) { 1 } else { decimals };
    minus(numbers::percent(format!("{value:.decimals$}")))
}

/// A difference of probabilities in per cent points of a share, with its sign: `+1.2 %`, `−0.40 %`.
pub fn signed_percent(difference: f64) -> String {
    let text = percent(difference);
    if difference > 0.0 { format!("+{text}") } else { text }
}

/// A probability as a tick label on an axis: `0.1 %`, `50 %`.
pub fn tick_percent(p: f64) -> String {
    let value = p * 100.0;
    // Ten digits at most, then trailing noise of the multiplication is gone.
    let text = format!("{value:.8}");
    numbers::percent(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// A probability as a factor of a formula: three significant digits, `0.0412`.
pub fn factor(p: f64) -> String {
    significant(p, 3)
}

/// `value` with `digits` significant digits, without an exponent.
pub fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = (digits - 1 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    minus(decimal(format!("{value:.decimals$}")))
}

/// A value with the decimals that its interval deserves: two significant digits of the half-width.
pub fn by_interval(value: f64, low: f64, high: f64) -> String {
    let decimals = decimals_for(low, high);
    minus(decimal(format!("{value:.decimals$}")))
}

/// `0.712–0.744`, with the same decimals as [`by_interval`]; an en dash with "to" where a bound is negative.
pub fn interval(low: f64, high: f64) -> String {
    let decimals = decimals_for(low, high);
    let (from, to) = (decimal(format!("{low:.decimals$}")), decimal(format!("{high:.decimals$}")));
    minus(if low < 0.0 { text!(charts::range, low = from, high = to) } else { format!("{from}–{to}") })
}

/// A difference with its sign: `+0.028`, `−0.003`.
pub fn signed(value: f64, low: f64, high: f64) -> String {
    let text = by_interval(value, low, high);
    if value > 0.0 && text.contains(|c: char| ('1'..='9').contains(&c)) { format!("+{text}") } else { text }
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
    if let Some(rest) = text.strip_prefix('-')
        && !rest.contains(|c: char| ('1'..='9').contains(&c))
    {
        return rest.to_owned();
    }
    text.replace('-', "−")
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => text!(charts::listed, names = head.join(", "), last = last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_as_everywhere_on_the_page() {
        for (value, text) in
            [(412.0, "412"), (-9588.0, "−9\u{202f}588"), (10_000.0, "10\u{202f}000"), (1e6, "1\u{202f}000\u{202f}000")]
        {
            assert_eq!(count(value), text);
        }
    }

    #[test]
    fn percentages_keep_two_digits_at_every_size() {
        for (p, text) in [
            (0.0412, "4.1 %"),
            (0.31, "31 %"),
            (0.0025, "0.25 %"),
            (0.00025, "0.025 %"),
            (0.0, "0 %"),
            (0.9923, "99.2 %"),
            (1.0, "100 %"),
            (-0.021, "−2.1 %"),
        ] {
            assert_eq!(percent(p).replace('\u{202f}', " "), text);
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
    fn ticks_print_exactly() {
        for (p, text) in [(1e-6, "0.0001 %"), (0.01, "1 %"), (0.5, "50 %"), (0.999, "99.9 %")] {
            assert_eq!(tick_percent(p).replace('\u{202f}', " "), text);
        }
    }

    #[test]
    fn factors_have_three_digits() {
        for (p, text) in [(0.041_23, "0.0412"), (0.5, "0.500"), (0.0, "0")] {
            assert_eq!(factor(p), text);
        }
    }
}
