//! The Towers view: what each head predicts, split by click, and pCTR against pCVR.

use leptos::prelude::*;

use super::selected::{Candidate, ModelChoice, Selection};
use super::shared::{Awaiting, Figure, evaluations_key};
use super::towers_network::NetworkFigure;
use crate::app::charts::density::{Density, LEVELS, density};
use crate::app::charts::histogram::{Half, Mirrored, mirrored, sentence, shared_span};
use crate::app::charts::scale::{Linear, px, spaced_probability_ticks};
use crate::app::charts::{format, names};
use crate::app::state::AppState;
use crate::domain::report::{DensityReading, TowerReading};

/// Distributions of one model's heads and its pCTR × pCVR density, of the newest evaluation.
#[component]
pub fn TowersView() -> impl IntoView {
    let state = AppState::get();
    let selection = Selection::new(state);
    let key = evaluations_key(state);
    let of_evaluation = move |candidate: &Candidate| {
        state.session.with_untracked(|session| {
            let evaluation = session.run(candidate.run?)?.latest()?;
            Some((evaluation.towers.clone(), evaluation.density.clone()))
        })
    };
    let readings = Memo::new(move |_| {
        key.with(|_| ()); // `track` alone would never run a memo that nobody reads
        selection.current.with(|c| c.as_ref().and_then(of_evaluation))
    });
    let hue =
        move || selection.current.with(|c| c.as_ref().map(|c| names::hue_class(&c.model.name)).unwrap_or_default());
    let figures = move || match readings.get() {
        None => view! {
            <Awaiting what="Once a model is trained, each of its towers shows here what it predicts for held-out \
                impressions: clicked ones above the line, unclicked ones below."/>
        }
        .into_any(),
        Some((towers, reading)) => view! {
            <div class="towers-grid">{heads(&towers)}</div>
            <DensityFigure reading/>
        }
        .into_any(),
    };
    view! {
        <div class=move || format!("view towers-view {}", hue())>
            <div class="view-controls"><ModelChoice selection group="towers-model"/></div>
            <NetworkFigure candidate=selection.current/>
            {figures}
        </div>
    }
}

const WIDTH: f64 = 360.0;
const LEFT: f64 = 8.0;
const PLOT: f64 = WIDTH - 2.0 * LEFT;
const TOP: f64 = 18.0;
const PLOT_HEIGHT: f64 = 132.0;
const HEIGHT: f64 = TOP + PLOT_HEIGHT + 52.0;

/// All heads on one span of logits, so that they can be compared by eye.
fn heads(towers: &[TowerReading]) -> impl IntoView + use<> {
    let span = shared_span(towers);
    let figures = towers.iter().filter_map(|tower| {
        let drawn = mirrored(tower, span?, LEFT, PLOT, TOP, PLOT_HEIGHT);
        let symbol = names::symbol(&tower.question);
        let said = sentence(&symbol, tower);
        let rows = [("clicked", &tower.clicked), ("unclicked", &tower.unclicked)]
            .map(|(name, h)| (name, crate::app::charts::histogram::rows(h), h.mean_p));
        let label = format!("Distribution of predicted {said}");
        let table = move || {
            let lines = rows.map(|(name, rows, mean)| {
                view! {
                    <tr><th scope="row">{name}</th><td class="num">{format::count(rows as f64)}</td>
                    <td class="num">{mean.map_or("–".to_owned(), format::percent)}</td></tr>
                }
            });
            view! {
                <table class="data-table">
                    <thead><tr><th scope="col">"Impressions"</th><th scope="col">"Rows"</th><th scope="col">"Mean prediction"</th></tr></thead>
                    <tbody>{Vec::from(lines)}</tbody>
                </table>
            }
        };
        Some(view! {
            <Figure title=symbol.clone() sentence=format!("Predicted {said}.") table=table>
                <svg class="chart" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
                    {head(&drawn, &symbol)}
                </svg>
            </Figure>
        })
    });
    figures.collect_view()
}

