//! The views: tabs of the page.
//!
//! Thin skins: numbers, geometry and words come from `app::charts`; state from [`AppState`](super::state::AppState).

mod metrics;
mod metrics_curves;
mod metrics_table;
mod selected;
mod selection;
mod shared;
mod towers;
mod towers_network;
mod tree;
mod tree_figure;
mod tree_formula;

pub use metrics::MetricsView;
pub use selection::SelectionFigure;
pub use towers::TowersView;
pub use tree::TreeView;
