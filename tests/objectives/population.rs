//! Whole populations on a grid: section 5 of models.md, points 2, 3 and 5, to the printed digits.
//!
//! A population is a [`Sample`] whose rows stand for masses: for each x the impression that is not clicked, the one that
//! is clicked, and the one that is bought, by their true probabilities. A tower is a polynomial of x, fitted with the
//! reference's own gradients.

use esmm_playground::domain::behavior::reference::{log_sigmoid, sigmoid};
use esmm_playground::domain::objective::reference::{Sample, terms, total};
use esmm_playground::domain::objective::tower_names;
use esmm_playground::domain::spec::{ModelSpec, Objective, model_preset};

const POINTS: usize = 401;

fn grid() -> impl Iterator<Item = f64> {
    (0..POINTS).map(|point| -2.0 + 4.0 * point as f64 / (POINTS - 1) as f64)
}

fn true_ctr_logit(x: f64) -> f64 {
    -2.0 + 1.5 * x
}

fn true_cvr_logit(x: f64) -> f64 {
    -1.2 + 1.2 * x - 0.9 * x * x
}

fn logit(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

/// Not clicked, clicked, bought at every grid point; `logits` gives the towers' at x.
fn population(model: &ModelSpec, logits: impl Fn(f64) -> Vec<f64>) -> Sample<'_> {
    let outcomes = [(false, false), (true, false), (true, true)];
    let targets = esmm_playground::domain::objective::targets(model);
    let (mut rows, mut mass, mut labels) = (Vec::new(), Vec::new(), vec![Vec::new(); targets.len()]);
    for x in grid() {
        let (p, q) = (sigmoid(true_ctr_logit(x)), sigmoid(true_cvr_logit(x)));
        for ((click, conversion), mass_here) in outcomes.into_iter().zip([1.0 - p, p * (1.0 - q), p * q]) {
            rows.push(logits(x));
            mass.push(mass_here / POINTS as f64);
            for (column, target) in labels.iter_mut().zip(&targets) {
                column.push(target.label(&model.tree, |label| if label == "click" { click } else { conversion }));
            }
        }
    }
    let draws = vec![1.0; rows.len()];
    Sample { mass, draws, ..Sample::new(model, rows, labels) }
}

/// Mean of pCVR over all impressions once both towers minimise the model's loss: CTR a line, CVR a polynomial of `degree`.
///
/// Newton's method on the gradient, in which a propensity is the CTR tower's of the moment and has no gradient.
fn fitted_mean_pcvr(model: &ModelSpec, degree: usize) -> f64 {
    let polynomial = |weights: &[f64], x: f64| weights.iter().rev().fold(0.0, |sum, weight| sum * x + weight);
    let n_towers = tower_names(model).len();
    let gradient = |weights: &[f64]| -> Vec<f64> {
        let (ctr, cvr) = weights.split_at(2);
        let logits = |x: f64| {
            let mut logits = vec![0.0; n_towers];
            (logits[0], logits[1]) = (polynomial(ctr, x), polynomial(cvr, x));
            logits
        };
        let (_, d_logits) = total(&terms(&population(model, logits)));
        let mut sum = vec![0.0; weights.len()];
        for (x, rows) in grid().zip(d_logits.chunks_exact(3)) {
            let (of_ctr, of_cvr) = sum.split_at_mut(2);
            for (tower, sum) in [of_ctr, of_cvr].into_iter().enumerate() {
                let d_logit: f64 = rows.iter().map(|row| row[tower]).sum();
                sum.iter_mut().enumerate().for_each(|(power, sum)| *sum += d_logit * libm::pow(x, power as f64));
            }
        }
        sum
    };
    let mut weights = vec![0.0; 2 + degree + 1];
    for _ in 0..60 {
        let here = gradient(&weights);
        if here.iter().all(|d| d.abs() < 1e-12) {
            break;
        }
        let step = solve(jacobian(gradient, &weights), here);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight -= step.clamp(-1.0, 1.0));
    }
    assert!(gradient(&weights).iter().all(|d| d.abs() < 1e-10), "{} has not converged", model.name);
    grid().map(|x| sigmoid(polynomial(&weights[2..], x))).sum::<f64>() / POINTS as f64
}

/// Central differences of the gradient, `[of component][with respect to weight]`.
fn jacobian(gradient: impl Fn(&[f64]) -> Vec<f64>, at: &[f64]) -> Vec<Vec<f64>> {
    let n = at.len();
    let mut rows = vec![vec![0.0; n]; n];
    for index in 0..n {
        let shifted = |shift: f64| {
            let mut moved = at.to_vec();
            moved[index] += shift;
            gradient(&moved)
        };
        for (row, (above, below)) in rows.iter_mut().zip(shifted(1e-5).into_iter().zip(shifted(-1e-5))) {
            row[index] = (above - below) / 2e-5;
        }
    }
    rows
}

/// Gauss and Jordan, with pivots.
fn solve(matrix: Vec<Vec<f64>>, right: Vec<f64>) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = matrix.into_iter().zip(right).map(|(row, last)| [row, vec![last]].concat()).collect();
    for column in 0..rows.len() {
        let size = |row: &usize| rows[*row][column].abs();
        let pivot = (column..rows.len()).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap();
        rows.swap(column, pivot);
        let of_pivot: Vec<f64> = rows[column].iter().map(|value| value / rows[column][column]).collect();
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if index != column {
                row.iter_mut().zip(&of_pivot).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
        rows[column] = of_pivot;
    }
    rows.iter().filter_map(|row| row.last().copied()).collect()
}

