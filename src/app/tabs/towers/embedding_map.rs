//! The embedding map of a field: values at their embeddings, sized by frequency, shaded by clicks or purchases.

use crate::app::charts::scale::{Linear, extent, px};
use crate::app::format;
use crate::app::marks::{Cell, Control, Drawing, Mark, Table, choice, group, path, select, svg, text};
use crate::domain::report::{EmbeddingPoint, EmbeddingReading};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Msg {
    /// The field at this place among the model's.
    Field(usize),
    /// The shade's meaning.
    ShadeBy(By),
}

/// Meaning of the lightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Ctr,
    Cvr,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const EDGE: f64 = 34.0;
const SHADES: usize = 5;
const NAMED: usize = 12;
const IN_TABLE: usize = 50;

impl By {
    fn words(self) -> &'static str {
        if self == Self::Cvr { text!(towers::map::observed_cvr) } else { text!(towers::map::observed_ctr) }
    }

    fn rate(self, point: &EmbeddingPoint) -> Option<f64> {
        let (yes, of) = match self {
            Self::Ctr => (point.clicks, point.rows),
            Self::Cvr => (point.conversions, point.clicks),
        };
        (of > 0).then(|| f64::from(yes) / f64::from(of))
    }
}

/// The map's controls.
pub fn controls(reading: &EmbeddingReading, by: By) -> Mark<Msg> {
    let fields = reading.fields.iter().enumerate();
    let field = select(Control::new(text!(towers::map::field)), fields, &reading.index, Msg::Field);
    let rates = [(By::Ctr, text!(towers::map::ctr), ""), (By::Cvr, text!(towers::map::cvr), "")];
    let shaded = choice(Control::new(text!(towers::map::shaded_by)), "map-dark-where", rates, &by, Msg::ShadeBy);
    Mark::new("div").class("view-controls").key("map-controls").child(field).child(shaded)
}

pub fn drawing(reading: &EmbeddingReading, by: By) -> Drawing {
    let said = sentence(reading, by);
    let mut table = Table::new(
        text!(towers::map::table::caption, field = reading.field),
        &[
            text!(towers::map::table::value),
            text!(towers::map::table::rows),
            text!(charts::heads::clicks),
            text!(towers::map::table::ctr),
            text!(towers::map::table::cvr),
            text!(towers::map::table::first_axis),
            text!(towers::map::table::second_axis),
        ],
    );
    for point in reading.points.iter().take(IN_TABLE) {
        table.row([
            Cell::words(&point.value),
            Cell::number(format::count(point.rows as usize)),
            Cell::number(format::count(point.clicks as usize)),
            Cell::or_reason(By::Ctr.rate(point).map(format::percent), text!(towers::map::no_rows)),
            Cell::or_reason(By::Cvr.rate(point).map(format::percent), text!(towers::map::no_clicks)),
            Cell::number(format::significant(point.at[0], 3)),
            Cell::number(format::significant(point.at[1], 3)),
        ]);
    }
    let drawn = svg(WIDTH, HEIGHT, &said).class("embedding-map").children(marks(reading, by));
    Drawing {
        name: "embedding-map".to_owned(),
        title: text!(towers::map::title, field = reading.field),
        sentence: said,
        body: vec![drawn],
        table,
    }
}

fn sentence(reading: &EmbeddingReading, by: By) -> String {
    let values = format::count(reading.values);
    let values = match &reading.tower {
        Some(tower) => text!(towers::map::values_of_tower, values = values, tower = tower),
        None => text!(towers::map::values, values = values),
    };
    let said = text!(
        towers::map::sentence,
        values = values,
        steps = format::count(reading.step as usize),
        share = format::percent(reading.explained[0] + reading.explained[1]),
        rate = by.words()
    );
    if reading.points.len() < reading.values {
        format!("{said} {}", text!(towers::map::shown, most = reading.points.len().to_string()))
    } else {
        said
    }
}

