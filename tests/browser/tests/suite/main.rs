//! The page in a real browser. Needs `dist/` (`cargo xtask dist`), a Chromium and its chromedriver.

mod devices;
mod files;
mod links;
mod names;
mod reading;
mod specs;
mod training;
