//! How many different numbers a column holds: asked of every column of every log, so it is quick.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Different numbers, NaN left out; −0 is 0.
pub(super) fn distinct_numbers(numbers: &[f64]) -> usize {
    let present = || numbers.iter().filter(|number| !number.is_nan()).map(|number| number + 0.0);
    // Times mostly, and numbers of rows: of these each value stands in one place.
    if present().is_sorted() {
        let mut last = f64::NAN;
        return present().filter(|&number| std::mem::replace(&mut last, number) != number).count();
    }
    let mut seen: HashSet<u64, FixedState> = HashSet::default();
    let mut last = None;
    for number in present() {
        let bits = number.to_bits();
        // Repeated values are many.
        if last != Some(bits) {
            seen.insert(bits);
            last = Some(bits);
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_once() {
        assert_eq!(distinct_numbers(&[1.0, 1.0, f64::NAN, -0.0, 0.0, 2.5, 1.0]), 3);
        assert_eq!(distinct_numbers(&[-2.0, f64::NAN, -0.0, 0.0, 0.0, 7.5]), 3, "ascending");
        assert_eq!(distinct_numbers(&[]), 0);
    }
}
