//! Whether a few users or items make most of the rows that models are judged on.
use super::{Finding, FindingKind, Funnel, Severity};
use crate::domain::log::assemble::key_codes;
use crate::domain::log::{Fix, Split};

/// With fewer users or items than this, in effect, an average over many is one over a few. One that holds a tenth of the rows
/// is enough for that.
///
/// A bootstrap over `n` equal users knows a standard error to about 1/√(2n): 7 % at 100. Over unequal ones its intervals are
/// too narrow as well: simulated with users who differ (a standard deviation of 0.7 in their logit, 12 000 rows), the 95 %
/// interval of a rate is 6 % too narrow at 700 effective users, 10 % at 150, 20 % at 75, 26 % at 23, and covers the rate in
/// 94, 92, 90 and 90 % of samples.
const ENOUGH: f64 = 100.0;

/// How rows spread over users, or over items.
struct Spread {
    /// Different ones among the rows.
    n: usize,
    /// How many equal ones would say as much: one over the sum of squared shares (Kish 1965).
    effective: f64,
    /// Share of the rows that the largest holds.
    largest: f64,
    /// Rows of the largest.
    rows: usize,
}

impl Spread {
    fn of(codes: &[u32], rows: &[u32]) -> Option<Self> {
        let mut counts = vec![0usize; codes.iter().max().map_or(0, |&most| most as usize + 1)];
        rows.iter().for_each(|&row| counts[codes[row as usize] as usize] += 1);
        let n_rows = rows.len() as f64;
        let squares: f64 = counts.iter().map(|&count| (count as f64 / n_rows).powi(2)).sum();
        let largest = counts.iter().copied().max().filter(|&most| most > 0)?;
        Some(Self {
            n: counts.iter().filter(|&&count| count > 0).count(),
            effective: 1.0 / squares,
            largest: largest as f64 / n_rows,
            rows: largest,
        })
    }

    /// Whether a few weigh as much as all the others. Few that are equal are another matter.
    fn is_few_of_many(&self) -> bool {
        self.effective < ENOUGH && self.n as f64 >= 2.0 * self.effective
    }

    /// The largest one's share in per cent, and the effective number.
    fn in_words(&self) -> [String; 2] {
        [format!("{:.1}", 100.0 * self.largest), format!("{:.0}", self.effective)]
    }
}

impl Funnel<'_> {
    pub(super) fn concentration_findings(&self, split: &Split) -> Vec<Finding> {
        [self.few_users(split), self.few_items(split)].into_iter().flatten().collect()
    }

    /// Intervals are drawn over users: too few of them, in effect, and they are not to be trusted.
    fn few_users(&self, split: &Split) -> Option<Finding> {
        let spread = Spread::of(self.log.user.as_deref()?, &split.eval)?;
        if !spread.is_few_of_many() {
            return None;
        }
        let [share, effective] = spread.in_words();
        let all = counted!(funnel::concentration::all_users, spread.n);
        let message = text!(funnel::concentration::users, share = share, all = all, effective = effective);
        let remedy = text!(funnel::concentration::users_remedy, enough = ENOUGH);
        let kind = FindingKind::Concentration;
        let finding = Finding::new(kind, message, remedy).columns(self.roles.user.as_deref()).row_count(spread.rows);
        Some(finding.fix(text!(funnel::fix::keep), Fix::Keep(kind)))
    }

    /// Nothing resamples items, so an interval doesn't know that most of the rows are about a few. A log of few items has no
    /// others to speak for.
    fn few_items(&self, split: &Split) -> Option<Finding> {
        let item = self.table.column(self.roles.item.as_deref()?)?;
        let spread = Spread::of(&key_codes(item), &split.eval)?;
        if !spread.is_few_of_many() || (spread.n as f64) < ENOUGH {
            return None;
        }
        let [share, effective] = spread.in_words();
        let all = counted!(funnel::concentration::all_items, spread.n);
        let message = text!(funnel::concentration::items, share = share, all = all, effective = effective);
        let remedy = text!(funnel::concentration::items_remedy);
        let finding = Finding::new(FindingKind::Concentration, message, remedy).severity(Severity::Note);
        Some(finding.columns(self.roles.item.as_deref()).row_count(spread.rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_number_is_that_of_equal_ones() {
        let of = |codes: &[u32]| Spread::of(codes, &(0..codes.len() as u32).collect::<Vec<_>>()).expect("rows");
        let equal = of(&[0, 1, 2, 3, 0, 1, 2, 3]);
        assert!((equal.effective - 4.0).abs() < 1e-12 && !equal.is_few_of_many());
        // Shares 1/2, and 500 times 1/1000.
        let codes: Vec<u32> = (0..1_000).map(|row| if row % 2 == 0 { 0 } else { row }).collect();
        let one = of(&codes);
        assert_eq!((one.n, one.rows), (501, 500));
        assert!((one.effective - 1.0 / (0.25 + 0.000_5)).abs() < 1e-9 && one.is_few_of_many());
        assert!(Spread::of(&[0, 1], &[]).is_none());
    }
}
