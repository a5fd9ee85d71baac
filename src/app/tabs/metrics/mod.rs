//! The Metrics tab: models × tasks, losses, curves, costs and slices.

pub mod curves;
pub mod curves_drawing;
pub mod drawing;
mod first_losses;
pub mod metrics_table;
pub mod operating;
pub mod operating_drawing;
pub mod pinned;
pub mod slice_findings;
pub mod task_curves;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::MetricsView;