/// The preset, its propensity clipped at `clip`, with no loss on the CVR tower but the conditioned one.
fn ips(clip: f64) -> ModelSpec {
    let mut model = model_preset("escm2_ips").unwrap();
    model.objective.events_mut().retain(|weighted| weighted.event != "ctcvr");
    let Objective::Escm2Ips { clip: smallest, .. } = &mut model.objective else { panic!() };
    *smallest = clip;
    model
}

#[track_caller]
fn assert_printed(value: f64, printed: f64, digits: i32, what: &str) {
    let half_a_digit = 0.5 * libm::pow(10.0, f64::from(-digits));
    assert!((value - printed).abs() <= half_a_digit * 1.0001, "{what}: {value} is not {printed}");
}

#[test]
fn the_truth_of_the_grid_is_as_printed() {
    let mean = |of: &dyn Fn(f64) -> f64| grid().map(of).sum::<f64>() / POINTS as f64;
    let (p, q) = (|x: f64| sigmoid(true_ctr_logit(x)), |x: f64| sigmoid(true_cvr_logit(x)));
    let (e_p, e_q, e_pq) = (mean(&p), mean(&q), mean(&|x| p(x) * q(x)));
    assert_printed(e_p, 0.2181, 4, "CTR");
    assert_printed(e_q, 0.1532, 4, "E_D[q]");
    assert_printed(e_pq / e_p, 0.2043, 4, "E_O[q]");
    // Point 4: the rate of clicked impressions is off by the covariance.
    assert!((e_pq / e_p - e_q - (e_pq - e_p * e_q) / e_p).abs() < 1e-15);
}

#[test]
fn a_misspecified_tower_is_biased_and_a_well_specified_one_is_not() {
    let preset = |name: &str| model_preset(name).unwrap();
    let models = [preset("naive"), ips(1e-4), ips(0.1), preset("aman"), preset("esmm")];
    let linear = [0.2334, 0.1532, 0.1896, 0.0446, 0.2533];
    let quadratic = [0.1532, 0.1532, 0.1532, 0.0446, 0.1532];
    for (degree, printed) in [(1, linear), (2, quadratic)] {
        for (model, printed) in models.iter().zip(printed) {
            let what = format!("{} with a tower of degree {degree}", model.name);
            assert_printed(fitted_mean_pcvr(model, degree), printed, 4, &what);
        }
    }
}

#[test]
fn esmms_gradient_is_the_click_weighted_one_times_a_factor() {
    // Point 3: at p = p*, E[∂L/∂b] = p(1−q)(q−q*)/(1−pq).
    let esmm = model_preset("esmm").unwrap();
    let cvr = |x: f64| 0.4 - 0.7 * x;
    let (_, d_logits) = total(&terms(&population(&esmm, |x| vec![true_ctr_logit(x), cvr(x)])));
    for (x, rows) in grid().zip(d_logits.chunks_exact(3)) {
        let (p, q, q_star) = (sigmoid(true_ctr_logit(x)), sigmoid(cvr(x)), sigmoid(true_cvr_logit(x)));
        let expected = p * (1.0 - q) * (q - q_star) / (1.0 - p * q) / POINTS as f64;
        let found: f64 = rows.iter().map(|row| row[1]).sum();
        assert!((found - expected).abs() < 1e-15, "at {x}: {found} is not {expected}");
    }
}

#[test]
fn the_doubly_robust_loss_is_exact_when_either_half_is() {
    // Point 5, with the predictions m = σ(.2x − 1). The printed losses are the part without the imputation's own term.
    let m = |x: f64| 0.2 * x - 1.0;
    let expected_loss = |x: f64| {
        let q = sigmoid(true_cvr_logit(x));
        -q * log_sigmoid(m(x)) - (1.0 - q) * log_sigmoid(-m(x))
    };
    let inverse_softplus = |loss: f64| libm::log(libm::expm1(loss));
    let dr = |propensity: &dyn Fn(f64) -> f64, imputation: &dyn Fn(f64) -> f64| {
        let mut model = model_preset("escm2_dr").unwrap();
        let Objective::Escm2Dr { clip, .. } = &mut model.objective else { panic!() };
        *clip = 1e-4;
        let logits = |x: f64| vec![propensity(x), m(x), inverse_softplus(imputation(x))];
        terms(&population(&model, logits)).into_iter().find(|term| term.name == "cvr").unwrap().value
    };
    let ips = |propensity: &dyn Fn(f64) -> f64| {
        let model = ips(1e-4);
        terms(&population(&model, |x| vec![propensity(x), m(x)]))
            .into_iter()
            .find(|term| term.name == "cvr")
            .unwrap()
            .value
    };
    let naive = {
        let model = model_preset("naive").unwrap();
        terms(&population(&model, |x| vec![true_ctr_logit(x), m(x)]))[1].value
    };
    let (constant_propensity, constant_loss) = (|_: f64| logit(0.2), |_: f64| 0.3);
    let ideal = grid().map(expected_loss).sum::<f64>() / POINTS as f64;
    for (value, printed, what) in [
        (ideal, 0.453628, "ideal"),
        (ips(&true_ctr_logit), 0.453628, "IPS with the true propensity"),
        (ips(&constant_propensity), 0.591092, "IPS with propensity .2"),
        (dr(&true_ctr_logit, &constant_loss), 0.453628, "DR with the true propensity"),
        (dr(&constant_propensity, &expected_loss), 0.453628, "DR with the true loss"),
        (dr(&constant_propensity, &constant_loss), 0.563890, "DR with both wrong"),
        (naive, 0.541950, "naive"),
    ] {
        assert_printed(value, printed, 6, what);
    }
}
