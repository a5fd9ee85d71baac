//! What a model's losses say about each question's conditional probability.

use crate::domain::behavior::reference::log_mass_gradient;
use crate::domain::objective::targets;
use crate::domain::spec::ModelSpec;

/// How one question's conditional is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Supervision {
    /// A supervised event is this question's answer and nothing else.
    pub own_loss: bool,
    /// The supervised events' probabilities determine it.
    pub identifiable: bool,
}

/// One [`Supervision`] per question.
///
/// A conditional is identifiable when moving its logit alone always moves some supervised event in a way that no other
/// move of logits undoes: when its direction lies in the row space of `∂ log P(event) / ∂ logits`. That is a property
/// of the tree, the same at all logits but for a set of measure zero, so one arbitrary point decides it.
pub(super) fn supervision(model: &ModelSpec) -> Vec<Supervision> {
    let n_questions = model.tree.questions.len();
    let mut supervised = targets(model);
    supervised.retain(|target| target.weight > 0.0);
    let somewhere: Vec<f64> = (1..=n_questions).map(|k| libm::sin(1.7 * k as f64 * k as f64)).collect();
    let basis = orthonormal(supervised.iter().map(|target| log_mass_gradient(&target.mass, &somewhere).0));
    (0..n_questions)
        .map(|question| {
            let mut direction = vec![0.0; n_questions];
            direction[question] = 1.0;
            Supervision {
                own_loss: supervised.iter().any(|target| target.is_about(question)),
                identifiable: norm(&without(direction, &basis)) < 1e-6,
            }
        })
        .collect()
}

/// Gram and Schmidt: an orthonormal basis of what the rows span.
fn orthonormal(rows: impl Iterator<Item = Vec<f64>>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let length = norm(&row);
        let rest = without(row, &basis);
        let rest_length = norm(&rest);
        if rest_length > 1e-9 * length {
            basis.push(rest.iter().map(|x| x / rest_length).collect());
        }
    }
    basis
}

/// What of `vector` is orthogonal to `basis`.
fn without(mut vector: Vec<f64>, basis: &[Vec<f64>]) -> Vec<f64> {
    for unit in basis {
        let along: f64 = vector.iter().zip(unit).map(|(a, b)| a * b).sum();
        vector.iter_mut().zip(unit).for_each(|(x, unit)| *x -= along * unit);
    }
    vector
}

fn norm(vector: &[f64]) -> f64 {
    libm::sqrt(vector.iter().map(|x| x * x).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::{Objective, model_preset};

    #[test]
    fn products_identify_and_mixtures_do_not() {
        let (own, product, mixture) = ((true, true), (false, true), (false, false));
        for (name, expected) in [
            ("naive", vec![own, own]),
            ("esmm", vec![own, product]),
            // models.md, section 5.1: y2 is identified; y3 and y4 are not separately.
            ("esm2", vec![own, product, mixture, mixture]),
            ("independent", vec![own, own]),
            ("oversampled", vec![own, own]),
            ("aman", vec![own, own]),
            ("unbias", vec![own, own]),
            ("division", vec![own, product]),
            ("esmm_ns", vec![own, product]),
            ("escm2_ips", vec![own, own]),
            ("escm2_dr", vec![own, own]),
            ("dcmt", vec![own, own]),
        ] {
            let model = model_preset(name).unwrap();
            let found: Vec<_> = supervision(&model).iter().map(|s| (s.own_loss, s.identifiable)).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_weight_of_zero_supervises_nothing() {
        let mut model = model_preset("esmm").unwrap();
        model.objective.events_mut()[0].weight = 0.0;
        let found: Vec<_> = supervision(&model).iter().map(|s| (s.own_loss, s.identifiable)).collect();
        assert_eq!(found, [(false, false), (false, false)]);
    }

    #[test]
    fn without_its_own_term_the_cvr_of_escm2_is_esmms() {
        let mut model = model_preset("escm2_ips").unwrap();
        model.objective.events_mut()[1].weight = 0.0;
        let found: Vec<_> = supervision(&model).iter().map(|s| (s.own_loss, s.identifiable)).collect();
        assert_eq!(found, [(true, true), (false, true)]);
    }

    #[test]
    fn the_likelihood_of_action_and_purchase_identifies_y3_and_y4() {
        let mut model = model_preset("esm2").unwrap();
        let Objective::EntireSpace { joint_action_purchase, .. } = &mut model.objective else { panic!() };
        *joint_action_purchase = 1.0;
        assert!(supervision(&model).iter().all(|s| s.own_loss && s.identifiable));
    }
}
