//! AUC within groups (users, searches), averaged.

use super::Undefined;
use super::auc::Area;
use super::input::GroupCoverage;
use super::ranking::{Ranking, dense};

/// How groups are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupWeight {
    /// Every group counts once (ESM²).
    One,
    /// As often as it has impressions (of the task's rows).
    Impressions,
    /// As often as it has clicks.
    Clicks,
}

/// Rows ranked within their groups.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    ranking: Ranking,
    groups: Vec<Group>,
    /// Resampling unit at each rank.
    units: Vec<u32>,
    /// At each rank the impressions that its row stands for, if it was clicked, else 0; absent when clicks are not known.
    clicks: Option<Vec<f64>>,
    /// Whether every group lies within one unit: resampled, it then counts more or less often, but its AUC stays.
    is_fixed: bool,
}

/// One group of a log as it is.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// Rank after its last.
    end: usize,
    /// A unit of its rows: all of them when groups are fixed.
    unit: u32,
    auc: Option<f64>,
    rows: f64,
    clicks: f64,
}

impl Groups {
    /// # Shapes
    /// - `group_of_row`, `clicks`, `unit_of_row`: one a row of the ranking
    /// - `weights`: impressions that each row stands for, where not each stands for itself
    pub fn new(
        ranking: &Ranking,
        group_of_row: &[u32],
        clicks: Option<&[bool]>,
        unit_of_row: &[u32],
        weights: Option<&[f64]>,
    ) -> Self {
        let (numbers, n_groups) = dense(group_of_row);
        let ranking = ranking.by_group(&numbers, n_groups).sampled(weights);
        let units: Vec<u32> = ranking.rows.iter().map(|&row| unit_of_row[row as usize]).collect();
        let stands_for = |row: u32| weights.map_or(1.0, |weights| weights[row as usize]);
        let clicked = |clicks: &[bool], row: u32| if clicks[row as usize] { stands_for(row) } else { 0.0 };
        let of_rank = |clicks: &[bool]| ranking.rows.iter().map(|&row| clicked(clicks, row)).collect();
        let clicks: Option<Vec<f64>> = clicks.map(of_rank);
        let number = |rank: usize| numbers[ranking.rows[rank] as usize];
        let n = ranking.rows.len();
        let mut groups: Vec<Group> = (1..=n)
            .filter(|&end| end == n || number(end) != number(end - 1))
            .map(|end| Group { end, unit: units[end - 1], auc: None, rows: 0.0, clicks: 0.0 })
            .collect();
        let starts = || std::iter::once(0).chain(groups.iter().map(|group| group.end));
        let is_fixed =
            groups.iter().zip(starts()).all(|(group, start)| units[start..group.end].iter().all(|&u| u == group.unit));
        let mut found = Self { ranking, groups: Vec::new(), units, clicks, is_fixed };
        let ones = vec![1.0; n];
        found.walk(&mut groups, &ones);
        found.groups = groups;
        found
    }

    /// Groups with both classes, and groups without.
    pub fn coverage(&self) -> GroupCoverage {
        let groups_used = self.groups.iter().filter(|group| group.auc.is_some()).count();
        GroupCoverage { groups_used, groups_skipped: self.groups.len() - groups_used }
    }

    /// Means over groups with a weight for each unit; a group counts as often as its mean row does.
    pub fn means(&self, unit_weights: &[f64]) -> GroupMeans {
        let mut means =
            GroupMeans { has_rows: !self.groups.is_empty(), knows_clicks: self.clicks.is_some(), ..Default::default() };
        if self.is_fixed {
            for group in &self.groups {
                means.add(group, unit_weights[group.unit as usize]);
            }
            return means;
        }
        let weights: Vec<f64> = self.units.iter().map(|&unit| unit_weights[unit as usize]).collect();
        let mut drawn = self.groups.clone();
        self.walk(&mut drawn, &weights);
        for (drawn, group) in drawn.iter().zip(&self.groups) {
            // Weighted sums already: as a group that is drawn once.
            let times = drawn.rows / group.rows;
            if times > 0.0 {
                means.add(&Group { rows: drawn.rows / times, clicks: drawn.clicks / times, ..*drawn }, times);
            }
        }
        means
    }

