//! The Questions tab: questions about the papers, answered by the runs on screen.

pub mod answers;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::QuestionsView;
