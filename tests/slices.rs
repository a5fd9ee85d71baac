//! Slices: what stands out is found, chance is not.

use esmm_playground::domain::metrics::{
    Measurement, Metric, MetricInput, SliceFlag, SliceMembership, TaskInput, TaskSlices,
};
use esmm_playground::domain::random::Stream;

const CATEGORIES: u64 = 8;

/// 4 000 impressions in eight categories, each impression `copies` times of the same user with the same label. The
/// scores are the truth, but for category 3, where `distort` has its way with them.
fn found(seed: u64, copies: u32, distort: impl Fn(f64, &mut Stream) -> f64) -> TaskSlices {
    let mut stream = Stream::new(seed, 0);
    let (mut p, mut labels, mut category, mut users) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for user in 0..4000 / copies {
        let of = stream.below(CATEGORIES) as u32;
        let truth = 0.02 + 0.25 * stream.uniform() * stream.uniform();
        let label = stream.uniform() < truth;
        let score = if of == 3 { distort(truth, &mut stream) } else { truth };
        for _ in 0..copies {
            p.push(score);
            labels.push(label);
            category.push(of);
            users.push(user);
        }
    }
    let n_rows = p.len();
    let task = TaskInput {
        exposure: None,
        sampling: None,
        rows: (0..n_rows as u32).collect(),
        log_p: p.iter().map(|p| p.ln()).collect(),
        log_not_p: p.iter().map(|p| (-p).ln_1p()).collect(),
        p,
        labels,
        truth: None,
        true_ctr: None,
    };
    let input =
        MetricInput { n_rows, units: Some(users), tasks: vec![("ctr".into(), Ok(task))], ..MetricInput::default() };
    let membership = SliceMembership {
        feature: "city".into(),
        values: (0..CATEGORIES).map(|k| format!("c{k}")).collect(),
        slice_of_row: category,
    };
    Measurement::new(&input).slices(&[membership]).remove("ctr").unwrap()
}

#[test]
fn a_slice_that_is_over_predicted_is_the_first_finding() {
    let slices = found(1, 1, |truth, _| truth * 2.0);
    let first = &slices.findings[0];
    assert_eq!(
        (first.feature.as_str(), first.slice.value.as_str(), first.flag),
        ("city", "c3", SliceFlag::OverPredicted)
    );
    let Metric::Value { value, low, high } = first.slice.pcoc else { panic!() };
    assert!(low > first.elsewhere && low < value && value < high && value > 1.5, "{first:?}");
    assert_eq!(slices.tests, 16);
    assert_eq!(slices.features[0].slices.len(), 8);
    assert_eq!(slices.features[0].slices.iter().map(|slice| slice.rows).sum::<usize>(), 4000);
}

#[test]
fn a_slice_that_is_ranked_by_chance_is_found() {
    let slices = found(2, 1, |_, stream| 0.02 + 0.25 * stream.uniform() * stream.uniform());
    let worse: Vec<_> = slices.findings.iter().filter(|finding| finding.flag == SliceFlag::WorseRanked).collect();
    assert_eq!(worse.len(), 1, "{:?}", slices.findings);
    assert_eq!(worse[0].slice.value, "c3");
    let Metric::Value { value, .. } = worse[0].slice.auc else { panic!() };
    assert!((value - 0.5).abs() < 0.1 && worse[0].elsewhere > 0.6, "{worse:?}");
}

#[test]
fn without_a_fault_findings_are_as_rare_as_promised() {
    for copies in [1, 4] {
        let false_alarms =
            (0..200).filter(|seed| !found(100 + seed, copies, |truth, _| truth).findings.is_empty()).count();
        // At 5 % of all tables; four standard errors of 200 tries are 6 %.
        assert!(false_alarms <= 22, "{false_alarms} of 200 with {copies} impressions a user");
    }
}

#[test]
fn intervals_cover_the_true_calibration() {
    // Scores are the truth, so the true PCOC of every slice is 1.
    let mut covered = (0, 0);
    for seed in 0..60 {
        for slice in &found(500 + seed, 2, |truth, _| truth).features[0].slices {
            let Metric::Value { low, high, .. } = slice.pcoc else { continue };
            covered.0 += usize::from(low <= 1.0 && 1.0 <= high);
            covered.1 += 1;
        }
    }
    let share = f64::from(covered.0 as u32) / f64::from(covered.1 as u32);
    assert!((0.92..=0.98).contains(&share), "{covered:?}");
}

#[test]
fn small_slices_are_not_looked_at() {
    let task = TaskInput {
        rows: (0..40).collect(),
        p: vec![0.5; 40],
        log_p: vec![-0.7; 40],
        log_not_p: vec![-0.7; 40],
        labels: (0..40).map(|i| i % 2 == 0).collect(),
        ..TaskInput::default()
    };
    let input = MetricInput { n_rows: 40, tasks: vec![("ctr".into(), Ok(task))], ..MetricInput::default() };
    let membership = SliceMembership { feature: "a".into(), values: vec!["x".into()], slice_of_row: vec![0; 40] };
    assert_eq!(Measurement::new(&input).slices(&[membership])["ctr"], TaskSlices::default());
}
