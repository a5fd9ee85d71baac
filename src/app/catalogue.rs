//! The page's `text!` and `counted!`: every argument is text, so that a number is written by [`super::format`] first.

/// A text: a literal, or a `String` when it takes arguments.
macro_rules! text {
    ($($key:ident)::+) => { words!($($key)::+) };
    ($($key:ident)::+, number = $number:expr, $($name:ident = $value:expr),+ $(,)?) => {
        ::std::format!(
            "{}",
            words!($($key)::+, number = $number, $($name = $crate::app::catalogue::written(&$value)),+)
        )
    };
    ($($key:ident)::+, $($name:ident = $value:expr),+ $(,)?) => {
        ::std::format!("{}", words!($($key)::+, $($name = $crate::app::catalogue::written(&$value)),+))
    };
}

/// A counted text whose number is its argument `count`.
macro_rules! counted {
    ($($key:ident)::+, $n:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        let number: usize = $n;
        text!($($key)::+, number = number, count = $crate::app::format::count(number) $(, $name = $value)*)
    }};
}

/// What an argument must be.
pub(crate) fn written(text: &str) -> &str {
    text
}
