//! The Questions tab: questions about the papers, answered by the runs on screen.

pub mod answers;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::QuestionsView;
