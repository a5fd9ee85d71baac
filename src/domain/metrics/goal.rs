//! Which way a metric is better.

use super::MetricInfo;

/// What a metric should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The higher the better: rankings.
    Highest,
    /// The lower the better: losses and errors.
    Lowest,
    /// The nearer to this value the better: calibration ratios and biases.
    Near(f64),
}

impl Goal {
    /// The goal of the metric called `name` (without its task); `None` when there is no such metric, or none that a
    /// model ought to have.
    pub fn of(name: &str) -> Option<Self> {
        MetricInfo::of(name)?.goal
    }

    /// How much better `value` is than `other`; negative when it is worse.
    pub fn gain(self, value: f64, other: f64) -> f64 {
        match self {
            Self::Highest => value - other,
            Self::Lowest => other - value,
            Self::Near(wanted) => (other - wanted).abs() - (value - wanted).abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_registry_that_a_model_can_be_better_in_has_a_goal_and_no_other_has() {
        for name in crate::domain::metrics::metric_names() {
            let has_none = matches!(name, "prevalence" | "ece_chance" | "pcorr_ctr");
            assert_eq!(Goal::of(name).is_none(), has_none, "{name}");
        }
        assert!(["", "f1_top7", "accuracy"].iter().all(|name| Goal::of(name).is_none()));
    }

    #[test]
    fn better_is_a_positive_gain() {
        for (name, better, worse) in
            [("auc", 0.8, 0.7), ("logloss", 0.1, 0.2), ("pcoc", 0.9, 1.2), ("pcoc", 1.1, 0.8), ("bias", -0.01, 0.02)]
        {
            let goal = Goal::of(name).unwrap();
            assert!(goal.gain(better, worse) > 0.0 && goal.gain(worse, better) < 0.0, "{name}");
        }
    }
}