fn head(drawn: &Mirrored, symbol: &str) -> impl IntoView + use<> {
    let bottom = TOP + PLOT_HEIGHT;
    view! {
        <path class="hist-clicked" d=drawn.clicked.path.clone()/>
        <path class="hist-unclicked" d=drawn.unclicked.path.clone()/>
        <path class="axis-line" d=format!("M{LEFT} {}H{}", px(drawn.baseline), LEFT + PLOT)/>
        {half_note(&drawn.clicked, "clicked", TOP, drawn.baseline, TOP - 5.0)}
        {half_note(&drawn.unclicked, "unclicked", drawn.baseline, bottom, bottom + 12.0)}
        {probability_axis(&drawn.x, bottom + 16.0)}
        <text class="axis-title" x=px(WIDTH / 2.0) y=px(HEIGHT - 3.0)>{format!("predicted {symbol}, on a logit axis")}</text>
    }
}

/// The half's name with its rows, and its mean as a line with a label that stays inside.
fn half_note(half: &Half, name: &str, top: f64, bottom: f64, label_y: f64) -> impl IntoView + use<> {
    let (name_x, end) = (LEFT, LEFT + PLOT);
    let note = format!("{name}, n = {}", format::count(half.rows as f64));
    let mean = half.mean.map(|(p, x)| {
        // The name stands at the left end of the same line: a mean's label keeps clear of it.
        let label_x = x.clamp(name_x + 168.0, end - 34.0);
        view! {
            <path class="mean-line" d=format!("M{} {}V{}", px(x), px(top), px(bottom))/>
            <text class="mark-label middle" x=px(label_x) y=px(label_y)>{format!("mean {}", format::percent(p))}</text>
        }
    });
    view! {
        <text class="mark-label muted" x=px(name_x) y=px(label_y)>{note}</text>
        {mean}
    }
}

fn probability_axis(x: &Linear, y: f64) -> impl IntoView + use<> {
    let ticks = spaced_probability_ticks(x, 44.0);
    let marks = ticks.into_iter().map(|(p, pixel)| {
        view! {
            <path class="axis-tick" d=format!("M{} {}v5", px(pixel), px(y - 2.0))/>
            <text class="axis-label middle" x=px(pixel.clamp(18.0, WIDTH - 18.0)) y=px(y + 14.0)>{format::tick_percent(p)}</text>
        }
    });
    marks.collect_view()
}

const SIDE: f64 = 340.0;
const MARGIN_LEFT: f64 = 64.0;
const MARGIN_TOP: f64 = 14.0;
const DENSITY_WIDTH: f64 = MARGIN_LEFT + SIDE + 64.0;
const DENSITY_HEIGHT: f64 = MARGIN_TOP + SIDE + 44.0;

/// pCTR against pCVR over the held-out rows.
#[component]
fn DensityFigure(reading: DensityReading) -> impl IntoView {
    let drawn = density(&reading, MARGIN_LEFT, MARGIN_TOP, SIDE)?;
    let said = format!(
        "pCTR against pCVR of {} held-out impressions, {} of them clicked. Darker is denser; along a line pCTCVR, their \
         product, is the same.",
        format::count(drawn.rows as f64),
        format::count(drawn.clicked_rows as f64)
    );
    let table = {
        let reading = reading.clone();
        move || density_table(&reading)
    };
    Some(view! {
        <Figure title="pCTR against pCVR" sentence=said.clone() table=table>
            <svg class="chart density" viewBox=format!("0 0 {DENSITY_WIDTH} {DENSITY_HEIGHT}") role="img" aria-label=said>
                {density_marks(&drawn)}
            </svg>
            {shade_key(&drawn)}
        </Figure>
    })
}

