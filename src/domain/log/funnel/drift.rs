//! Whether the held-out part looks like the training part, column by column.
use super::{Finding, FindingKind, Funnel};
use crate::domain::log::{ColumnValues, Feature, Fix, MISSING, Split};

/// From here on a population has shifted, by the usage of the index.
const SHIFTED: f64 = 0.25;
/// Bins of a number; most frequent values of a text that have a bin of their own.
const BINS: usize = 10;
/// Rows of a part that are looked at, evenly spaced; more do not move the index by what counts.
const MAX_ROWS: usize = 100_000;
/// Columns named in the message.
const NAMED: usize = 5;

impl Funnel<'_> {
    /// One finding for all features that differ, the most first.
    pub(super) fn drift_findings(&self, split: &Split) -> Vec<Finding> {
        let [train, held_out] = [&split.train, &split.eval].map(|rows| spaced(rows, MAX_ROWS).collect::<Vec<u32>>());
        let by_feature = self.log.features.iter().filter_map(|feature| {
            let index = stability(feature, &train, &held_out);
            (index > SHIFTED).then_some((feature.name.as_str(), index))
        });
        let mut shifted: Vec<(&str, f64)> = by_feature.collect();
        if shifted.is_empty() {
            return Vec::new();
        }
        shifted.sort_by(|a, b| b.1.total_cmp(&a.1));
        let named: Vec<String> =
            shifted.iter().take(NAMED).map(|(name, index)| format!("\"{name}\" {index:.2}")).collect();
        let more = shifted.len().saturating_sub(NAMED);
        let more = if more > 0 { text!(funnel::more, n = more) } else { String::new() };
        let is_whole = train.len() == split.train.len() && held_out.len() == split.eval.len();
        let looked_at = if is_whole { String::new() } else { text!(funnel::drift::looked_at, rows = MAX_ROWS) };
        let message = counted!(
            funnel::drift::features,
            shifted.len(),
            held_out = split.eval.len(),
            train = split.train.len(),
            columns = format_args!("{}{more}", named.join(", ")),
            shifted = SHIFTED,
            looked_at = looked_at
        );
        let remedy = text!(funnel::drift::remedy);
        let fixes = shifted.iter().map(|(name, _)| Fix::ignore(name)).collect();
        vec![
            Finding::new(FindingKind::Drift, message, remedy)
                .columns(shifted.iter().map(|(name, _)| *name))
                .row_count(split.eval.len())
                .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::Drift))
                .fix_all(
                    if shifted.len() == 1 {
                        text!(funnel::fix::leave_column)
                    } else {
                        text!(funnel::fix::leave_columns)
                    },
                    fixes,
                ),
        ]
    }
}

/// At most `most` of the rows, with equal steps between them.
fn spaced(rows: &[u32], most: usize) -> impl Iterator<Item = u32> {
    rows.iter().copied().step_by(rows.len().div_ceil(most).max(1))
}

/// Population stability index `Σ (a − b)·ln(a/b)` over bins of both parts' shares, less what chance alone makes of it.
///
/// Shares have half a row added to each bin. In expectation two samples of one population have (bins − 1)·(1/n + 1/m).
/// Source: Yurdakul 2018, "Statistical properties of the population stability index".
fn stability(feature: &Feature, train: &[u32], held_out: &[u32]) -> f64 {
    let Some(bin) = binning(feature, train) else { return 0.0 };
    let shares = |rows: &[u32]| {
        let mut counts = [0.5; BINS + 2];
        rows.iter().for_each(|&row| counts[bin(row)] += 1.0);
        let total: f64 = counts.iter().sum();
        counts.map(|count| count / total)
    };
    let pairs = shares(train).into_iter().zip(shares(held_out));
    let index: f64 = pairs.map(|(a, b)| (a - b) * libm::log(a / b)).sum();
    let chance = (BINS + 1) as f64 * (1.0 / train.len() as f64 + 1.0 / held_out.len() as f64);
    (index - chance).max(0.0)
}

/// Row → bin: tenths of the training rows' numbers, or the most frequent texts; then all others; then missing.
fn binning<'a>(feature: &'a Feature, train: &[u32]) -> Option<Box<dyn Fn(u32) -> usize + 'a>> {
    const SAMPLE: usize = 20_000;
    match &feature.values {
        ColumnValues::Number(values) => {
            let mut sample: Vec<f64> =
                spaced(train, SAMPLE).map(|row| values[row as usize]).filter(|x| !x.is_nan()).collect();
            sample.sort_unstable_by(f64::total_cmp);
            let last = sample.len().checked_sub(1)?;
            let mut edges: Vec<f64> = (1..BINS).map(|tenth| sample[last * tenth / BINS]).collect();
            edges.dedup();
            Some(Box::new(move |row| {
                let value = values[row as usize];
                if value.is_nan() { BINS + 1 } else { edges.partition_point(|&edge| edge < value) }
            }))
        }
        ColumnValues::Text { dictionary, codes } => {
            let mut counts = vec![0u32; dictionary.len()];
            for &row in train {
                let code = codes[row as usize];
                if code != MISSING {
                    counts[code as usize] += 1;
                }
            }
            let mut order: Vec<u32> = (0..dictionary.len() as u32).collect();
            order.sort_unstable_by_key(|&code| (std::cmp::Reverse(counts[code as usize]), code));
            let mut bin_of = vec![BINS; dictionary.len()];
            order.iter().take(BINS).enumerate().for_each(|(bin, &code)| bin_of[code as usize] = bin);
            Some(Box::new(move |row| match codes[row as usize] {
                MISSING => BINS + 1,
                code => bin_of[code as usize],
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::FeatureGroup;

    fn index(value: impl Fn(u32) -> f64) -> f64 {
        let values = ColumnValues::Number((0..4000).map(value).collect());
        let feature = Feature { name: "x".into(), group: FeatureGroup::Context, values };
        let rows: Vec<u32> = (0..4000).collect();
        stability(&feature, &rows[..3000], &rows[3000..])
    }

    #[test]
    fn rows_are_taken_with_equal_steps_and_no_more_than_asked_for() {
        let rows: Vec<u32> = (0..10).collect();
        assert_eq!(spaced(&rows, 4).collect::<Vec<u32>>(), [0, 3, 6, 9]);
        assert_eq!(spaced(&rows, 10).collect::<Vec<u32>>(), rows);
        assert_eq!(spaced(&[], 4).count(), 0);
    }

    #[test]
    fn an_even_column_is_stable_and_one_that_counts_up_is_not() {
        assert!(index(|row| f64::from(row * 7919 % 1009)) < 0.02);
        assert!(index(f64::from) > 2.0);
        assert!(index(|row| if row < 3000 { f64::NAN } else { 1.0 }) == 0.0, "nothing to compare with");
        assert!(index(|row| if row < 3000 { f64::from(row % 5) } else { f64::NAN }) > 2.0, "values that stop coming");
    }
}
