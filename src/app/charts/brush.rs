//! The brush over pCTR × pCVR: a rectangle drawn on the density, or typed, that filters Rows and the Tree.

use super::names;
use super::scale::logit;
use crate::app::charts::density::Density;
use crate::app::format;
use crate::app::marks::{Control, Grab, Mark, button, number, rect};
use crate::domain::behavior::reference::sigmoid;
use crate::domain::event;
use crate::domain::range::Range;
use crate::domain::report::PredictionBox;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    Draw(Grab),
    /// One bound as typed, a probability.
    Bound(Bound, f64),
    Clear,
    ToRows,
    ToTree,
}

/// Sides of the rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    CtrLow,
    CtrHigh,
    CvrLow,
    CvrHigh,
}

/// Least side of a rectangle, in units of the drawing.
const LEAST: f64 = 4.0;
const WHOLE: (f64, f64) = (0.0, 1.0);
const PERCENT: Range = Range::linear(0.0, 100.0);

/// Counts of the rectangle's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub rows: usize,
    pub clicked: usize,
}

/// The rectangle in words.
pub fn words(area: &PredictionBox) -> String {
    let of = |name: String, bounds: (f64, f64)| match bounds {
        (low, high) if low <= 0.0 && high >= 1.0 => text!(towers::brush::any, name = name),
        (low, high) if low <= 0.0 => text!(towers::brush::below, name = name, high = format::percent(high)),
        (low, high) if high >= 1.0 => text!(towers::brush::above, name = name, low = format::percent(low)),
        (low, high) => {
            text!(towers::brush::between, name = name, low = format::percent(low), high = format::percent(high))
        }
    };
    text!(
        towers::brush::both,
        ctr = of(names::event(event::CTR), area.p_ctr),
        cvr = of(names::event(event::CVR), area.p_cvr)
    )
}

/// A chip with the rectangle in words and a button to clear it.
pub fn chip<M: Clone + 'static>(area: &PredictionBox, model: &str, clear: M) -> Mark<M> {
    let words = text!(towers::brush::chip, model = model, area = words(area));
    let cross =
        button(Control::new("×"), "chip-drop", clear).attr("aria-label", text!(towers::brush::drop, words = words));
    Mark::new("span").class("filter-chip").text(words).child(cross)
}

/// The rectangle between two points of the density's drawing; `None` if they are too close.
pub fn between(from: (f64, f64), to: (f64, f64), density: &Density) -> Option<PredictionBox> {
    if (from.0 - to.0).abs() < LEAST || (from.1 - to.1).abs() < LEAST {
        return None;
    }
    let bounds = |a: f64, b: f64| (sigmoid(a.min(b)), sigmoid(a.max(b)));
    Some(PredictionBox {
        p_ctr: bounds(density.x.value(from.0), density.x.value(to.0)),
        p_cvr: bounds(density.y.value(from.1), density.y.value(to.1)),
    })
}

/// Marks of the rectangle on the density, and the surface that is dragged on.
pub fn drawn(area: Option<&PredictionBox>, density: &Density) -> Vec<Mark<Msg>> {
    let ((left, right), (bottom, top)) = (density.x.range, density.y.range);
    let shown = area.map(|area| {
        // A bound of 0 or 1 is drawn at the edge.
        let x = |p: f64| density.x.clamped(logit(p.clamp(1e-9, 1.0 - 1e-9)));
        let y = |p: f64| density.y.clamped(logit(p.clamp(1e-9, 1.0 - 1e-9)));
        let (x0, x1, y0, y1) = (x(area.p_ctr.0), x(area.p_ctr.1), y(area.p_cvr.1), y(area.p_cvr.0));
        rect("brush", x0, y0, (x1 - x0).max(1.0), (y1 - y0).max(1.0)).key("brush")
    });
    let ground = rect("brush-ground", left, top, right - left, bottom - top).key("ground");
    let ground = ground.on_grab(|grab| (!matches!(grab, Grab::Key(_))).then_some(Msg::Draw(grab)));
    shown.into_iter().chain([ground]).collect()
}

