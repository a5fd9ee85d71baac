//! A sample of a log that is larger than what is kept: stratified by click and conversion, in one pass.
//!
//! Each stratum gets the share of the sample that it has of the file (largest remainders), so every rate of the sample
//! is the file's to within one row in each stratum, all rows weigh the same, and calibration stays as it is.
//!
//! A row's priority is a hash of the seed and of its place in the file; a stratum keeps the rows with the smallest ones.
//! So the sample depends on the file, the cap and the seed alone, not on how the file was cut into pieces.
use serde::{Deserialize, Serialize};

use crate::domain::random::split_mix;

/// What the labels of a row say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    Unclicked,
    Clicked,
    Converted,
    /// A conversion without a click: kept in proportion too, so that the report's counts hold.
    ConvertedUnclicked,
}

impl Stratum {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Unclicked, Self::Clicked, Self::Converted, Self::ConvertedUnclicked];

    /// The stratum of a row with these labels.
    pub fn of(click: bool, conversion: bool) -> Self {
        match (click, conversion) {
            (false, false) => Self::Unclicked,
            (true, false) => Self::Clicked,
            (true, true) => Self::Converted,
            (false, true) => Self::ConvertedUnclicked,
        }
    }
}

/// How many of a file's rows are kept, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowLimit {
    /// A longer log is sampled.
    pub rows: usize,
    /// Memory of the columns, in megabytes: a log that needs more is sampled with fewer rows, `rows` halved as often as it
    /// takes.
    pub megabytes: usize,
    /// Seed of the sample.
    pub seed: u64,
}

impl Default for RowLimit {
    /// What a browser's tab trains on without running out of memory.
    fn default() -> Self {
        Self { rows: 2_000_000, megabytes: 768, seed: 1 }
    }
}

impl RowLimit {
    /// Whether it is the usual one, which need not be written down.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How a sample was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub seed: u64,
    /// The columns that said click and conversion while the file was read; absent where none did.
    pub click: Option<String>,
    pub conversion: Option<String>,
    /// Megabytes that the rows asked for would not have fit into, when fewer were kept for that.
    pub megabytes: Option<usize>,
    /// Rows of the file.
    pub rows_in_file: u64,
    /// Rows kept.
    pub rows: usize,
    /// For each stratum that the file has: rows in the file and rows kept.
    pub strata: Vec<(Stratum, u64, usize)>,
}

/// Draws a sample of at most `cap` rows from rows that come in pieces.
///
/// Between pieces [`Sampler::thin`] may be asked, any number of times, which rows are still needed: little more than
/// `cap`. [`Sampler::finish`] says which of those are the sample.
#[derive(Debug, Clone)]
pub struct Sampler {
    cap: usize,
    seed: u64,
    seen: [u64; 4],
    /// Priority and stratum of the rows that are still there, in the order of the file.
    rows: Vec<(u64, Stratum)>,
}

impl Sampler {
    /// A sampler of at most `cap` rows.
    pub fn new(cap: usize, seed: u64) -> Self {
        Self { cap, seed, seen: [0; 4], rows: Vec::new() }
    }

    /// Rows that are there.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Takes fewer rows from now on.
    pub fn lower(&mut self, cap: usize) {
        self.cap = self.cap.min(cap);
    }

    /// Which of `n_rows` rows are still needed. Those that stayed the last time come first, then new ones, of which
    /// `source` says the place in the file and `stratum` the stratum.
    pub fn thin(
        &mut self,
        n_rows: usize,
        source: impl Fn(usize) -> u64,
        stratum: impl Fn(usize) -> Stratum,
    ) -> Vec<bool> {
        self.see(n_rows, source, stratum);
        let total: u64 = self.seen.iter().sum();
        // The sample's rows of a stratum have, among those seen so far, at most about this rank: what more rows can do
        // is to lower it. Six standard deviations make a row that is missed a matter of one file in a billion.
        let needed = self.seen.map(|seen| {
            let rank = (self.cap as f64 * seen as f64 / total.max(1) as f64).ceil();
            (rank + 6.0 * rank.sqrt() + 20.0) as usize
        });
        let keep = self.smallest(needed);
        let mut row = 0;
        self.rows.retain(|_| {
            row += 1;
            keep[row - 1]
        });
        keep
    }

