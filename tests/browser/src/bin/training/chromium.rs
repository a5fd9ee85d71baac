//! The rounds in Chromium: an engine of the page and TensorFlow.js on the same device, each in a worker of one browser.

use crate::experiment::{CONTESTS, Contest};
use crate::report::{Comparison, Length};
use crate::side::{Round, Side, order};
use browser_tests::{Browser, Engine, Gpu, Page, Setting, Site, Step, eventually, outcome_on};
use esmm_playground::domain::spec::{DataSpec, TrainPlan};
use esmm_playground::protocol::{DeviceKind, LogSource};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Patience for one answer of a peer, beyond the seconds that it trains.
const PATIENCE: Duration = Duration::from_secs(400);

/// A part of the report: an engine and its peers.
pub struct Part {
    pub name: &'static str,
    kind: DeviceKind,
    gpu: Gpu,
    who: &'static str,
    /// Impressions at most: a device of software takes its time for an epoch.
    most_rows: usize,
    /// Variants of `benches/training/worker_tfjs.js`, and what they are called.
    peers: &'static [(&'static str, &'static str)],
}

pub const PARTS: [Part; 2] = [
    Part {
        name: "chromium",
        kind: DeviceKind::Cpu,
        gpu: Gpu::Absent,
        who: "ESMM Playground, CPU engine",
        most_rows: usize::MAX,
        peers: &[("by_hand", "TensorFlow.js wasm, tuned"), ("tape", "TensorFlow.js wasm, plain")],
    },
    Part {
        name: "webgpu",
        kind: DeviceKind::Webgpu,
        gpu: Gpu::Software,
        who: "ESMM Playground, GPU engine",
        most_rows: 12_000,
        peers: &[("webgpu", "TensorFlow.js WebGPU")],
    },
];

/// What is measured, and the browser's name and version.
pub fn measure(part: &Part, beside: &Path, length: Length) -> Step<(Vec<Comparison>, String)> {
    let site = Site::serve_beside(Some(beside))?;
    let setting = Setting::plain(part.gpu);
    outcome_on(site, Browser::Chromium, setting, async |page| {
        let version = page.driver().cdp().send_raw("Browser.getVersion", json!({})).await;
        let version = version.map_err(|error| error.to_string())?;
        let mut comparisons = Vec::new();
        for contest in &CONTESTS {
            comparisons.push(compare(page, part, contest, beside, length).await?);
        }
        Ok((comparisons, version["product"].as_str().unwrap_or("Chromium").to_owned()))
    })
}

async fn compare(page: &Page, part: &Part, contest: &Contest, beside: &Path, length: Length) -> Step<Comparison> {
    let network = contest.write(part.most_rows, &beside.join(contest.name))?;
    let mut ours = Ours::start(page, part, contest, length.seconds).await?;
    let mut sides = vec![Side::new(part.who, "", true)];
    let mut peers = Vec::new();
    for &(variant, who) in part.peers {
        let (peer, ready) = Peer::start(page, variant, contest.name).await?;
        let mut side = Side::new(who, &ready.version, false);
        side.see(&peer.train(length.warm_up()).await?);
        side.gradient_error = Some(ready.gradient_error);
        peers.push(peer);
        sides.push(side);
    }
    for round in 0..length.rounds {
        for at in order(sides.len(), round) {
            let measured = if at == 0 { ours.train().await? } else { peers[at - 1].train(length.seconds).await? };
            eprintln!(
                "{}, {}: {} {:.0} rows/s",
                part.name,
                contest.name,
                sides[at].who,
                measured.rows / measured.seconds
            );
            sides[at].add(&measured);
        }
    }
    Ok(Comparison { place: part.name, network, sides })
}

/// An engine of the page with the contest's log.
struct Ours<'page> {
    engine: Engine<'page>,
    plan: TrainPlan,
    train_rows: f64,
}

impl<'page> Ours<'page> {
    /// Trains an epoch to be warm, and to know how many epochs make a round.
    async fn start(page: &'page Page, part: &Part, contest: &Contest, seconds: f64) -> Step<Self> {
        let spec = contest.experiment(part.most_rows)?;
        let engine = Engine::start(page, part.kind).await?;
        let DataSpec::Generated { synth } = &spec.data else { return Err("the log is a generated one".to_owned()) };
        engine.load(LogSource::Generated { synth: synth.clone() }, None).await?;
        let mut plan = spec.plan(&spec.models[0], 1);
        plan.training.epochs = Some(1);
        let warm = engine.train(plan.clone()).await?;
        plan.training.epochs = Some((seconds / warm.seconds).ceil().max(1.0) as usize);
        Ok(Self { engine, plan, train_rows: synth.rows as f64 * (1.0 - spec.split.eval_share) })
    }

    async fn train(&mut self) -> Step<Round> {
        let trained = self.engine.train(self.plan.clone()).await?;
        let losses = trained.curve.iter().filter_map(|point| point.losses.get("loss.total").copied()).collect();
        Ok(Round { rows: trained.evaluation.epoch * self.train_rows, seconds: trained.seconds, losses })
    }
}

/// A worker of TensorFlow.js.
struct Peer<'page> {
    page: &'page Page,
    variant: &'static str,
}

/// What it says when it has loaded the network's files.
#[derive(Deserialize)]
struct Ready {
    version: String,
    gradient_error: f64,
    has_simd: bool,
}

impl<'page> Peer<'page> {
    async fn start(page: &'page Page, variant: &'static str, folder: &str) -> Step<(Self, Ready)> {
        let body = "
            const [variant, folder] = arguments;
            window.peers ??= {};
            const peer = window.peers[variant] = { worker: new Worker('beside/worker_tfjs.js'), replies: [] };
            peer.worker.onmessage = ({ data }) => peer.replies.push(data);
            peer.worker.onerror = (event) => peer.replies.push({ broken: event.message ?? 'its files could not be loaded' });
            peer.worker.postMessage({ start: { folder, variant } });";
        page.script(body, vec![json!(variant), json!(folder)]).await?;
        let peer = Self { page, variant };
        let ready: Ready = peer.answer("ready", PATIENCE).await?;
        if !ready.has_simd {
            return Err("this browser has no SIMD for TensorFlow.js".to_owned());
        }
        Ok((peer, ready))
    }

    async fn train(&self, seconds: f64) -> Step<Round> {
        let body = "window.peers[arguments[0]].worker.postMessage({ train: arguments[1] });";
        self.page.script(body, vec![json!(self.variant), json!(seconds)]).await?;
        self.answer("trained", PATIENCE + Duration::from_secs_f64(seconds)).await
    }

    /// Its next reply, which is of this kind.
    async fn answer<T: for<'de> Deserialize<'de>>(&self, kind: &str, patience: Duration) -> Step<T> {
        let body = "return window.peers[arguments[0]].replies.shift() ?? null;";
        let mut reply = eventually("TensorFlow.js", patience, || async {
            let reply = self.page.script(body, vec![json!(self.variant)]).await?;
            if reply.is_null() { Err("it is silent".to_owned()) } else { Ok(reply) }
        })
        .await?;
        match &reply["broken"] {
            Value::String(message) => Err(format!("TensorFlow.js broke down: {message}")),
            _ => {
                serde_json::from_value(reply[kind].take()).map_err(|error| format!("its reply cannot be read: {error}"))
            }
        }
    }
}
