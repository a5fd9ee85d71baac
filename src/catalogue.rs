//! All that is said to readers, by key: `locales/LANGUAGE/*.toml`, made into Rust by `build/catalogue.rs`.
//!
//! Every layer says its texts with these macros; `app` has its own `text!` and `counted!`, which write numbers for the
//! reader. `words!(log::no_rows, columns = 3)` can be displayed: without arguments it is the literal itself, with them
//! `format_args!`, so a text costs what it would cost in the code. An error says what it is by `#[error("{}",
//! words!(log::no_rows, columns = .columns))]`; a number's form is the argument's, as `rate = format_args!("{rate:.3}")`.
//!
//! `words!(models::names[name])` is the text of the group `names` whose key is `name`, if there is one.
//!
//! A counted text has the forms `one` and `other`; its argument `number` chooses.

#[allow(
    dead_code,
    unused_macros,
    missing_docs,
    non_camel_case_types,
    reason = "a text's name is its key; tests/catalogue.rs finds the keys that nothing uses"
)]
#[macro_use]
pub mod texts {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// A text: a literal, or a `String` when it takes arguments.
macro_rules! text {
    ($($key:ident)::+) => { words!($($key)::+) };
    ($($key:ident)::+, $($given:tt)+) => { ::std::format!("{}", words!($($key)::+, $($given)+)) };
}

/// A counted text whose number is its argument `count`.
macro_rules! counted {
    ($($key:ident)::+, $n:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        let number: usize = $n;
        text!($($key)::+, number = number, count = number $(, $name = $value)*)
    }};
}
