//! Marks of the Metrics tab: verdicts of the comparison, models × tasks, and loss curves.

use super::curves::panels;
use super::first_losses::first_losses;
use super::metrics_table::Detail;
use super::operating::{self, Costs};
use super::pinned::pinned_model;
use super::slice_findings::TreeOf;
use super::{curves_drawing, metrics_table, operating_drawing, slice_findings, task_curves};
use crate::app::charts::compare::{compared, headline};
use crate::app::charts::names;
use crate::app::marks::{Control, Mark, awaiting, check, choice, figure, scrolled, select};
use crate::app::models::{display_name, has_several_seeds, models_of};
use crate::app::page::is_running;
use crate::protocol::Run;

#[derive(Debug, Clone, PartialEq)]
pub enum TableMsg {
    /// Compare all models with this one.
    Pin(String),
    AllMetrics(bool),
    EachSeed(bool),
}

/// Messages of curves, costs and slices.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskMsg {
    Task(String),
    Costs(operating::Msg),
    TreeOf(TreeOf),
}

/// Models × metrics against the chosen model, with verdicts.
pub fn comparison(runs: &[Run], chosen: Option<String>, detail: Detail) -> Vec<Mark<TableMsg>> {
    let all = models_of(runs);
    let pinned = pinned_model(&all, chosen);
    let has_evaluation = runs.iter().any(|run| run.latest().is_some());
    if !has_evaluation {
        return vec![awaiting(if is_running(runs) {
            text!(views::metrics::training)
        } else {
            text!(views::metrics::awaiting)
        })];
    }
    let options = all.iter().map(|name| ((*name).to_owned(), display_name(name), names::hue_class(name)));
    let chosen = pinned.clone().unwrap_or_default();
    let pin = choice(Control::new(text!(views::metrics::pin)), "metrics-pin", options, &chosen, TableMsg::Pin);
    let against = compared(runs, pinned.as_deref());
    let table = metrics_table::table(runs, pinned.as_deref(), against.as_ref(), detail);
    let scroll = scrolled(text!(views::metrics::scrolls), table.still());
    let note = metrics_table::note(runs, pinned.as_deref(), against.as_ref());
    let note = Mark::new("p").class("view-note").text(note);
    let left_out = metrics_table::left_out(runs).into_iter();
    let left_out = left_out.map(|sentence| Mark::new("p").class("view-note").text(sentence));
    let section = Mark::new("section").class("metrics-section");
    let has_seeds = has_several_seeds(runs);
    let each_seed = check(Control::new(text!(views::metrics::each_seed)), detail.each_seed, TableMsg::EachSeed);
    vec![
        headline_mark(runs, pinned.as_deref().unwrap_or_default()),
        Mark::new("div").class("view-controls").child(pin),
        section
            .child(scroll)
            .child(note)
            .children(left_out)
            .child(check(Control::new(text!(views::metrics::all)), detail.all_metrics, TableMsg::AllMetrics))
            .maybe(has_seeds.then_some(each_seed)),
    ]
}

fn headline_mark(runs: &[Run], pinned: &str) -> Mark<TableMsg> {
    let so_far = if is_running(runs) { text!(views::metrics::so_far) } else { "" };
    let said = headline(runs, pinned).into_iter().map(|sentence| Mark::new("li").text(sentence));
    Mark::new("div")
        .class("headline")
        .child(Mark::new("p").class("view-note").text(so_far))
        .child(Mark::new("ul").children(said))
}

/// Curves and slices of one task.
pub fn task_section(runs: &[Run], chosen: &str, costs: &Costs) -> Vec<Mark<TaskMsg>> {
    let tasks = task_curves::tasks(runs);
    let Some(task) = tasks.iter().find(|task| *task == chosen).or(tasks.first()) else { return Vec::new() };
    let options = tasks.iter().map(|task| (task.clone(), names::task(task)));
    let charts = task_curves::drawings(runs, task).into_iter().map(|drawing| figure(drawing).still());
    let section = Mark::new("section")
        .class("curves-section")
        .attr("aria-labelledby", "curves-heading")
        .child(Mark::new("h2").class("section-title").attr("id", "curves-heading").text(text!(views::metrics::curves)))
        .child(Mark::new("div").class("view-controls").child(select(
            Control::new(text!(views::metrics::task)),
            options,
            task,
            TaskMsg::Task,
        )))
        .child(Mark::new("div").class("curves-grid").children(charts))
        .maybe(operating_drawing::tool(runs, task, costs).map(|tool| tool.map(TaskMsg::Costs)))
        .maybe(slice_findings::findings(runs, task).map(|found| found.map(TaskMsg::TreeOf)));
    vec![section]
}

pub fn losses(runs: &[Run]) -> Vec<Mark> {
    let panels = panels(runs);
    if panels.is_empty() {
        return Vec::new();
    }
    let charts = panels.iter().map(|panel| figure(curves_drawing::drawing(panel)));
    let curves = Mark::new("section")
        .class("curves-section")
        .attr("aria-labelledby", "losses-heading")
        .child(Mark::new("h2").class("section-title").attr("id", "losses-heading").text(text!(views::metrics::losses)))
        .child(curves_drawing::key())
        .child(Mark::new("div").class("curves-grid").children(charts));
    vec![curves, first_losses(runs)]
}
