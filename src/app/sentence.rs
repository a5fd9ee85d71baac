//! Sentences about the status, the log and the device.

use super::models;
use super::numbers::decimal;
use crate::app::format;
use crate::domain::log::Space;
use crate::domain::report::{LogSummary, Population};
use crate::protocol::{DeviceKind, LoadProgress, LoadedLog, Run, RunStatus};

/// A status text and its state: with an equal `state` only progress has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    pub state: String,
    pub text: String,
}

/// The status of the page.
pub fn status(loading: Option<&str>, log: Option<&LoadedLog>, runs: &[Run], device: DeviceKind) -> Status {
    if let Some(what) = loading {
        return Status { state: what.to_owned(), text: what.to_owned() };
    }
    let Some(log) = log else {
        let text = text!(status::no_log).to_owned();
        return Status { state: text.clone(), text };
    };
    if let Some(what) = provenance(runs) {
        return Status { state: format!("{} {what}", log.name), text: what.to_owned() };
    }
    let state = runs.iter().map(|run| format!("{}{}", run.id, state_word(&run.status))).collect::<Vec<_>>().join(" ");
    let text = if runs.is_empty() {
        text!(status::ready, log = size(log))
    } else if runs.iter().all(|run| run.status.is_ended()) {
        done(runs)
    } else if runs.iter().any(|run| run.status == RunStatus::Training) {
        training(runs, device)
    } else if runs.iter().any(|run| run.status == RunStatus::Held) {
        held(runs)
    } else {
        text!(
            status::starting,
            models = names(runs, |status| *status == RunStatus::Queued),
            device = device_name(device)
        )
    };
    Status { state: format!("{} {state}", log.name), text }
}

/// A note on runs that were not trained by this page, unless others are under way.
pub fn provenance(runs: &[Run]) -> Option<&'static str> {
    if runs.iter().any(|run| !run.status.is_ended()) {
        return None;
    }
    if runs.iter().any(|run| run.status == RunStatus::Unfinished) {
        return Some(text!(status::unfinished_says));
    }
    runs.iter().find_map(|run| match run.status {
        RunStatus::Recorded => Some(text!(status::recorded_says)),
        RunStatus::Kept => Some(text!(status::kept_says)),
        _ => None,
    })
}

/// Progress of loading files: `Reading a.csv: 12.5 of 80.0 MB, 150 000 rows`, then of the assembly's steps.
pub fn load_progress(what: &str, progress: Option<LoadProgress>) -> String {
    const MEGABYTE: f64 = 1e6;
    let Some(LoadProgress { bytes, total_bytes, rows, steps }) = progress else { return format!("{what} …") };
    if let Some((done, of)) = steps {
        return text!(page::loading::step, step = of.min(done + 1).to_string(), of = of.to_string());
    }
    let (bytes, total) = (bytes as f64 / MEGABYTE, total_bytes as f64 / MEGABYTE);
    text!(
        status::reading,
        what = what,
        bytes = decimal(format!("{bytes:.1}")),
        total = decimal(format!("{total:.1}")),
        rows = counted!(nouns::rows, rows as usize)
    )
}

fn training(runs: &[Run], device: DeviceKind) -> String {
    let is_training = |status: &RunStatus| *status == RunStatus::Training;
    let rate: f64 = runs
        .iter()
        .filter(|run| is_training(&run.status))
        .filter_map(|run| run.progress.map(|progress| progress.rows_per_second))
        .sum();
    let models = names(runs, is_training);
    let mut text = match runs.iter().filter(|run| is_training(&run.status)).find_map(epoch_of) {
        Some(epoch) => text!(status::training_in, models = models, epoch = epoch),
        None => text!(status::training_models, models = models),
    };
    if rate > 0.0 {
        text = text!(status::at_rate, text = text, rate = format::rate(rate), device = device_name(device));
    }
    match runs.iter().filter(|run| run.status == RunStatus::Queued).count() {
        0 => text,
        waiting => text!(status::with_waiting, text = text, waiting = waiting.to_string()),
    }
}

