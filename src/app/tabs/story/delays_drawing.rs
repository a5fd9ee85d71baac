//! The drawing of a log at a cut-off: a bar of purchases for each stretch of clicks, those still to come grey.

use super::delays::{CutOff, count, number};
use crate::app::charts::scale::{Linear, nice_ceil, px, ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Grab, Key, Mark, Table, circle, path, rect, svg, text};
use crate::domain::report::Standing;

const WIDTH: f64 = 520.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 504.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 226.0;
const HEIGHT: f64 = 270.0;

/// A part of a bar: its class, its words, and how many purchases it holds.
type Part = (&'static str, &'static str, fn(&Standing) -> u32);

const PARTS: [Part; 4] = [
    ("late-kept", text!(delays::drawing::bought), |s| s.converted.saturating_sub(s.returned + s.to_be_returned)),
    ("late-leaving", text!(delays::drawing::leaving), |s| s.to_be_returned),
    ("late-returned", text!(delays::drawing::returned), |s| s.returned),
    ("late-pending", text!(delays::drawing::pending), |s| s.pending),
];

/// The stretch at whose end a pointer in the drawing stands.
fn stretch_at(x: f64, observed: usize) -> usize {
    let share = (x - LEFT) / (RIGHT - LEFT);
    ((share * observed as f64).round().max(1.0) as usize).min(observed.max(1))
}

/// How the cut-off is moved. A key moves it from where it is by then, which may not be where it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutMove {
    /// To the end of this stretch; beyond the last one is the log's end.
    To(usize),
    /// By so many stretches.
    By(isize),
}

impl CutMove {
    /// Stretches before the cut-off after the move, of a log of `observed`.
    pub fn from(self, now: usize, observed: usize) -> usize {
        let to = match self {
            Self::To(stretches) => stretches,
            Self::By(stretches) => now.saturating_add_signed(stretches),
        };
        to.clamp(1, observed.max(1))
    }
}

