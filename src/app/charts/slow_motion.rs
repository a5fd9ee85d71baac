//! One batch in slow motion: its phases, and what each says in the batch's own numbers.

use super::format;
use super::network_parts::{Parts, norm_words, term_name};
use crate::app::marks::{Control, Mark, button, select};
use crate::app::models::display_name;
use crate::domain::report::FlowReading;

/// What happens to a batch, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    LookUp,
    Towers,
    Product,
    Loss,
    Back,
}

/// Names of the acts of the stepper.
pub const SLOW: &str = "slow";
pub const PHASE: &str = "phase";
pub const PLAY: &str = "slow-play";
pub const STEP: &str = "slow-step";
pub const END: &str = "slow-end";
/// Its act's input is a number of seconds.
pub const SPEED: &str = "slow-speed";

/// How long a phase may stay when they play by themselves, in seconds, and the words for it.
pub const SPEEDS: [(u64, &str, &str); 4] =
    [(2, "2", "2 seconds"), (5, "5", "5 seconds"), (10, "10", "10 seconds"), (20, "20", "20 seconds")];

impl Phase {
    pub const ALL: [Self; 5] = [Self::LookUp, Self::Towers, Self::Product, Self::Loss, Self::Back];

    pub fn name(self) -> &'static str {
        match self {
            Self::LookUp => "Look-up",
            Self::Towers => "Towers",
            Self::Product => "Product",
            Self::Loss => "Loss",
            Self::Back => "Gradients",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// The phase after this one; `None` at the end.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| *phase > self)
    }

    /// The class of what belongs to `part`, while this phase is on: it goes on now, has been, or is still to come.
    pub fn class_of(self, part: Self) -> &'static str {
        match part.cmp(&self) {
            std::cmp::Ordering::Less => "phase-was",
            std::cmp::Ordering::Equal => "phase-now",
            std::cmp::Ordering::Greater => "phase-later",
        }
    }
}

/// What the phase does, in the batch's numbers.
pub fn sentence(parts: &Parts, flow: &FlowReading, phase: Phase) -> String {
    let rows = format::count(flow.rows as f64);
    match phase {
        Phase::LookUp => {
            let looked_up: usize = flow.fields.iter().map(|field| field.looked_up).sum();
            let vocabulary: usize = flow.fields.iter().map(|field| field.vocabulary).sum();
            let fields = flow.fields.len();
            format!(
                "The {rows} impressions of the batch look up {} of the {} rows of {fields} tables. No other row will be moved \
                 by this batch.",
                format::count(looked_up as f64),
                format::count(vocabulary as f64)
            )
        }
        Phase::Towers => {
            let said = parts.towers.iter().zip(&flow.towers);
            let said = said.map(|(part, tower)| format!("{} {}", part.symbol, format::percent(tower.mean_p)));
            format!(
                "Each tower turns the same embeddings into one probability; on average over the batch {}.",
                format::listed(&said.collect::<Vec<_>>())
            )
        }
        Phase::Product => {
            let composed = parts.heads.iter().filter(|head| !head.written.is_empty());
            let said = composed.map(|head| {
                let p = head.p.map_or_else(String::new, |p| format!(", {} on average", format::percent(p)));
                format!("{} = {}{p}", head.symbol, head.written)
            });
            let said: Vec<String> = said.collect();
            match said.is_empty() {
                true => "Every probability is one tower’s answer: there is nothing to compose.".to_owned(),
                false => format!("Composed without parameters: {}.", said.join("; ")),
            }
        }
        Phase::Loss => {
            let labels = flow.labels.iter().map(|(label, yes)| format!("{} with {label}", format::count(*yes as f64)));
            let losses = flow
                .terms
                .iter()
                .map(|term| format!("{} {}", term_name(&term.name), format::significant(term.loss, 3)));
            let without = parts.heads.iter().filter(|head| !head.is_supervised).map(|head| head.symbol.clone());
            let without: Vec<String> = without.collect();
            let none = match without.is_empty() {
                true => String::new(),
                false => format!(
                    " {} {} no loss of {} own.",
                    format::listed(&without),
                    if without.len() == 1 { "has" } else { "have" },
                    if without.len() == 1 { "its" } else { "their" }
                ),
            };
            format!(
                "Of the {rows}, {}. {}.{none}",
                format::listed(&labels.collect::<Vec<_>>()),
                capital(&format::listed(&losses.collect::<Vec<_>>()))
            )
        }
        Phase::Back => {
            let what = if parts.is_shared { "the shared embeddings" } else { "the embeddings" };
            let said = flow.terms.iter().map(|term| {
                let reached: Vec<String> = parts
                    .towers
                    .iter()
                    .enumerate()
                    .filter(|(tower, _)| term.towers.get(*tower).is_some_and(|norm| *norm > 0.0))
                    .map(|(_, part)| part.symbol.clone())
                    .collect();
                format!(
                    "{} goes through {} and reaches {what} with the norm {}",
                    capital(&term_name(&term.name)),
                    format::listed(&reached),
                    norm_words(term.reaching_embeddings())
                )
            });
            format!("{}.", said.collect::<Vec<_>>().join(". "))
        }
    }
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// How the phases are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub is_playing: bool,
    /// How long a phase stays.
    pub seconds: u64,
    /// The run can be trained on.
    pub can_step: bool,
}

