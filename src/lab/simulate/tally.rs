//! What was asked of the intervals and verdicts, and how often they were right.

use std::collections::BTreeMap;

use super::world::{Logits, World};
use crate::domain::metrics::{Bootstrap, Metric, MetricKey};
use crate::domain::report::{Compared, Evaluation, Judgement, Measure, Training, compare, over_seeds};
use crate::domain::spec::ModelSpec;

/// Training seeds behind a number.
pub const SEEDS: [usize; 4] = [1, 2, 3, 5];
/// Lower ends of the groups of held-out sets, by the users with a label of the rarer class.
pub const EVENTS: [usize; 6] = [0, 10, 20, 50, 200, 600];

/// How often something was asked and happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub asked: usize,
    pub happened: usize,
}

/// The metric (or its key), the seeds, and the group of [`EVENTS`].
pub type Case = (String, usize, usize);

/// Counts of one simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// Intervals of a metric that hold its expectation.
    pub covered: BTreeMap<Case, Count>,
    /// Intervals of the difference between the two models that hold its expectation.
    pub covered_difference: BTreeMap<Case, Count>,
    /// Equal models that a verdict tells apart when it stands for itself.
    pub told_alone: BTreeMap<Case, Count>,
    /// Equal models whose interval excludes zero, whether or not anything would be said.
    pub excluded: BTreeMap<Case, Count>,
    /// Tables of equal models in which anything at all is told.
    pub told_in_table: BTreeMap<usize, Count>,
}

impl Count {
    fn add(&mut self, happened: bool) {
        self.asked += 1;
        self.happened += usize::from(happened);
    }

    pub fn share(&self) -> f64 {
        self.happened as f64 / self.asked as f64
    }
}

/// Evaluations of one model by its seeds.
struct Seen {
    sets: Vec<Evaluation>,
    /// The key's value by seed over all users.
    population: Vec<BTreeMap<String, Metric>>,
}

impl Tally {
    pub(super) fn count_log(&mut self, world: &World, models: &[ModelSpec; 2], trained: [&[Logits]; 2]) {
        let population = [0, 1].map(|index: usize| {
            let of_seed = |logits| world.evaluate(&models[index], logits, &world.population, Bootstrap::NONE).metrics;
            trained[index].iter().map(of_seed).collect::<Vec<_>>()
        });
        for set in &world.sets {
            let seen = [0, 1].map(|index: usize| Seen {
                sets: trained[index]
                    .iter()
                    .map(|logits| world.evaluate(&models[index], logits, set, Bootstrap::default()))
                    .collect(),
                population: population[index].clone(),
            });
            // The population is no infinite one: its own noise is taken out of what is compared with it.
            let shrink = (1.0 / (1.0 + set.len() as f64 / world.population.len() as f64)).sqrt();
            self.count_set(&seen, shrink);
        }
    }

    fn count_set(&mut self, seen: &[Seen; 2], shrink: f64) {
        let n = seen[0].sets.len();
        for n_seeds in SEEDS {
            let groups: Vec<Vec<usize>> =
                (0..n / n_seeds).map(|group| (group * n_seeds..(group + 1) * n_seeds).collect()).collect();
            for group in &groups {
                seen.iter().for_each(|seen| self.count_coverage(seen, group, shrink));
                self.count_difference(seen, group, shrink);
            }
            for pair in groups.chunks_exact(2) {
                seen.iter().for_each(|seen| self.count_equal(seen, &pair[0], &pair[1]));
            }
        }
    }

    fn count_coverage(&mut self, seen: &Seen, group: &[usize], shrink: f64) {
        let measures = measures(seen, "model", group);
        for key in seen.sets[0].metrics.keys() {
            let Metric::Value { value, low, high } = over_seeds(&measures, key) else { continue };
            let Some(off) = expected(seen, group, key).map(|expected| (value - expected.own) * shrink + expected.off)
            else {
                continue;
            };
            if low < high {
                let target = value - off;
                self.covered.entry(case(seen, key, group.len())).or_default().add(low <= target && target <= high);
            }
        }
    }

    fn count_difference(&mut self, seen: &[Seen; 2], group: &[usize], shrink: f64) {
        let both = [measures(&seen[0], "baseline", group), measures(&seen[1], "model", group)].concat();
        for (key, compared) in compare(&both, "baseline").models.into_iter().flat_map(|model| model.metrics) {
            let Compared::Difference(found) = compared else { continue };
            let expected = [0, 1].map(|index: usize| expected(&seen[index], group, &key));
            let ([Some(theirs), Some(ours)], true) = (expected, found.has_interval()) else { continue };
            let off = (found.difference - (ours.own - theirs.own)) * shrink + ours.off - theirs.off;
            let target = found.difference - off;
            let count = self.covered_difference.entry(case(&seen[1], &key, group.len())).or_default();
            count.add(found.low <= target && target <= found.high);
        }
    }

    /// Two trainings of one model, by different seeds.
    fn count_equal(&mut self, seen: &Seen, one: &[usize], other: &[usize]) {
        let both = [measures(seen, "one", one), measures(seen, "other", other)].concat();
        let compared = compare(&both, "one");
        self.told_in_table.entry(one.len()).or_default().add(compared.found > 0);
        for (key, compared) in compared.models.into_iter().flat_map(|model| model.metrics) {
            let Compared::Difference(found) = compared else { continue };
            let case = case(seen, &key, one.len());
            let alone = found.verdict.tells() || found.verdict == Judgement::AmongMany;
            self.told_alone.entry(case.clone()).or_default().add(alone);
            if found.has_interval() {
                self.excluded.entry(case).or_default().add(!found.spans_zero());
            }
        }
    }
}

/// What a group's mean is compared with.
struct Expected {
    /// The group's own mean over all users.
    own: f64,
    /// How far that is from the mean over all seeds.
    off: f64,
}

/// Over all users, and for more than one seed over all seeds. The group's own seeds are left out of these, and the noise of
/// the rest is taken out again: `n` seeds of which `S` are the group's leave the variance of the difference `n/(n − S)` times
/// that of the group's mean.
fn expected(seen: &Seen, group: &[usize], key: &str) -> Option<Expected> {
    let values: Option<Vec<f64>> = seen.population.iter().map(|metrics| metrics.get(key)?.value()).collect();
    let values = values?;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let own = mean(&group.iter().map(|&seed| values[seed]).collect::<Vec<_>>());
    let others: Vec<f64> = (0..values.len()).filter(|seed| !group.contains(seed)).map(|seed| values[seed]).collect();
    if group.len() == 1 || others.is_empty() {
        return Some(Expected { own, off: 0.0 });
    }
    let narrowed = (others.len() as f64 / values.len() as f64).sqrt();
    Some(Expected { own, off: (own - mean(&others)) * narrowed })
}

/// Runs of a group, numbered from 1 so that groups pair.
fn measures<'a>(seen: &'a Seen, name: &'a str, group: &[usize]) -> Vec<Measure<'a>> {
    let training = Training::Seeded { is_complete: true, path: &[] };
    (1..).zip(group).map(|(seed, &index)| seen.sets[index].measure(name, seed, training)).collect()
}

fn case(seen: &Seen, key: &str, n_seeds: usize) -> Case {
    let task = MetricKey::parse(key).map_or("", |key| key.task);
    let events = seen.sets[0].support.get(task).map_or(0, |support| support.events());
    (key.to_owned(), n_seeds, EVENTS.iter().rposition(|&low| events >= low).unwrap_or(0))
}
