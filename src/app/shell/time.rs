//! The time scrubber: one track over the recorded evaluations, which every view follows.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use crate::app::marks::{Control, Mark, button};
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::timeline::Timeline;
use crate::app::widgets::marks;

/// Messages of the scrubber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Msg {
    PlayOrHold,
    /// Show the moment with this index; the newest state for an index after the last.
    Moment(usize),
    Now,
}

/// Time per moment while playing.
const MOMENT_STAYS: Duration = Duration::from_millis(700);

/// Track, text and the button back to the newest state.
#[component]
pub fn TimeScrubber() -> impl IntoView {
    let state = AppState::get();
    let timeline = Memo::new(move |_| state.session.with(|session| Timeline::of(&session.runs)));
    let turn = move || {
        let next = Timeline::of(&state.session.peek().runs).after(*state.moment.peek());
        state.send_all(vec![Message::Play(next.is_some()), Message::LookBack(next)]);
    };
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(pending) = pending.flatten() {
            pending.clear();
        }
        state.moment.read();
        if !state.plays.get() {
            return None;
        }
        set_timeout_with_handle(turn, MOMENT_STAYS).ok()
    });
    let draw = move || {
        let (moment, is_playing) = (state.moment.get(), state.plays.get());
        timeline.with(
            |timeline| if timeline.moments.len() < 2 { Vec::new() } else { scrubber(timeline, moment, is_playing) },
        )
    };
    let act = move |message: Msg| {
        let moment = |index| Timeline::of(&state.session.peek().runs).moment(index);
        match message {
            Msg::PlayOrHold if !*state.plays.peek() => {
                // Restarts if the end is shown.
                if state.moment.peek().is_none() {
                    state.send(Message::LookBack(moment(0)));
                }
                state.send(Message::Play(true));
            }
            Msg::PlayOrHold => state.send(Message::Play(false)),
            Msg::Moment(index) => state.send_all(vec![Message::Play(false), Message::LookBack(moment(index))]),
            Msg::Now => state.send_all(vec![Message::Play(false), Message::LookBack(None)]),
        }
    };
    marks(draw, act)
}

fn scrubber(timeline: &Timeline, moment: Option<f64>, is_playing: bool) -> Vec<Mark<Msg>> {
    let words = timeline.words(moment);
    let track = Mark::new("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", timeline.moments.len() - 1)
        .attr("step", "1")
        .attr("aria-label", text!(shell::time::name))
        .attr("aria-valuetext", &words)
        .attr("value", timeline.index(moment))
        .on_change(|position| position.parse().ok().map(Msg::Moment));
    let now = button(Control::new(text!(shell::time::now)).disabled(moment.is_none()), "quiet", Msg::Now);
    let time = Mark::new("div").class("time").child(Mark::new("span").class("time-said").text(words)).child(track);
    let label = if is_playing { text!(shell::time::hold) } else { text!(shell::time::play) };
    let play = Control::new(if is_playing { "❚❚" } else { "▶" });
    let play = button(play, "quiet", Msg::PlayOrHold).attr("aria-label", label);
    vec![time.child(Mark::new("span").class("time-buttons").children([play, now]))]
}
