//! Models against the baseline, in words: verdicts of the paired differences of `domain::report`.

use crate::app::models::{display_name, models_of};
use crate::domain::metrics::Metric;
use crate::domain::report::{
    Comparisons, Difference, FEWEST_SEEDS, Judgement, Measure, compare, paired_difference, seed_pairs,
};
use crate::protocol::{Run, RunStatus};

use super::certainty;
use crate::app::format;

/// The metric of ranking purchases.
pub const RANKING: &str = "auc.ctcvr";
/// The metric of distance to the truth, whose minimum only the truth has.
pub const DISTANCE: &str = "kl_truth.cvr_entire_space";

/// The run's shown evaluation, as input of a comparison.
pub fn measure(run: &Run) -> Option<Measure<'_>> {
    run.measure(run.shown()?)
}

/// All runs against the baseline, in every metric: the table's verdicts.
pub fn compared(runs: &[Run], pinned: Option<&str>) -> Option<Comparisons> {
    let measures: Vec<Measure> = runs.iter().filter_map(measure).collect();
    pinned.map(|pinned| compare(&measures, pinned))
}

/// Whether `other` beats `pinned` on this log, in words, for CTCVR ranking and closeness to the true CVR.
///
/// These two comparisons are fixed in advance, so neither is corrected for the other; their number is stated. An undecided
/// one gets a sentence about the data that it lacks.
pub fn headline(runs: &[Run], pinned: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let (mut seeds, mut judged) = (0, 0);
    let mut truth_missing = false;
    for other in others(runs, pinned) {
        let pairs = paired(runs, other, pinned);
        if pairs.is_empty() {
            continue;
        }
        seeds = seeds.max(pairs.len());
        for key in [RANKING, DISTANCE] {
            let Ok(found) = paired_difference(&pairs, key) else { continue };
            judged += usize::from(found.verdict.tells() || found.verdict == Judgement::NoDifference);
            sentences.push(claim(&found, pairs.len(), key, other, pinned));
        }
        truth_missing |=
            pairs.iter().any(|(ours, _)| !matches!(ours.metrics.get(DISTANCE), Some(Metric::Value { .. })));
    }
    if sentences.is_empty() {
        return sentences;
    }
    if truth_missing {
        sentences.push(text!(metrics::no_truth).to_owned());
    }
    sentences.push(match seeds {
        1 => text!(metrics::one_seed).to_owned(),
        n if n < FEWEST_SEEDS => text!(metrics::few_seeds, seeds = n.to_string()),
        n => text!(metrics::seeds, seeds = n.to_string()),
    });
    if runs.iter().any(|run| run.status == (RunStatus::FromFile { is_seeded: false })) {
        sentences.push(text!(metrics::as_they_are).to_owned());
    }
    if judged > 1 {
        sentences.push(text!(metrics::judged, count = judged.to_string()));
    }
    sentences
}

/// Verdicts on every other model against `pinned` in one metric: [`RANKING`] or [`DISTANCE`].
pub fn claims(runs: &[Run], key: &str, pinned: &str) -> Vec<String> {
    let said = |other| {
        let pairs = paired(runs, other, pinned);
        Some(claim(&paired_difference(&pairs, key).ok()?, pairs.len(), key, other, pinned))
    };
    others(runs, pinned).into_iter().filter_map(said).collect()
}

fn others<'a>(runs: &'a [Run], pinned: &str) -> Vec<&'a str> {
    models_of(runs).into_iter().filter(|model| *model != pinned).collect()
}

/// Evaluations of `other` and `pinned` that are compared with each other.
fn paired<'a>(runs: &'a [Run], other: &str, pinned: &str) -> Vec<(Measure<'a>, Measure<'a>)> {
    let is_one = |run: &&Run| [other, pinned].contains(&run.model.name.as_str());
    let measures: Vec<Measure> = runs.iter().filter(is_one).filter_map(measure).collect();
    seed_pairs(&measures, other, pinned)
}

fn claim(found: &Difference, n_seeds: usize, key: &str, other: &str, pinned: &str) -> String {
    let (other, pinned) = (display_name(other), display_name(pinned));
    let is_ranking = key == RANKING;
    let what = if is_ranking { text!(metrics::claim::auc) } else { text!(metrics::claim::distance) };
    let numbers = numbers(found);
    let certain = certainty::sentence(found, key, n_seeds);
    let untold = match found.verdict {
        Judgement::FewSeeds => {
            let seeds = match n_seeds {
                1 => text!(metrics::claim::one_seed).to_owned(),
                n => text!(metrics::claim::few_seeds, seeds = n.to_string()),
            };
            text!(
                metrics::claim::too_few_seeds,
                other = other,
                pinned = pinned,
                what = what,
                seeds = seeds,
                numbers = numbers
            )
        }
        Judgement::TooFewPositives => {
            text!(metrics::claim::too_few, other = other, pinned = pinned, what = what, numbers = numbers)
        }
        Judgement::NotConverged => {
            text!(metrics::claim::not_converged, other = other, pinned = pinned, what = what, numbers = numbers)
        }
        Judgement::NoDifference | Judgement::AmongMany => {
            text!(metrics::claim::noise, other = other, pinned = pinned, what = what, numbers = numbers)
        }
        Judgement::Better | Judgement::Worse | Judgement::Differs => {
            return match (is_ranking, found.difference > 0.0) {
                (true, true) => text!(metrics::claim::auc_better, other = other, pinned = pinned, numbers = numbers),
                (true, false) => text!(metrics::claim::auc_worse, other = other, pinned = pinned, numbers = numbers),
                (false, true) => {
                    text!(metrics::claim::truth_further, other = other, pinned = pinned, numbers = numbers)
                }
                (false, false) => {
                    text!(metrics::claim::truth_closer, other = other, pinned = pinned, numbers = numbers)
                }
            };
        }
    };
    if certain.is_empty() { untold } else { format!("{untold} {certain}") }
}

