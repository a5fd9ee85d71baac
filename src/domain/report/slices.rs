//! The slices that a log's features make of the evaluation rows.

use super::view::View;
use crate::domain::log::{ColumnValues, ImpressionLog, MISSING};
use crate::domain::metrics::{NO_SLICE, SliceMembership};

/// Parts of equal size that a numerical feature, and time, are cut into.
const PARTS: usize = 5;
/// With at most so many different numbers, each is a slice.
const FEW_NUMBERS: usize = 8;
/// Features that are cut, in the log's order.
const MAX_FEATURES: usize = 24;

const MISSING_NAME: &str = text!(report::part::missing);

/// Name of the slices by time.
const TIME: &str = "time";

/// Features that a log is sliced by, and the time where it has it.
pub(super) fn slice_features(log: &ImpressionLog) -> Vec<String> {
    let features = log.features.iter().take(MAX_FEATURES).map(|feature| feature.name.clone());
    features.chain(log.time.is_some().then(|| TIME.to_owned())).collect()
}

/// The slices that one of [`slice_features`] makes of some rows.
pub(super) fn membership(log: &ImpressionLog, rows: &[u32], name: &str) -> Option<SliceMembership> {
    let feature = log.features.iter().take(MAX_FEATURES).find(|feature| feature.name == name);
    let (values, slice_of_row) = match (feature.map(|feature| &feature.values), &log.time) {
        (Some(ColumnValues::Text { dictionary, codes }), _) => by_category(rows, dictionary, codes),
        (Some(ColumnValues::Number(numbers)), _) => by_number(&pick(rows, numbers)),
        (None, Some(time)) if name == TIME => by_time(&pick(rows, time)),
        (None, _) => return None,
    };
    Some(SliceMembership { feature: name.to_owned(), values, slice_of_row })
}

/// One membership per feature, and one for the time where the log has it.
pub(super) fn memberships(view: &View) -> Vec<SliceMembership> {
    let features = slice_features(view.log);
    let memberships = features.iter().filter_map(|name| membership(view.log, view.rows, name));
    memberships.filter(|membership| membership.values.len() > 1).collect()
}

fn pick(rows: &[u32], numbers: &[f64]) -> Vec<f64> {
    rows.iter().map(|&row| numbers[row as usize]).collect()
}

fn by_category(rows: &[u32], dictionary: &[String], codes: &[u32]) -> (Vec<String>, Vec<u32>) {
    let missing = dictionary.len() as u32;
    let slice = |code: u32| if code == MISSING { missing } else { code };
    let slice_of_row = rows.iter().map(|&row| slice(codes[row as usize])).collect();
    let names = dictionary.iter().cloned().chain([MISSING_NAME.to_owned()]);
    (names.collect(), slice_of_row)
}

fn by_number(numbers: &[f64]) -> (Vec<String>, Vec<u32>) {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let (mut names, bounds): (Vec<String>, Vec<f64>) = if distinct.len() <= FEW_NUMBERS {
        (distinct.iter().map(|x| short(*x)).collect(), distinct)
    } else {
        let bounds = equal_parts(&sorted);
        let ends = bounds.iter().skip(1).copied().chain(sorted.last().copied());
        (
            bounds
                .iter()
                .zip(ends)
                .map(|(from, to)| text!(report::part::span, low = short(*from), high = short(to)))
                .collect(),
            bounds,
        )
    };
    let missing = names.len() as u32;
    names.push(MISSING_NAME.to_owned());
    let slice = |x: &f64| if x.is_finite() { part_of(&bounds, *x) } else { missing };
    (names, numbers.iter().map(slice).collect())
}

fn by_time(time: &[f64]) -> (Vec<String>, Vec<u32>) {
    let mut sorted: Vec<f64> = time.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let bounds = equal_parts(&sorted);
    let n = bounds.len();
    let names = (1..=n).map(|part| match part {
        1 => text!(report::part::earliest).to_owned(),
        part if part == n => text!(report::part::latest).to_owned(),
        part => text!(report::part::of_several, part = part, n = n),
    });
    let slice = |x: &f64| if x.is_finite() { part_of(&bounds, *x) } else { NO_SLICE };
    (names.collect(), time.iter().map(slice).collect())
}

/// Lower bounds of parts of about equal size, ascending and different.
fn equal_parts(sorted: &[f64]) -> Vec<f64> {
    let mut bounds: Vec<f64> = (0..PARTS).filter_map(|part| sorted.get(part * sorted.len() / PARTS)).copied().collect();
    bounds.dedup();
    bounds
}

fn part_of(bounds: &[f64], x: f64) -> u32 {
    (bounds.partition_point(|&bound| bound <= x) as u32).saturating_sub(1)
}

/// A number in three significant digits, or as it is when it is whole.
fn short(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e7 {
        return format!("{x}");
    }
    let digits = (2 - libm::floor(libm::log10(x.abs())) as i32).clamp(0, 9) as usize;
    format!("{x:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_are_slices_and_many_are_cut_into_equal_parts() {
        let (names, slices) = by_number(&[2.0, 0.5, f64::NAN, 2.0]);
        assert_eq!(names, ["0.500", "2", "missing"]);
        assert_eq!(slices, [1, 0, 2, 1]);
        let numbers: Vec<f64> = (0..100).map(f64::from).collect();
        let (names, slices) = by_number(&numbers);
        assert_eq!(names[0], "0 to 20");
        assert_eq!((0..5).map(|part| slices.iter().filter(|&&s| s == part).count()).collect::<Vec<_>>(), [20; 5]);
    }

    #[test]
    fn a_heavy_value_makes_fewer_parts() {
        let mut numbers = vec![0.0; 90];
        numbers.extend((1..=10).map(f64::from));
        let (names, slices) = by_number(&numbers);
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(slices.iter().all(|&slice| slice == 0));
        assert_eq!(by_time(&[3.0; 4]).0, ["earliest"]);
    }
}
