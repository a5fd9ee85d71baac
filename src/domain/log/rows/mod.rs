//! Looking at single rows: which ones, in which order, and which are alike.
//!
//! All of it works on the table as it is and hands out row numbers, so that a view of any length is served in pages.

mod alike;
mod query;
mod what_if;

pub use alike::{Alike, nearest};
pub use query::{Condition, QueryError, RowFilter, RowQuery, SortBy, ValueColumn};
pub use what_if::{WhatIfError, what_if};
