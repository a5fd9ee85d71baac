//! The drawing of a log at a cut-off: a bar of purchases for each stretch of clicks, with late ones grey.

use super::delays::{CutOff, count, number};
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Handle, Move, key_item};
use crate::app::charts::scale::{nice_ceil, px};
use crate::app::marks::{Cell, Drawing, Mark, Table, Touch, path, rect};
use crate::domain::report::Standing;

const AREA: Area = Area { width: 520.0, left: 44.0, right: 504.0, top: 44.0, bottom: 226.0 };

/// A segment of a bar: class, label, and number of purchases.
type Segment = (&'static str, &'static str, fn(&Standing) -> u32);

const SEGMENTS: [Segment; 4] = [
    ("late-kept", text!(delays::drawing::bought), |s| s.converted.saturating_sub(s.returned + s.to_be_returned)),
    ("late-leaving", text!(delays::drawing::leaving), |s| s.to_be_returned),
    ("late-returned", text!(delays::drawing::returned), |s| s.returned),
    ("late-pending", text!(delays::drawing::pending), |s| s.pending),
];

/// A move of the cut-off. A key moves it from its current value, which may not be drawn yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutMove {
    /// To the end of this stretch; after the last one is the log's end.
    To(usize),
    /// By a number of stretches.
    By(isize),
}

impl CutMove {
    /// The move of the cut-off for a move of the handle, in a log of `observed` stretches.
    fn of(moved: Move, observed: usize) -> Self {
        match moved {
            Move::To(share) => Self::To(((share * observed as f64).round() as usize).max(1)),
            Move::By(stretches) => Self::By(stretches),
            Move::Back => Self::To(observed),
        }
    }

    /// Stretches before the cut-off after the move, of a log of `observed`.
    pub fn from(self, now: usize, observed: usize) -> usize {
        let to = match self {
            Self::To(stretches) => stretches,
            Self::By(stretches) => now.saturating_add_signed(stretches),
        };
        to.clamp(1, observed.max(1))
    }
}

pub fn drawing(cut: &CutOff) -> Drawing<(CutMove, Touch)> {
    let sentence = cut.sentences().into_iter().next().unwrap_or_default();
    let parts =
        || SEGMENTS.iter().filter(|part| cut.has_returns || !matches!(part.0, "late-leaving" | "late-returned"));
    let swatch = |part: &Segment| key_item(14.0, [rect(part.0, 1.0, 2.0, 10.0, 10.0)], part.1);
    let key = Mark::new("ul").class("key").children(parts().map(swatch));
    Drawing {
        name: "late".to_owned(),
        title: text!(delays::drawing::title).to_owned(),
        body: vec![chart(cut, parts().copied(), &sentence), key],
        sentence,
        table: table(cut, parts().copied()),
    }
}

fn chart(cut: &CutOff, parts: impl Iterator<Item = Segment>, sentence: &str) -> Mark<(CutMove, Touch)> {
    let highest = cut.in_the_end.iter().copied().max().unwrap_or(1);
    let title = match cut.stretch_days {
        1.0 => text!(delays::drawing::by_day).to_owned(),
        days => text!(delays::drawing::by_stretch, days = number(days)),
    };
    let end = cut.observed as f64 * cut.stretch_days;
    let x = Axis::linear(text!(delays::drawing::days_since), (0.0, end), Unit::Number).with_ticks(7);
    let y = Axis::linear(title, (0.0, nice_ceil(f64::from(highest.max(1)))), Unit::Count);
    let frame = Frame::new(AREA, x, y);
    let handle = Handle {
        name: text!(delays::drawing::cut_off),
        values: [1, cut.observed, cut.stretches],
        words: if cut.is_end() {
            text!(delays::drawing::end).to_owned()
        } else {
            text!(delays::drawing::day, day = number(cut.days()))
        },
        x: cut.days(),
    };
    let observed = cut.observed;
    frame
        .svg(sentence)
        .attr("role", "group")
        .child(frame.axes().still())
        .children(bars(cut, parts, &frame).into_iter().map(Mark::still))
        .child(frame.across("axis-line", 0.0).still())
        .child(frame.live_handle(handle, move |moved, touch| (CutMove::of(moved, observed), touch)))
}

