//! The report as a plot: a bar for each side, as long as its median, and a line at its best round.

use crate::report::{Comparison, Report};
use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
/// Where bars begin, after the names.
const LEFT: f64 = 250.0;
/// Room for the number after the longest bar.
const RIGHT: f64 = 182.0;
const BAR: f64 = 18.0;
const LINE: f64 = 26.0;
const HEAD: f64 = 62.0;
/// Characters of a line of small text.
const SMALL_LINE: usize = 118;

/// Colours that hold 3:1 on both themes; a picture in a page follows the reader's system.
const STYLE: &str = "
  svg { background: #ffffff; font-family: system-ui, sans-serif; font-size: 13px; }
  text { fill: #1c1c1c; } .small { fill: #555555; font-size: 11px; } .head { font-weight: 600; }
  .ours { fill: #0b6e99; } .peer { fill: #8a8a8a; } .best { stroke: #1c1c1c; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c; } text { fill: #ececec; } .small { fill: #b0b0b0; }
    .ours { fill: #4bb3dd; } .peer { fill: #858585; } .best { stroke: #ececec; }
  }";

/// The plot as an SVG file. Each comparison has its own scale.
pub fn svg(report: &Report) -> String {
    let mut body = String::new();
    text(&mut body, (16.0, 28.0), "head", "ESMM's training steps on the CPU: rows a second");
    let mut y = 48.0;
    for line in lines(&report.circumstances()) {
        text(&mut body, (16.0, y), "small", &line);
        y += 15.0;
    }
    text(&mut body, (16.0, y), "small", "Bars are medians of the rounds, lines the best round.");
    y += 14.0;
    for comparison in &report.comparisons {
        y = draw(&mut body, comparison, y);
    }
    for sentence in &report.skipped {
        y += 18.0;
        text(&mut body, (16.0, y), "small", &format!("Left out: {sentence}"));
    }
    let height = y + 18.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>ESMM's training steps on the CPU: rows a second, this project and its peers</title>\n\
         <style>{STYLE}\n</style>\n{body}</svg>\n"
    )
}

/// Draws a comparison below `top`; returns where it ends.
fn draw(body: &mut String, comparison: &Comparison, top: f64) -> f64 {
    let title = comparison.title();
    let (network, shape) = title.split_once(": ").unwrap_or((&title, ""));
    text(body, (16.0, top + 24.0), "head", &capital(network));
    text(body, (16.0, top + 41.0), "small", &capital(shape));
    if let (Some((_, median)), Some(peer)) = (comparison.ratio(), comparison.fastest_peer()) {
        let ratio = format!("{median:.2} times {}", peer.who);
        let _ = writeln!(
            body,
            "<text class=\"head\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
            WIDTH - 16.0,
            top + 24.0,
            escaped(&ratio)
        );
    }
    let longest = comparison.sides.iter().map(|side| side.best()).fold(1.0, f64::max);
    let length = |rate: f64| rate / longest * (WIDTH - LEFT - RIGHT);
    let mut y = top + HEAD - 10.0;
    for side in &comparison.sides {
        let middle = y + BAR / 2.0 + 4.5;
        text(body, (16.0, middle), "", &side.who);
        let class = if side.is_ours { "ours" } else { "peer" };
        let (width, best) = (length(side.median()), LEFT + length(side.best()));
        let _ =
            writeln!(body, "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>");
        let (above, below) = (y - 2.0, y + BAR + 2.0);
        let _ = writeln!(
            body,
            "<line class=\"best\" x1=\"{best:.1}\" x2=\"{best:.1}\" y1=\"{above:.1}\" y2=\"{below:.1}\"/>"
        );
        let numbers = format!("{} (best {})", thousands(side.median()), thousands(side.best()));
        text(body, (best + 7.0, middle), "", &numbers);
        y += LINE;
    }
    y
}

fn text(body: &mut String, (x, y): (f64, f64), class: &str, words: &str) {
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(words));
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `12 345`.
fn thousands(rate: f64) -> String {
    let digits = format!("{:.0}", rate);
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(" ")
}

/// Words of a long line, on lines of [`SMALL_LINE`] characters.
fn lines(words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let last = lines.last_mut().filter(|line| line.len() + word.len() < SMALL_LINE);
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => *line += &format!(" {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
