//! Layout of the network's drawing.

use crate::app::charts::scale::px;
use crate::app::marks::{Mark, text};

/// Height of a head in the right column.
pub(super) const HEAD_LINE: f64 = 52.0;
/// Offset at which lines continue after a tower's mean.
pub(super) const BEYOND_LABEL: f64 = 84.0;

/// Positions, for a wide page and for a phone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub is_wide: bool,
    pub width: f64,
    pub fields_right: f64,
    /// Left edge and width.
    pub table: (f64, f64),
    pub tower: f64,
    pub head: f64,
    pub scm: f64,
    pub top: f64,
    pub lane: f64,
}

pub(super) const WIDE: Layout = Layout {
    is_wide: true,
    width: 1080.0,
    fields_right: 128.0,
    table: (206.0, 18.0),
    tower: 326.0,
    head: 500.0,
    scm: 724.0,
    top: 44.0,
    lane: 108.0,
};

pub(super) const NARROW: Layout = Layout {
    is_wide: false,
    width: 360.0,
    fields_right: 0.0,
    table: (4.0, 12.0),
    tower: 96.0,
    head: 300.0,
    scm: 0.0,
    top: 44.0,
    lane: 108.0,
};

/// Vertical extent of a column.
pub(super) struct Column {
    pub top: f64,
    pub bottom: f64,
}

impl Column {
    /// The position of item `index` of `n`.
    pub fn spread(&self, index: usize, n: usize) -> f64 {
        self.top + (self.bottom - self.top) * (index as f64 + 0.5) / n.max(1) as f64
    }
}

/// `of` is `SEM`, `DPM` or `SCM`.
pub(super) fn column_title(x: f64, of: &str) -> Option<Mark> {
    let (words, long) = match of {
        "SEM" => (text!(network::sem), text!(network::sem_long)),
        "DPM" => (text!(network::dpm), text!(network::dpm_long)),
        _ => (text!(network::scm), text!(network::scm_long)),
    };
    let title = text("network-title", x, 14.0, words).child(Mark::new("title").text(long));
    Some(title.key(of))
}

/// A line from left to right.
pub(super) fn wire(from: (f64, f64), to: (f64, f64)) -> String {
    let middle = (from.0 + to.0) / 2.0;
    format!(
        "M{} {}C{} {} {} {} {} {}",
        px(from.0),
        px(from.1),
        px(middle),
        px(from.1),
        px(middle),
        px(to.1),
        px(to.0),
        px(to.1)
    )
}
