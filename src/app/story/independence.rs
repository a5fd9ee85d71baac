//! Chapter 5, independence priority: does pCVR follow pCTR where the true CVR does not? Source: Wang et al. 2022, section 3.2.

use super::{Chapter, Scene, draw_button, train_button};
use crate::app::charts::format;
use crate::app::charts::lines_drawing::{Lines, drawing};
use crate::app::forms::generator;
use crate::app::marks::{Control, Mark, awaiting, check, figure};
use crate::app::models::display_name;
use crate::domain::report::BandReading;
use crate::protocol::Run;

pub fn chapter(scene: Scene) -> Mark {
    let lines = lines(scene.runs);
    let mut says = vec![
        "Whether an impression is clicked is one question, whether a click converts another. ESMM learns the product, and its \
         CVR tower shares embeddings with its CTR tower: so some of its predicted CTR, pCTR, may leak into pCVR."
            .to_owned(),
    ];
    let drawn = lines.first().map(|(_, bands)| {
        let rows: usize = bands.iter().map(|band| band.rows).sum();
        says.push(format!(
            "Look at {} held-out impressions with nearly the same true CVR, the middle fifth, and order them by what each model \
             takes for their CTR. Were pCVR free of pCTR, its error would be the same throughout.",
            format::count(rows as f64)
        ));
        let sentence = sentence(&lines);
        Lines {
            name: "independence".to_owned(),
            title: "Does pCVR follow pCTR?".to_owned(),
            sentence,
            parts: parts(bands.len()),
            x_axis: "fifths of the band by predicted CTR".to_owned(),
            y_axis: "mean pCVR minus mean true CVR".to_owned(),
            lines: lines.iter().map(|(model, bands)| ((*model).to_owned(), bands.iter().map(error).collect())).collect(),
            truth: (0.0, "truth".to_owned()),
        }
    });
    let figure = match drawn {
        Some(drawn) => figure(drawing(&drawn)),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => awaiting(
            "Not observable on this log: which impressions have the same true CVR is not known. A generated log knows.",
        ),
        None => awaiting(
            "Train, and this figure shows each model’s error along its own pCTR, at one and the same true CVR.",
        ),
    };
    let share = check(
        Control::new(super::sparsity::SHARE, "All towers share their embeddings"),
        scene.spec.network.share_embeddings,
    );
    Chapter {
        number: 5,
        title: "Two questions that should not answer each other",
        says,
        figure: vec![figure],
        asks: "Does the slope go when the towers share nothing, or when clicks and purchases have nothing to do with each other?",
        controls: vec![
            share,
            train_button(scene, "Train again"),
            generator::dial("correlation", scene.synth),
            draw_button(scene),
        ],
    }
    .mark()
}

/// The bands of every model's first run that has them.
fn lines(runs: &[Run]) -> Vec<(&str, &[BandReading])> {
    let mut lines: Vec<(&str, &[BandReading])> = Vec::new();
    for run in runs {
        let bands = run.shown().map(|evaluation| evaluation.independence.as_slice()).unwrap_or_default();
        if !bands.is_empty() && lines.iter().all(|(model, _)| *model != run.model.name) {
            lines.push((&run.model.name, bands));
        }
    }
    lines
}

fn error(band: &BandReading) -> f64 {
    band.mean_p_cvr - band.mean_true_cvr
}

fn parts(n: usize) -> Vec<String> {
    let named = |index: usize| match index {
        0 => "lowest pCTR".to_owned(),
        last if last + 1 == n => "highest".to_owned(),
        _ => String::new(),
    };
    (0..n).map(named).collect()
}

fn sentence(lines: &[(&str, &[BandReading])]) -> String {
    let one = |(model, bands): &(&str, &[BandReading])| {
        let (first, last) = (bands.first()?, bands.last()?);
        let from = format::signed_percent(error(first));
        Some(format!(
            "{} is off by {from} where its pCTR is lowest and by {} where it is highest",
            display_name(model),
            format::signed_percent(error(last))
        ))
    };
    let parts: Vec<String> = lines.iter().filter_map(one).collect();
    if parts.is_empty() { String::new() } else { format!("{}.", parts.join("; ")) }
}
