//! Towers that answer no question of the tree, and loss terms of none of its events.

/// A tower beside the tree's questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuxiliaryTower {
    /// The loss that ESCM²-DR imputes, through softplus.
    Imputation,
    /// DCMT's purchase, had the impression not been clicked.
    Counterfactual,
    /// The rate at which a late event comes, through softplus.
    Delay,
}

impl AuxiliaryTower {
    /// The tower's name among a model's towers and weights.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imputation => "imputation",
            Self::Counterfactual => "counterfactual",
            Self::Delay => "delay",
        }
    }
}

/// A loss term of no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuxiliaryTerm {
    /// ESM²'s action and purchase together.
    Joint,
    /// ESCM²-DR's imputed loss against the loss.
    Imputation,
    /// DCMT's loss where nothing was clicked.
    Counterfactual,
    /// DCMT's purchase and counterfactual exclude each other.
    Constraint,
}

impl AuxiliaryTerm {
    pub const ALL: [Self; 4] = [Self::Joint, Self::Imputation, Self::Counterfactual, Self::Constraint];

    /// The term's name among a step's losses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joint => "joint",
            Self::Imputation => "imputation",
            Self::Counterfactual => "counterfactual",
            Self::Constraint => "constraint",
        }
    }

    /// The term of this name; `None` for an event's.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|term| term.name() == name)
    }
}