fn density_marks(drawn: &Density) -> impl IntoView + use<> {
    let levels = drawn.levels.iter().enumerate().map(|(level, path)| {
        view! { <path class=format!("density-{level}") d=path.clone()/> }
    });
    let lines = drawn.iso.iter().map(|line| {
        view! {
            <path class="iso-line" d=line.path.clone()/>
            <text class="mark-label" x=px(line.label.0 + 5.0) y=px(line.label.1 - 3.0)>{format::tick_percent(line.p)}</text>
        }
    });
    let bottom = MARGIN_TOP + SIDE;
    let x_ticks = spaced_probability_ticks(&drawn.x, 46.0);
    let y_ticks = spaced_probability_ticks(&drawn.y, 24.0);
    let x_axis = x_ticks.into_iter().map(|(p, x)| {
        view! {
            <path class="axis-tick" d=format!("M{} {}v5", px(x), px(bottom))/>
            <text class="axis-label middle" x=px(x) y=px(bottom + 17.0)>{format::tick_percent(p)}</text>
        }
    });
    let y_axis = y_ticks.into_iter().map(|(p, y)| {
        view! {
            <path class="axis-tick" d=format!("M{} {}h-5", px(MARGIN_LEFT), px(y))/>
            <text class="axis-label end" x=px(MARGIN_LEFT - 8.0) y=px(y + 4.0)>{format::tick_percent(p)}</text>
        }
    });
    let middle = px(MARGIN_TOP + SIDE / 2.0);
    view! {
        <rect class="plot-frame" x=px(MARGIN_LEFT) y=px(MARGIN_TOP) width=SIDE height=SIDE/>
        {levels.collect_view()}
        {lines.collect_view()}
        {x_axis.collect_view()}
        {y_axis.collect_view()}
        <text class="axis-title" x=px(MARGIN_LEFT + SIDE / 2.0) y=px(bottom + 37.0)>"predicted pCTR, on a logit axis"</text>
        <text class="axis-title" x="12" y=middle.clone() transform=format!("rotate(-90 12 {middle})")>
            "predicted pCVR, on a logit axis"
        </text>
    }
}

fn shade_key(drawn: &Density) -> impl IntoView + use<> {
    let shades = (0..LEVELS).filter(|&l| !drawn.levels[l].is_empty()).map(|level| {
        let from = format::count(f64::from(drawn.from_counts[level]));
        view! {
            <li><svg width="14" height="14" aria-hidden="true"><rect class=format!("density-{level}") width="14" height="14"/></svg>{from}"+"</li>
        }
    });
    view! { <ul class="key">"Impressions in a cell: "{shades.collect_view()}<li>"Lines: pCTCVR"</li></ul> }
}

/// The density summed to rows by decade of pCTR: what a table can say of two thousand cells.
fn density_table(reading: &DensityReading) -> impl IntoView + use<> {
    let cell = (reading.high_logit - reading.low_logit) / reading.bins as f64;
    let edges = [0.0, 1e-4, 1e-3, 0.01, 0.1, 0.5, 1.0];
    let rows = edges.windows(2).filter_map(|edge| {
        let (mut rows, mut clicked, mut p_cvr) = (0u64, 0u64, 0.0);
        for (index, &count) in reading.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let middle =
                |bin: usize| crate::domain::behavior::reference::sigmoid(reading.low_logit + (bin as f64 + 0.5) * cell);
            let p_ctr = middle(index / reading.bins);
            if p_ctr >= edge[0] && p_ctr < edge[1] {
                rows += u64::from(count);
                clicked += u64::from(reading.clicked_counts.get(index).copied().unwrap_or(0));
                p_cvr += f64::from(count) * middle(index % reading.bins);
            }
        }
        (rows > 0).then(|| {
            let band = format!("{} to {}", format::tick_percent(edge[0]), format::tick_percent(edge[1]));
            view! {
                <tr><th scope="row">{band}</th><td class="num">{format::count(rows as f64)}</td>
                <td class="num">{format::count(clicked as f64)}</td>
                <td class="num">{format::percent(p_cvr / rows as f64)}</td></tr>
            }
        })
    });
    view! {
        <table class="data-table">
            <thead><tr><th scope="col">"pCTR"</th><th scope="col">"Impressions"</th><th scope="col">"Clicked"</th>
            <th scope="col">"Mean pCVR (to the cell)"</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
