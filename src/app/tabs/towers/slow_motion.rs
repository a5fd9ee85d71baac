//! One batch in slow motion: its phases, and a sentence for each with the batch's numbers.

use super::network_parts::{NetworkParts, embeddings, labelled, term_name};
use crate::app::format;
use crate::app::marks::{Control, Mark, button, select};
use crate::app::models::display_name;
use crate::app::page::Message;
use crate::domain::report::FlowReading;
use crate::protocol::{Question, RunId, StepUnit};

/// Phases of a training step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    LookUp,
    Towers,
    Product,
    Loss,
    Back,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Msg {
    Open,
    Go(Phase),
    PlayOrPause,
    /// Seconds per phase.
    Speed(u64),
    /// Train on one batch.
    Step,
    Close,
}

/// Seconds per phase while playing, with their labels.
pub const SPEEDS: [(u64, &str); 4] = [
    (2, text!(network::slow::seconds_2)),
    (5, text!(network::slow::seconds_5)),
    (10, text!(network::slow::seconds_10)),
    (20, text!(network::slow::seconds_20)),
];

/// The shown batch, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowMotion {
    pub shown: Option<Shown>,
    /// Seconds per phase.
    pub seconds: u64,
}

/// Progress of slow motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub phase: Phase,
    pub is_playing: bool,
}

impl Default for SlowMotion {
    fn default() -> Self {
        Self { shown: None, seconds: SPEEDS[1].0 }
    }
}

impl SlowMotion {
    /// Applies a message on a batch of `run`; returns the messages to the page, in order.
    pub fn update(&mut self, message: Msg, run: RunId) -> Vec<Message> {
        match message {
            Msg::Open => {
                self.begin();
                return vec![Message::PauseTraining, Message::Ask(Question::Flow { run })];
            }
            Msg::Step => {
                self.begin();
                return vec![Message::Step(StepUnit::Batch)];
            }
            Msg::Go(phase) => self.shown = Some(Shown { phase, is_playing: false }),
            Msg::PlayOrPause => {
                if let Some(shown) = &mut self.shown {
                    shown.is_playing = !shown.is_playing;
                    // At the end, playing restarts.
                    if shown.phase == Phase::Back {
                        shown.phase = Phase::LookUp;
                    }
                }
            }
            Msg::Speed(seconds) => self.seconds = seconds,
            Msg::Close => self.shown = None,
        }
        Vec::new()
    }

    /// Goes to the next phase, and stops playing at the last.
    pub fn turn(&mut self) {
        if let Some(shown) = &mut self.shown {
            let next = shown.phase.next().unwrap_or(shown.phase);
            *shown = Shown { phase: next, is_playing: next.next().is_some() };
        }
    }

    fn begin(&mut self) {
        self.shown = Some(Shown { phase: Phase::LookUp, is_playing: false });
    }
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::LookUp, Self::Towers, Self::Product, Self::Loss, Self::Back];

    /// The phase's label.
    fn words(self) -> &'static str {
        match self {
            Self::LookUp => text!(network::phases::look_up),
            Self::Towers => text!(network::phases::towers),
            Self::Product => text!(network::phases::product),
            Self::Loss => text!(network::phases::loss),
            Self::Back => text!(network::phases::back),
        }
    }

    /// The phase after this one; `None` at the end.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| *phase > self)
    }

    /// The class of marks of the phase `part` during this phase: current, past or future.
    pub fn class_of(self, part: Self) -> &'static str {
        match part.cmp(&self) {
            std::cmp::Ordering::Less => "phase-was",
            std::cmp::Ordering::Equal => "phase-now",
            std::cmp::Ordering::Greater => "phase-later",
        }
    }
}

