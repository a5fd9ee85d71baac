//! AUC within groups (users, searches), averaged.

use super::Undefined;
use super::auc::Area;
use super::ranking::Ranking;
use super::registry::GroupCoverage;

/// How groups are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupWeight {
    /// Every group counts once (ESM²).
    One,
    Impressions,
    /// Positive labels: for the task ctr, clicks.
    Clicks,
}

/// Grouped AUC and how much of the log it covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauc {
    pub value: f64,
    pub groups_used: usize,
    /// Groups with one class, which have no AUC.
    pub groups_skipped: usize,
}

/// Grouped AUC.
///
/// # Errors
/// [`Undefined::NoMixedGroup`] when no group has both classes.
pub fn gauc(scores: &[f64], labels: &[bool], groups: &[u32], weight: GroupWeight) -> Result<Gauc, Undefined> {
    let ranking = GroupedRanking::new(scores, labels, groups);
    ranking.gauc(&vec![1.0; scores.len()], weight)
}

/// Rows ranked within their groups.
#[derive(Debug, Clone)]
pub(super) struct GroupedRanking {
    pub ranking: Ranking,
    /// End (exclusive rank) of each group.
    group_ends: Vec<u32>,
}

impl GroupedRanking {
    pub fn new(scores: &[f64], labels: &[bool], groups: &[u32]) -> Self {
        let ranking = Ranking::by_group(scores, labels, groups);
        let group = |rank: usize| groups[ranking.rows[rank] as usize];
        let n = ranking.rows.len();
        let group_ends =
            (1..=n).filter(|&end| end == n || group(end) != group(end - 1)).map(|end| end as u32).collect();
        Self { ranking, group_ends }
    }

    /// Groups with both classes, and groups without.
    pub fn coverage(&self) -> GroupCoverage {
        let mut start = 0;
        let is_mixed = |end: &u32| {
            let labels = &self.ranking.labels[start..*end as usize];
            start = *end as usize;
            labels.contains(&true) && labels.contains(&false)
        };
        let groups_used = self.group_ends.iter().map(is_mixed).filter(|&mixed| mixed).count();
        GroupCoverage { groups_used, groups_skipped: self.group_ends.len() - groups_used }
    }

    /// Grouped AUC with a weight per row (in rank order); a group counts as often as its mean row does.
    pub fn gauc(&self, weights: &[f64], weight: GroupWeight) -> Result<Gauc, Undefined> {
        if self.ranking.rows.is_empty() {
            return Err(Undefined::NoRows);
        }
        let (mut sum, mut total) = (0.0, 0.0);
        let (mut groups_used, mut groups_skipped) = (0, 0);
        let mut ties = self.ranking.ties(weights);
        let mut start = 0;
        for &group_end in &self.group_ends {
            let group_end = group_end as usize;
            let mut area = Area::default();
            let (mut rows, mut positive) = (0.0, 0.0);
            for tie in ties.by_ref() {
                area.add(tie);
                rows += tie.weight();
                positive += tie.positive;
                if tie.end == group_end {
                    break;
                }
            }
            match area.auc() {
                Ok(auc) => {
                    let group_weight = match weight {
                        GroupWeight::One => rows / (group_end - start) as f64,
                        GroupWeight::Impressions => rows,
                        GroupWeight::Clicks => positive,
                    };
                    sum += group_weight * auc;
                    total += group_weight;
                    groups_used += 1;
                }
                Err(_) => groups_skipped += 1,
            }
            start = group_end;
        }
        if groups_used == 0 {
            return Err(Undefined::NoMixedGroup);
        }
        Ok(Gauc { value: sum / total, groups_used, groups_skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Group 1: one positive above, one below the negative: 1/2. Group 2: all right: 1. Group 3: one class.
    const SCORES: [f64; 8] = [0.9, 0.5, 0.1, 0.8, 0.2, 0.2, 0.7, 0.6];
    const LABELS: [bool; 8] = [true, false, true, true, false, false, true, true];
    const GROUPS: [u32; 8] = [1, 1, 1, 2, 2, 2, 3, 3];

    #[test]
    fn groups_are_averaged_as_asked_and_counted() {
        for (weight, value) in [
            (GroupWeight::One, (0.5 + 1.0) / 2.0),
            (GroupWeight::Impressions, (3.0 * 0.5 + 3.0 * 1.0) / 6.0),
            (GroupWeight::Clicks, (2.0 * 0.5 + 1.0) / 3.0),
        ] {
            let found = gauc(&SCORES, &LABELS, &GROUPS, weight).unwrap();
            assert!((found.value - value).abs() < 1e-15, "{weight:?} {found:?}");
            assert_eq!((found.groups_used, found.groups_skipped), (2, 1));
        }
    }

    #[test]
    fn a_group_drawn_twice_counts_twice() {
        let ranking = GroupedRanking::new(&SCORES, &LABELS, &GROUPS);
        let drawn = ranking.ranking.gather(&[2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        let found = ranking.gauc(&drawn, GroupWeight::One).unwrap();
        assert!((found.value - (2.0 * 0.5 + 1.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn without_a_mixed_group_there_is_no_value() {
        assert_eq!(gauc(&SCORES, &LABELS, &[0, 1, 2, 3, 4, 5, 6, 7], GroupWeight::One), Err(Undefined::NoMixedGroup));
    }
}
