//! Distance to the known truth.
//!
//! KL divergence and root mean square are least for the model that says the true probabilities: whoever minimises them
//! on average is right on average. The mean absolute distance is not such a measure: it is least for the *median* of the
//! true probabilities, so that of conversion rates, most of which lie below their mean, a model that says nearly 0 to
//! everything can be nearer than one that is right on average.

/// One row's cross-entropy to its true probability, `−q·log_p − (1−q)·log_not_p`, in nats.
pub(super) fn cross_entropy(log_p: f64, log_not_p: f64, truth: f64) -> f64 {
    -truth * log_p - (1.0 - truth) * log_not_p
}

/// `q ln (q / p) + (1 − q) ln ((1 − q) / (1 − p))` of one row, in nats: what the
/// prediction costs in log-loss above the least that any could. A certain truth (q of 0 or 1) has one term.
pub(super) fn divergence(log_p: f64, log_not_p: f64, truth: f64) -> f64 {
    let yes = if truth > 0.0 { truth * (libm::log(truth) - log_p) } else { 0.0 };
    let no = if truth < 1.0 { (1.0 - truth) * (libm::log1p(-truth) - log_not_p) } else { 0.0 };
    // Never negative but by rounding.
    (yes + no).max(0.0)
}

/// `ln (q / (1 − q))`; a certain truth is taken as a hair inside, where log-odds are finite.
pub(super) fn log_odds(truth: f64) -> f64 {
    let q = truth.clamp(1e-12, 1.0 - 1e-12);
    libm::log(q) - libm::log1p(-q)
}

#[cfg(test)]
mod tests {
    use super::super::Undefined;
    use super::super::given::Given;
    use super::*;

    #[test]
    fn distances_are_means_over_rows() {
        let given = Given::new(&[0.2, 0.6], &[false, false]).with_truth(&[0.4, 0.5]);
        let square = (0.2f64 * 0.2 + 3.0 * 0.1 * 0.1) / 4.0;
        for (name, expected) in
            [("bias", (-0.2 + 3.0 * 0.1) / 4.0), ("mae_truth", (0.2 + 3.0 * 0.1) / 4.0), ("rmse_truth", square.sqrt())]
        {
            assert!((given.weighted(name, &[1.0, 3.0]).unwrap() - expected).abs() < 1e-15, "{name}");
        }
        assert_eq!(Given::new(&[], &[]).with_truth(&[]).metric("bias"), Err(Undefined::NoRows));
    }

    #[test]
    fn the_divergence_is_the_cross_entropy_above_that_of_the_truth_itself() {
        let log = |p: f64| (p.ln(), (-p).ln_1p());
        for (p, q) in [(0.2, 0.4), (1e-6, 0.03), (0.999, 0.5), (0.3, 0.3)] {
            let ((log_p, log_not_p), (log_q, log_not_q)) = (log(p), log(q));
            let above = cross_entropy(log_p, log_not_p, q) - cross_entropy(log_q, log_not_q, q);
            assert!((divergence(log_p, log_not_p, q) - above).abs() < 1e-15, "{p} {q}");
        }
        let (log_p, log_not_p) = log(0.2);
        assert_eq!(divergence(log_p, log_not_p, 0.0), -log_not_p);
        assert_eq!(divergence(log_p, log_not_p, 1.0), -log_p);
        assert_eq!(divergence(-1e-300, -700.0, 1.0), 1e-300);
    }

    #[test]
    fn the_mean_absolute_distance_prefers_a_model_that_shrinks_to_0_and_the_others_do_not() {
        // Nine rows that hardly convert and one that does: the mean is .109, the median .01.
        let truth: Vec<f64> = (0..10).map(|row| if row == 0 { 1.0 } else { 0.01 }).collect();
        let of = |p: f64| {
            let given = Given::new(&[p; 10], &[false; 10]).with_truth(&truth);
            ["mae_truth", "kl_truth", "rmse_truth"].map(|name| given.metric(name).unwrap())
        };
        let (mean, none) = (of(0.109), of(1e-6));
        assert!(none[0] < mean[0] && none[1] > mean[1] && none[2] > mean[2], "{mean:?} {none:?}");
    }
}
