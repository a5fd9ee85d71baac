//! Rows in the order of their scores, sorted once: what rank metrics walk along, replicate after replicate.

use std::ops::Range;

use super::input::{Design, TaskInput};

/// One task's rows by descending score, with ties marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Row at each rank.
    pub rows: Vec<u32>,
    /// Score at each rank, descending.
    pub scores: Vec<f64>,
    /// Label at each rank.
    pub labels: Vec<bool>,
    /// End (exclusive rank) of each run of equal scores.
    pub tie_ends: Vec<u32>,
    /// Label and half at each rank as one number, `2·half + label`: an index is added to without a branch.
    classes: Vec<u8>,
    /// Negative and positive part of the row at each rank, where a row does not count as itself or its label as it is; else
    /// empty.
    parts: Vec<[f64; 2]>,
    /// Of a sample in which rows stand for several impressions.
    pub(super) design: Option<Design>,
}

/// Weight of a run of equal scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// First rank of the run, and the rank after its last.
    pub start: usize,
    pub end: usize,
    pub positive: f64,
    pub negative: f64,
    /// Of these, what lies in the second half (see [`Ranking::in_halves`]).
    pub second_positive: f64,
    pub second_negative: f64,
}

impl Tie {
    pub fn weight(&self) -> f64 {
        self.positive + self.negative
    }
}

/// Numbers codes densely, in order of first use; returns a number for each code, and how many there are.
pub(super) fn dense(codes: &[u32]) -> (Vec<u32>, usize) {
    let mut index_of = std::collections::HashMap::new();
    let numbers = codes
        .iter()
        .map(|code| {
            let next = index_of.len() as u32;
            *index_of.entry(code).or_insert(next)
        })
        .collect();
    (numbers, index_of.len())
}

impl Ranking {
    /// Ranks rows `0..scores.len()`.
    ///
    /// # Panics
    /// When scores and labels differ in number.
    pub fn new(scores: &[f64], labels: &[bool]) -> Self {
        assert_eq!(scores.len(), labels.len(), "one label a row");
        let mut keyed: Vec<(u64, u32)> = scores.iter().map(|&score| descending(score)).zip(0u32..).collect();
        // By row last, so that the order of equal scores does not depend on the sorting algorithm.
        keyed.sort_unstable();
        Self::ordered(keyed.into_iter().map(|(_, row)| row).collect(), scores, labels, |_, _| true)
    }

    /// The same rows group by group, groups ascending; a run of equal scores never crosses a group's border.
    ///
    /// # Shapes
    /// - `group_of_row`: one number below `n_groups` a row
    pub(super) fn by_group(&self, group_of_row: &[u32], n_groups: usize) -> Self {
        assert_eq!(self.rows.len(), group_of_row.len(), "one group a row");
        let mut next = vec![0usize; n_groups + 1];
        group_of_row.iter().for_each(|&group| next[group as usize + 1] += 1);
        (0..n_groups).for_each(|group| next[group + 1] += next[group]);
        let (mut rows, mut scores, mut labels) =
            (self.rows.clone(), vec![0.0; self.rows.len()], vec![false; self.rows.len()]);
        for (rank, &row) in self.rows.iter().enumerate() {
            let place = &mut next[group_of_row[row as usize] as usize];
            rows[*place] = row;
            scores[row as usize] = self.scores[rank];
            labels[row as usize] = self.labels[rank];
            *place += 1;
        }
        Self::ordered(rows, &scores, &labels, |a, b| group_of_row[a as usize] == group_of_row[b as usize])
    }

    /// The same ranking with its rows in two halves, which [`Tie`] tells apart.
    pub(super) fn in_halves(mut self, is_second: impl Fn(u32) -> bool) -> Self {
        for (class, &row) in self.classes.iter_mut().zip(&self.rows) {
            *class = (*class & 1) | (u8::from(is_second(row)) << 1);
        }
        self
    }

    /// The same ranking with how much rows count and what stands for their labels, which [`Ranking::ties`] and
    /// [`Ranking::totals`] then count.
    pub(super) fn counted(mut self, task: &TaskInput) -> Self {
        let part = |&row: &u32| {
            let positive = task.positive(row as usize);
            [task.weight(row as usize) - positive, positive]
        };
        self.parts = if task.is_plain() { Vec::new() } else { self.rows.iter().map(part).collect() };
        self.design = Design::of(task);
        self
    }

    /// The same ranking with rows that count `weights` times, and labels as they are.
    pub(super) fn sampled(mut self, weights: Option<&[f64]>) -> Self {
        let part = |weights: &[f64], (&row, &label): (&u32, &bool)| {
            let weight = weights[row as usize];
            if label { [0.0, weight] } else { [weight, 0.0] }
        };
        let rows = self.rows.iter().zip(&self.labels);
        self.parts = weights.map(|weights| rows.map(|row| part(weights, row)).collect()).unwrap_or_default();
        self
    }