/// The phase in a sentence with the batch's numbers.
pub fn sentence(parts: &NetworkParts, flow: &FlowReading, phase: Phase) -> String {
    let rows = format::count(flow.rows);
    match phase {
        Phase::LookUp => {
            let looked_up: usize = flow.fields.iter().map(|field| field.looked_up).sum();
            let vocabulary: usize = flow.fields.iter().map(|field| field.vocabulary).sum();
            text!(
                network::phase::look_up,
                rows = rows,
                looked_up = format::count(looked_up),
                vocabulary = format::count(vocabulary),
                fields = flow.fields.len().to_string()
            )
        }
        Phase::Towers => {
            let said = parts.towers.iter().zip(&flow.towers);
            let said = said.map(|(part, tower)| format!("{} {}", part.symbol, format::percent(tower.mean_p)));
            text!(network::phase::towers, means = format::listed(&said.collect::<Vec<_>>()))
        }
        Phase::Product => {
            let composed = parts.heads.iter().filter(|head| !head.written.is_empty());
            let said = composed.map(|head| {
                let (symbol, written) = (&head.symbol, &head.written);
                match head.p.map(format::percent) {
                    Some(p) => text!(network::phase::equation_mean, symbol = symbol, written = written, p = p),
                    None => text!(network::phase::equation, symbol = symbol, written = written),
                }
            });
            let said: Vec<String> = said.collect();
            if said.is_empty() {
                text!(network::phase::no_product).to_owned()
            } else {
                text!(network::phase::product, equations = said.join("; "))
            }
        }
        Phase::Loss => {
            let losses = flow
                .terms
                .iter()
                .map(|term| format!("{} {}", term_name(parts.tree, &term.name), format::significant(term.loss, 3)));
            let without = parts.heads.iter().filter(|head| !head.is_supervised).map(|head| head.symbol.clone());
            let without: Vec<String> = without.collect();
            let said = text!(
                network::phase::loss,
                rows = rows,
                labels = labelled(flow),
                losses = capital(&format::listed(&losses.collect::<Vec<_>>()))
            );
            match without.len() {
                0 => said,
                n => {
                    let heads = format::listed(&without);
                    format!("{said} {}", text!(network::phase::without_loss, number = n, heads = heads))
                }
            }
        }
        Phase::Back => {
            let said = flow.terms.iter().map(|term| {
                let reached: Vec<String> = parts
                    .towers
                    .iter()
                    .enumerate()
                    .filter(|(tower, _)| term.towers.get(*tower).is_some_and(|norm| *norm > 0.0))
                    .map(|(_, part)| part.symbol.clone())
                    .collect();
                text!(
                    network::phase::back,
                    loss = capital(&term_name(parts.tree, &term.name)),
                    towers = format::listed(&reached),
                    what = embeddings(parts),
                    norm = format::significant(term.reaching_embeddings(), 2)
                )
            });
            said.collect::<Vec<_>>().join(" ")
        }
    }
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// State of the stepper's controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Playback {
    pub is_playing: bool,
    /// Seconds per phase.
    pub seconds: u64,
    /// The run can be trained on.
    pub can_step: bool,
}

/// The stepper: phases to go to, play or pause and how fast, the real step at the end.
pub fn stepper(parts: &NetworkParts, flow: &FlowReading, phase: Phase, playback: Playback) -> Mark<Msg> {
    let Playback { is_playing, seconds, can_step } = playback;
    let phases = Phase::ALL.into_iter().map(|of| {
        let item = button(Control::new(of.words()), "phase-button", Msg::Go(of));
        let item = if of == phase { item.attr("aria-current", "step") } else { item };
        Mark::new("li").key(of as usize).child(item)
    });
    let said = Mark::new("p").class("slow-said").attr("aria-live", "polite").text(sentence(parts, flow, phase));
    let play = if is_playing { text!(network::slow::pause) } else { text!(network::slow::play) };
    let play = button(Control::new(play), "", Msg::PlayOrPause).key("play");
    let speed = select(Control::new(text!(network::slow::stays)), SPEEDS, &seconds, Msg::Speed).key("speed");
    let step = button(Control::new(text!(network::slow::step)).disabled(!can_step), "", Msg::Step).key("step");
    let end = button(Control::new(text!(network::slow::close)), "quiet", Msg::Close).key("end");
    let steps = format::count(flow.step as usize);
    let title = if can_step {
        text!(network::slow::next_batch, steps = steps)
    } else {
        text!(network::slow::last_batch, steps = steps)
    };
    Mark::new("section")
        .class("slow")
        .key("slow")
        .attr("aria-label", text!(network::slow::name))
        .child(Mark::new("h3").text(title))
        .child(Mark::new("ol").class("phases").children(phases))
        .child(said)
        .child(Mark::new("div").class("slow-buttons").children([play, speed, step, end]))
}