    /// Which of the rows are the sample, and how it was drawn; rows as in [`Sampler::thin`].
    pub fn finish(
        mut self,
        n_rows: usize,
        source: impl Fn(usize) -> u64,
        stratum: impl Fn(usize) -> Stratum,
    ) -> (Vec<bool>, Sample) {
        self.see(n_rows, source, stratum);
        let keep = self.smallest(proportional(self.cap, &self.seen));
        let kept_of =
            |stratum: Stratum| self.rows.iter().zip(&keep).filter(|((_, of), keep)| *of == stratum && **keep).count();
        let present = Stratum::ALL.into_iter().filter(|&stratum| self.seen[stratum as usize] > 0);
        let strata: Vec<(Stratum, u64, usize)> =
            present.map(|stratum| (stratum, self.seen[stratum as usize], kept_of(stratum))).collect();
        let rows = strata.iter().map(|(_, _, kept)| kept).sum();
        let rows_in_file = self.seen.iter().sum();
        let sample =
            Sample { seed: self.seed, click: None, conversion: None, megabytes: None, rows_in_file, rows, strata };
        (keep, sample)
    }

    fn see(&mut self, n_rows: usize, source: impl Fn(usize) -> u64, stratum: impl Fn(usize) -> Stratum) {
        for row in self.rows.len()..n_rows {
            let stratum = stratum(row);
            self.seen[stratum as usize] += 1;
            self.rows.push((split_mix(self.seed, source(row)), stratum));
        }
    }

    /// The rows with the smallest priorities of each stratum.
    fn smallest(&self, needed: [usize; 4]) -> Vec<bool> {
        let mut keep = vec![false; self.rows.len()];
        for stratum in Stratum::ALL {
            let of_stratum = self.rows.iter().enumerate().filter(|(_, row)| row.1 == stratum);
            let mut by_priority: Vec<(u64, u32)> =
                of_stratum.map(|(row, (priority, _))| (*priority, row as u32)).collect();
            let needed = needed[stratum as usize];
            if needed == 0 {
                continue;
            }
            if needed < by_priority.len() {
                by_priority.select_nth_unstable(needed - 1);
                by_priority.truncate(needed);
            }
            by_priority.iter().for_each(|&(_, row)| keep[row as usize] = true);
        }
        keep
    }
}

