//! The headless lab.