/// The two values, and their difference with its interval if that covers rows and seeds.
fn numbers(found: &Difference) -> String {
    let Difference { value, baseline, difference, low, high, verdict, .. } = *found;
    if !found.has_interval() || verdict == Judgement::FewSeeds {
        let digits = |value: f64| format::significant(value, 3);
        return text!(metrics::claim::values, value = digits(value), baseline = digits(baseline));
    }
    text!(
        metrics::claim::numbers,
        value = format::by_interval(value, low, high),
        baseline = format::by_interval(baseline, low, high),
        difference = format::signed(difference, low, high),
        interval = format::interval(low, high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    /// Runs of both models with seeds 1 to 3, in both of the headline's metrics.
    fn runs(auc: [f64; 2], distance: [f64; 2], own: f64) -> Vec<Run> {
        let mut runs = Vec::new();
        for seed in 1..=3_u32 {
            for (index, model) in ["naive", "esmm"].into_iter().enumerate() {
                // Seeds that agree but for a little.
                let wobble = 1e-4 * f64::from(seed % 2) * index as f64;
                let own = own * index as f64;
                let metrics = [(RANKING, auc[index] + wobble, own), (DISTANCE, distance[index] + wobble, own)];
                let id = 2 * seed + index as u32;
                runs.push(run(id, model, u64::from(seed), evaluation(&metrics)));
            }
        }
        runs
    }

    #[test]
    fn the_headline_says_noise_where_there_is_only_noise_and_what_would_tell() {
        let sentences = headline(&runs([0.760, 0.762], [0.10, 0.08], 0.002), "naive");
        assert!(sentences[0].contains("no difference beyond noise in CTCVR AUC"), "{sentences:?}");
        assert!(sentences[0].contains("held-out purchases"), "{sentences:?}");
        assert!(sentences[1].contains("ESMM is closer to the true CVR than naive"), "{sentences:?}");
        assert!(sentences[2].contains("3 training seeds"), "{sentences:?}");
        assert!(sentences[3].contains('2'), "how many were judged: {sentences:?}");
    }

    #[test]
    fn of_one_seed_nothing_is_told_however_far_apart_the_models_are() {
        let one: Vec<Run> = runs([0.60, 0.80], [0.10, 0.08], 0.001).into_iter().filter(|run| run.seed == 1).collect();
        let sentences = headline(&one, "naive");
        for sentence in &sentences[..2] {
            assert!(sentence.contains("cannot be told"), "{sentences:?}");
            assert!(sentence.contains("3 training seeds"), "{sentences:?}");
            for word in ["better", "worse", "closer", "further", "interval"] {
                assert!(!sentence.contains(word), "{word}: {sentences:?}");
            }
        }
    }

    #[test]
    fn of_few_positives_and_of_runs_that_were_left_nothing_is_told() {
        let mut few = runs([0.60, 0.80], [0.10, 0.08], 0.001);
        for run in &mut few {
            run.evaluations[0].support.values_mut().for_each(|support| {
                (support.positives, support.positive_units) = (7, 7);
            });
        }
        let sentences = headline(&few, "naive");
        assert!(sentences[0].contains("cannot be told") && sentences[0].contains("there are 7"), "{sentences:?}");
        let mut left = runs([0.60, 0.80], [0.10, 0.08], 0.001);
        left[0].progress.as_mut().unwrap().total_steps = 9;
        let sentences = headline(&left, "naive");
        assert!(sentences[0].contains("cannot be told"), "{sentences:?}");
    }

    #[test]
    fn the_headline_waits_for_the_pinned_model_and_pairs_by_seed() {
        let key = "auc.ctcvr";
        assert!(headline(&[run(1, "esmm", 1, evaluation(&[(key, 0.7, 0.0)]))], "naive").is_empty());
        let runs =
            [run(1, "naive", 1, evaluation(&[(key, 0.70, 0.0)])), run(2, "esmm", 2, evaluation(&[(key, 0.80, 0.0)]))];
        assert!(headline(&runs, "naive").is_empty());
    }
}
