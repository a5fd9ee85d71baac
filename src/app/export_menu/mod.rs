//! The export menu.

pub mod menu;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::ExportsView;
