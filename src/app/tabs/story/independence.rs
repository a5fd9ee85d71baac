//! Chapter 5, independence priority: does pCVR follow the CTR where the true CVR does not? Source: Wang et al. 2022,
//! section 3.2. The slope is shown and not judged: no slope is known to be that of a model without a leak.

use super::lines_drawing::{Lines, drawing};
use super::tenths::selection_bias;
use super::{Chapter, Scene, generator_slider, share_embeddings, training_control};
use crate::app::format;
use crate::app::marks::{awaiting, figure};
use crate::app::models::{display_name, models_of};
use crate::domain::report::BandReading;
use crate::domain::synth::settings::CORRELATION;
use crate::protocol::Run;

pub fn chapter(scene: Scene) -> Chapter {
    let lines = lines(scene.runs);
    let mut says = vec![text!(story::independence::says).to_owned()];
    let drawn = lines.first().map(|(_, bands)| {
        let rows: usize = bands.iter().map(|band| band.rows).sum();
        says.push(text!(story::independence::look, rows = format::count(rows)));
        let sentence = sentence(&lines);
        Lines {
            name: "independence".to_owned(),
            title: text!(story::independence::figure_title).to_owned(),
            sentence,
            parts: parts(bands.len()),
            x_axis: text!(story::independence::figure_axis).to_owned(),
            y_axis: text!(story::independence::figure_values).to_owned(),
            lines: lines
                .iter()
                .map(|(model, bands)| ((*model).to_owned(), bands.iter().map(error).collect()))
                .collect(),
            truth: (0.0, text!(story::independence::truth).to_owned()),
            constant: constant_errors(scene.runs, bands),
        }
    });
    let figure = match drawn {
        Some(drawn) => figure(drawing(&drawn)).still(),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => {
            awaiting(text!(story::independence::not_observable))
        }
        None => awaiting(text!(story::independence::awaiting)),
    };
    Chapter {
        number: 5,
        is_of_runs: true,
        title: text!(story::independence::title),
        says,
        figure: vec![figure],
        asks: text!(story::independence::asks),
        controls: training_control(scene, share_embeddings(scene), text!(story::independence::again))
            .into_iter()
            .chain(generator_slider(scene, &CORRELATION))
            .flatten()
            .collect(),
    }
}

/// The bands of every model's first run that has them.
fn lines<'a>(runs: &'a [Run]) -> Vec<(&'a str, &'a [BandReading])> {
    let bands = |run: &'a Run| run.shown().map_or(&[][..], |evaluation| &evaluation.independence);
    let first = |model| {
        let mut of_model = runs.iter().filter(|run| run.model.name == model).map(bands);
        Some((model, of_model.find(|bands| !bands.is_empty())?))
    };
    models_of(runs).into_iter().filter_map(first).collect()
}

/// The error of a constant rate, the mean true CVR of all impressions, in each part.
fn constant_errors(runs: &[Run], bands: &[BandReading]) -> Vec<f64> {
    let constant = selection_bias(runs).map(|drawn| drawn.constant);
    constant.map_or(Vec::new(), |constant| bands.iter().map(|band| constant - band.mean_true_cvr).collect())
}

fn error(band: &BandReading) -> f64 {
    band.mean_p_cvr - band.mean_true_cvr
}

fn parts(n: usize) -> Vec<String> {
    let named = |index: usize| match index {
        0 => text!(story::independence::lowest).to_owned(),
        last if last + 1 == n => text!(story::independence::highest).to_owned(),
        _ => String::new(),
    };
    (0..n).map(named).collect()
}

fn sentence(lines: &[(&str, &[BandReading])]) -> String {
    let one = |(model, bands): &(&str, &[BandReading])| {
        let (first, last) = (bands.first()?, bands.last()?);
        let from = format::signed_percent(error(first));
        Some(text!(
            story::independence::off,
            model = display_name(model),
            lowest = from,
            highest = format::signed_percent(error(last))
        ))
    };
    let parts: Vec<String> = lines.iter().filter_map(one).collect();
    if parts.is_empty() { String::new() } else { format!("{}.", parts.join("; ")) }
}
