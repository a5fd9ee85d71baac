//! The Rows tab: a window of the log's rows with every model's predictions, and one row inspected.

pub mod drawing;
pub mod events_choice;
pub mod row_inspector;
pub mod rows_table;
pub mod state;
pub mod window;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::RowsView;
