//! The embedding map of a field: values where their embeddings lie, large when frequent, dark when often clicked or bought.

use super::format;
use super::scale::{Linear, px};
use crate::app::marks::{Cell, Control, Drawing, Mark, Table, choice, group, path, select, svg, text};
use crate::domain::report::{EmbeddingPoint, EmbeddingReading};

/// [`crate::app::marks::Act::name`] of the choice of a field; its input is the field's place.
pub const FIELD: &str = "map-field";
/// Of the choice of what darkens a value.
pub const BY: &str = "map-by";

/// What lightness says.
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
    pub fn of_key(key: &str) -> Self {
        if key == "cvr" { Self::Cvr } else { Self::Ctr }
    }

    fn key(self) -> &'static str {
        if self == Self::Cvr { "cvr" } else { "ctr" }
    }

    fn words(self) -> &'static str {
        if self == Self::Cvr { "observed CVR" } else { "observed CTR" }
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
pub fn controls(reading: &EmbeddingReading, by: By) -> Mark {
    let places: Vec<String> = (0..reading.fields.len()).map(|index| index.to_string()).collect();
    let options = places.iter().map(String::as_str).zip(reading.fields.iter().map(String::as_str));
    let field = select(Control::new(FIELD, "Field"), options, &reading.index.to_string());
    let rates = [("ctr", "CTR", ""), ("cvr", "CVR", "")];
    Mark::new("div").class("view-controls").key("map-controls").child(field).child(choice(
        Control::new(BY, "Shaded by"),
        "map-dark-where",
        rates,
        by.key(),
    ))
}

/// The drawing.
pub fn drawing(reading: &EmbeddingReading, by: By) -> Drawing {
    let said = sentence(reading, by);
    let mut table = Table::new(
        format!("Values of {}, most frequent first", reading.field),
        &["Value", "Training rows", "Clicks", "Observed CTR", "Observed CVR", "First axis", "Second axis"],
    );
    for point in reading.points.iter().take(IN_TABLE) {
        table.row([
            Cell::words(&point.value),
            Cell::number(format::count(f64::from(point.rows))),
            Cell::number(format::count(f64::from(point.clicks))),
            Cell::or_reason(By::Ctr.rate(point).map(format::percent), "no rows"),
            Cell::or_reason(By::Cvr.rate(point).map(format::percent), "no clicks"),
            Cell::number(format::significant(point.at[0], 3)),
            Cell::number(format::significant(point.at[1], 3)),
        ]);
    }
    let drawn = svg(WIDTH, HEIGHT, &said).class("embedding-map").children(marks(reading, by));
    Drawing {
        name: "embedding-map".to_owned(),
        title: format!("Embeddings of {}", reading.field),
        sentence: said,
        body: vec![drawn],
        table,
    }
}

fn sentence(reading: &EmbeddingReading, by: By) -> String {
    let of = match &reading.tower {
        Some(tower) => format!(", in the table of tower {tower}"),
        None => String::new(),
    };
    let shown = match reading.points.len() < reading.values {
        true => format!(" The {} most frequent are shown.", reading.points.len()),
        false => String::new(),
    };
    let share = format::percent(reading.explained[0] + reading.explained[1]);
    format!(
        "{} values{of}, after {} steps, on the two axes along which they differ most, each value counting once however \
         frequent it is: together {share} of their variance. Larger is more frequent; the stronger the shade, the higher the {} in the training rows.{shown}",
        format::count(reading.values as f64),
        format::count(reading.step as f64),
        by.words()
    )
}

fn marks(reading: &EmbeddingReading, by: By) -> Vec<Mark> {
    let span = |axis: usize| {
        let along = || reading.points.iter().map(move |point| point.at[axis]);
        (along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max))
    };
    if reading.points.is_empty() {
        return Vec::new();
    }
    // One scale for both axes, so that distances are distances.
    let (across, up) = (span(0), span(1));
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
            format!("first axis, {} →", format::percent(reading.explained[0])),
        ),
        text("axis-label", 4.0, 14.0, format!("↑ second axis, {}", format::percent(reading.explained[1]))),
    ];
    // Small ones on top of large ones.
    for point in &reading.points {
        let (at_x, at_y, r) = (x.at(point.at[0]), y.at(point.at[1]), radius(point));
        let class = match by.rate(point) {
            None => "map-point map-none".to_owned(),
            Some(rate) => format!("map-point map-{}", limits.iter().filter(|limit| rate > **limit).count()),
        };
        let rate =
            by.rate(point).map_or("no clicks".to_owned(), |rate| format!("{} {}", by.words(), format::percent(rate)));
        let tip = format!("{}: {} rows, {rate}", point.value, format::count(f64::from(point.rows)));
        let circle = format!(
            "M{} {}a{r:.1} {r:.1} 0 1 0 {d:.1} 0a{r:.1} {r:.1} 0 1 0 -{d:.1} 0",
            px(at_x - r),
            px(at_y),
            d = 2.0 * r
        );
        marks.push(path(class, circle).key(&point.value).tip(tip));
    }
    // On a phone the drawing is half its size: fewer names there, as large as text is.
    for (class, pixels, most) in [("map-names-wide", 12.0, NAMED), ("map-names-narrow", 22.0, NAMED / 2)] {
        marks.push(group(class).key(class).children(names(reading, &x, &y, &radius, (pixels, most))));
    }
    marks
}

/// Names of the most frequent, as far as they don't lie over one another.
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

/// Rates that part the values into shades of equal numbers.
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
