//! What learns in a run: a network, or boosted trees. Worker and lab drive both in the same way.

use serde::{Deserialize, Serialize};

use super::device::EngineDevice;
use super::trees::{Forest, TreeCheckpoint, TreeTrainer};
use super::{Checkpoint, EngineError, Position, Trainer, Weights};
use crate::domain::features::{EncodedLog, Prepared};
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::objective::Predicted;
use crate::domain::report::{CurvePoint, EarlyStoppingReport, Evaluation, FlowReading, evaluate};
use crate::domain::spec::{ModelSpec, Objective, ResolvedTraining, TrainPlan};

/// A model in training. Which kind it is, its objective says.
pub enum Learner {
    /// Gradients through towers and embeddings; a step is a batch.
    Network(Box<Trainer>),
    /// A step is one tree of every ensemble.
    Trees(Box<TreeTrainer>),
}

/// What a run has learned, to be exported.
#[derive(Debug, Clone, PartialEq)]
pub enum Learned {
    Weights(Weights),
    Forest(Forest),
}

impl Learner {
    /// Prepares the model that the plan asks for.
    ///
    /// # Errors
    /// When there is nothing to train on, to learn from or to minimise.
    pub fn new(device: &EngineDevice, plan: &TrainPlan, prepared: &Prepared) -> Result<Self, EngineError> {
        match &plan.model.objective {
            Objective::BoostedTrees { boosting, .. } => {
                Ok(Self::Trees(Box::new(TreeTrainer::new(plan, boosting, prepared)?)))
            }
            _ => Ok(Self::Network(Box::new(Trainer::new(device, plan, prepared)?))),
        }
    }

    /// Trains to the end of the run and returns the losses of every step. `watch` is called before the first step and after
    /// each one; after the last step of an epoch once the epoch is ended.
    ///
    /// ```
    /// use esmm_playground::domain::features::Prepared;
    /// use esmm_playground::domain::log::OpenedLog;
    /// use esmm_playground::domain::metrics::Bootstrap;
    /// use esmm_playground::domain::spec::{RunSpec, TrainingSpec, model_preset};
    /// use esmm_playground::domain::synth::{SynthSpec, generate};
    /// use esmm_playground::engine::{EngineDevice, Learner};
    ///
    /// let generated = generate(&SynthSpec { rows: 600, users: 200, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() });
    /// let opened = OpenedLog::from_table(generated.table, Some(generated.roles))?;
    /// let esmm = model_preset("esmm").ok_or("a preset")?;
    /// let training = TrainingSpec { epochs: Some(1), ..TrainingSpec::default() };
    /// let plan = RunSpec { training, ..RunSpec::default() }.plan(&esmm, 1);
    /// let prepared = Prepared::new(&opened.log, &plan)?;
    /// let mut learner = Learner::new(&EngineDevice::cpu(), &plan, &prepared)?;
    /// let curve = pollster::block_on(learner.train(&opened.log, async |_| Ok(())))?;
    /// assert_eq!(curve.len() as u64, learner.position().total_steps);
    /// let evaluated = pollster::block_on(learner.evaluate(&opened.log, &esmm, &prepared, Bootstrap::NONE))?;
    /// let auc = evaluated.0.metrics["auc.ctr"].value().ok_or("clicked and unclicked rows")?;
    /// assert!((0.0..=1.0).contains(&auc));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first of the device, of the losses or of `watch`.
    pub async fn train(
        &mut self,
        log: &ImpressionLog,
        mut watch: impl AsyncFnMut(&Self) -> Result<(), EngineError>,
    ) -> Result<Vec<CurvePoint>, EngineError> {
        let mut curve = Vec::new();
        watch(self).await?;
        while !self.is_finished() {
            self.step()?;
            if self.is_evaluation_due() {
                curve.extend(self.take_losses().await?);
                self.end_epoch(log).await?;
            }
            watch(self).await?;
        }
        Ok(curve)
    }

