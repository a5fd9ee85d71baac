//! The Rows tab: a window on the log's rows with what every model says of each, and one of them inspected.

pub mod drawing;
pub mod events_choice;
pub mod row_inspector;
pub mod rows_table;
pub mod state;
pub mod window;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::RowsView;