/// The rectangle's bounds, its counts, and buttons to show its rows.
pub fn form(area: Option<&PredictionBox>, model: &str, counted: Option<Counted>, note: &str) -> Mark<Msg> {
    let field = |bound: Bound, label: &'static str, p: f64| {
        let value = (p * 1e6).round() / 1e4;
        number(Control::new(label), PERCENT, value, move |percent| Msg::Bound(bound, percent / 100.0)).key(label)
    };
    let (p_ctr, p_cvr) = area.map_or((WHOLE, WHOLE), |area| (area.p_ctr, area.p_cvr));
    let fields = Mark::new("div")
        .class("brush-fields")
        .child(field(Bound::CtrLow, text!(towers::brush::ctr_from), p_ctr.0))
        .child(field(Bound::CtrHigh, text!(towers::brush::ctr_to), p_ctr.1))
        .child(field(Bound::CvrLow, text!(towers::brush::cvr_from), p_cvr.0))
        .child(field(Bound::CvrHigh, text!(towers::brush::cvr_to), p_cvr.1));
    let said = match (area, counted) {
        (None, _) => text!(towers::brush::hint).to_owned(),
        (Some(_), None) => String::new(),
        (Some(area), Some(Counted { rows, clicked })) => text!(
            towers::brush::holds,
            number = rows,
            model = model,
            area = words(area),
            rows = format::count(rows),
            clicked = format::count(clicked)
        ),
    };
    let is_empty = area.is_none();
    let go = |message, label: &str| button(Control::new(label).disabled(is_empty), "", message).key(label);
    let actions = Mark::new("div")
        .class("brush-actions")
        .child(go(Msg::ToRows, text!(towers::brush::to_rows)))
        .child(go(Msg::ToTree, text!(towers::brush::to_tree)))
        .child(go(Msg::Clear, text!(towers::brush::clear)));
    Mark::new("div")
        .class("brush-form")
        .attr("role", "group")
        .attr("aria-label", text!(towers::brush::name))
        .child(fields)
        .child(Mark::new("p").class("view-note").attr("aria-live", "polite").text(said))
        .child(Mark::new("p").class("view-note trouble").text(note))
        .child(actions)
}

/// The rectangle with one bound changed. Bounds that cross are swapped.
pub fn with_bound(area: Option<PredictionBox>, bound: Bound, p: f64) -> PredictionBox {
    let mut area = area.unwrap_or(PredictionBox { p_ctr: WHOLE, p_cvr: WHOLE });
    match bound {
        Bound::CtrLow => area.p_ctr.0 = p,
        Bound::CtrHigh => area.p_ctr.1 = p,
        Bound::CvrLow => area.p_cvr.0 = p,
        Bound::CvrHigh => area.p_cvr.1 = p,
    }
    for bounds in [&mut area.p_ctr, &mut area.p_cvr] {
        *bounds = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::charts::density::density;
    use crate::domain::report::DensityReading;

    fn drawing() -> Density {
        let mut counts = vec![0; 48 * 48];
        for (ctr, cvr) in [(10, 12), (20, 20), (30, 34)] {
            counts[ctr * 48 + cvr] = 5;
        }
        let reading =
            DensityReading { low_logit: -12.0, high_logit: 6.0, bins: 48, clicked_counts: vec![0; 48 * 48], counts };
        density(&reading, 64.0, 14.0, 340.0).unwrap()
    }

    #[test]
    fn what_is_drawn_is_drawn_again_where_it_was() {
        let density = drawing();
        let area = between((300.0, 250.0), (120.0, 60.0), &density).unwrap();
        assert!(area.p_ctr.0 < area.p_ctr.1 && area.p_cvr.0 < area.p_cvr.1);
        let marks = drawn(Some(&area), &density);
        let of = |name: &str| marks[0].get(name).unwrap().parse::<f64>().unwrap();
        assert_eq!((of("x"), of("y"), of("width"), of("height")), (120.0, 60.0, 180.0, 190.0));
        assert_eq!(between((100.0, 100.0), (102.0, 300.0), &density), None, "a press is no rectangle");
    }

    #[test]
    fn bounds_are_typed_in_percent_and_change_places_when_they_cross() {
        let typed = |area: Option<&PredictionBox>, label: &str, input: &str| match form(area, "ESMM", None, "")
            .change(label, input)?
        {
            Msg::Bound(bound, p) => Some(with_bound(area.copied(), bound, p)),
            other => panic!("{other:?}"),
        };
        let area = typed(None, text!(towers::brush::ctr_to), "5").unwrap();
        assert_eq!((area.p_ctr, area.p_cvr), ((0.0, 0.05), WHOLE));
        let area = typed(Some(&area), text!(towers::brush::ctr_from), "10").unwrap();
        assert_eq!(area.p_ctr, (0.05, 0.1));
        assert_eq!(typed(Some(&area), text!(towers::brush::cvr_from), "many"), None);
        assert!(words(&area).starts_with("a pCTR of 5"), "{}", words(&area));
        assert!(words(&area).ends_with("any pCVR"));
    }

    #[test]
    fn the_form_says_what_is_in_the_rectangle() {
        let area = PredictionBox { p_ctr: (0.0, 0.05), p_cvr: (0.1, 1.0) };
        let said = form(Some(&area), "ESMM", Some(Counted { rows: 312, clicked: 9 }), "").all_text();
        for part in ["a pCTR below 5", "a pCVR above 10", "312 held-out impressions, 9 of them clicked"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let empty = form(None, "ESMM", None, "");
        assert!(empty.with_tag("button").iter().all(|button| button.get("disabled").is_some()));
    }
}
