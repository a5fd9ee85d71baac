//! The Tree tab: the behaviour tree of one model, and an editor for a tree of one's own.

pub mod drawing;
pub mod editor;
pub mod slice_choice;
pub mod state;
pub mod tables;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::TreeView;
