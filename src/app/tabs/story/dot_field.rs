//! Places and words of the dot field.

use crate::app::format;

/// Dots in a row.
const ACROSS: usize = 100;
/// Canvas pixels from dot to dot, enough for high-density screens.
pub const PITCH: f64 = 12.0;
/// Class, event and radius in pitches, by depth in the funnel.
pub const EVENTS: [(&str, &str, f64); 4] = [
    ("impression", text!(views::dots::impression), 0.20),
    ("click", text!(views::dots::clicked), 0.40),
    ("action", text!(views::dots::acted), 0.46),
    ("purchase", text!(views::dots::bought), 0.62),
];

/// Width and height of the canvas, in pixels.
pub fn size(n_dots: usize) -> (u32, u32) {
    ((ACROSS as f64 * PITCH) as u32, (n_dots.div_ceil(ACROSS) as f64 * PITCH) as u32)
}

/// Centres of the dots of this depth, in canvas pixels. `dots` is the depth of each impression.
pub fn centers(dots: &[u8], depth: usize) -> impl Iterator<Item = (f64, f64)> {
    let has_depth = move |(_, dot): &(usize, &u8)| usize::from(**dot) == depth;
    let center = |at: usize| ((at % ACROSS) as f64 + 0.5, (at / ACROSS) as f64 + 0.5);
    dots.iter().enumerate().filter(has_depth).map(move |(at, _)| {
        let (x, y) = center(at);
        (x * PITCH, y * PITCH)
    })
}

/// How many of the rows are shown, unless all are.
pub fn shown_of_all(n_shown: usize, n_rows: usize) -> Option<String> {
    let words = || text!(views::dots::first, shown = format::count(n_shown), rows = format::count(n_rows));
    (n_rows > n_shown).then(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_dots_are_in_a_row() {
        assert_eq!([0, 1, 100, 101].map(size), [(1200, 0), (1200, 12), (1200, 12), (1200, 24)]);
        let mut dots = vec![0; 101];
        (dots[1], dots[99], dots[100]) = (1, 1, 1);
        assert_eq!(centers(&dots, 1).collect::<Vec<_>>(), [(18.0, 6.0), (1194.0, 6.0), (6.0, 18.0)]);
        assert_eq!((centers(&dots, 0).count(), centers(&dots, 2).count()), (98, 0));
    }

    #[test]
    fn a_dot_does_not_reach_over_its_neighbours_center() {
        assert!(EVENTS.windows(2).all(|pair| pair[0].2 < pair[1].2), "the deeper the larger");
        assert!(EVENTS.iter().all(|(.., radius)| *radius < 1.0));
    }

    #[test]
    fn the_rest_of_a_long_log_is_said() {
        assert_eq!((shown_of_all(0, 0), shown_of_all(100, 100)), (None, None));
        let words = shown_of_all(100, 250).expect("words");
        assert!(words.contains("100") && words.contains("250"), "{words}");
    }
}
