//! The engine on the CPU: against the f64 reference, against PyTorch, and against itself.

mod checkpoints;
mod delays;
mod distance;
mod flow;
mod golden;
mod golden_objectives;
mod gradients;
mod intercepts;
mod objectives;
mod options;
mod reference;
mod regimes;
mod sampled;
mod scm;
mod support;
mod training;
mod tree_categories;
mod tree_lists;
mod trees;
