//! The frame of a chart: its plot area and its two axes, and the marks that charts have in common.
//!
//! A chart makes a [`Frame`], takes its axes, labels and reference lines, and adds its own marks. Every position comes from
//! an axis, so that an axis can be exchanged without touching the marks.

use super::axis::Axis;
use super::names;
use super::scale::{line_path, px, spread};
use crate::app::marks::{Grab, Key, Mark, Text, Touch, circle, group, path, rect, svg, text};

/// The plot area, in units of the drawing. Above it is the title of the y axis, left the y axis' labels, right the lines'
/// labels, below the x axis' labels and title.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub width: f64,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// A plot area with its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub area: Area,
    pub x: Axis,
    pub y: Axis,
}

/// A label beside the right end of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    class: String,
    words: String,
    /// Preferred pixel.
    y: f64,
    /// End of its line, for a leader.
    end: Option<(f64, f64)>,
}

/// A vertical reference line, with a label above the plot area.
pub struct Reference {
    /// `truth` or `constant`.
    pub class: &'static str,
    pub x: f64,
    pub words: String,
}

/// A vertical line that is dragged or moved by keys.
pub struct Handle {
    pub name: &'static str,
    /// Lowest, highest and present value, for assistive technology.
    pub values: [usize; 3],
    /// The present value in words.
    pub words: String,
    /// The present value on the x axis.
    pub x: f64,
}

/// A move of a handle along its axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Move {
    /// To this share of the axis, 0 to 1.
    To(f64),
    /// By a number of steps.
    By(isize),
    /// Back to its default.
    Back,
}

/// Distance of two labels' lines.
const LINE: f64 = 15.0;
/// Distance of the middles of two labels above the plot area.
const ABREAST: f64 = 76.0;
/// Width from which drawings are shrunk on a phone, with larger text.
const LARGE: f64 = 480.0;

impl Area {
    /// One of several charts beside one another.
    pub const SMALL: Self = Self { width: 360.0, left: 50.0, right: 276.0, top: 26.0, bottom: 226.0 };
}

impl Frame {
    pub fn new(area: Area, x: Axis, y: Axis) -> Self {
        // The first category is the uppermost.
        let up = if y.is_of_categories() { (area.top, area.bottom) } else { (area.bottom, area.top) };
        Self { area, x: x.over((area.left, area.right)), y: y.over(up) }
    }

