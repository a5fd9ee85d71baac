//! The Towers tab: the network's activations and gradients, each head's predictions, and pCTR against pCVR.

pub mod density_drawing;
pub mod drawing;
pub mod embedding_map;
pub mod histogram;
pub mod histogram_drawing;
mod network_bands;
pub mod network_drawing;
pub mod network_layer;
mod network_layout;
pub mod network_parts;
pub mod rectangle;
pub mod slow_motion;
pub mod state;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::TowersView;
