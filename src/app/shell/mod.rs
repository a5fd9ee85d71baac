//! The page's frame: header, tabs, bar, drop target. What the bar and the tabs show and do is plain functions, tested
//! natively; the components around them exist in the browser only.

pub mod bar;
pub mod runs;
pub mod share;
pub mod tabs;
pub mod time;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::{Page, follow_history, remembered_theme, show_theme, watch_system_theme};