/// `cap` rows (or all, when there are no more) shared out by size, the largest remainders first.
fn proportional(cap: usize, sizes: &[u64; 4]) -> [usize; 4] {
    let total: u64 = sizes.iter().sum();
    if total <= cap as u64 {
        return sizes.map(|size| size as usize);
    }
    let exact = sizes.map(|size| u128::from(size) * cap as u128);
    let mut shares = exact.map(|exact| (exact / u128::from(total)) as usize);
    let mut order = [0, 1, 2, 3];
    order.sort_by_key(|&stratum| std::cmp::Reverse(exact[stratum] % u128::from(total)));
    let rest = cap - shares.iter().sum::<usize>();
    for &stratum in order.iter().take(rest) {
        shares[stratum] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the sample of a file with strata mixed as evenly as their sizes allow, read in pieces of `piece` rows.
    fn draw_in_pieces(sizes: &[(Stratum, usize)], cap: usize, seed: u64, piece: usize) -> (Vec<u64>, Sample) {
        let total: usize = sizes.iter().map(|(_, size)| size).sum();
        let stratum_of = |row: u64| {
            let mut at = row as usize * 7919 % total;
            let mut strata = sizes.iter().filter_map(|&(stratum, size)| {
                let found = at < size;
                at = at.saturating_sub(if found { 0 } else { size });
                found.then_some(stratum)
            });
            strata.next().expect("a row is of a stratum")
        };
        let mut sampler = Sampler::new(cap, seed);
        let mut rows: Vec<u64> = Vec::new();
        let mut next = 0;
        while next < total {
            let end = (next + piece).min(total);
            rows.extend(next as u64..end as u64);
            next = end;
            let keep = sampler.thin(rows.len(), |row| rows[row], |row| stratum_of(rows[row]));
            let mut keep = keep.into_iter();
            rows.retain(|_| keep.next().expect("an answer a row"));
        }
        let (keep, sample) = sampler.finish(rows.len(), |row| rows[row], |row| stratum_of(rows[row]));
        let mut keep = keep.into_iter();
        rows.retain(|_| keep.next().expect("an answer a row"));
        (rows, sample)
    }

    fn draw(sizes: &[(Stratum, usize)], cap: usize, seed: u64) -> (Vec<u64>, Sample) {
        draw_in_pieces(sizes, cap, seed, usize::MAX / 2)
    }

    #[test]
    fn strata_keep_their_shares_to_a_row() {
        let sizes = [
            (Stratum::Unclicked, 9300),
            (Stratum::Clicked, 651),
            (Stratum::Converted, 47),
            (Stratum::ConvertedUnclicked, 2),
        ];
        for (cap, expected) in [(1000, [930, 65, 5, 0]), (100, [93, 7, 0, 0]), (5000, [4650, 326, 23, 1])] {
            let (rows, sample) = draw(&sizes, cap, 1);
            assert_eq!(sample.strata.iter().map(|&(_, _, kept)| kept).collect::<Vec<_>>(), expected, "{cap}");
            assert_eq!((rows.len(), sample.rows, sample.rows_in_file), (cap, cap, 10_000));
            assert!(rows.is_sorted() && rows.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn fewer_rows_than_the_cap_are_all_kept() {
        let (rows, sample) = draw(&[(Stratum::Unclicked, 30), (Stratum::Clicked, 3)], 100, 1);
        assert_eq!(rows, (0..33).collect::<Vec<u64>>());
        assert_eq!(sample.strata, [(Stratum::Unclicked, 30, 30), (Stratum::Clicked, 3, 3)]);
    }

    #[test]
    fn a_seed_draws_the_same_rows_and_another_others() {
        let sizes = [(Stratum::Unclicked, 900), (Stratum::Clicked, 100)];
        assert_eq!(draw(&sizes, 50, 1), draw(&sizes, 50, 1));
        assert_ne!(draw(&sizes, 50, 1).0, draw(&sizes, 50, 2).0);
    }

    #[test]
    fn the_pieces_that_a_file_comes_in_change_nothing() {
        let sizes = [(Stratum::Unclicked, 9300), (Stratum::Clicked, 660), (Stratum::Converted, 40)];
        let whole = draw(&sizes, 500, 3);
        for piece in [1000, 777, 5000] {
            assert_eq!(draw_in_pieces(&sizes, 500, 3, piece), whole, "{piece}");
        }
    }

    #[test]
    fn little_more_than_the_cap_is_held() {
        let mut sampler = Sampler::new(1000, 1);
        let strata = |row: usize| if row.is_multiple_of(20) { Stratum::Clicked } else { Stratum::Unclicked };
        let keep = sampler.thin(50_000, |row| row as u64, strata);
        let kept = keep.iter().filter(|&&keep| keep).count();
        assert!((1000..1300).contains(&kept), "{kept}");
    }

    #[test]
    fn every_row_of_a_stratum_is_as_likely_as_any_other() {
        let mut counts = [0u32; 200];
        for seed in 0..2000 {
            for row in draw(&[(Stratum::Unclicked, 200)], 20, seed).0 {
                counts[row as usize] += 1;
            }
        }
        // 200 expected each, standard deviation 13.4: five of them either way.
        assert!(counts.iter().all(|count| (133..=267).contains(count)), "{counts:?}");
    }
}
