//! Loss curves while they fall: a small chart per task, a line per run in its model's hue.

use leptos::prelude::*;

use super::shared::Figure;
use crate::app::charts::curves::{Panel, Series, below, panels};
use crate::app::charts::scale::{Linear, line_path, px, spread, ticks};
use crate::app::charts::{format, names};
use crate::app::models::display_name;
use crate::app::state::AppState;

const WIDTH: f64 = 360.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 276.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 172.0;
const HEIGHT: f64 = 214.0;

/// Redraws per run: the curves are drawn anew when a run has moved on by this share of its epochs.
const REDRAWS: f64 = 60.0;

/// Loss per task: training dashed, held-out rows solid.
#[component]
pub fn LossCurves() -> impl IntoView {
    let state = AppState::get();
    // Progress comes ten times a second; the eye needs fewer redraws, the main thread too.
    let key = Memo::new(move |_| {
        state.session.with(|session| {
            let moved = |run: &crate::protocol::Run| {
                run.progress.map_or(0, |p| (p.epoch / p.epochs.max(1) as f64 * REDRAWS) as u64)
            };
            session.runs.iter().map(|run| (run.id, run.evaluations.len(), moved(run))).collect::<Vec<_>>()
        })
    });
    let drawn = Memo::new(move |_| {
        key.with(|_| ()); // `track` alone would never run a memo that nobody reads
        state.session.with_untracked(|session| panels(&session.runs))
    });
    // Panels come and go rarely, numbers change often: disclosures stay open and focus stays put.
    let events = Memo::new(move |_| drawn.with(|all| all.iter().map(|p| p.event.clone()).collect::<Vec<_>>()));
    move || {
        let events = events.get();
        (!events.is_empty()).then(|| {
            let charts = events.into_iter().map(|event| {
                let panel = Memo::new(move |_| drawn.with(|all| all.iter().find(|p| p.event == event).cloned()));
                view! { <LossChart panel/> }
            });
            view! {
                <section class="curves-section" aria-labelledby="losses-heading">
                    <h2 class="section-title" id="losses-heading">"Losses"</h2>
                    <ul class="key">
                        <li><svg width="28" height="14" aria-hidden="true"><path class="key-line" d="M0 7H28"/></svg>"held-out rows"</li>
                        <li><svg width="28" height="14" aria-hidden="true"><path class="key-line dashed" d="M0 7H28"/></svg>"training rows"</li>
                    </ul>
                    <div class="curves-grid">{charts.collect_view()}</div>
                </section>
            }
        })
    }
}

#[component]
fn LossChart(panel: Memo<Option<Panel>>) -> impl IntoView {
    let title = Signal::derive(move || panel.with(|p| p.as_ref().map(|p| names::task(&p.event)).unwrap_or_default()));
    let sentence =
        Signal::derive(move || panel.with(|p| p.as_ref().map(|p| format!("{}.", p.sentence())).unwrap_or_default()));
    let table = move || panel.get().map(|panel| table(&panel));
    view! {
        <Figure title sentence table>
            <svg class="chart curves" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=sentence>
                {move || panel.with(|p| p.as_ref().map(marks))}
            </svg>
        </Figure>
    }
}

fn marks(panel: &Panel) -> impl IntoView + use<> {
    let (x, y) = panel.scales(LEFT, RIGHT, TOP, BOTTOM);
    let y_ticks = ticks(panel.y.0, panel.y.1, 4);
    let step = y_ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let grid = y_ticks.into_iter().map(move |tick| {
        view! {
            <path class="grid-line" d=format!("M{LEFT} {}H{RIGHT}", px(y.at(tick)))/>
            <text class="axis-label end" x=px(LEFT - 6.0) y=px(y.at(tick) + 4.0)>{format!("{tick:.decimals$}")}</text>
        }
    });
    let epochs = ticks(0.0, panel.epochs, 5).into_iter().map(move |tick| {
        view! {
            <text class="axis-label middle" x=px(x.at(tick)) y=px(BOTTOM + 16.0)>{tick.to_string()}</text>
        }
    });
    let lines = panel.series.iter().map(|series| series_marks(series, panel.y.1, &x, &y));
    view! {
        {grid.collect_view()}
        {epochs.collect_view()}
        {lines.collect_view()}
        {labels(panel, &x, &y)}
        <text class="axis-title start" x="0" y="12">{format!("mean log-loss, {}", panel.unit())}</text>
        <text class="axis-title" x=px((LEFT + RIGHT) / 2.0) y=px(BOTTOM + 34.0)>"passes over the training rows (epochs)"</text>
    }
}