    /// The `svg` of the frame, an image described by one sentence.
    pub fn svg<M: 'static>(&self, sentence: &str) -> Mark<M> {
        self.drawing(sentence).still()
    }

    fn drawing(&self, sentence: &str) -> Mark {
        let height = self.area.bottom + self.title_below() + 8.0;
        let class = if self.area.width >= LARGE { "chart-large" } else { "" };
        svg(self.area.width, height, sentence).class(class)
    }

    /// Distance of the x axis' title below the plot area.
    fn title_below(&self) -> f64 {
        if self.x.ticks().is_empty() { 20.0 } else { 36.0 }
    }

    /// The pixels of a point.
    pub fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Both axes: grid lines at the ticks of the y axis, or of the x axis where the y axis has none, labels and titles.
    pub fn axes(&self) -> Mark {
        let Area { width, left, right, top, bottom } = self.area;
        let mut marks: Vec<Mark> = Vec::new();
        let (across, up) = (self.x.ticks(), self.y.ticks());
        let has_rows = !up.is_empty() && !self.y.is_of_categories();
        for (y, words) in up {
            marks.extend(has_rows.then(|| path("grid-line", format!("M{left} {}H{right}", px(y)))));
            marks.push(text("axis-label end", left - 6.0, y + 4.0, words));
        }
        for (x, words) in across {
            marks.push(match (self.x.is_of_categories(), has_rows) {
                (true, _) => group(""),
                (false, true) => path("axis-tick", format!("M{} {bottom}v4", px(x))),
                (false, false) => path("grid-line", format!("M{} {top}V{bottom}", px(x))),
            });
            marks.push(text("axis-label middle", x.clamp(18.0, width - 18.0), bottom + 16.0, words));
        }
        // Under the middle of the plot area, or from the drawing's left edge where that is too narrow.
        let middle = (left + right) / 2.0;
        let half = 3.1 * self.x.title.chars().count() as f64;
        let fits = half <= middle && middle + half <= width;
        let (class, x) = if fits { ("axis-title", middle) } else { ("axis-title start", 0.0) };
        marks.push(text(class, x, bottom + self.title_below(), &self.x.title));
        marks.push(text("axis-title start", 0.0, 12.0, &self.y.title));
        group("axes").key("axes").children(marks)
    }

    /// A line through points; points that are not finite are left out.
    pub fn line(&self, class: &'static str, points: impl IntoIterator<Item = (f64, f64)>) -> Mark {
        let finite = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        path(class, line_path(finite.map(|point| self.point(point))))
    }

    /// The area between the lowest and the highest of several lines, as x, low and high; `None` without points.
    pub fn band(&self, points: &[(f64, f64, f64)]) -> Option<Mark> {
        let there = points.iter().map(|&(x, _, high)| self.point((x, high)));
        let back = points.iter().rev().map(|&(x, low, _)| self.point((x, low)));
        let outline = line_path(there.chain(back));
        (!outline.is_empty()).then(|| path("seed-band", outline + "Z").key("band"))
    }

    /// A horizontal line across the plot area.
    pub fn across(&self, class: &'static str, y: f64) -> Mark {
        path(class, format!("M{} {}H{}", self.area.left, px(self.y.at(y)), self.area.right))
    }

    /// A vertical line through the plot area.
    pub fn upright(&self, class: &'static str, x: f64) -> Mark {
        path(class, format!("M{} {}V{}", px(self.x.at(x)), px(self.area.top - 4.0), self.area.bottom))
    }

    /// Vertical lines with labels above the plot area, moved apart where lines are close.
    pub fn references(&self, references: Vec<Reference>) -> Mark {
        let wanted: Vec<f64> = references.iter().map(|reference| self.x.at(reference.x)).collect();
        let placed = spread(&wanted, ABREAST, (self.area.left, self.area.right));
        let marks = references.into_iter().zip(placed).flat_map(|(Reference { class, x, words }, place)| {
            let label = text("axis-label middle", place, self.area.top - 9.0, words).class(format!("{class}-label"));
            [self.upright("", x).class(format!("{class}-line")), label]
        });
        group("references").key("references").children(marks)
    }

    /// Labels right of the plot area, moved apart where lines meet.
    pub fn labels(&self, labels: Vec<Label>) -> Mark {
        let Area { right, top, bottom, .. } = self.area;
        let wanted: Vec<f64> = labels.iter().map(|label| label.y).collect();
        let placed = spread(&wanted, LINE, (top + 4.0, bottom));
        let marks = labels.into_iter().zip(placed).map(|(Label { class, words, end, .. }, y)| {
            let lead = |(end_x, end_y): (f64, f64)| {
                let data = format!("M{} {}L{} {}", px(end_x + 4.0), px(end_y), px(right + 5.0), px(y));
                path("leader", data).class(&class)
            };
            let leader = end.map(lead);
            group("").maybe(leader).child(text("line-label", right + 8.0, y + 4.0, words).class(class))
        });
        group("labels").key("labels").children(marks)
    }

    /// A line to be dragged along the x axis, with its value beside its knob.
    pub fn handle<M: 'static>(&self, handle: Handle, message: impl Fn(Move) -> M + 'static) -> Mark<M> {
        self.live_handle(handle, move |moved, _| message(moved))
    }

    /// As [`Frame::handle`], for a message that depends on whether the handle was let go.
    pub fn live_handle<M: 'static>(&self, handle: Handle, message: impl Fn(Move, Touch) -> M + 'static) -> Mark<M> {
        let ends = (self.area.left, self.area.right);
        let touch = |grab| if let Grab::Drag { .. } = grab { Touch::Moving } else { Touch::Released };
        self.handle_mark(handle).still().on_grab(move |grab| Some(message(moved(grab, ends)?, touch(grab))))
    }

    fn handle_mark(&self, Handle { name, values: [least, most, now], words, x }: Handle) -> Mark {
        let Area { top, bottom, .. } = self.area;
        let at = self.x.at(x);
        let is_left = at > self.area.right - 90.0;
        let (class, label_x) = if is_left { ("handle-label end", at - 16.0) } else { ("handle-label", at + 16.0) };
        group("handle")
            .key("handle")
            .attr("role", "slider")
            .attr("tabindex", "0")
            .attr("aria-label", name)
            .attr("aria-valuemin", least)
            .attr("aria-valuemax", most)
            .attr("aria-valuenow", now)
            .attr("aria-valuetext", &words)
            .child(rect("handle-grip", at - 18.0, top - 32.0, 36.0, bottom - top + 32.0))
            .child(path("handle-line", format!("M{} {}V{bottom}", px(at), px(top - 6.0))))
            .child(circle("handle-knob", at, top - 14.0, 9.0))
            .child(text(class, label_x, top - 10.0, words))
    }
}

