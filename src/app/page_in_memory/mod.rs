//! The page without a browser, for tests: its components are drawn as text, its marks as data, and its effects are kept.

pub mod browser;
pub mod marks;

mod tests;
