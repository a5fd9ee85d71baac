//! The Questions tab: what readers of the papers ask, answered by the runs on screen.

pub mod answers;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::QuestionsView;
