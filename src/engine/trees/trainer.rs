//! One run of boosted trees: the same steps, losses and logits that a network's trainer gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::boost::{BoostOptions, Booster};
use super::categories::CategoryOptions;
use super::grow::GrowOptions;
use super::inputs::TreeInputs;
use super::model::{Ensemble, Forest};
use crate::domain::features::{EncodedLog, Prepared};
use crate::domain::objective::{Target, targets};
use crate::domain::random::Stream;
use crate::domain::report::CurvePoint;
use crate::domain::spec::{BoostingSpec, TrainPlan};
use crate::engine::trainer::crc32_of;
use crate::engine::{EngineError, Position};

/// How often the held-out rows are evaluated in a run, about.
const EVALUATIONS: usize = 15;

/// Trees apart in the numbers of the seed's streams, so that no two ensembles share one.
const STREAMS_PER_ENSEMBLE: u64 = 1 << 32;

/// A run under way, put aside: its trees so far, of which all else follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeCheckpoint {
    /// Of the run that it belongs to.
    run_crc32: u32,
    /// [`Forest`] as JSON.
    forest: Vec<u8>,
}

/// Boosts one ensemble for each supervised event.
pub struct TreeTrainer {
    /// Of the plan and the rows that are trained on.
    crc32: u32,
    seed: u64,
    boosting: BoostingSpec,
    inputs: TreeInputs,
    n_questions: usize,
    train_rows: usize,
    ensembles: Vec<Boosted>,
    step: u64,
    /// Losses since they were taken last.
    losses: Vec<CurvePoint>,
}

/// An event's ensemble, and the question that it answers.
struct Boosted {
    event: String,
    weight: f64,
    question: usize,
    question_name: String,
    booster: Booster,
}

impl TreeTrainer {
    /// Bins the log; grows nothing yet.
    ///
    /// # Errors
    /// When there is nothing to train on, when an event spans several questions (a tree's logit answers one), or when a
    /// question has no event.
    pub fn new(plan: &TrainPlan, boosting: &BoostingSpec, prepared: &Prepared) -> Result<Self, EngineError> {
        let inputs = TreeInputs::new(prepared);
        if inputs.inputs.is_empty() {
            return Err(EngineError::NoFeature);
        }
        plan.model.validate_objective()?;
        let (tree, model) = (&plan.model.tree, || plan.model.name.clone());
        let mut ensembles = Vec::new();
        for target in targets(&plan.model) {
            let mixed = || EngineError::SeveralQuestions { model: model(), event: target.name.clone() };
            let question = (0..tree.questions.len()).find(|&question| target.is_about(question)).ok_or_else(mixed)?;
            let (rows, labels) = rows_of(&target, plan, prepared);
            if rows.is_empty() {
                return Err(EngineError::NoTrainingRow);
            }
            let booster = Booster::new(inputs.n_rows, rows.clone(), labels);
            let weights: Vec<f64> =
                rows.iter().filter_map(|&row| prepared.weights.get(row as usize)).copied().collect();
            ensembles.push(Boosted {
                event: target.name.clone(),
                weight: target.weight,
                question,
                question_name: tree.questions[question].name.clone(),
                booster: if weights.is_empty() { booster } else { booster.weighted(&weights) },
            });
        }
        let n_questions = tree.questions.len();
        if let Some(question) = (0..n_questions).find(|q| ensembles.iter().all(|ensemble| ensemble.question != *q)) {
            let question = tree.questions[question].name.clone();
            return Err(EngineError::QuestionWithoutTrees { model: model(), question });
        }
        let (seed, boosting, train_rows) = (plan.seed, boosting.clone(), prepared.split.train.len());
        let crc32 = crc32_of(plan, &prepared.split.train);
        Ok(Self { crc32, seed, boosting, inputs, n_questions, train_rows, ensembles, step: 0, losses: Vec::new() })
    }

    /// Goes on from the trees of a run of the same plan on the same log, or has them as its own; `false`, and nothing changes,
    /// where they are none of it.
    pub fn take_up(&mut self, forest: Forest) -> bool {
        let Forest { inputs, ensembles } = forest;
        let own = &self.inputs.inputs;
        let steps = ensembles.first().map_or(0, |ensemble| ensemble.trees.len());
        let fits = |(own_one, other): (&Boosted, &Ensemble)| {
            (&own_one.event, &own_one.question_name) == (&other.event, &other.question)
                && own_one.booster.base.to_bits() == other.base.to_bits()
                && other.trees.len() == steps
                && other.trees.iter().all(|tree| tree.fits(own))
        };
        let is_own = inputs.iter().eq(own.iter().map(|input| &input.name))
            && ensembles.len() == self.ensembles.len()
            && steps as u64 <= self.position().total_steps
            && self.ensembles.iter().zip(&ensembles).all(fits);
        if is_own {
            for (boosted, ensemble) in self.ensembles.iter_mut().zip(ensembles) {
                boosted.booster.take_up(ensemble.trees, &self.inputs);
            }
            self.step = steps as u64;
            self.losses.clear();
        }
        is_own
    }

