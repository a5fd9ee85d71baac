//! The picture of selection bias: mean pCVR by tenth of true CTR, shaded by where the clicks are.

use leptos::prelude::*;

use super::shared::{Awaiting, Figure, from_runs};
use crate::app::charts::scale::{Linear, line_path, px, spread, ticks};
use crate::app::charts::selection::{Selection, selection};
use crate::app::charts::{format, names};
use crate::app::models::display_name;
use crate::app::state::AppState;

const TOP: f64 = 26.0;
const BOTTOM: f64 = 268.0;
const HEIGHT: f64 = 316.0;

/// Sizes of the figure for a wide place and for a phone; the style sheet shows the one that fits.
#[derive(Clone, Copy)]
struct Frame {
    class: &'static str,
    width: f64,
    left: f64,
    right: f64,
    /// Every n-th tenth has a label.
    label_every: usize,
}

const WIDE: Frame = Frame { class: "chart chart-wide", width: 640.0, left: 46.0, right: 556.0, label_every: 1 };
const NARROW: Frame = Frame { class: "chart chart-narrow", width: 358.0, left: 40.0, right: 288.0, label_every: 3 };

/// Mean pCVR by tenth of true CTR: the truth in ink, every model in its hue.
#[component]
pub fn SelectionFigure() -> impl IntoView {
    let state = AppState::get();
    let figure = from_runs(state, selection);
    let truth_known = Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| log.summary.truth_known)));
    move || {
        match figure.get() {
        Some(figure) => drawn(figure).into_any(),
        None if truth_known.get() == Some(false) => {
            view! { <Awaiting what="The truth is not observable on a real log: nobody knows which unclicked impressions \
                would have converted. Generate a log to see selection bias itself."/> }
            .into_any()
        }
        None => view! { <Awaiting what="Once the models are trained, this figure shows the mean pCVR of each against the \
            true CVR, from the impressions least likely to be clicked to the likeliest."/> }
        .into_any(),
    }
    }
}

fn drawn(figure: Selection) -> impl IntoView {
    let said = figure.sentence();
    let label = format!("Mean predicted CVR by tenth of true CTR. {said}");
    let table = {
        let figure = figure.clone();
        move || table(&figure)
    };
    view! {
        <Figure title="Who is right about impressions that nobody clicks?" sentence=said table=table>
            {chart(&figure, WIDE, label.clone())}
            {chart(&figure, NARROW, label)}
        </Figure>
    }
}

fn chart(figure: &Selection, frame: Frame, label: String) -> impl IntoView + use<> {
    view! {
        <svg class=frame.class viewBox=format!("0 0 {} {HEIGHT}", frame.width) role="img" aria-label=label>
            {marks(figure, frame)}
        </svg>
    }
}

fn marks(figure: &Selection, frame: Frame) -> impl IntoView + use<> {
    let Frame { left, right, label_every, .. } = frame;
    let step = (right - left) / figure.tenths.len() as f64;
    let x = move |index: usize| left + (index as f64 + 0.5) * step;
    let y = Linear::new((0.0, figure.top), (BOTTOM, TOP));
    let most = figure.tenths.iter().map(|t| t.click_share).fold(1e-9, f64::max);
    let columns = figure.tenths.iter().enumerate().map(|(index, tenth)| {
        let height = (BOTTOM - TOP) * tenth.click_share / most;
        view! {
            <rect class="click-share" x=px(x(index) - step / 2.0 + 1.0) y=px(BOTTOM - height) width=px(step - 2.0)
                height=px(height)/>
            <text class="axis-label middle" x=px(x(index)) y=px(BOTTOM + 16.0)>
                {(index % label_every == 0).then(|| format::percent(tenth.true_ctr))}
            </text>
        }
    });
    let grid = ticks(0.0, figure.top, 4).into_iter().map(|tick| {
        view! {
            <path class="grid-line" d=format!("M{left} {}H{right}", px(y.at(tick)))/>
            <text class="axis-label end" x=px(left - 6.0) y=px(y.at(tick) + 4.0)>{format::tick_percent(tick)}</text>
        }
    });
    let lines = figure.lines.iter().map(|line| {
        let points = line.p_cvr.iter().enumerate().map(|(i, p)| (x(i), y.at(*p)));
        view! { <path class=format!("model-line {}", names::hue_class(&line.model)) d=line_path(points)/> }
    });
    let truth = line_path(figure.tenths.iter().enumerate().map(|(i, t)| (x(i), y.at(t.true_cvr))));
    let diamonds: String = figure
        .tenths
        .iter()
        .enumerate()
        .map(|(i, t)| format!("M{} {}l4 4l-4 4l-4 -4Z", px(x(i)), px(y.at(t.true_cvr) - 4.0)))
        .collect();
    view! {
        {columns.collect_view()}
        {grid.collect_view()}
        <path class="truth-line" d=truth/>
        <path class="truth-mark" d=diamonds/>
        {lines.collect_view()}
        {labels(figure, right, &y)}
        <text class="axis-title start" x="0" y="12">"mean predicted CVR of each tenth"</text>
        <text class="axis-title start" x=px(left) y=px(BOTTOM + 36.0)>
            {format!("mean true CTR of each tenth; {} held-out impressions", format::count(figure.rows as f64))}
        </text>
        <text class="axis-label end click-label" x=px(right - 4.0) y=px(TOP + 14.0)>
            {figure.tenths.last().map(|t| format!("{} of clicks", format::percent(t.click_share)))}
        </text>
    }
}

/// Names at the lines' right ends, moved apart where the lines meet.
fn labels(figure: &Selection, right: f64, y: &Linear) -> impl IntoView + use<> {
    let mut ends: Vec<(String, String, f64)> = figure
        .lines
        .iter()
        .filter_map(|l| {
            Some((
                display_name(&l.model).to_owned(),
                format!("line-label {}", names::hue_class(&l.model)),
                *l.p_cvr.last()?,
            ))
        })
        .collect();
    if let Some(last) = figure.tenths.last() {
        ends.push(("truth".to_owned(), "line-label truth-label".to_owned(), last.true_cvr));
    }
    let wanted: Vec<f64> = ends.iter().map(|e| y.at(e.2)).collect();
    let placed = spread(&wanted, 15.0, (TOP + 4.0, BOTTOM));
    let texts = ends.into_iter().zip(placed).map(|((name, class, _), at)| {
        view! { <text class=class x=px(right + 2.0) y=px(at + 4.0)>{name}</text> }
    });
    texts.collect_view()
}

fn table(figure: &Selection) -> impl IntoView + use<> {
    let heads = figure.lines.iter().map(|l| view! { <th scope="col">{display_name(&l.model).to_owned()}</th> });
    let rows = figure.tenths.iter().enumerate().map(|(index, tenth)| {
        let models = figure.lines.iter().map(|l| {
            view! { <td class="num">{l.p_cvr.get(index).map(|p| format::percent(*p))}</td> }
        });
        view! {
            <tr>
                <th scope="row">{index + 1}</th>
                <td class="num">{format::percent(tenth.true_ctr)}</td>
                <td class="num">{format::percent(tenth.click_share)}</td>
                <td class="num">{format::percent(tenth.true_cvr)}</td>
                {models.collect_view()}
            </tr>
        }
    });
    view! {
        <table class="data-table">
            <caption>"Mean pCVR by tenth of true CTR"</caption>
            <thead><tr><th scope="col">"Tenth"</th><th scope="col">"True CTR"</th><th scope="col">"Share of clicks"</th>
            <th scope="col">"True CVR"</th>{heads.collect_view()}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