impl Label {
    /// A label in the model's hue.
    pub fn of_model(model: &str, words: impl Into<String>, y: f64) -> Self {
        Self { class: names::hue_class(model), words: words.into(), y, end: None }
    }

    /// A label of a reference line: `truth` or `constant`.
    pub fn of_reference(class: &str, words: impl Into<String>, y: f64) -> Self {
        Self { class: format!("{class}-label"), words: words.into(), y, end: None }
    }

    /// The same label, with a leader from the end of its line.
    pub fn led_from(self, end: (f64, f64)) -> Self {
        Self { end: Some(end), ..self }
    }
}

/// One item of a key below a chart: a sample of the marks, `width × 14`, and its text.
pub fn key_item<M: 'static>(width: f64, sample: impl IntoIterator<Item = Mark>, words: impl Into<Text>) -> Mark<M> {
    let drawn = Mark::new("svg").attr("width", width).attr("height", 14.0).attr("aria-hidden", "true");
    Mark::new("li").child(drawn.children(sample)).text(words).still()
}

/// The move of a handle between two pixels by a drag or a key; `None` for other keys.
fn moved(grab: Grab, (from, to): (f64, f64)) -> Option<Move> {
    Some(match grab {
        Grab::Drag { x, .. } | Grab::Drop { x, .. } => Move::To(((x - from) / (to - from)).clamp(0.0, 1.0)),
        Grab::Key(Key::Left | Key::Down) => Move::By(-1),
        Grab::Key(Key::Right | Key::Up) => Move::By(1),
        Grab::Key(Key::Home) => Move::To(0.0),
        Grab::Key(Key::End) => Move::To(1.0),
        Grab::Key(Key::Escape) => Move::Back,
        Grab::Key(Key::PageUp | Key::PageDown) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::axis::Unit;
    use super::*;

    const AREA: Area = Area { width: 560.0, left: 60.0, right: 460.0, top: 44.0, bottom: 244.0 };

    fn frame() -> Frame {
        let x = Axis::linear("epochs", (0.0, 4.0), Unit::Number);
        Frame::new(AREA, x, Axis::linear("loss", (0.0, 1.0), Unit::Number))
    }

    #[test]
    fn axes_have_a_grid_line_a_tick_and_a_label_at_each_tick_and_both_titles() {
        let axes = frame().axes();
        assert_eq!((axes.with_class("grid-line").len(), axes.with_class("axis-tick").len()), (3, 5));
        assert_eq!(axes.with_class("axis-label").len(), 8);
        let titles: Vec<String> = axes.with_class("axis-title").iter().map(|title| title.all_text()).collect();
        assert_eq!(titles, ["epochs", "loss"]);
        assert_eq!(frame().point((2.0, 1.0)), (260.0, 44.0));
    }

    #[test]
    fn without_numbers_at_the_y_axis_the_grid_is_of_the_x_axis_and_the_first_category_is_the_uppermost() {
        let rows = Axis::categories("", vec!["a".to_owned(), "b".to_owned()]);
        let frame = Frame::new(AREA, Axis::linear("", (0.0, 4.0), Unit::Number), rows);
        let axes = frame.axes();
        assert_eq!((axes.with_class("grid-line").len(), axes.with_class("axis-tick").len()), (5, 0));
        assert!(axes.with_class("grid-line")[0].get("d").unwrap().contains('V'));
        assert_eq!(frame.y.at(0.0), 94.0);
    }

    #[test]
    fn a_title_that_is_too_long_for_the_middle_starts_at_the_left_edge() {
        for (title, class) in [("short", "axis-title"), (&"x".repeat(100), "axis-title start")] {
            let x = Axis::linear(title, (0.0, 1.0), Unit::Number);
            let axes = Frame::new(AREA, x, Axis::categories("", Vec::new())).axes();
            assert_eq!(axes.with_class("axis-title")[0].get("class"), Some(class));
        }
    }

    #[test]
    fn labels_stand_apart_in_the_order_of_their_lines() {
        let label = |words: &str, y| Label::of_model("esmm", words, y);
        let marks =
            frame().labels(vec![label("b", 100.0), label("a", 99.0).led_from((400.0, 99.0)), label("c", 900.0)]);
        let y = |words: &str| {
            let label = marks.with_class("line-label").into_iter().find(|label| label.all_text() == words).unwrap();
            label.get("y").unwrap().parse::<f64>().unwrap()
        };
        assert!(y("b") - y("a") >= LINE && y("c") - y("b") >= LINE && y("c") <= AREA.bottom + 4.0);
        assert_eq!(marks.with_class("leader").len(), 1);
        assert!(frame().labels(Vec::new()).children.is_empty());
    }

    #[test]
    fn lines_of_nothing_of_one_point_and_of_no_numbers_are_drawn_as_far_as_they_are_there() {
        let frame = frame();
        let drawn = |points: &[(f64, f64)]| frame.line("line", points.iter().copied()).get("d").unwrap().to_owned();
        assert_eq!(drawn(&[]), "");
        assert_eq!(drawn(&[(2.0, 0.5)]), "M260 144");
        assert_eq!(drawn(&[(0.0, 0.0), (1.0, f64::NAN), (f64::INFINITY, 1.0), (4.0, 1.0)]), "M60 244L460 44");
        assert_eq!(frame.band(&[]), None);
        assert_eq!(
            frame.band(&[(0.0, 0.0, 1.0), (4.0, 0.0, 1.0)]).unwrap().get("d"),
            Some("M60 44L460 44L460 244L60 244Z")
        );
    }

    #[test]
    fn a_handle_is_dragged_and_moved_by_keys() {
        let handle = Handle { name: "Threshold", values: [0, 100, 50], words: "50 %".to_owned(), x: 2.0 };
        let mark = frame().handle(handle, |moved| moved);
        assert_eq!(mark.get("aria-valuetext"), Some("50 %"));
        for (grab, expected) in [
            (Grab::Drag { x: 160.0, y: 0.0 }, Some(Move::To(0.25))),
            (Grab::Drop { x: 9e9, y: 0.0 }, Some(Move::To(1.0))),
            (Grab::Key(Key::Left), Some(Move::By(-1))),
            (Grab::Key(Key::Up), Some(Move::By(1))),
            (Grab::Key(Key::Home), Some(Move::To(0.0))),
            (Grab::Key(Key::Escape), Some(Move::Back)),
            (Grab::Key(Key::PageDown), None),
        ] {
            assert_eq!(mark.grab("Threshold", grab), expected, "{grab:?}");
        }
    }

    #[test]
    fn words_above_two_close_references_stand_apart() {
        let reference = |class, x| Reference { class, x, words: class.to_owned() };
        let marks = frame().references(vec![reference("truth", 1.0), reference("constant", 1.1)]);
        let x = |class| marks.with_class(class)[0].get("x").unwrap().parse::<f64>().unwrap();
        assert!(x("constant-label") - x("truth-label") >= ABREAST);
        assert_eq!(marks.with_class("truth-line").len() + marks.with_class("constant-line").len(), 2);
    }
}