    /// The run as it stands; `None` at its end.
    pub fn checkpoint(&self) -> Option<TreeCheckpoint> {
        let forest = serde_json::to_vec(&self.forest()).ok().filter(|_| !self.is_finished())?;
        Some(TreeCheckpoint { run_crc32: self.crc32, forest })
    }

    /// Goes on from a checkpoint; `false`, and nothing changes, where it is none of this run.
    pub fn go_on(&mut self, checkpoint: &TreeCheckpoint) -> bool {
        let forest = || serde_json::from_slice(&checkpoint.forest).ok();
        checkpoint.run_crc32 == self.crc32 && forest().is_some_and(|forest| self.take_up(forest))
    }

    /// Grows one tree of every ensemble. Does nothing when the run is finished.
    pub fn step(&mut self) {
        if self.is_finished() {
            return;
        }
        let options = boost_options(&self.boosting);
        for (index, ensemble) in (1..).zip(&mut self.ensembles) {
            let mut random = Stream::new(self.seed, index * STREAMS_PER_ENSEMBLE + self.step);
            ensemble.booster.step(&self.inputs, &options, &mut random);
        }
        self.step += 1;
        let mut losses = BTreeMap::new();
        let mut total = 0.0;
        for ensemble in &self.ensembles {
            let loss = ensemble.booster.loss();
            total += ensemble.weight * loss;
            losses.insert(format!("loss.{}", ensemble.event), loss);
        }
        losses.insert("loss.total".to_owned(), total);
        self.losses.push(CurvePoint { step: self.step, epoch: self.passes(self.step), losses });
    }

    /// Passes over the training rows after `steps` trees: each sees its share of them.
    fn passes(&self, steps: u64) -> f64 {
        steps as f64 * self.boosting.row_sampling
    }

    /// How far the run is.
    pub fn position(&self) -> Position {
        let total_steps = self.boosting.trees as u64;
        Position {
            step: self.step,
            total_steps,
            epoch: self.passes(self.step),
            epochs: libm::ceil(self.passes(total_steps)) as usize,
            rows_seen: (self.passes(self.step) * self.train_rows as f64) as u64,
        }
    }

    pub fn is_finished(&self) -> bool {
        self.step >= self.boosting.trees as u64
    }

    /// Whether it is time to evaluate: every few trees, and after the last.
    pub fn is_evaluation_due(&self) -> bool {
        let every = self.boosting.trees.div_ceil(EVALUATIONS) as u64;
        self.step > 0 && (self.step.is_multiple_of(every) || self.is_finished())
    }

    /// Losses over the training rows after each tree since the last call: `loss.total` and `loss.<event>`, in nats.
    pub fn take_losses(&mut self) -> Vec<CurvePoint> {
        std::mem::take(&mut self.losses)
    }

    /// Logits of rows of the log.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    pub fn logits(&self, rows: &[u32]) -> Vec<f32> {
        let mut logits = vec![0.0; rows.len() * self.n_questions];
        for ensemble in &self.ensembles {
            let slots = logits.iter_mut().skip(ensemble.question).step_by(self.n_questions);
            slots.zip(rows).for_each(|(slot, &row)| *slot = ensemble.booster.logits[row as usize] as f32);
        }
        logits
    }

    /// Logits of impressions that the log need not have.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    pub fn logits_of(&self, encoded: &EncodedLog) -> Vec<f32> {
        let inputs = self.inputs.binned(encoded);
        let mut logits = vec![0.0; encoded.n_rows * self.n_questions];
        for ensemble in &self.ensembles {
            let slots = logits.iter_mut().skip(ensemble.question).step_by(self.n_questions);
            slots.zip(ensemble.booster.logits_of(&inputs)).for_each(|(slot, logit)| *slot = logit as f32);
        }
        logits
    }

    /// The trees so far.
    pub fn forest(&self) -> Forest {
        let ensemble = |boosted: &Boosted| Ensemble {
            event: boosted.event.clone(),
            question: boosted.question_name.clone(),
            base: boosted.booster.base,
            trees: boosted.booster.trees.clone(),
        };
        Forest {
            inputs: self.inputs.inputs.iter().map(|input| input.name.clone()).collect(),
            ensembles: self.ensembles.iter().map(ensemble).collect(),
        }
    }
}

fn boost_options(boosting: &BoostingSpec) -> BoostOptions {
    BoostOptions {
        grow: GrowOptions {
            depth: boosting.depth,
            min_leaf: boosting.min_leaf,
            l2: boosting.l2,
            categories: CategoryOptions {
                smoothing: boosting.category_smoothing,
                l2: boosting.category_l2,
                most: boosting.max_categories,
                group_rows: boosting.min_category_rows,
                one_hot: boosting.max_one_hot,
            },
            learning_rate: boosting.learning_rate,
        },
        row_sampling: boosting.row_sampling,
        feature_sampling: boosting.feature_sampling,
    }
}

/// Training rows in which the target's label is observed, and the label.
fn rows_of(target: &Target, plan: &TrainPlan, prepared: &Prepared) -> (Vec<u32>, Vec<bool>) {
    let labels = target.labels(&plan.model.tree, &prepared.labels);
    prepared.split.train.iter().filter_map(|&row| Some((row, labels[row as usize]?))).unzip()
}