/// The stepper: phases to go to, play or pause and how fast, the real step at the end.
pub fn stepper(parts: &Parts, flow: &FlowReading, phase: Phase, pace: Pace) -> Mark {
    let Pace { is_playing, seconds, can_step } = pace;
    let phases = Phase::ALL.into_iter().map(|of| {
        let item = button(Control::new(PHASE, of.name()).of(of.name()), "phase-button");
        let item = if of == phase { item.attr("aria-current", "step") } else { item };
        Mark::new("li").key(of.name()).child(item)
    });
    let said = Mark::new("p").class("slow-said").attr("aria-live", "polite").text(sentence(parts, flow, phase));
    let play = button(Control::new(PLAY, if is_playing { "Pause phases" } else { "Play phases" }), "").key("play");
    let speeds = SPEEDS.iter().map(|(_, key, words)| (*key, *words));
    let speed = select(Control::new(SPEED, "Each phase stays"), speeds, &seconds.to_string()).key("speed");
    let step = button(Control::new(STEP, "Take this step").disabled(!can_step), "").key("step");
    let end = button(Control::new(END, "Close slow motion"), "quiet").key("end");
    let steps = format::count(flow.step as f64);
    let title = match can_step {
        true => format!("Slow motion: the batch that comes after step {steps}"),
        false => format!("Slow motion: the last batch once more, after all {steps} steps"),
    };
    Mark::new("section")
        .class("slow")
        .key("slow")
        .attr("aria-label", "Slow motion")
        .child(Mark::new("h3").text(title))
        .child(Mark::new("ol").class("phases").children(phases))
        .child(said)
        .child(Mark::new("div").class("slow-buttons").children([play, speed, step, end]))
}

/// What is composed of what, for a reader who has not opened slow motion yet.
pub fn invitation(is_disabled: bool) -> Mark {
    button(Control::new(SLOW, "One batch in slow motion").disabled(is_disabled), "").key("slow-open")
}

/// A model without a network, in words.
pub fn without_towers(model: &str) -> String {
    format!(
        "{} is made of decision trees: it has no embeddings and no towers, and no gradient flows back through it. Its two \
         ensembles predict pCTR and pCVR apart, and pCTCVR is their product.",
        display_name(model)
    )
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
        let parts = Parts::new(&model, &NetworkSpec::default(), Some(&flow));
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
    fn a_model_without_products_says_so() {
        let model = model_preset("naive").unwrap();
        let flow = reading(&model);
        let parts = Parts::new(&model, &NetworkSpec::default(), Some(&flow));
        let said = sentence(&parts, &flow, Phase::Product);
        assert!(said.contains("pCTCVR = pCTR·pCVR"), "{said}");
    }
}
