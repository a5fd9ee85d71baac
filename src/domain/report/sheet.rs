//! What lies beside a run's weights: all that is needed to recompute its predictions elsewhere.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::behavior::BehaviorTree;
use crate::domain::features::{FieldEncoding, FittedFeatures, MAX_VALUES_PER_ROW};
use crate::domain::objective::{Readout, Readouts};
use crate::domain::spec::{SpecError, TrainPlan};

/// The version that is written and read.
const VERSION: u32 = 1;

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

/// Why a file is no sheet of weights.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SheetError {
    #[error("{}", words!(weights::no_sheet, reason = .0))]
    Syntax(String),
    #[error("{}", words!(weights::version, found = .0, supported = VERSION))]
    Version(u32),
    #[error("{}", words!(weights::plan, source = .0))]
    Plan(#[from] SpecError),
    #[error("{}", words!(weights::contradicts, what = .0))]
    Contradicts(&'static str),
    #[error("{}", words!(weights::no_column))]
    NoColumn,
    #[error("{}", words!(weights::duplicate_column, column = .0))]
    DuplicateColumn(String),
    #[error("{}", words!(weights::values_per_row, column = .column, found = .found, most = MAX_VALUES_PER_ROW))]
    ValuesPerRow { column: String, found: usize },
}

/// What is read before all else: another version may have other keys.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl WeightsSheet {
    /// Reads and checks a sheet, which may be anybody's.
    ///
    /// # Errors
    /// When it is none, or says what no run has written.
    pub fn from_json(text: &str) -> Result<Self, SheetError> {
        let syntax = |error: serde_json::Error| SheetError::Syntax(error.to_string());
        let Versioned { version } = serde_json::from_str(text).map_err(syntax)?;
        if version != VERSION {
            return Err(SheetError::Version(version));
        }
        let sheet: Self = serde_json::from_str(text).map_err(syntax)?;
        sheet.plan.validate()?;
        if sheet.tree != sheet.plan.model.tree {
            return Err(SheetError::Contradicts(text!(weights::tree)));
        }
        if sheet.readout != Readouts::of(&sheet.plan.model).as_written() {
            return Err(SheetError::Contradicts(text!(weights::readout)));
        }
        sheet.check_features()?;
        Ok(sheet)
    }

    fn check_features(&self) -> Result<(), SheetError> {
        let mut seen = HashSet::new();
        if let Some((twice, _)) = self.features.columns().find(|(column, _)| !seen.insert(*column)) {
            return Err(SheetError::DuplicateColumn(twice.to_owned()));
        }
        if seen.is_empty() {
            return Err(SheetError::NoColumn);
        }
        let wrong = self.features.fields.iter().find_map(|field| match field.encoding {
            FieldEncoding::Lists { values_per_row, .. } if !(1..=MAX_VALUES_PER_ROW).contains(&values_per_row) => {
                Some(SheetError::ValuesPerRow { column: field.name.clone(), found: values_per_row })
            }
            _ => None,
        });
        wrong.map_or(Ok(()), Err)
    }

    /// The sheet of a run.
    pub fn new(plan: &TrainPlan, features: &FittedFeatures) -> Self {
        let plan = TrainPlan { network: plan.network.of(&plan.model), ..plan.clone() };
        let readout = Readouts::of(&plan.model).as_written().to_vec();
        Self { version: VERSION, tree: plan.model.tree.clone(), plan, readout, features: features.clone() }
    }
}
