//! Rows in the order of their scores, sorted once: what rank metrics walk along, replicate after replicate.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

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
    /// - `sums`: as [`Ranking::totals`], of these ranks
    #[inline(always)]
    fn new(ranks: Range<usize>, sums: [f64; 4]) -> Self {
        Self {
            start: ranks.start,
            end: ranks.end,
            positive: sums[1] + sums[3],
            negative: sums[0] + sums[2],
            second_positive: sums[3],
            second_negative: sums[2],
        }
    }

    pub fn weight(&self) -> f64 {
        self.positive + self.negative
    }
}

/// Numbers codes densely, in order of first use; returns a number for each code, and how many there are.
pub(super) fn dense(codes: &[u32]) -> (Vec<u32>, usize) {
    let mut index_of = HashMap::<u32, u32, FixedState>::default();
    let numbers = codes
        .iter()
        .map(|code| {
            let next = index_of.len() as u32;
            *index_of.entry(*code).or_insert(next)
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
        for ((&class, &weight), part) in classes.zip(&self.parts[ranks]) {
            add_parts(&mut sums, class, weight, part);
        }
        sums
    }

    /// As [`Ranking::sums`], of rows that are weighted by their unit; `units` in rank order.
    fn sums_by_unit(&self, units: &[u32], unit_weights: &[f64], ranks: Range<usize>) -> [f64; 4] {
        let (classes, units) = (&self.classes[ranks.clone()], &units[ranks.clone()]);
        if self.parts.is_empty() {
            return esmm_slices::sums_by_class(classes, units, unit_weights);
        }
        let mut sums = [0.0; 4];
        for ((&class, &unit), part) in classes.iter().zip(units).zip(&self.parts[ranks]) {
            add_parts(&mut sums, class, unit_weights[unit as usize], part);
        }
        sums
    }

    /// As [`Ranking::sums`] of one rank: most scores have no equal.
    fn alone(&self, weights: &[f64], rank: usize) -> [f64; 4] {
        let (mut sums, class, weight) = ([0.0; 4], self.classes[rank], weights[rank]);
        match self.parts.get(rank) {
            None => sums[usize::from(class & 3)] = weight,
            Some(part) => add_parts(&mut sums, class, weight, part),
        }
        sums
    }

    /// Runs of equal scores from the highest score down; `weights` in rank order.
    pub fn ties<'a>(&'a self, weights: &'a [f64]) -> impl Iterator<Item = Tie> + 'a {
        let mut start = 0;
        self.tie_ends.iter().map(move |&end| {
            let end = end as usize;
            let sums = if end == start + 1 { self.alone(weights, start) } else { self.sums(weights, start..end) };
            let tie = Tie::new(start..end, sums);
            start = end;
            tie
        })
    }

    /// Ends of the runs of equal scores, neighbours without a positive put together: what only changes where a positive is
    /// called needs no more of them than their weight.
    pub(super) fn stretch_ends(&self) -> Vec<u32> {
        let has_positive = |ranks: Range<usize>| match self.parts.get(ranks.clone()) {
            Some(parts) => parts.iter().any(|[_, positive]| *positive != 0.0),
            None => self.labels[ranks].contains(&true),
        };
        let mut ends: Vec<u32> = Vec::new();
        let (mut start, mut is_open) = (0, false);
        for &end in &self.tie_ends {
            let is_mergeable = !has_positive(start..end as usize);
            match ends.last_mut() {
                Some(last) if is_open && is_mergeable => *last = end,
                _ => ends.push(end),
            }
            (start, is_open) = (end as usize, is_mergeable);
        }
        ends
    }

    /// The rows from each of [`Ranking::stretch_ends`] to the next, as if their scores were equal.
    ///
    /// # Shapes
    /// - `units`: a place in `unit_weights` by rank
    pub(super) fn stretches(&self, stretch_ends: &[u32], units: &[u32], unit_weights: &[f64]) -> Vec<Tie> {
        let mut start = 0;
        let stretch = |&end: &u32| {
            let ranks = start..end as usize;
            start = end as usize;
            Tie::new(ranks.clone(), self.sums_by_unit(units, unit_weights, ranks))
        };
        stretch_ends.iter().map(stretch).collect()
    }
}

/// Adds a row of which parts are negative and positive.
#[inline(always)]
fn add_parts(sums: &mut [f64; 4], class: u8, weight: f64, [negative, positive]: &[f64; 2]) {
    let half = usize::from(class & 2);
    sums[half] += weight * negative;
    sums[half + 1] += weight * positive;
}

/// An integer that ascends as the score descends, in the order of `f64::total_cmp`.
fn descending(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits(); // the addition makes −0 and 0 one
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::super::input::Exposure;
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
    fn neighbours_without_a_positive_are_one_stretch() {
        let scores = [0.9, 0.8, 0.7, 0.7, 0.6, 0.5, 0.4, 0.3];
        let labels = [false, false, true, false, true, false, false, true];
        assert_eq!(Ranking::new(&scores, &labels).stretch_ends(), [2, 4, 5, 7, 8]);
        assert_eq!(Ranking::new(&scores, &[false; 8]).stretch_ends(), [8]);
        assert_eq!(Ranking::new(&scores, &[true; 8]).stretch_ends(), [1, 2, 4, 5, 6, 7, 8]);
        assert_eq!(Ranking::new(&[], &[]).stretch_ends(), [0u32; 0]);
    }

    #[test]
    fn a_negative_row_of_which_a_part_is_positive_stays_by_itself() {
        let exposure = Exposure { weight: vec![1.0, 1.0, 0.5, 0.5, 1.0], positive: vec![0.0, 0.0, 0.2, 0.0, 0.0] };
        let task = TaskInput {
            rows: (0..5).collect(),
            p: vec![0.9, 0.8, 0.7, 0.6, 0.5],
            labels: vec![false; 5],
            exposure: Some(exposure),
            ..TaskInput::default()
        };
        assert_eq!(Ranking::new(&task.p, &task.labels).counted(&task).stretch_ends(), [2, 3, 5]);
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