fn series_marks(series: &Series, top: f64, x: &Linear, y: &Linear) -> impl IntoView + use<> {
    let path = |points: &[(f64, f64)]| line_path(below(points, top).into_iter().map(|(e, l)| (x.at(e), y.at(l))));
    let dots = series.held_out.iter().filter(|p| p.1 <= top).map(|(epoch, loss)| {
        view! { <circle class="held-out-dot" cx=px(x.at(*epoch)) cy=px(y.at(*loss)) r="2.5"/> }
    });
    view! {
        <g class=names::hue_class(&series.model)>
            <path class="train-line" d=path(&series.train)/>
            <path class="held-out-line" d=path(&series.held_out)/>
            {dots.collect_view()}
        </g>
    }
}

/// Names at the right, beside each run's newest value, moved apart where lines meet.
fn labels(panel: &Panel, x: &Linear, y: &Linear) -> impl IntoView + use<> {
    let several_seeds = panel.series.iter().any(|s| s.seed != panel.series[0].seed);
    let ends: Vec<(String, String, (f64, f64))> = panel
        .series
        .iter()
        .filter_map(|series| {
            let (epoch, loss) = *series.held_out.last().or(series.train.last())?;
            let name = display_name(&series.model);
            let name = if several_seeds { format!("{name} · {}", series.seed) } else { name.to_owned() };
            Some((name, names::hue_class(&series.model), (x.at(epoch), y.clamped(loss))))
        })
        .collect();
    let wanted: Vec<f64> = ends.iter().map(|e| e.2.1).collect();
    let placed = spread(&wanted, 14.0, (TOP + 4.0, BOTTOM));
    let texts = ends.into_iter().zip(placed).map(|((name, class, (end_x, end_y)), at)| {
        let leader = format!("M{} {}L{} {}", px(end_x + 4.0), px(end_y), px(RIGHT + 6.0), px(at));
        view! {
            <g class=class>
                <path class="leader" d=leader/>
                <text class="line-label" x=px(RIGHT + 9.0) y=px(at + 4.0)>{name}</text>
            </g>
        }
    });
    texts.collect_view()
}

fn table(panel: &Panel) -> impl IntoView + use<> {
    let rows = panel.series.iter().flat_map(|series| {
        let train = series.train.clone();
        let (name, seed) = (display_name(&series.model).to_owned(), series.seed);
        series.held_out.iter().map(move |(epoch, loss)| {
            let trained = train.iter().rfind(|p| p.0 <= epoch + 1e-9).map(|p| format::significant(p.1, 4));
            view! {
                <tr>
                    <th scope="row">{name.clone()}</th><td class="num">{seed}</td>
                    <td class="num">{format::significant(*epoch, 3)}</td>
                    <td class="num">{format::significant(*loss, 4)}</td>
                    <td class="num">{trained}</td>
                </tr>
            }
        })
    });
    view! {
        <table class="data-table">
            <caption>{format!("{} log-loss, {}", names::task(&panel.event), panel.unit())}</caption>
            <thead><tr><th scope="col">"Model"</th><th scope="col">"Seed"</th><th scope="col">"Epoch"</th>
            <th scope="col">"Held-out rows"</th><th scope="col">"Training rows"</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
