//! The time scrubber: one track over the recorded evaluations, which every view follows.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::marks::{Control, Mark, button};
use crate::app::state::AppState;
use crate::app::timeline::Timeline;
use crate::app::widgets::marks;

/// What the user does with the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Msg {
    PlayOrHold,
    /// Look back at the moment with this number; at now for one that there is not.
    Moment(usize),
    Now,
}

/// How long the recording stays at each of its moments.
const MOMENT_STAYS: Duration = Duration::from_millis(700);

/// Track, words and the way back to now.
#[component]
pub fn TimeScrubber() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let timeline = Memo::new(move |_| state.session.with(|session| Timeline::of(&session.runs)));
    let is_playing = state.plays;
    let turn = move || {
        let next = timeline.with_untracked(|timeline| timeline.after(state.moment.get_untracked()));
        is_playing.set(next.is_some());
        client.look_back(next);
    };
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(pending) = pending.flatten() {
            pending.clear();
        }
        state.moment.track();
        if !is_playing.get() {
            return None;
        }
        set_timeout_with_handle(turn, MOMENT_STAYS).ok()
    });
    let draw = move || {
        let (moment, is_playing) = (state.moment.get(), is_playing.get());
        timeline.with(|timeline| match timeline.moments.len() < 2 {
            true => Vec::new(),
            false => scrubber(timeline, moment, is_playing),
        })
    };
    let act = move |message: Msg| match message {
        Msg::PlayOrHold if !is_playing.get_untracked() => {
            // From the start, when the user stands at the end.
            if state.moment.get_untracked().is_none() {
                client.look_back(timeline.with_untracked(|timeline| timeline.moment(0)));
            }
            is_playing.set(true);
        }
        Msg::PlayOrHold => is_playing.set(false),
        Msg::Moment(index) => {
            is_playing.set(false);
            client.look_back(timeline.with_untracked(|timeline| timeline.moment(index)));
        }
        Msg::Now => {
            is_playing.set(false);
            client.look_back(None);
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