    /// One batch, or one tree. Does nothing when the run is finished.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Network(trainer) => trainer.step(),
            Self::Trees(trainer) => {
                trainer.step();
                Ok(())
            }
        }
    }

    /// How far the run is.
    pub fn position(&self) -> Position {
        match self {
            Self::Network(trainer) => trainer.position(),
            Self::Trees(trainer) => trainer.position(),
        }
    }

    /// Batch, epochs and decay; `None` for trees, which have none of them.
    pub fn resolved(&self) -> Option<ResolvedTraining> {
        self.network().map(Trainer::resolved)
    }

    pub fn is_finished(&self) -> bool {
        match self {
            Self::Network(trainer) => trainer.is_finished(),
            Self::Trees(trainer) => trainer.is_finished(),
        }
    }

    /// Whether the step just done ended an epoch, or a stretch of trees: time to evaluate.
    pub fn is_evaluation_due(&self) -> bool {
        match self {
            Self::Network(trainer) => trainer.at_epoch_end(),
            Self::Trees(trainer) => trainer.is_evaluation_due(),
        }
    }

    /// Losses of the steps since the last call: `loss.total` and `loss.<event>`, in nats.
    ///
    /// # Errors
    /// As [`Trainer::take_losses`].
    pub async fn take_losses(&mut self) -> Result<Vec<CurvePoint>, EngineError> {
        match self {
            Self::Network(trainer) => trainer.take_losses().await,
            Self::Trees(trainer) => Ok(trainer.take_losses()),
        }
    }

    /// Ends an epoch, the last one with the run. Trees do nothing then: each is fitted to what is left.
    ///
    /// # Errors
    /// As [`Trainer::end_epoch`].
    pub async fn end_epoch(&mut self, log: &ImpressionLog) -> Result<(), EngineError> {
        match self {
            Self::Network(trainer) => trainer.end_epoch(log).await,
            Self::Trees(_) => Ok(()),
        }
    }

    /// What early stopping has seen and done; `None` without it.
    pub fn early_stopping(&self) -> Option<&EarlyStoppingReport> {
        self.network().and_then(Trainer::early_stopping)
    }

    /// Logits of rows of the log.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// As [`Trainer::logits`].
    pub async fn logits(&self, rows: &[u32]) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Network(trainer) => trainer.logits(rows).await,
            Self::Trees(trainer) => Ok(trainer.logits(rows)),
        }
    }

    /// Logits of impressions that the log need not have, encoded by the run's own encoders.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// As [`Trainer::logits`].
    pub async fn logits_of(&self, encoded: &EncodedLog) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Network(trainer) => trainer.logits_of(encoded).await,
            Self::Trees(trainer) => Ok(trainer.logits_of(encoded)),
        }
    }

    /// The tree's logits for rows of the log, and what is to be said of them.
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn predict(&self, rows: &[u32]) -> Result<Predicted, EngineError> {
        match self {
            Self::Network(trainer) => trainer.predict(rows).await,
            Self::Trees(trainer) => Ok(Predicted { logits: trainer.logits(rows), ratio_above_one: None }),
        }
    }

    /// The evaluation of the held-out rows as the run stands, and the logits that it was read from.
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn evaluate(
        &self,
        log: &ImpressionLog,
        model: &ModelSpec,
        prepared: &Prepared,
        bootstrap: Bootstrap,
    ) -> Result<(Evaluation, Vec<f32>), EngineError> {
        let rows = &prepared.split.eval;
        let predicted = self.predict(rows).await?;
        let read = evaluate(log, model, rows, &predicted.logits, bootstrap);
        let Position { step, epoch, .. } = self.position();
        Ok((Evaluation { step, epoch, notes: predicted.notes(), ..read }, predicted.logits))
    }

    /// Activations and gradients on `rows`, with the labels of `model` among them; `None` for trees, which have no towers.
    ///
    /// # Errors
    /// As [`Trainer::flow`].
    pub async fn flow(
        &self,
        model: &ModelSpec,
        prepared: &Prepared,
        rows: &[u32],
    ) -> Result<Option<FlowReading>, EngineError> {
        match self {
            Self::Network(trainer) if !rows.is_empty() => {
                let labels = prepared.label_counts(&model.tree, rows);
                Ok(Some(FlowReading { labels, ..trainer.flow(rows).await? }))
            }
            _ => Ok(None),
        }
    }

    /// Rows of the next batch, or of the last one when the run is finished; empty for trees.
    pub fn batch_under_glass(&mut self) -> Vec<u32> {
        match self {
            Self::Network(trainer) => trainer.batch_under_glass(),
            Self::Trees(_) => Vec::new(),
        }
    }

    /// Goes on with another learning rate; `false` for trees, whose shrinkage belongs to the model.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> bool {
        match self {
            Self::Network(trainer) => {
                trainer.set_learning_rate(learning_rate);
                true
            }
            Self::Trees(_) => false,
        }
    }

    /// What has been learned so far.
    ///
    /// # Errors
    /// When the device cannot hand it back.
    pub async fn learned(&self) -> Result<Learned, EngineError> {
        match self {
            Self::Network(trainer) => Ok(Learned::Weights(trainer.weights().await?)),
            Self::Trees(trainer) => Ok(Learned::Forest(trainer.forest())),
        }
    }

    /// The run as it stands, to go on from; as [`Trainer::checkpoint`].
    ///
    /// # Errors
    /// When the device cannot hand its numbers back.
    pub async fn checkpoint(&self) -> Result<Option<LearnerCheckpoint>, EngineError> {
        Ok(match self {
            Self::Network(trainer) => trainer.checkpoint().await?.map(LearnerCheckpoint::Network),
            Self::Trees(trainer) => trainer.checkpoint().map(LearnerCheckpoint::Trees),
        })
    }

    /// As [`Trainer::go_on`].
    pub fn go_on(&mut self, checkpoint: LearnerCheckpoint) -> bool {
        match (self, checkpoint) {
            (Self::Network(trainer), LearnerCheckpoint::Network(checkpoint)) => trainer.go_on(checkpoint),
            (Self::Trees(trainer), LearnerCheckpoint::Trees(checkpoint)) => trainer.go_on(&checkpoint),
            _ => false,
        }
    }

    /// Has what a run of the same plan on the same log has learned; `false`, and nothing of it is to be used, where it is none of
    /// it.
    pub fn take_up(&mut self, learned: Learned) -> bool {
        match (self, learned) {
            (Self::Network(trainer), Learned::Weights(weights)) => trainer.set_weights(&weights).is_ok(),
            (Self::Trees(trainer), Learned::Forest(forest)) => trainer.take_up(forest),
            _ => false,
        }
    }

    /// The network, where there is one.
    pub fn network(&self) -> Option<&Trainer> {
        match self {
            Self::Network(trainer) => Some(trainer),
            Self::Trees(_) => None,
        }
    }
}

/// A run under way, put aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LearnerCheckpoint {
    Network(Checkpoint),
    Trees(TreeCheckpoint),
}

impl LearnerCheckpoint {
    /// That of its next step; `None` for trees.
    pub fn learning_rate(&self) -> Option<f64> {
        match self {
            Self::Network(checkpoint) => Some(checkpoint.learning_rate),
            Self::Trees(_) => None,
        }
    }
}

impl Learned {
    /// Ending of the file's name, after the model's and the seed's.
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Weights(_) => "safetensors",
            Self::Forest(_) => "trees.json",
        }
    }

    /// The file.
    ///
    /// # Errors
    /// When the weights' shapes and values do not fit together.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EngineError> {
        match self {
            Self::Weights(weights) => weights.to_safetensors(),
            Self::Forest(forest) => serde_json::to_vec(forest).map_err(|error| EngineError::Weights(error.to_string())),
        }
    }
}
