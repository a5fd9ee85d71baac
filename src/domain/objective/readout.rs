//! Which towers a model has, and how the tree's answers are read off them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::targets;
use crate::domain::behavior::reference::log_sigmoid;
use crate::domain::spec::{ModelSpec, Objective};

/// Largest probability that a ratio is shown as.
const MAX_RATIO: f64 = 1.0 - 1e-6;

/// Names of a model's towers: one for each question, then the auxiliary one; under `division` one for each event.
pub fn tower_names(model: &ModelSpec) -> Vec<String> {
    if let Objective::Division { events } = &model.objective {
        return events.iter().map(|weighted| weighted.event.clone()).collect();
    }
    let questions = model.tree.questions.iter().map(|question| question.name.clone());
    questions.chain(model.objective.auxiliary_tower().map(|tower| tower.name().to_owned())).collect()
}

/// How the answer to one question is made of towers' logits. Written beside the weights, so that every prediction can be
/// recomputed elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Readout {
    /// `logit(question) = logit(tower) + shift`.
    Tower { question: String, tower: String, shift: f64 },
    /// `p(question) = min(σ(logit(numerator)) / σ(logit(denominator)), max_p)`.
    Ratio { question: String, numerator: String, denominator: String, max_p: f64 },
}

impl Readout {
    /// The question that is answered.
    pub fn question(&self) -> &str {
        match self {
            Self::Tower { question, .. } | Self::Ratio { question, .. } => question,
        }
    }
}

/// The readout of every question of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Readouts {
    n_towers: usize,
    /// By question.
    steps: Vec<Step>,
    readouts: Vec<Readout>,
}

/// A [`Readout`] with its towers resolved.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Tower { tower: usize, shift: f64 },
    Ratio { numerator: usize, denominator: usize },
}

/// The tree's logits, and what is to be said of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Predicted {
    /// `[rows, questions]`
    pub logits: Vec<f32>,
    /// Share of the rows whose ratio was above 1; absent for models that take no ratio.
    pub ratio_above_one: Option<f64>,
}

impl Predicted {
    /// As a report tells it, by key.
    pub fn notes(&self) -> BTreeMap<String, f64> {
        self.ratio_above_one.map(|share| ("ratio_above_one".to_owned(), share)).into_iter().collect()
    }
}

impl Readouts {
    /// How `model` is read.
    pub fn of(model: &ModelSpec) -> Self {
        let towers = tower_names(model);
        let questions = model.tree.questions.iter().map(|question| &question.name);
        let mut readouts = Vec::new();
        let mut steps = Vec::new();
        for (index, question) in questions.enumerate() {
            let question = question.clone();
            match (&model.objective, index) {
                (Objective::Division { .. }, 1) => {
                    steps.push(Step::Ratio { numerator: 1, denominator: 0 });
                    let (numerator, denominator) = (towers[1].clone(), towers[0].clone());
                    readouts.push(Readout::Ratio { question, numerator, denominator, max_p: MAX_RATIO });
                }
                _ => {
                    let shift = shift_of(model, index);
                    steps.push(Step::Tower { tower: index, shift });
                    readouts.push(Readout::Tower { question, tower: towers[index].clone(), shift });
                }
            }
        }
        Self { n_towers: towers.len(), steps, readouts }
    }

    /// As they are written beside the weights.
    pub fn as_written(&self) -> &[Readout] {
        &self.readouts
    }

    /// Reads the towers' logits.
    ///
    /// # Shapes
    /// - `of_towers`: `[rows, towers]`, finite
    pub fn read(&self, of_towers: &[f32]) -> Predicted {
        let mut logits = Vec::with_capacity(of_towers.len() / self.n_towers.max(1) * self.steps.len());
        let (mut above_one, mut ratios) = (0usize, 0usize);
        for row in of_towers.chunks_exact(self.n_towers.max(1)) {
            for step in &self.steps {
                logits.push(match *step {
                    Step::Tower { tower, shift: 0.0 } => row[tower],
                    Step::Tower { tower, shift } => (f64::from(row[tower]) + shift) as f32,
                    Step::Ratio { numerator, denominator } => {
                        let log_ratio =
                            log_sigmoid(f64::from(row[numerator])) - log_sigmoid(f64::from(row[denominator]));
                        ratios += 1;
                        above_one += usize::from(log_ratio > 0.0);
                        logit_of_log_p(log_ratio.min(libm::log(MAX_RATIO))) as f32
                    }
                });
            }
        }
        let ratio_above_one = (ratios > 0).then(|| above_one as f64 / ratios as f64);
        Predicted { logits, ratio_above_one }
    }
}

/// Positives counted k times multiply the odds by k: the prior correction takes `ln k` off again.
fn shift_of(model: &ModelSpec, question: usize) -> f64 {
    let Objective::Oversampled { rate, prior_correction: true, .. } = &model.objective else { return 0.0 };
    let is_oversampled =
        targets(model).iter().any(|target| target.weight > 0.0 && target.is_conditional() && target.is_about(question));
    if is_oversampled { -libm::log(*rate) } else { 0.0 }
}

/// `ln(p/(1−p))` from `ln p < 0`.
fn logit_of_log_p(log_p: f64) -> f64 {
    log_p - libm::log(-libm::expm1(log_p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::behavior::reference::sigmoid;
    use crate::domain::spec::model_preset;

    fn logit(p: f64) -> f32 {
        libm::log(p / (1.0 - p)) as f32
    }

    #[test]
    fn auxiliary_towers_stand_beside_the_questions() {
        for (name, expected) in [
            ("esmm", vec!["ctr", "cvr"]),
            ("escm2_dr", vec!["ctr", "cvr", "imputation"]),
            ("dcmt", vec!["ctr", "cvr", "counterfactual"]),
            ("division", vec!["ctr", "ctcvr"]),
        ] {
            assert_eq!(tower_names(&model_preset(name).unwrap()), expected, "{name}");
        }
        let read = Readouts::of(&model_preset("escm2_dr").unwrap()).read(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(read, Predicted { logits: vec![1.0, 2.0, 4.0, 5.0], ratio_above_one: None });
    }

    #[test]
    fn a_ratio_above_one_is_clipped_and_counted() {
        let readouts = Readouts::of(&model_preset("division").unwrap());
        let read = readouts.read(&[logit(0.2), logit(0.05), logit(0.01), logit(0.02), -80.0, -60.0, 60.0, 60.0]);
        let p: Vec<f64> = read.logits.iter().map(|&z| sigmoid(f64::from(z))).collect();
        assert!((p[0] - 0.2).abs() < 1e-7 && (p[1] - 0.25).abs() < 1e-6, "{p:?}");
        assert!(p[3] > 0.999_99 && p[3] < 1.0 && p[5] > 0.999_99, "{p:?}");
        assert_eq!(read.ratio_above_one, Some(0.5));
        assert!(read.logits.iter().all(|logit| logit.is_finite()));
    }

    #[test]
    fn the_prior_correction_undoes_the_oversampling_of_the_odds() {
        let mut model = model_preset("oversampled").unwrap();
        let Objective::Oversampled { prior_correction, rate, .. } = &mut model.objective else { panic!() };
        (*prior_correction, *rate) = (true, 10.0);
        let read = Readouts::of(&model).read(&[logit(0.5), logit(0.5)]);
        assert_eq!(read.logits[0], 0.0);
        assert!((sigmoid(f64::from(read.logits[1])) - 1.0 / 11.0).abs() < 1e-7);
    }
}