fn marks(reading: &EmbeddingReading, by: By) -> Vec<Mark> {
    let span = |axis: usize| extent(reading.points.iter().map(|point| point.at[axis]));
    let (Some(across), Some(up)) = (span(0), span(1)) else { return Vec::new() };
    // One scale for both axes, so that distances are distances.
    let unit = ((across.1 - across.0) / (WIDTH - 2.0 * EDGE)).max((up.1 - up.0) / (HEIGHT - 2.0 * EDGE)).max(1e-12);
    let around = |(low, high): (f64, f64), pixels: f64| {
        let (middle, half) = ((low + high) / 2.0, unit * pixels / 2.0);
        (middle - half, middle + half)
    };
    let x = Linear::new(around(across, WIDTH), (0.0, WIDTH));
    let y = Linear::new(around(up, HEIGHT), (HEIGHT, 0.0));
    let most = f64::from(reading.points.iter().map(|point| point.rows).max().unwrap_or(1).max(1));
    let limits = quantiles(reading, by);
    let radius = |point: &EmbeddingPoint| 2.5 + 9.5 * (f64::from(point.rows) / most).sqrt();
    let mut marks = vec![
        text(
            "axis-label end",
            WIDTH - 4.0,
            HEIGHT - 6.0,
            text!(towers::map::first_axis, share = format::percent(reading.explained[0])),
        ),
        text("axis-label", 4.0, 14.0, text!(towers::map::second_axis, share = format::percent(reading.explained[1]))),
    ];
    // Small circles over large ones.
    for point in &reading.points {
        let (at_x, at_y, r) = (x.at(point.at[0]), y.at(point.at[1]), radius(point));
        let class = match by.rate(point) {
            None => "map-point map-none".to_owned(),
            Some(rate) => format!("map-point map-{}", limits.iter().filter(|limit| rate > **limit).count()),
        };
        let rate = match by.rate(point) {
            None => text!(towers::map::no_clicks).to_owned(),
            Some(rate) => text!(towers::map::rate, rate = by.words(), value = format::percent(rate)),
        };
        let rows = format::count(point.rows as usize);
        let tip = text!(towers::map::tip, value = point.value, rows = rows, rate = rate);
        let circle = format!(
            "M{} {}a{r:.1} {r:.1} 0 1 0 {d:.1} 0a{r:.1} {r:.1} 0 1 0 -{d:.1} 0",
            px(at_x - r),
            px(at_y),
            d = 2.0 * r
        );
        marks.push(path(class, circle).key(&point.value).tip(tip));
    }
    // On a phone the drawing is half its size: fewer names, in text size.
    for (class, pixels, most) in [("map-names-wide", 12.0, NAMED), ("map-names-narrow", 22.0, NAMED / 2)] {
        marks.push(group(class).key(class).children(names(reading, &x, &y, &radius, (pixels, most))));
    }
    marks
}

/// Names of the most frequent values that do not overlap.
fn names(
    reading: &EmbeddingReading,
    x: &Linear,
    y: &Linear,
    radius: &impl Fn(&EmbeddingPoint) -> f64,
    (pixels, most): (f64, usize),
) -> Vec<Mark> {
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut marks = Vec::new();
    for point in reading.points.iter().take(3 * NAMED) {
        let (at_x, at_y) = (x.at(point.at[0]), y.at(point.at[1]));
        let width = 0.6 * pixels * point.value.chars().count() as f64;
        let is_right = at_x + radius(point) + 4.0 + width < WIDTH;
        let start = if is_right { at_x + radius(point) + 4.0 } else { at_x - radius(point) - 4.0 - width };
        let overlaps = taken
            .iter()
            .any(|(left, right, line)| start < *right && start + width > *left && (at_y - line).abs() < 1.2 * pixels);
        if overlaps || marks.len() == most {
            continue;
        }
        taken.push((start, start + width, at_y));
        marks.push(text("map-name", start, at_y + pixels / 3.0, &point.value));
    }
    marks
}

/// Quantiles of the rates, the limits of the shades.
fn quantiles(reading: &EmbeddingReading, by: By) -> Vec<f64> {
    let mut rates: Vec<f64> = reading.points.iter().filter_map(|point| by.rate(point)).collect();
    rates.sort_by(f64::total_cmp);
    (1..SHADES).filter_map(|part| rates.get(part * rates.len() / SHADES).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> EmbeddingReading {
        let point = |index: u32| EmbeddingPoint {
            value: format!("v{index}"),
            at: [f64::from(index), f64::from(index % 3)],
            rows: 100 - index,
            clicks: index,
            conversions: index / 2,
        };
        EmbeddingReading {
            field: "city".into(),
            fields: vec!["city".into(), "item".into()],
            step: 48,
            values: 20,
            explained: [0.5, 0.25],
            points: (0..20).map(point).collect(),
            ..EmbeddingReading::default()
        }
    }

    #[test]
    fn every_value_is_a_point_and_one_without_clicks_has_no_cvr() {
        let drawn = drawing(&reading(), By::Cvr);
        assert_eq!(drawn.body[0].with_class("map-point").len(), 20);
        assert_eq!(drawn.body[0].with_class("map-none").len(), 1);
        assert!(drawn.sentence.contains("together 75") && drawn.sentence.contains("48 steps"), "{}", drawn.sentence);
        assert_eq!(drawn.table.rows[0][4].text, "no clicks");
    }

    #[test]
    fn a_higher_rate_is_stronger() {
        let drawn = drawing(&reading(), By::Ctr);
        let shades: Vec<usize> = (0..5).map(|shade| drawn.body[0].with_class(&format!("map-{shade}")).len()).collect();
        assert_eq!(shades.iter().sum::<usize>(), 20);
        assert!(shades.iter().all(|&n| n >= 3), "{shades:?}");
    }
}
