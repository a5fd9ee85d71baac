//! The window of a table of any length: its visible rows, its cursor, and its scroll position.

/// Number of visible rows.
pub const VISIBLE: u32 = 14;
/// Height of a row in pixels, as in the style sheet.
const ROW_HEIGHT: f64 = 32.0;
/// Maximum height in pixels: browsers have a limit. Beyond it a pixel of scrolling stands for more rows.
const TALLEST: f64 = 4_000_000.0;
/// Tolerance in pixels for recognising a scroll position that was set by the window.
const ROUNDING: f64 = 1.5;

/// The window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowsWindow {
    /// First visible place among the rows that match.
    pub start: u32,
    /// Place of the arrow keys' cursor.
    pub cursor: u32,
}

/// Keys that move the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKey {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

impl RowKey {
    /// The key by its name in the browser's events.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "PageUp" => Self::PageUp,
            "PageDown" => Self::PageDown,
            "Home" => Self::Home,
            "End" => Self::End,
            _ => return None,
        })
    }
}

/// Height in pixels of the rows below the visible ones, which gives the scroll bar the table's length.
pub fn height_below(total: u32) -> f64 {
    ((f64::from(total) * ROW_HEIGHT).min(TALLEST) - f64::from(VISIBLE) * ROW_HEIGHT).max(0.0)
}

impl RowsWindow {
    /// Scroll position in pixels for a table of `total` rows.
    pub fn top(self, total: u32) -> f64 {
        let last = f64::from(last_start(total)).max(1.0);
        f64::from(self.start) / last * height_below(total)
    }

    /// The window with the cursor at `place`, scrolled as little as needed.
    pub fn at(self, place: u32) -> Self {
        let start = match place {
            place if place < self.start => place,
            place if place >= self.start + VISIBLE => place + 1 - VISIBLE,
            _ => self.start,
        };
        Self { start, cursor: place }
    }

    /// The window after a key.
    pub fn moved(self, key: RowKey, total: u32) -> Self {
        let last = total.saturating_sub(1);
        let place = match key {
            RowKey::Up => self.cursor.saturating_sub(1),
            RowKey::Down => self.cursor.saturating_add(1),
            RowKey::PageUp => self.cursor.saturating_sub(VISIBLE - 1),
            RowKey::PageDown => self.cursor.saturating_add(VISIBLE - 1),
            RowKey::Home => 0,
            RowKey::End => last,
        };
        self.at(place.min(last))
    }

    /// The window after a scroll to `top`; unchanged if the window set that position itself.
    pub fn scrolled(self, top: f64, total: u32) -> Self {
        if (top - self.top(total)).abs() < ROUNDING {
            return self;
        }
        let share = (top / height_below(total).max(1.0)).clamp(0.0, 1.0);
        let start = (share * f64::from(last_start(total))).round() as u32;
        Self { start, cursor: self.cursor.clamp(start, start + VISIBLE - 1) }
    }
}

/// First visible place at the table's end.
fn last_start(total: u32) -> u32 {
    total.saturating_sub(VISIBLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: u32 = 1_000_000;

    #[test]
    fn keys_move_the_cursor_and_the_window_only_as_far_as_it_must() {
        let mut window = RowsWindow::default();
        for (key, expected) in [
            (RowKey::Up, (0, 0)),
            (RowKey::Down, (0, 1)),
            (RowKey::PageDown, (1, 14)),
            (RowKey::Up, (1, 13)),
            (RowKey::PageUp, (0, 0)),
            (RowKey::End, (LONG - VISIBLE, LONG - 1)),
            (RowKey::Down, (LONG - VISIBLE, LONG - 1)),
            (RowKey::Home, (0, 0)),
        ] {
            window = window.moved(key, LONG);
            assert_eq!((window.start, window.cursor), expected, "{key:?}");
        }
    }

    #[test]
    fn the_scroll_bar_reaches_the_first_and_the_last_row_of_any_table() {
        for total in [0, 3, VISIBLE, VISIBLE + 1, 5_000, LONG, 20_000_000] {
            let below = height_below(total);
            assert!(below <= TALLEST);
            let end = RowsWindow::default().scrolled(below + 1e4, total);
            assert_eq!(end.start, last_start(total), "{total}");
            assert!(end.cursor >= end.start && end.cursor < end.start + VISIBLE);
            assert_eq!(end.scrolled(-5.0, total).start, 0, "{total}");
        }
    }

    #[test]
    fn a_window_that_put_the_scroll_bar_there_does_not_move() {
        let mut window = RowsWindow::default();
        for place in [0, 17, 400_000, LONG - 1, 3] {
            window = window.at(place);
            assert_eq!(window.scrolled(window.top(LONG).round(), LONG), window, "{place}");
        }
    }

    #[test]
    fn a_table_without_rows_has_no_place_to_go() {
        for key in [RowKey::Up, RowKey::Down, RowKey::PageDown, RowKey::End] {
            assert_eq!(RowsWindow::default().moved(key, 0), RowsWindow::default());
        }
    }
}