fn held(runs: &[Run]) -> String {
    let is_held = |status: &RunStatus| *status == RunStatus::Held;
    let epoch = runs.iter().filter(|run| is_held(&run.status)).find_map(epoch_of);
    let step = runs.iter().filter(|run| is_held(&run.status)).find_map(|run| run.progress).map(|p| p.step);
    let models = names(runs, is_held);
    match (epoch, step) {
        (Some(epoch), Some(step)) => {
            text!(status::paused_in, models = models, epoch = epoch, steps = counted!(nouns::steps, step as usize))
        }
        _ => text!(status::paused_models, models = models),
    }
}

fn done(runs: &[Run]) -> String {
    let finished = names(runs, |status| matches!(status, RunStatus::Finished { .. }));
    let stopped = names(runs, |status| *status == RunStatus::Stopped);
    let mut parts = Vec::new();
    if !finished.is_empty() {
        let seconds = runs.iter().filter_map(|run| match run.status {
            RunStatus::Finished { seconds } => Some(seconds),
            _ => None,
        });
        parts.push(text!(status::trained, models = finished, time = format::seconds(seconds.sum())));
    }
    parts.extend(runs.iter().filter_map(early_stopping));
    if !stopped.is_empty() {
        parts.push(text!(status::stopped_early, models = stopped));
    }
    let from_files = names(runs, |status| matches!(status, RunStatus::FromFile { .. }));
    if !from_files.is_empty() {
        parts.push(text!(status::from_files, models = from_files));
    }
    for run in runs {
        if let RunStatus::Failed { message } = &run.status {
            parts.push(text!(status::failed_why, model = models::display_name(&run.model.name), why = message));
        }
    }
    text!(status::all_done, parts = parts.join("; "))
}

/// The epoch that early stopping chose for a run, if it did.
pub fn early_stopping(run: &Run) -> Option<String> {
    let report = run.early_stopping.as_ref()?;
    let best = report.best_value()?;
    let (name, last) = (models::display_name(&run.model.name), report.epochs.len());
    let (last, epoch) = (last.to_string(), best.epoch.round().to_string());
    let (metric, value) = (&report.metric, decimal(format!("{:.4}", best.value)));
    Some(if report.stopped {
        text!(status::stopped_after, model = name, last = last, epoch = epoch, metric = metric, value = value)
    } else {
        text!(status::trained_all, model = name, last = last, epoch = epoch, metric = metric, value = value)
    })
}

/// `epoch 2 of 5`
pub fn epoch_of(run: &Run) -> Option<String> {
    let progress = run.progress?;
    // At the end of an epoch the count is a whole number: that epoch is still the current one.
    let current = (progress.epoch.ceil() as usize).clamp(1, progress.epochs.max(1));
    Some(text!(status::epoch, current = current.to_string(), epochs = progress.epochs.to_string()))
}

/// A run's state in a word or two.
pub fn state_word(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => text!(status::waiting),
        RunStatus::Training => text!(status::training),
        RunStatus::Held => text!(status::paused),
        RunStatus::Finished { .. } => text!(status::done),
        RunStatus::Stopped => text!(status::stopped),
        RunStatus::Failed { .. } => text!(status::failed),
        RunStatus::Recorded => text!(status::recorded),
        RunStatus::Kept => text!(status::kept),
        RunStatus::Unfinished => text!(status::unfinished),
        RunStatus::FromFile { .. } => text!(status::from_file),
    }
}

/// Names of the models in some state, each once: `naive CVR, ESMM and ESM²`.
fn names(runs: &[Run], is_in: impl Fn(&RunStatus) -> bool) -> String {
    let runs = runs.iter().filter(|run| is_in(&run.status));
    format::listed(&models::distinct(runs.map(|run| models::display_name(&run.model.name))))
}

/// A message as a sentence: a capital first, a full stop last.
pub fn spoken(message: &str) -> String {
    let mut chars = message.trim().chars();
    let Some(first) = chars.next() else { return String::new() };
    let stop = if message.trim_end().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{stop}", first.to_ascii_uppercase(), chars.as_str())
}

/// The engine's name.
pub fn device_name(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Cpu => text!(status::cpu),
        DeviceKind::Webgpu => text!(status::webgpu),
    }
}

