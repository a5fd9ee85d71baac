//! Chapter 3, the entire space: the loss of one impression from pCTR × pCVR, and its push on each tower.
//!
//! The pushes are closed forms, with p = σ(a) and q = σ(b). Over the entire space the loss of CTR is BCE(o, p) and that of
//! CTCVR is BCE(o·r, p·q); on clicks the loss of CVR is BCE(r, q). Source: Ma et al. 2018, eq. 3.

use super::pushes_drawing::{Pushes, drawing};
use super::{Chapter, Msg, Scene};
use crate::app::format;
use crate::app::marks::{Control, button, choice, figure, slider};
use crate::domain::event;
use crate::domain::range::Range;
use crate::domain::report::{Population, Scope};
use crate::protocol::Run;

const P: Range = Range::logarithmic(0.001, 0.99);
const OUTCOMES: [(Outcome, &str, &str); 3] = [
    (Outcome::NotClicked, text!(story::entire_space::not_clicked), ""),
    (Outcome::Clicked, text!(story::entire_space::clicked), ""),
    (Outcome::Bought, text!(story::entire_space::bought), ""),
];

/// Outcome of the impression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Default)]
pub enum Outcome {
    #[default]
    NotClicked,
    Clicked,
    Bought,
}

/// The example impression: its predictions and its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Example {
    /// Set by the user; `None`: the run's means.
    pub p_ctr: Option<f64>,
    pub p_cvr: Option<f64>,
    outcome: Outcome,
}

/// A change of the example impression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Edit {
    PCtr(f64),
    PCvr(f64),
    Outcome(Outcome),
}

impl Example {
    pub fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::PCtr(p) => self.p_ctr = Some(p),
            Edit::PCvr(p) => self.p_cvr = Some(p),
            Edit::Outcome(outcome) => self.outcome = outcome,
        }
    }
}

/// Downhill pushes on the logits of the CTR and the CVR tower: minus the gradient of the loss.
///
/// `None`: no loss of the model reaches that tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Push {
    pub ctr: f64,
    pub cvr: Option<f64>,
    /// The loss, in nats.
    pub loss: f64,
}

/// The conventional model: CTR over all impressions, CVR over clicked ones.
pub fn on_clicks(p: f64, q: f64, is_clicked: bool, is_bought: bool) -> Push {
    let (o, r) = (f64::from(u8::from(is_clicked)), f64::from(u8::from(is_bought)));
    let loss = cross_entropy(is_clicked, p) + if is_clicked { cross_entropy(is_bought, q) } else { 0.0 };
    Push { ctr: o - p, cvr: is_clicked.then_some(r - q), loss }
}

/// ESMM: CTR and CTCVR over all impressions.
pub fn over_entire_space(p: f64, q: f64, is_clicked: bool, is_bought: bool) -> Push {
    let o = f64::from(u8::from(is_clicked));
    let product = p * q;
    let loss = cross_entropy(is_clicked, p) + cross_entropy(is_bought, product);
    let (ctr, cvr) = if is_bought {
        (1.0 - p, 1.0 - q)
    } else {
        let shared = product / (1.0 - product);
        (-shared * (1.0 - p), -shared * (1.0 - q))
    };
    Push { ctr: o - p + ctr, cvr: Some(cvr), loss }
}

fn cross_entropy(label: bool, p: f64) -> f64 {
    -(if label { p } else { 1.0 - p }).ln()
}

pub fn chapter(scene: Scene) -> Chapter {
    let (mean_ctr, mean_cvr) = means(scene.runs).unwrap_or_else(|| rates(scene));
    let p = scene.example.p_ctr.unwrap_or(P.admit(mean_ctr));
    let q = scene.example.p_cvr.unwrap_or(P.admit(mean_cvr));
    let outcome = scene.example.outcome;
    let (is_clicked, is_bought) = (outcome >= Outcome::Clicked, outcome == Outcome::Bought);
    let naive = on_clicks(p, q, is_clicked, is_bought);
    let esmm = over_entire_space(p, q, is_clicked, is_bought);
    let says = vec![
        text!(story::entire_space::says).to_owned(),
        taken(scene, p, q),
        verdict(is_clicked, is_bought, &naive, &esmm),
    ];
    let words = OUTCOMES.iter().find(|known| known.0 == outcome).map_or("", |known| known.1);
    let drawn = Pushes { outcome: words, rows: vec![("naive", naive), ("esmm", esmm)] };
    Chapter {
        number: 3,
        is_of_runs: false,
        title: text!(story::entire_space::title),
        says,
        figure: vec![figure(drawing(&drawn)).still()],
        asks: text!(story::entire_space::asks),
        controls: vec![
            choice(Control::new(text!(story::entire_space::outcome)), "bench-outcome", OUTCOMES, &outcome, |outcome| {
                Msg::Impression(Edit::Outcome(outcome))
            }),
            slider(Control::new(text!(story::entire_space::p_ctr)), P, round(p), |p| Msg::Impression(Edit::PCtr(p))),
            slider(Control::new(text!(story::entire_space::p_cvr)), P, round(q), |p| Msg::Impression(Edit::PCvr(p))),
            button(
                Control::new(text!(story::entire_space::one_batch)).disabled(scene.is_busy || scene.log.is_none()),
                "",
                Msg::StepBatch,
            ),
        ],
    }
}

