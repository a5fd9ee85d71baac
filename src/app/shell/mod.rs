//! The page's frame: header, tabs, bar, drop target. What the bar and the tabs show and do is plain functions, tested
//! natively; `view` has the components around them.

pub mod bar;
pub mod runs;
pub mod share;
pub mod tabs;
pub mod time;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::Page;
