//! Sentences about the data that a comparison lacks.

use crate::app::format;
use crate::domain::metrics::MetricKey;
use crate::domain::report::{Difference, Judgement};

/// The number of held-out positives, or training seeds, that would show a difference of this size; empty if it is shown, or
/// if more data would not help.
pub fn sentence(found: &Difference, key: &str, n_seeds: usize) -> String {
    let Difference { verdict, positives: there, needed, .. } = *found;
    if verdict.tells() || verdict == Judgement::NotConverged {
        return String::new();
    }
    let what = positives_of(key);
    let count = |n: usize| format::count(n);
    // Rounded: an estimate from noise has two digits at most.
    let about = |n: usize| format::count(rounded_up(n));
    let positives = needed.positives.filter(|&needed| needed > there);
    let seeds = needed.seeds.filter(|&needed| needed > n_seeds);
    match (positives, seeds) {
        (Some(positives), Some(seeds)) if verdict == Judgement::FewSeeds => text!(
            metrics::certain::few_seeds_and,
            seeds = seeds.to_string(),
            positives = about(positives),
            what = what,
            there = count(there)
        ),
        (None, Some(seeds)) if verdict == Judgement::FewSeeds => {
            text!(metrics::certain::few_seeds, seeds = seeds.to_string())
        }
        (Some(positives), _) if verdict == Judgement::TooFewPositives => {
            text!(metrics::certain::judged_from, positives = about(positives), what = what, there = count(there))
        }
        (Some(positives), Some(seeds)) => text!(
            metrics::certain::either,
            positives = about(positives),
            what = what,
            there = count(there),
            seeds = seeds.to_string(),
            seeds_there = n_seeds.to_string()
        ),
        (Some(positives), None) => {
            text!(metrics::certain::positives, positives = about(positives), what = what, there = count(there))
        }
        (None, Some(seeds)) => {
            text!(metrics::certain::seeds, seeds = seeds.to_string(), there = n_seeds.to_string())
        }
        (None, None) if needed.positives.is_none() && needed.seeds.is_none() => {
            text!(metrics::certain::both, what = what).to_owned()
        }
        (None, None) => String::new(),
    }
}

/// The words for the positives of a metric's task.
fn positives_of(key: &str) -> &'static str {
    match MetricKey::parse(key).map_or("", |key| key.task) {
        "ctr" => text!(metrics::certain::clicks),
        task if task.starts_with("cvr") || task.starts_with("ctcvr") => text!(metrics::certain::purchases),
        _ => text!(metrics::certain::labels),
    }
}

/// `n` rounded up to two digits.
fn rounded_up(n: usize) -> usize {
    let unit = 10_usize.pow((n.max(1).ilog10()).saturating_sub(1));
    n.div_ceil(unit) * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::Needed;

    fn found(verdict: Judgement, positives: Option<usize>, seeds: Option<usize>) -> Difference {
        Difference {
            value: 0.7,
            baseline: 0.69,
            difference: 0.01,
            low: -0.02,
            high: 0.04,
            verdict,
            p_value: 0.4,
            positives: 23,
            needed: Needed { positives, seeds },
        }
    }

    #[test]
    fn what_is_missing_is_said_in_purchases_and_seeds() {
        for (verdict, positives, seeds, expected) in [
            (Judgement::NoDifference, Some(341), None, "about 350 held-out purchases; there are 23"),
            (Judgement::NoDifference, None, Some(12), "12 training seeds; there are 3"),
            (Judgement::NoDifference, Some(341), Some(12), "or 12 training seeds"),
            (Judgement::AmongMany, None, None, "more of both"),
            (Judgement::FewSeeds, Some(20), Some(3), "at least 3 training seeds"),
            (Judgement::TooFewPositives, Some(40), None, "40"),
        ] {
            let said = sentence(
                &found(verdict, positives, seeds),
                "auc.ctcvr",
                3 - usize::from(verdict == Judgement::FewSeeds) * 2,
            );
            assert!(said.contains(expected), "{verdict:?}: {said}");
        }
        for verdict in [Judgement::Better, Judgement::Worse, Judgement::Differs, Judgement::NotConverged] {
            assert_eq!(sentence(&found(verdict, Some(341), None), "auc.ctcvr", 3), "");
        }
    }
}
