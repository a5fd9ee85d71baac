//! The lab as its users meet it: files in, files out, one sentence when something is wrong.

mod errors;
mod failures;
mod interpreter;
mod onnx;
mod own_trees;
mod predict;
mod recompute;
mod recording;
mod sampled;
mod scale_out;
mod support;
mod terminal;
mod verdicts;
