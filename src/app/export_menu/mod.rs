//! The export menu.

pub mod menu;
#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::ExportsView;