/// The device chip: `CPU · 31k rows/s · no WebGPU adapter found`.
pub fn device_chip(active: DeviceKind, rows_per_second: f64, reason: &str) -> String {
    let mut parts = vec![device_name(active).to_owned()];
    if rows_per_second > 0.0 {
        parts.push(text!(status::chip_rate, rate = format::si(rows_per_second)));
    }
    if !reason.is_empty() {
        parts.push(reason.to_owned());
    }
    parts.join(" · ")
}

/// The funnel of the impressions in the dot field, from its bytes.
pub fn funnel(dots: &[u8], conversion_known: bool) -> String {
    let clicks = dots.iter().filter(|&&depth| depth >= 1).count();
    let bought = dots.iter().filter(|&&depth| depth >= 3).count();
    let (impressions, shown) = (counted!(nouns::impressions, dots.len()), format::count(clicks));
    if conversion_known {
        text!(
            status::funnel,
            number = clicks,
            impressions = impressions,
            clicks = shown,
            bought = format::count(bought)
        )
    } else {
        text!(status::funnel_clicks, number = clicks, impressions = impressions, clicks = shown)
    }
}

/// The number of a log's rows, by the name of its space: "20 000 impressions".
pub fn size(log: &LoadedLog) -> String {
    match log.space {
        Space::Impressions => counted!(nouns::impressions, log.summary.rows),
        space => text!(status::size, count = format::count(log.summary.rows), space = space.plural()),
    }
}

/// A rate of the log, of the impressions that its rows stand for: said to be weighted where they do.
pub fn share(log: &LogSummary, part: f64, whole: f64) -> String {
    let share = format::percent(part / if whole > 0.0 { whole } else { 1.0 });
    if log.population.is_some() { text!(status::weighted, share = share) } else { share }
}

