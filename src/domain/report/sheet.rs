//! What lies beside a run's weights: all that is needed to recompute its predictions elsewhere.

use serde::{Deserialize, Serialize};

use crate::domain::behavior::BehaviorTree;
use crate::domain::features::FittedFeatures;
use crate::domain::objective::{Readout, Readouts};
use crate::domain::spec::TrainPlan;

/// The JSON beside a `.safetensors` file, version 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WeightsSheet {
    pub version: u32,
    /// The part of the experiment that trained the model; its network is as trained.
    pub plan: TrainPlan,
    pub tree: BehaviorTree,
    /// By question: how its answer is made of the towers' logits.
    pub readout: Vec<Readout>,
    pub features: FittedFeatures,
}

impl WeightsSheet {
    /// The sheet of a run.
    pub fn new(plan: &TrainPlan, features: &FittedFeatures) -> Self {
        let plan = TrainPlan { network: plan.network.of(&plan.model), ..plan.clone() };
        let readout = Readouts::of(&plan.model).as_written().to_vec();
        Self { version: 1, tree: plan.model.tree.clone(), plan, readout, features: features.clone() }
    }
}