/// The introduction, before slow motion is opened.
pub fn invitation() -> Mark<Msg> {
    button(Control::new(text!(network::slow::open)), "", Msg::Open).key("slow-open")
}

/// The text for a model without a network.
pub fn without_towers(model: &str) -> String {
    text!(network::slow::no_towers, model = display_name(model))
}

#[cfg(test)]
mod tests {
    use super::super::network_parts::tests::reading;
    use super::*;
    use crate::domain::spec::{NetworkSpec, model_preset};

    #[test]
    fn phases_follow_one_another_and_say_the_batchs_numbers() {
        let model = model_preset("esmm").unwrap();
        let flow = reading(&model);
        let parts = NetworkParts::new(&model, &NetworkSpec::default(), Some(&flow));
        let mut phase = Some(Phase::LookUp);
        let mut said = Vec::new();
        while let Some(now) = phase {
            said.push(sentence(&parts, &flow, now));
            phase = now.next();
        }
        assert_eq!(said.len(), 5);
        for (sentence, part) in said.iter().zip([
            "62 of the 100 rows",
            "pCTR",
            "pCTCVR = pCTR·pCVR",
            "pCVR has no loss of its own",
            "norm 0.10",
        ]) {
            assert!(sentence.contains(part), "{sentence}");
        }
        assert_eq!(Phase::Loss.class_of(Phase::Towers), "phase-was");
        assert_eq!(Phase::Loss.class_of(Phase::Back), "phase-later");
    }

    #[test]
    fn phases_play_to_the_end_and_begin_anew_from_there() {
        let mut slow = SlowMotion::default();
        slow.update(Msg::PlayOrPause, 7);
        assert_eq!(slow.shown, None, "there is nothing to play yet");
        assert_eq!(slow.update(Msg::Open, 7), [Message::PauseTraining, Message::Ask(Question::Flow { run: 7 })]);
        assert_eq!(slow.update(Msg::PlayOrPause, 7), []);
        let mut seen = Vec::new();
        while let Some(Shown { phase, is_playing: true }) = slow.shown {
            seen.push(phase);
            slow.turn();
        }
        assert_eq!(seen, Phase::ALL[..4]);
        assert_eq!(slow.shown, Some(Shown { phase: Phase::Back, is_playing: false }));
        slow.update(Msg::PlayOrPause, 7);
        assert_eq!(slow.shown, Some(Shown { phase: Phase::LookUp, is_playing: true }));
        assert_eq!(slow.update(Msg::Step, 7), [Message::Step(StepUnit::Batch)]);
        assert_eq!(slow.shown, Some(Shown { phase: Phase::LookUp, is_playing: false }));
        slow.update(Msg::Close, 7);
        assert_eq!(slow.shown, None);
    }

    #[test]
    fn a_model_without_products_says_so() {
        let model = model_preset("naive").unwrap();
        let flow = reading(&model);
        let parts = NetworkParts::new(&model, &NetworkSpec::default(), Some(&flow));
        let said = sentence(&parts, &flow, Phase::Product);
        assert!(said.contains("pCTCVR = pCTR·pCVR"), "{said}");
    }
}
