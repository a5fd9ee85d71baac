//! A number that can be set, described once: validation walks tables of these, and the page's controls are made from them.
use std::fmt;

use super::range::Range;

/// Seeds: integers that JSON readers everywhere keep exact.
pub const SEED: Range = Range::linear(0.0, 9_007_199_254_740_991.0).whole();

/// A number outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", words!(spec::out_of_range, key = .key, value = .value, range = .range))]
pub struct OutOfRange {
    /// Its key, as in a file.
    pub key: String,
    pub value: String,
    /// For the user: `from 0.001 to 0.9`.
    pub range: String,
}

impl OutOfRange {
    pub fn new(key: &str, value: impl fmt::Display, low: impl fmt::Display, high: impl fmt::Display) -> Self {
        Self { key: key.to_owned(), value: value.to_string(), range: text!(spec::range, low = low, high = high) }
    }

    /// The same of what stands under `path`.
    pub fn under(self, path: &str) -> Self {
        Self { key: format!("{path}.{}", self.key), ..self }
    }
}

/// One number of `S`.
pub struct Setting<S: 'static> {
    /// Its key in a file, below the key of `S`: `momentum`, `early_stopping.patience`.
    pub key: &'static str,
    /// What the page calls it; empty for one that only files have.
    pub label: &'static str,
    /// What it does, its unit, or the paper's value, in a few words.
    pub hint: &'static str,
    /// What is valid, and how a slider is spread over it.
    pub range: Range,
    /// What the page offers: seldom all that is valid, and for a limit that can be off 0 as well.
    pub offered: Range,
    /// Absent where this `S` has no such number, or leaves it open.
    pub get: fn(&S) -> Option<f64>,
    /// Does nothing where this `S` has no such number.
    pub set: fn(&mut S, f64),
    /// Leaves it open; does nothing to one that cannot be open.
    pub open: fn(&mut S),
    /// Whether anything depends on it, as the other settings are.
    pub applies: fn(&S) -> bool,
}

impl<S: 'static> Setting<S> {
    pub const fn new(key: &'static str, range: Range, get: fn(&S) -> Option<f64>, set: fn(&mut S, f64)) -> Self {
        Self { key, label: "", hint: "", range, offered: range, get, set, open: |_| (), applies: |_| true }
    }

    pub const fn words(self, label: &'static str, hint: &'static str) -> Self {
        Self { label, hint, ..self }
    }

    /// Offers other numbers on the page than all that are valid.
    pub const fn offered(self, offered: Range) -> Self {
        Self { offered, ..self }
    }

    pub const fn may_be_open(self, open: fn(&mut S)) -> Self {
        Self { open, ..self }
    }

    pub const fn applies(self, applies: fn(&S) -> bool) -> Self {
        Self { applies, ..self }
    }

    /// Checks the number of `of`.
    ///
    /// # Errors
    /// When it is out of its range. A number that is left open is within it.
    pub fn check(&self, of: &S) -> Result<(), OutOfRange> {
        match (self.get)(of) {
            Some(value) if !self.range.holds(value) => {
                Err(OutOfRange::new(self.key, value, self.range.low, self.range.high))
            }
            _ => Ok(()),
        }
    }
}

/// Checks every number of a table.
///
/// # Errors
/// The first that is out of its range.
pub fn check_all<S: 'static>(
    settings: impl IntoIterator<Item = &'static Setting<S>>,
    of: &S,
) -> Result<(), OutOfRange> {
    settings.into_iter().try_for_each(|setting| setting.check(of))
}

/// Whether a setting is off, so that it is left out of links.
pub(super) fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl<S> Clone for Setting<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Setting<S> {}

impl<S> fmt::Debug for Setting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

impl<S> PartialEq for Setting<S> {
    /// Keys are unique within a table.
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// A number at a place of a spec: `setting!(SynthSpec, "rows", rows as usize, range)`.
macro_rules! setting {
    ($spec:ty, $key:expr, $place:ident $([$at:literal])? as $type:ty, $range:expr) => {
        $crate::domain::setting::Setting::new(
            $key,
            $range,
            |spec: &$spec| Some(spec.$place$([$at])? as f64),
            |spec: &mut $spec, value| spec.$place$([$at])? = value as $type,
        )
    };
}

/// A number that may be left open.
macro_rules! open_setting {
    ($spec:ty, $key:expr, $field:ident as $type:ty, $range:expr) => {
        $crate::domain::setting::Setting::new(
            $key,
            $range,
            |spec: &$spec| spec.$field.map(|value| value as f64),
            |spec: &mut $spec, value| spec.$field = Some(value as $type),
        )
        .may_be_open(|spec| spec.$field = None)
    };
}

pub(crate) use {open_setting, setting};
