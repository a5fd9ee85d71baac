//! The page's own texts, by key: `locales/LANGUAGE/*.toml`, made into Rust by `build/catalogue.rs`.
//!
//! `text!(shell::bar::stop)` is a `&'static str` and may stand in a constant; `text!(shell::share::too_long, length = …)`
//! is a `String`, and takes every argument by name. Arguments are text: numbers are written by [`super::format`] first. A
//! counted text has the forms `one` and `other`; `counted!(nouns::rows, n)` writes the number as its argument `count`, and
//! `text!(…, number = n, …)` only chooses by it.

/// A text of the catalogue.
macro_rules! text {
    ($($key:ident)::+) => { $crate::app::catalogue::texts::$($key)::+ };
    ($($key:ident)::+, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::app::catalogue::texts::$($key)::+ { $($name: &$value),+ }.said()
    };
}

/// A counted text whose number is its argument `count`.
macro_rules! counted {
    ($($key:ident)::+, $n:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        let number: usize = $n;
        $crate::app::catalogue::texts::$($key)::+ {
            number: &number, count: &$crate::app::format::count(number), $($name: &$value),*
        }.said()
    }};
}

#[allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    reason = "a text's name is its key; tests/catalogue.rs finds the keys that nothing uses"
)]
pub mod texts {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// Whether a number takes the form for one, in English.
fn is_one(number: usize) -> bool {
    number == 1
}
