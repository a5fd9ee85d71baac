//! Gradient-boosted trees: the tree baseline of Wen et al. 2020, table 2 (150 trees of depth 8).
//!
//! ```text
//! F₀ = ln(rate/(1−rate))        F_k = F_{k−1} + η·tree_k        g = σ(F) − y,  h = σ(F)(1−σ(F))
//! leaf value = −G/(H+λ)         gain = G_l²/(H_l+λ) + G_r²/(H_r+λ) − G²/(H+λ)
//! ```
//! with G, H the sums of g, h over a node's rows; splits of categories, which have a further λ, are in `categories`.
//! Source: Friedman 2001; Chen and Guestrin 2016, eq. 5–7; Ke et al. 2017 (LightGBM). One ensemble for each supervised
//! event, over the training rows that meet its condition: CTR over D, CVR over O.
//!
//! Invariants: f64 sums in the order of rows and `libm` functions, so the same plan and log give the same trees on every
//! platform; a step is one tree of every ensemble. No tensors here.

mod boost;
mod categories;
mod grow;
mod histogram;
mod inputs;
mod model;
mod pass;
mod predictor;
mod trainer;

pub use boost::{BoostOptions, Booster};
pub use categories::CategoryOptions;
pub use grow::{GrowOptions, grow};
pub use histogram::Derivatives;
pub use inputs::{Input, InputKind, TreeInputs};
pub use model::{Ensemble, Forest, Node, Split, Tree};
pub use predictor::TreePredictor;
pub use trainer::{TreeCheckpoint, TreeTrainer};