    fn ordered(rows: Vec<u32>, scores: &[f64], labels: &[bool], may_tie: impl Fn(u32, u32) -> bool) -> Self {
        let is_end =
            |a: u32, b: u32| descending(scores[a as usize]) != descending(scores[b as usize]) || !may_tie(a, b);
        let n = rows.len();
        let tie_ends =
            (1..=n).filter(|&end| end == n || is_end(rows[end - 1], rows[end])).map(|end| end as u32).collect();
        let labels: Vec<bool> = rows.iter().map(|&row| labels[row as usize]).collect();
        Self {
            scores: rows.iter().map(|&row| scores[row as usize]).collect(),
            classes: labels.iter().map(|&label| u8::from(label)).collect(),
            labels,
            rows,
            tie_ends,
            parts: Vec::new(),
            design: None,
        }
    }

    /// Sums of weights by label and half, `[2·half + label]`; `weights` in rank order.
    pub(super) fn totals(&self, weights: &[f64]) -> [f64; 4] {
        self.sums(weights, 0..self.rows.len())
    }

    /// How much the row at a rank counts.
    pub(super) fn weight(&self, rank: usize) -> f64 {
        self.parts.get(rank).map_or(1.0, |[negative, positive]| negative + positive)
    }

    fn sums(&self, weights: &[f64], ranks: Range<usize>) -> [f64; 4] {
        let mut sums = [0.0; 4];
        let classes = self.classes[ranks.clone()].iter().zip(&weights[ranks.clone()]);
        if self.parts.is_empty() {
            classes.for_each(|(&class, &weight)| sums[usize::from(class & 3)] += weight);
            return sums;
        }
        for ((&class, &weight), [negative, positive]) in classes.zip(&self.parts[ranks]) {
            let half = usize::from(class & 2);
            sums[half] += weight * negative;
            sums[half + 1] += weight * positive;
        }
        sums
    }

    /// As [`Ranking::sums`] of one rank: most scores have no equal.
    fn alone(&self, weights: &[f64], rank: usize) -> [f64; 4] {
        let (mut sums, class, weight) = ([0.0; 4], self.classes[rank], weights[rank]);
        match self.parts.get(rank) {
            None => sums[usize::from(class & 3)] = weight,
            Some([negative, positive]) => {
                let half = usize::from(class & 2);
                (sums[half], sums[half + 1]) = (weight * negative, weight * positive);
            }
        }
        sums
    }

    /// Runs of equal scores from the highest score down; `weights` in rank order.
    pub fn ties<'a>(&'a self, weights: &'a [f64]) -> impl Iterator<Item = Tie> + 'a {
        let mut start = 0;
        self.tie_ends.iter().map(move |&end| {
            let end = end as usize;
            let sums = if end == start + 1 { self.alone(weights, start) } else { self.sums(weights, start..end) };
            let tie = Tie {
                start,
                end,
                positive: sums[1] + sums[3],
                negative: sums[0] + sums[2],
                second_positive: sums[3],
                second_negative: sums[2],
            };
            start = end;
            tie
        })
    }
}

/// An integer that ascends as the score descends, in the order of `f64::total_cmp`.
fn descending(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits(); // the addition makes −0 and 0 one
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_ranked_by_descending_score_then_by_row() {
        let scores = [-1.0, 0.25, f64::MAX, 0.25, -0.0, 0.0, -3.0];
        let found = Ranking::new(&scores, &[true, false, true, true, false, true, false]);
        assert_eq!(found.rows, [2, 1, 3, 4, 5, 0, 6]);
        assert_eq!(found.labels, [true, false, true, false, true, true, false]);
        assert_eq!(found.tie_ends, [1, 3, 5, 6, 7]);
    }

    #[test]
    fn within_groups_the_order_stays_and_ties_end_at_the_border() {
        let ranking = Ranking::new(&[0.5, 0.5, 0.9, 0.1], &[true, false, false, true]);
        let found = ranking.by_group(&[1, 0, 1, 0], 2);
        assert_eq!(found.rows, [1, 3, 2, 0]);
        assert_eq!(found.labels, [false, true, false, true]);
        assert_eq!(found.tie_ends, [1, 2, 3, 4]);
    }

    #[test]
    fn a_run_of_equal_scores_is_told_by_half() {
        let ranking = Ranking::new(&[0.5; 4], &[true, false, true, false]).in_halves(|row| row >= 2);
        let weights = [1.0, 2.0, 4.0, 8.0];
        let tie = ranking.ties(&weights).next().unwrap();
        assert_eq!((tie.positive, tie.negative, tie.second_positive, tie.second_negative), (5.0, 10.0, 4.0, 8.0));
        assert_eq!(ranking.totals(&weights), [2.0, 1.0, 8.0, 4.0]);
    }
}
