//! DFM against numpy and scipy (`tests/golden/delayed_feedback.py`), and on a population that was cut off early.

use esmm_playground::domain::behavior::reference::sigmoid;
use esmm_playground::domain::log::Wait;
use esmm_playground::domain::objective::reference::{Sample, Term, terms};
use esmm_playground::domain::spec::model_preset;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    fit: Fit,
}

#[derive(Deserialize)]
struct Case {
    space: String,
    logits: Vec<f64>,
    label: bool,
    delay: Option<f64>,
    elapsed: f64,
    loss: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct Fit {
    x: Vec<f64>,
    label: Vec<bool>,
    delay: Vec<f64>,
    elapsed: Vec<f64>,
    theta: Vec<f64>,
    loss: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/delayed_feedback.json")).unwrap()
}

/// The delayed event's loss at clicks with these logits of CTR, CVR and delay.
fn delayed(name: &str, logits: Vec<Vec<f64>>, labels: Vec<bool>, waits: Vec<Wait>, mass: Vec<f64>) -> Term {
    let model = model_preset(name).unwrap();
    let labels = vec![vec![Some(true); labels.len()], labels.into_iter().map(Some).collect()];
    let mut found = terms(&Sample { waits, mass, ..Sample::new(&model, logits, labels) });
    found.remove(1)
}

#[test]
fn losses_and_gradients_are_those_of_numpy() {
    for Case { space, logits, label, delay, elapsed, loss, gradient } in golden().cases {
        let (name, logits, skipped) = match space.as_str() {
            "click" => ("dfm", [vec![0.3], logits].concat(), 1),
            _ => ("dfm_entire", logits, 0),
        };
        let wait = Wait { delay_days: delay, elapsed_days: elapsed };
        let term = delayed(name, vec![logits.clone()], vec![label], vec![wait], vec![1.0]);
        assert!((term.value - loss).abs() < 1e-12 * loss.abs().max(1.0), "{name} {logits:?}: {} {loss}", term.value);
        assert!(term.gradient[0][..skipped].iter().all(|&d| d == 0.0), "clicks alone say nothing of CTR");
        for (found, expected) in term.gradient[0][skipped..].iter().zip(&gradient) {
            assert!(
                (found - expected).abs() < 1e-11 * expected.abs().max(1.0),
                "{name} {logits:?}: {found} {expected}"
            );
        }
    }
}

#[test]
fn the_optimum_of_scipy_is_a_point_without_gradient() {
    let Fit { x, label, delay, elapsed, theta, loss } = golden().fit;
    let logits = x.iter().map(|x| vec![0.0, theta[0] + theta[1] * x, theta[2] + theta[3] * x]).collect();
    let waits =
        (0..x.len()).map(|row| Wait { delay_days: label[row].then_some(delay[row]), elapsed_days: elapsed[row] });
    let term = delayed("dfm", logits, label.clone(), waits.collect(), vec![1.0; x.len()]);
    assert!((term.value - loss).abs() < 1e-12, "{} {loss}", term.value);
    let along = |tower: usize, weight: &dyn Fn(f64) -> f64| -> f64 {
        x.iter().zip(&term.gradient).map(|(&x, row)| weight(x) * row[tower]).sum()
    };
    for gradient in [along(1, &|_| 1.0), along(1, &|x| x), along(2, &|_| 1.0), along(2, &|x| x)] {
        assert!(gradient.abs() < 1e-8, "{gradient}");
    }
}

/// Clicks of ages uniform on (0, 10) days, purchases at rate 0.3 with delays exponential at 0.2 a day: a log cut off so
/// early that many are pending. Every age and delay is a midpoint of a fine grid, weighted by its probability.
fn population() -> (Vec<bool>, Vec<Wait>, Vec<f64>) {
    const RATE: f64 = 0.2;
    const CVR: f64 = 0.3;
    let (ages, steps) = (60, 60);
    let (mut labels, mut waits, mut mass) = (Vec::new(), Vec::new(), Vec::new());
    for k in 0..ages {
        let age = 10.0 * (k as f64 + 0.5) / f64::from(ages);
        let share = 1.0 / f64::from(ages);
        let mut converted = 0.0;
        for j in 0..steps {
            let (from, to) = (age * f64::from(j) / f64::from(steps), age * f64::from(j + 1) / f64::from(steps));
            let here = CVR * ((-RATE * from).exp() - (-RATE * to).exp());
            // The mean delay within the step, so that the mean of all delays is exact.
            let integral = |t: f64| -(t + 1.0 / RATE) * (-RATE * t).exp();
            let delay = CVR * (integral(to) - integral(from)) / here;
            converted += here;
            labels.push(true);
            waits.push(Wait { delay_days: Some(delay), elapsed_days: age });
            mass.push(share * here);
        }
        labels.push(false);
        waits.push(Wait { delay_days: None, elapsed_days: age });
        mass.push(share * (1.0 - converted));
    }
    (labels, waits, mass)
}

#[test]
fn a_log_cut_off_early_still_tells_the_eventual_cvr_where_the_naive_rate_is_low() {
    let (labels, waits, mass) = population();
    let naive: f64 = labels.iter().zip(&mass).filter(|(label, _)| **label).map(|(_, mass)| mass).sum();
    assert!((naive - 0.17).abs() < 0.01, "{naive} of the purchases' 0.3");
    let gradient = |z: [f64; 2]| -> [f64; 2] {
        let logits = vec![vec![0.0, z[0], z[1]]; labels.len()];
        let term = delayed("dfm", logits, labels.clone(), waits.clone(), mass.clone());
        [1, 2].map(|tower| term.gradient.iter().map(|row| row[tower]).sum())
    };
    let mut z = [-1.0, 0.0];
    for _ in 0..60 {
        // Newton's step; derivatives of the gradient by differences, the step halved until the gradient shrinks.
        const SHIFT: f64 = 1e-5;
        let at = gradient(z);
        let column = |k: usize| {
            let moved = |by: f64| {
                let mut z = z;
                z[k] += by;
                gradient(z)
            };
            let (above, below) = (moved(SHIFT), moved(-SHIFT));
            [0, 1].map(|row| (above[row] - below[row]) / (2.0 * SHIFT))
        };
        let ([a, c], [b, d]) = (column(0), column(1));
        let determinant = a * d - b * c;
        let step = [(d * at[0] - b * at[1]) / determinant, (a * at[1] - c * at[0]) / determinant];
        let size = |g: [f64; 2]| g[0].hypot(g[1]);
        let mut share = 1.0;
        while share > 1e-6 && size(gradient([z[0] - share * step[0], z[1] - share * step[1]])) > size(at) {
            share /= 2.0;
        }
        z = [z[0] - share * step[0], z[1] - share * step[1]];
    }
    let rate = z[1].exp().ln_1p();
    // The likelihood depends on delays through their sum alone, which the population holds exactly; what is left is the
    // rounding of Newton's differences.
    assert!((sigmoid(z[0]) - 0.3).abs() < 1e-6, "{}", sigmoid(z[0]));
    assert!((rate - 0.2).abs() < 1e-6, "{rate}");
}
