//! The Rows tab: a window of the log's rows with every model's predictions, and one row inspected.

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
