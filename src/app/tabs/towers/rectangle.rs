//! A rectangle while it is drawn with the pointer.

use crate::app::marks::Grab;

/// Two opposite corners, in the units of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Where the pointer went down.
    pub from: (f64, f64),
    /// Where the pointer is.
    pub to: (f64, f64),
}

/// The rectangle after a pointer move, and whether it is finished; `None` for a key.
pub fn drawn(before: Option<Stroke>, grab: Grab) -> Option<(Stroke, bool)> {
    let (to, is_over) = match grab {
        Grab::Drag { x, y } => ((x, y), false),
        Grab::Drop { x, y } => ((x, y), true),
        Grab::Key(_) => return None,
    };
    let from = before.map_or(to, |stroke| stroke.from);
    Some((Stroke { from, to }, is_over))
}