    /// Fills in each group's AUC and sums under weights in rank order.
    fn walk(&self, groups: &mut [Group], weights: &[f64]) {
        let mut ties = self.ranking.ties(weights);
        let mut start = 0;
        for group in groups {
            let mut area = Area::default();
            group.rows = 0.0;
            for tie in ties.by_ref() {
                area.add(&tie);
                group.rows += tie.weight();
                if tie.end == group.end {
                    break;
                }
            }
            group.auc = area.auc().ok();
            let ranks = start..group.end;
            group.clicks = self.clicks.as_ref().map_or(0.0, |clicks| {
                clicks[ranks.clone()].iter().zip(&weights[ranks]).map(|(click, weight)| click * weight).sum()
            });
            start = group.end;
        }
    }
}

/// Sums over groups that have both classes, under each weight.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupMeans {
    has_rows: bool,
    knows_clicks: bool,
    /// Σ weight·AUC and Σ weight, by [`GroupWeight`].
    sums: [(f64, f64); 3],
}

impl GroupMeans {
    fn add(&mut self, group: &Group, times: f64) {
        let Some(auc) = group.auc else { return };
        for (sum, weight) in self.sums.iter_mut().zip([1.0, group.rows, group.clicks]) {
            sum.0 += times * weight * auc;
            sum.1 += times * weight;
        }
    }

    pub fn mean(&self, weight: GroupWeight) -> Result<f64, Undefined> {
        let (sum, total) = self.sums[weight as usize];
        if !self.has_rows {
            Err(Undefined::NoRows)
        } else if self.sums[0].1 <= 0.0 {
            Err(Undefined::NoMixedGroup)
        } else if weight == GroupWeight::Clicks && !self.knows_clicks {
            Err(Undefined::NoLabel)
        } else if total <= 0.0 {
            Err(Undefined::NoClick)
        } else {
            Ok(sum / total)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::*;

    /// Group 1: one positive above, one below the negative: 1/2. Group 2: all right: 1. Group 3: one class.
    const SCORES: [f64; 8] = [0.9, 0.5, 0.1, 0.8, 0.2, 0.2, 0.7, 0.6];
    const LABELS: [bool; 8] = [true, false, true, true, false, false, true, true];
    const CLICKS: [bool; 8] = [true, false, true, true, false, false, true, true];
    const GROUPS: [u32; 8] = [1, 1, 1, 2, 2, 2, 3, 3];

    fn gauc(name: &str, groups: &[u32], clicks: &[bool]) -> Result<f64, Undefined> {
        let mut given = Given::new(&SCORES, &LABELS);
        (given.groups, given.clicks) = (Some(groups.to_vec()), Some(clicks.to_vec()));
        given.metric(name)
    }

    #[test]
    fn groups_are_averaged_as_asked_and_counted() {
        for (name, value) in [
            ("gauc", (0.5 + 1.0) / 2.0),
            ("gauc_impressions", (3.0 * 0.5 + 3.0 * 1.0) / 6.0),
            ("gauc_clicks", (2.0 * 0.5 + 1.0) / 3.0),
        ] {
            let found = gauc(name, &GROUPS, &CLICKS).unwrap();
            assert!((found - value).abs() < 1e-15, "{name} {found}");
        }
        let groups = Groups::new(&Ranking::new(&SCORES, &LABELS), &GROUPS, None, &GROUPS, None);
        assert_eq!(groups.coverage(), GroupCoverage { groups_used: 2, groups_skipped: 1 });
    }

    #[test]
    fn a_group_drawn_twice_counts_twice() {
        let ranking = Ranking::new(&SCORES, &LABELS);
        // Users are the groups; or every row is a unit of its own, drawn alike.
        for (units, weights) in [
            (vec![0, 0, 0, 1, 1, 1, 2, 2], vec![2.0, 1.0, 0.0]),
            ((0..8).collect(), vec![2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
        ] {
            let groups = Groups::new(&ranking, &GROUPS, Some(&CLICKS), &units, None);
            let means = groups.means(&weights);
            for (weight, value) in [
                (GroupWeight::One, (2.0 * 0.5 + 1.0) / 3.0),
                (GroupWeight::Impressions, (6.0 * 0.5 + 3.0) / 9.0),
                (GroupWeight::Clicks, (4.0 * 0.5 + 1.0) / 5.0),
            ] {
                assert!((means.mean(weight).unwrap() - value).abs() < 1e-15, "{weight:?} {units:?}");
            }
        }
    }

    #[test]
    fn without_a_mixed_group_there_is_no_value() {
        assert_eq!(gauc("gauc", &[0, 1, 2, 3, 4, 5, 6, 7], &CLICKS), Err(Undefined::NoMixedGroup));
        assert_eq!(gauc("gauc_clicks", &GROUPS, &[false; 8]), Err(Undefined::NoClick));
    }
}
