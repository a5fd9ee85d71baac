//! One metric of several models with its interval: of this experiment and of the one before.

use super::compare::measure;
use crate::app::format;
use crate::app::models::{averaged, display_name, models_of};
use crate::domain::metrics::Metric;
use crate::domain::report::{Judgement, Measure, over_seeds, why_untold_alone};
use crate::protocol::Run;

/// One metric of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    pub model: String,
    pub label: String,
    /// Mean over the seeds.
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// The value of each seed.
    pub seeds: Vec<f64>,
    /// Reason why it is not judged.
    pub untold: Option<Judgement>,
    /// Of the experiment before, drawn pale.
    pub is_before: bool,
}

/// The metric `key` of every model's shown evaluation; models without a value are left out.
pub fn intervals(runs: &[Run], key: &str, is_before: bool) -> Vec<Interval> {
    let one = |model: &str| {
        let measures: Vec<Measure> = averaged(runs)
            .filter(|run| run.model.name == model)
            .filter_map(measure)
            .filter(|m| has_value(m, key))
            .collect();
        let Metric::Value { value, low, high } = (!measures.is_empty()).then(|| over_seeds(&measures, key))? else {
            return None;
        };
        let seeds = measures.iter().filter_map(|measure| measure.metrics.get(key)?.value()).collect();
        let (model, label) = (model.to_owned(), display_name(model).to_owned());
        let untold = why_untold_alone(&measures, key);
        Some(Interval { model, label, value, low, high, seeds, untold, is_before })
    };
    models_of(runs).into_iter().filter_map(one).collect()
}

fn has_value(measure: &Measure, key: &str) -> bool {
    measure.metrics.get(key).is_some_and(|metric| metric.value().is_some())
}

/// Verdict on whether a model is too high or too low on average.
pub fn verdict(row: &Interval) -> String {
    let Interval { label, value, low, high, untold, .. } = row;
    let by = format!("{} ({})", format::signed(*value, *low, *high), format::interval(*low, *high));
    let alone = format::signed(*value, value - 0.001, value + 0.001);
    if high - low < 1e-12 {
        return text!(story::inherent::off_so_far, model = label, value = alone);
    }
    match untold {
        Some(Judgement::FewSeeds) => {
            return text!(story::inherent::untold_seeds, model = label, value = alone);
        }
        Some(Judgement::TooFewPositives) => return text!(story::inherent::untold_few, model = label, value = alone),
        Some(_) => return text!(story::inherent::untold_learning, model = label, value = alone),
        None => {}
    }
    match (*low > 0.0, *high < 0.0) {
        (true, _) => text!(story::inherent::too_high, model = label, by = by),
        (_, true) => text!(story::inherent::too_low, model = label, by = by),
        _ => text!(story::inherent::no_bias, model = label, by = by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn seeds_that_disagree_widen_the_interval() {
        let with = |value: f64| evaluation(&[("auc.ctcvr", value, 0.0)]);
        let alike = [run(1, "esmm", 1, with(0.70)), run(2, "esmm", 2, with(0.70))];
        let apart = [run(1, "esmm", 1, with(0.68)), run(2, "esmm", 2, with(0.72))];
        let width = |runs: &[Run]| intervals(runs, "auc.ctcvr", false).remove(0);
        let (alike, apart) = (width(&alike), width(&apart));
        assert!((alike.value - apart.value).abs() < 1e-12);
        assert!(apart.high - apart.low > alike.high - alike.low && alike.high > alike.low);
    }

    #[test]
    fn seeds_of_one_model_are_one_row() {
        let with = |value: f64| evaluation(&[("auc.ctcvr", value, 0.0)]);
        let runs = [run(1, "naive", 1, with(0.6)), run(2, "esmm", 1, with(0.7)), run(3, "esmm", 2, with(0.8))];
        let rows = intervals(&runs, "auc.ctcvr", false);
        assert_eq!(rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["naive CVR", "ESMM"]);
        assert_eq!(rows[1].seeds.len(), 2);
        assert!((rows[1].value - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_verdict_says_no_more_than_its_interval() {
        let row = |low: f64, high: f64| Interval {
            model: "esmm".into(),
            label: "ESMM".into(),
            value: (low + high) / 2.0,
            low,
            high,
            seeds: vec![],
            untold: None,
            is_before: false,
        };
        assert!(verdict(&row(0.01, 0.03)).contains("too high"));
        assert!(verdict(&row(-0.03, -0.01)).contains("too low"));
        assert!(verdict(&row(-0.01, 0.03)).contains("no bias beyond noise"));
        for untold in [Judgement::FewSeeds, Judgement::TooFewPositives, Judgement::NotConverged] {
            let said = verdict(&Interval { untold: Some(untold), ..row(0.01, 0.03) });
            assert!(said.contains("cannot be told") && !said.contains("on average"), "{said}");
        }
    }
}
