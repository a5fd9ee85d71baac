//! The page in Chromium. Needs `dist/` (`cargo xtask dist`), a Chromium and its chromedriver.
//!
//! What every browser must do is in tests/main_path.rs.

mod access;
mod assembly;
mod cycles;
mod data;
mod devices;
mod engines;
mod exports;
mod files;
mod framed;
mod generator;
mod keeping;
mod keys;
mod links;
mod locale;
mod meanwhile;
mod names;
mod offline;
mod own_predictions;
mod parts;
mod phone;
mod privacy;
mod rows;
mod start;
mod story;
mod towers;
mod training;
mod ways_in;