/// The segments of all bars, one path each, and an outline of the purchases of later clicks.
fn bars(cut: &CutOff, parts: impl Iterator<Item = Segment>, frame: &Frame) -> Vec<Mark> {
    let step = (AREA.right - AREA.left) / cut.observed.max(1) as f64;
    let gap = (step * 0.14).min(4.0);
    let bar = |index: usize, from: u32, to: u32| {
        let left = AREA.left + index as f64 * step + gap / 2.0;
        let (low, high) = (frame.y.at(f64::from(from)), frame.y.at(f64::from(to)));
        format!("M{} {}h{}V{}h{}Z", px(left), px(low), px(step - gap), px(high), px(gap - step))
    };
    let mut marks = Vec::new();
    let mut below = vec![0; cut.standing.len()];
    for (class, _, of) in parts {
        let mut data = String::new();
        for (index, standing) in cut.standing.iter().enumerate().filter(|(_, standing)| of(standing) > 0) {
            data.push_str(&bar(index, below[index], below[index] + of(standing)));
            below[index] += of(standing);
        }
        marks.push(path(class, data).key(class));
    }
    let beyond = cut.standing.len()..cut.in_the_end.len().min(cut.observed);
    let beyond: String = beyond.map(|index| bar(index, 0, cut.in_the_end[index])).collect();
    marks.push(path("late-beyond", beyond).key("beyond"));
    marks
}

fn table(cut: &CutOff, parts: impl Iterator<Item = Segment> + Clone) -> Table<(CutMove, Touch)> {
    let heads: Vec<&str> = [text!(delays::drawing::days), text!(charts::heads::clicks)]
        .into_iter()
        .chain(parts.clone().map(|part| part.1))
        .collect();
    let mut table = Table::new(text!(delays::drawing::table), &heads);
    for (index, standing) in cut.standing.iter().enumerate() {
        let at = |index: usize| number(index as f64 * cut.stretch_days);
        let named = [Cell::words(format!("{}–{}", at(index), at(index + 1))), Cell::number(count(standing.clicks))];
        table.row(named.into_iter().chain(parts.clone().map(|part| Cell::number(count((part.2)(standing))))));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::delays::tests::reading;
    use super::*;
    use crate::app::marks::Grab;

    #[test]
    fn the_handle_stands_where_a_pointer_would_put_it() {
        for days in [1.0, 2.0, 3.0] {
            let cut = CutOff::of(&reading(), Some(days));
            let mark = drawing(&cut).body.remove(0);
            let x: f64 = mark.with_class("handle-knob")[0].get("cx").unwrap().parse().unwrap();
            let moved = mark.grab(text!(delays::drawing::cut_off), Grab::Drag { x, y: 0.0 });
            assert_eq!(moved, Some((CutMove::To(cut.stretches), Touch::Moving)));
        }
    }

    #[test]
    fn the_cut_off_moves_by_drag_and_key_and_stays_within_the_log() {
        let mut now = 3;
        for (moved, expected) in [
            (Move::To(0.0), 1),
            (Move::By(-1), 1),
            (Move::By(1), 2),
            (Move::By(1), 3),
            (Move::By(1), 3),
            (Move::To(0.5), 2),
            (Move::Back, 3),
        ] {
            now = CutMove::of(moved, 3).from(now, 3);
            assert_eq!(now, expected, "{moved:?}");
        }
    }

    #[test]
    fn pending_purchases_are_grey_and_each_is_drawn_once() {
        let cut = CutOff::of(&reading(), Some(2.0));
        let drawn = drawing(&cut);
        let bars = |class: &str| {
            let mark = &drawn.body[0];
            mark.with_class(class)[0].get("d").unwrap().matches('Z').count()
        };
        // Two days of clicks: bought on the day, one each; of the first day's one is sent back.
        assert_eq!([bars("late-kept"), bars("late-returned"), bars("late-pending"), bars("late-beyond")], [1, 1, 2, 1]);
        assert_eq!(drawn.table.mark().with_tag("tr").len(), 3);
    }
}