/// The drawing.
pub fn drawing(cut: &CutOff) -> Drawing<CutMove> {
    let sentence = cut.sentences().into_iter().next().unwrap_or_default();
    let parts = || PARTS.iter().filter(|part| cut.has_returns || !matches!(part.0, "late-leaving" | "late-returned"));
    let chart = Mark::new("svg")
        .attr("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .attr("role", "group")
        .attr("aria-label", &sentence)
        .class("chart late")
        .children(marks(cut, parts().copied()));
    let swatch = |part: &Part| {
        let square = svg(12.0, 12.0, "").attr("aria-hidden", "true").child(rect(part.0, 1.0, 1.0, 10.0, 10.0));
        Mark::new("li").child(square).text(format!(" {}", part.1))
    };
    let key = Mark::new("ul").class("late-key").children(parts().map(swatch));
    Drawing {
        name: "late".to_owned(),
        title: text!(delays::drawing::title).to_owned(),
        sentence,
        body: vec![chart, key],
        table: table(cut, parts().copied()),
    }
}

fn marks(cut: &CutOff, parts: impl Iterator<Item = Part>) -> Vec<Mark<CutMove>> {
    let x = Linear::new((0.0, cut.observed as f64), (LEFT, RIGHT));
    let highest = cut.in_the_end.iter().copied().max().unwrap_or(1);
    let y = Linear::new((0.0, nice_ceil(f64::from(highest.max(1)))), (BOTTOM, TOP));
    let step = x.at(1.0) - x.at(0.0);
    let gap = (step * 0.14).min(4.0);
    let bar = |index: usize, from: u32, to: u32| {
        let (low, high) = (y.at(f64::from(from)), y.at(f64::from(to)));
        format!(
            "M{} {}h{}V{}h{}Z",
            px(x.at(index as f64) + gap / 2.0),
            px(low),
            px(step - gap),
            px(high),
            px(gap - step)
        )
    };
    let mut marks = Vec::new();
    for tick in ticks(0.0, y.domain.1, 4).into_iter().filter(|tick| tick.fract() == 0.0) {
        marks.push(path("grid-line", format!("M{LEFT} {}H{RIGHT}", px(y.at(tick)))));
        marks.push(text("axis-label end", LEFT - 6.0, y.at(tick) + 4.0, format::rounded(tick)));
    }
    let mut below = vec![0; cut.standing.len()];
    for (class, _, of) in parts {
        let mut data = String::new();
        for (index, standing) in cut.standing.iter().enumerate().filter(|(_, standing)| of(standing) > 0) {
            data.push_str(&bar(index, below[index], below[index] + of(standing)));
            below[index] += of(standing);
        }
        marks.push(path(class, data).key(class));
    }
    // Clicks that were yet to come: an outline of what will be bought.
    let beyond: String = (cut.standing.len()..cut.in_the_end.len().min(cut.observed))
        .map(|index| bar(index, 0, cut.in_the_end[index]))
        .collect();
    marks.push(path("late-beyond", beyond).key("beyond"));
    marks.push(path("axis-line", format!("M{LEFT} {BOTTOM}H{RIGHT}")));
    let end = cut.observed as f64 * cut.stretch_days;
    for day in ticks(0.0, end, 7) {
        marks.push(text("axis-label middle", x.at(day / cut.stretch_days), BOTTOM + 17.0, number(day)));
    }
    let axis = match cut.stretch_days {
        1.0 => text!(delays::drawing::by_day).to_owned(),
        days => text!(delays::drawing::by_stretch, days = number(days)),
    };
    marks.push(text("axis-title start", 0.0, 12.0, axis));
    marks.push(text("axis-title end", RIGHT, BOTTOM + 38.0, text!(delays::drawing::days_since)));
    marks.push(handle(cut, x.at(cut.stretches as f64)));
    marks
}

/// What a drag or a key makes of the cut-off; nothing for a key that takes it nowhere.
fn moved(observed: usize, grab: Grab) -> Option<CutMove> {
    Some(match grab {
        Grab::Drag { x, .. } | Grab::Drop { x, .. } => CutMove::To(stretch_at(x, observed)),
        Grab::Key(Key::Left | Key::Down) => CutMove::By(-1),
        Grab::Key(Key::Right | Key::Up) => CutMove::By(1),
        Grab::Key(Key::Home) => CutMove::To(1),
        Grab::Key(Key::End | Key::Escape) => CutMove::To(observed),
        Grab::Key(Key::PageUp | Key::PageDown) => return None,
    })
}

fn handle(cut: &CutOff, x: f64) -> Mark<CutMove> {
    let observed = cut.observed;
    let words = match cut.is_end() {
        true => text!(delays::drawing::end).to_owned(),
        false => text!(delays::drawing::day, day = number(cut.days())),
    };
    let label = match x > RIGHT - 90.0 {
        true => text("late-cut-label end", x - 16.0, TOP - 10.0, &words),
        false => text("late-cut-label start", x + 16.0, TOP - 10.0, &words),
    };
    Mark::new("g")
        .class("late-cut")
        .key("cut")
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", text!(delays::drawing::cut_off))
        .attr("aria-valuemin", "1")
        .attr("aria-valuemax", cut.observed)
        .attr("aria-valuenow", cut.stretches)
        .attr("aria-valuetext", words)
        .on_grab(move |grab| moved(observed, grab))
        .child(rect("late-grip", x - 18.0, TOP - 32.0, 36.0, BOTTOM - TOP + 32.0))
        .child(path("late-cut-line", format!("M{} {}V{BOTTOM}", px(x), TOP - 6.0)))
        .child(circle("late-cut-knob", x, TOP - 14.0, 9.0))
        .child(label)
}

fn table(cut: &CutOff, parts: impl Iterator<Item = Part> + Clone) -> Table<CutMove> {
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

    #[test]
    fn the_handle_stands_where_a_pointer_would_put_it() {
        for days in [1.0, 2.0, 3.0] {
            let cut = CutOff::of(&reading(), Some(days));
            let mark = drawing(&cut).body.remove(0);
            let knob = mark.with_class("late-cut-knob")[0];
            let x: f64 = knob.get("cx").unwrap().parse().unwrap();
            assert_eq!(stretch_at(x, cut.observed), cut.stretches);
        }
        assert_eq!([stretch_at(-900.0, 3), stretch_at(9e9, 3)], [1, 3]);
    }

    #[test]
    fn the_cut_off_moves_by_drag_and_key_and_stays_within_the_log() {
        let mut now = 3;
        for (grab, expected) in [
            (Grab::Key(Key::Home), 1),
            (Grab::Key(Key::Left), 1),
            (Grab::Key(Key::Right), 2),
            (Grab::Key(Key::Right), 3),
            (Grab::Key(Key::Right), 3),
            (Grab::Drop { x: -1e4, y: 0.0 }, 1),
            (Grab::Drag { x: 1e4, y: 0.0 }, 3),
            (Grab::Key(Key::Left), 2),
            (Grab::Key(Key::End), 3),
        ] {
            now = moved(3, grab).expect("a move").from(now, 3);
            assert_eq!(now, expected, "{grab:?}");
        }
        assert_eq!(moved(3, Grab::Key(Key::PageUp)), None);
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