/// The log's size and the rates of the labels that it has, in one line.
pub fn summary(log: &LoadedLog) -> String {
    let (offers, LogSummary { clicks, conversions, .. }) = (log.offers(), &log.summary);
    let n_clicks = counted!(nouns::clicks, *clicks);
    let n_conversions = counted!(nouns::conversions, *conversions);
    let Population { rows, clicks, conversions } = log.summary.impressions();
    let share = |part, whole| share(&log.summary, part, whole);
    let (size, ctr) = (size(log), share(clicks, rows));
    match (offers.has_click, offers.has_conversion) {
        (true, true) => text!(
            status::summary,
            size = size,
            clicks = n_clicks,
            ctr = ctr,
            conversions = n_conversions,
            cvr = share(conversions, clicks)
        ),
        (true, false) => text!(status::summary_one, size = size, count = n_clicks, share = ctr),
        (false, true) => {
            text!(status::summary_one, size = size, count = n_conversions, share = share(conversions, rows))
        }
        (false, false) => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::behavior::BehaviorTree;
    use crate::domain::log::Roles;
    use crate::domain::spec::{ModelSpec, Objective};
    use crate::protocol::Progress;

    fn log() -> LoadedLog {
        LoadedLog {
            name: "a.csv".into(),
            summary: LogSummary { rows: 20_000, clicks: 1200, conversions: 80, truth_known: false, population: None },
            roles: Roles::default(),
            columns: vec![],
            findings: vec![],
            label_counts: vec![],
            head: vec![],
            dots: vec![],
            delays: None,
            crc32: 0,
            ..LoadedLog::default()
        }
    }

    fn run(id: u32, name: &str, status: RunStatus, epoch: f64) -> Run {
        let tree = BehaviorTree { questions: vec![], events: vec![] };
        let model = ModelSpec::new(name, tree, Objective::entire_space(vec![]));
        let progress = Progress {
            step: 41,
            total_steps: 200,
            epoch,
            epochs: 5,
            rows_per_second: 15_500.0,
            seconds: 1.0,
            train_rows: 10,
            device: crate::protocol::DeviceKind::Cpu,
        };
        Run { status, progress: Some(progress), ..Run::queued(id, model, 1) }
    }

    fn text(runs: &[Run]) -> String {
        status(None, Some(&log()), runs, DeviceKind::Cpu).text.replace('\u{202f}', " ")
    }

    #[test]
    fn where_runs_come_from_is_said_once_none_is_under_way() {
        let of = |statuses: [RunStatus; 2]| statuses.map(|status| run(1, "esmm", status, 1.0));
        let says = |statuses: [RunStatus; 2]| provenance(&of(statuses)).unwrap_or_default().split(' ').next();
        assert_eq!(says([RunStatus::Kept, RunStatus::Training]), Some(""));
        assert_eq!(says([RunStatus::Finished { seconds: 1.0 }, RunStatus::Kept]), Some("Kept"));
        assert_eq!(says([RunStatus::Kept, RunStatus::Unfinished]), Some("Unfinished:"));
    }

    #[test]
    fn the_status_says_what_goes_on() {
        use RunStatus::*;
        let cases: [(&[Run], &str); 6] = [
            (&[], "Ready: 20 000 impressions loaded"),
            (&[run(1, "esm2", Training, 1.4)], "Training ESM²: epoch 2 of 5, 16 000 rows per second on CPU"),
            (
                &[run(1, "naive", Training, 2.0), run(2, "esmm", Training, 1.9), run(3, "esm2", Queued, 0.0)],
                "Training naive CVR and ESMM: epoch 2 of 5, 31 000 rows per second on CPU; 1 waiting",
            ),
            (&[run(1, "esmm", Held, 0.2)], "Paused ESMM in epoch 1 of 5, after 41 steps"),
            (
                &[run(1, "esmm", Finished { seconds: 4.0 }, 5.0), run(2, "esm2", Stopped, 2.0)],
                "Done: ESMM trained in 4.0 s of computing; ESM² stopped early",
            ),
            (&[run(1, "esmm", Failed { message: "diverged".into() }, 5.0)], "Done: ESMM failed: diverged"),
        ];
        for (runs, expected) in cases {
            assert_eq!(text(runs), expected);
        }
    }

    #[test]
    fn rates_of_a_sample_are_weighted_and_said_to_be() {
        let mut log = LoadedLog { label_counts: vec![("click".into(), 250), ("conversion".into(), 25)], ..log() };
        log.summary = LogSummary { rows: 500, clicks: 250, conversions: 25, truth_known: false, population: None };
        let plain = summary(&log);
        assert!(plain.contains("(50") && !plain.contains("weighted"), "{plain}");
        log.summary.population = Some(Population { rows: 25_250.0, clicks: 250.0, conversions: 25.0 });
        let said = summary(&log);
        assert!(said.contains("500 impressions") && said.contains("weighted") && !said.contains("(50"), "{said}");
        let about = log.about(|rows| format::count(rows as usize));
        assert!(about.contains(&format!("500 rows that stand for {} impressions", format::count(25_250))), "{about}");
    }

    #[test]
    fn progress_alone_is_not_a_change_of_state() {
        let state = |epoch| status(None, Some(&log()), &[run(1, "esmm", RunStatus::Training, epoch)], DeviceKind::Cpu);
        assert_eq!(state(1.0).state, state(3.0).state);
        assert_ne!(state(1.0).text, state(3.0).text);
    }

    #[test]
    fn the_funnel_counts_what_is_there() {
        let text = |dots: &[u8], known| funnel(dots, known);
        assert_eq!(
            text(&[0, 1, 2, 3, 0], true),
            "Of 5 impressions, 3 were clicked and 1 bought. A conventional CVR model only ever sees the 3."
        );
        assert_eq!(text(&[0, 1], false), "Of 2 impressions, 1 was clicked.");
    }

    #[test]
    fn messages_become_sentences() {
        let cases = [("line 2: oops", "Line 2: oops."), ("Fine. ", "Fine."), ("", "")];
        for (message, expected) in cases {
            assert_eq!(spoken(message), expected);
        }
    }

    #[test]
    fn the_chip_begins_with_the_device() {
        assert_eq!(device_chip(DeviceKind::Cpu, 31_000.0, "no adapter"), "CPU · 31k rows/s · no adapter");
        assert_eq!(device_chip(DeviceKind::Webgpu, 0.0, ""), "WebGPU");
    }
}