/// The example impression in a sentence, with the source of its default numbers.
fn taken(scene: Scene, p: f64, q: f64) -> String {
    let (ctr, cvr, both) = (format::percent(p), format::percent(q), format::percent(p * q));
    match (scene.example.p_ctr.is_none() && scene.example.p_cvr.is_none(), means(scene.runs)) {
        (false, _) => text!(story::entire_space::take, ctr = ctr, cvr = cvr, both = both),
        (true, Some(_)) => text!(story::entire_space::take_means, ctr = ctr, cvr = cvr, both = both),
        (true, None) => text!(story::entire_space::take_rates, ctr = ctr, cvr = cvr, both = both),
    }
}

/// Rounds to three significant digits, for a field.
fn round(p: f64) -> f64 {
    let unit = 10f64.powf(p.abs().max(1e-9).log10().floor() - 2.0);
    ((p / unit).round() * unit * 1e9).round() / 1e9
}

fn verdict(is_clicked: bool, is_bought: bool, naive: &Push, esmm: &Push) -> String {
    let push = |value: f64| format::significant(value, 2);
    let by_esmm = push(esmm.cvr.unwrap_or_default());
    match (is_clicked, is_bought, naive.cvr) {
        (false, ..) => text!(story::entire_space::push_not_clicked, by_esmm = by_esmm),
        (true, false, Some(by_naive)) => {
            text!(story::entire_space::push_clicked, by_naive = push(by_naive), by_esmm = by_esmm)
        }
        (true, true, Some(by_naive)) => {
            text!(story::entire_space::push_bought, by_naive = push(by_naive), by_esmm = by_esmm)
        }
        _ => String::new(),
    }
}

/// Mean pCTR and pCVR of ESMM's shown evaluation.
fn means(runs: &[Run]) -> Option<(f64, f64)> {
    let run = runs.iter().find(|run| run.model.name == "esmm")?;
    let tree = run.shown()?.trees.iter().find(|tree| tree.scope == Scope::All)?;
    Some((tree.events.get(event::CTR)?.predicted, tree.events.get(event::CVR)?.predicted))
}

/// The log's rates, for use before training.
fn rates(scene: Scene) -> (f64, f64) {
    let Some(log) = scene.log else { return (scene.synth.ctr, scene.synth.cvr) };
    let Population { rows, clicks, conversions } = log.summary.impressions();
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    (share(clicks, rows), share(conversions, clicks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::charts::scale::logit;
    use crate::domain::behavior::reference::sigmoid;

    /// Every push is minus the slope of the loss, by finite differences on the logits.
    #[test]
    fn pushes_are_the_slopes_of_the_losses() {
        type Model = fn(f64, f64, bool, bool) -> Push;
        for model in [on_clicks as Model, over_entire_space] {
            for (p, q) in [(0.05, 0.1), (0.6, 0.3), (0.9, 0.95)] {
                for (o, r) in [(false, false), (true, false), (true, true)] {
                    let push = model(p, q, o, r);
                    let loss = |a: f64, b: f64| model(sigmoid(a), sigmoid(b), o, r).loss;
                    let (a, b, h) = (logit(p), logit(q), 1e-5);
                    let by_ctr = (loss(a + h, b) - loss(a - h, b)) / (2.0 * h);
                    let by_cvr = (loss(a, b + h) - loss(a, b - h)) / (2.0 * h);
                    assert!((push.ctr + by_ctr).abs() < 1e-7, "{p} {q} {o} {r}: {} {by_ctr}", push.ctr);
                    assert!(
                        (push.cvr.unwrap_or(0.0) + by_cvr).abs() < 1e-7,
                        "{p} {q} {o} {r}: {:?} {by_cvr}",
                        push.cvr
                    );
                }
            }
        }
    }

    #[test]
    fn to_esmm_a_click_without_a_purchase_says_no_more_of_cvr_than_no_click() {
        let cvr = |o| over_entire_space(0.2, 0.3, o, false).cvr;
        assert_eq!(cvr(true), cvr(false));
        assert_eq!(on_clicks(0.2, 0.3, false, false).cvr, None);
    }
}
