//! The Tree tab: the behaviour tree of one model, and an editor for a tree of one's own.

pub mod drawing;
pub mod editor;
pub mod slice_choice;
pub mod state;
pub mod tables;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::TreeView;
