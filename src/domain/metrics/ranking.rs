//! Rows in the order of their scores, sorted once: what rank metrics walk along, replicate after replicate.

use std::cmp::Ordering;

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
}

/// Weight of a run of equal scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// First rank of the run, and the rank after its last.
    pub start: usize,
    pub end: usize,
    pub positive: f64,
    pub negative: f64,
}

impl Tie {
    pub fn weight(&self) -> f64 {
        self.positive + self.negative
    }
}

impl Ranking {
    /// Ranks rows `0..scores.len()`.
    ///
    /// # Panics
    /// When scores and labels differ in number.
    pub fn new(scores: &[f64], labels: &[bool]) -> Self {
        Self::sorted(scores, labels, |_, _| Ordering::Equal)
    }

    /// Ranks rows group by group, groups ascending; a run of equal scores never crosses a group's border.
    pub fn by_group(scores: &[f64], labels: &[bool], groups: &[u32]) -> Self {
        assert_eq!(scores.len(), groups.len(), "one group a row");
        Self::sorted(scores, labels, |a, b| groups[a].cmp(&groups[b]))
    }

    fn sorted(scores: &[f64], labels: &[bool], outer: impl Fn(usize, usize) -> Ordering) -> Self {
        assert_eq!(scores.len(), labels.len(), "one label a row");
        let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
        // By row last, so that the order of equal scores does not depend on the sorting algorithm.
        rows.sort_unstable_by(|&a, &b| {
            let (i, j) = (a as usize, b as usize);
            outer(i, j).then(scores[j].total_cmp(&scores[i])).then(a.cmp(&b))
        });
        let of = |rank: usize| rows[rank] as usize;
        let tie_ends = (1..=rows.len())
            .filter(|&end| {
                end == rows.len() || scores[of(end)] != scores[of(end - 1)] || outer(of(end), of(end - 1)).is_ne()
            })
            .map(|end| end as u32)
            .collect();
        Self {
            scores: rows.iter().map(|&row| scores[row as usize]).collect(),
            labels: rows.iter().map(|&row| labels[row as usize]).collect(),
            rows,
            tie_ends,
        }
    }

    /// Weights of rows, put in rank order.
    pub fn gather(&self, weights: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&row| weights[row as usize]).collect()
    }

    /// Runs of equal scores from the highest score down; `weights` in rank order.
    pub fn ties<'a>(&'a self, weights: &'a [f64]) -> impl Iterator<Item = Tie> + 'a {
        let mut start = 0;
        self.tie_ends.iter().map(move |&end| {
            let end = end as usize;
            let (mut positive, mut negative) = (0.0, 0.0);
            for (&label, &weight) in self.labels[start..end].iter().zip(&weights[start..end]) {
                // Without a branch: which side a label falls on cannot be foretold.
                let label = f64::from(u8::from(label));
                positive += label * weight;
                negative += (1.0 - label) * weight;
            }
            let tie = Tie { start, end, positive, negative };
            start = end;
            tie
        })
    }
}
