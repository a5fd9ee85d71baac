//! The time scrubber: one track over the recorded evaluations, which every view follows.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::marks::{Act, Control, Mark, button};
use crate::app::state::AppState;
use crate::app::timeline::Timeline;
use crate::app::widgets::marks;

const MOMENT: &str = "moment";
const NOW: &str = "now";

/// Track, words and the way back to now.
#[component]
pub fn TimeScrubber() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let timeline = Memo::new(move |_| state.session.with(|session| Timeline::of(&session.runs)));
    let draw = move || {
        let moment = state.moment.get();
        timeline.with(|timeline| if timeline.moments.len() < 2 { Vec::new() } else { scrubber(timeline, moment) })
    };
    let act = move |act: Act| match act.name.as_str() {
        MOMENT => {
            let index = act.input.parse().ok();
            client.look_back(timeline.with_untracked(|timeline| index.and_then(|index| timeline.moment(index))));
        }
        _ => client.look_back(None),
    };
    marks(draw, act)
}

fn scrubber(timeline: &Timeline, moment: Option<f64>) -> Vec<Mark> {
    let words = timeline.words(moment);
    let track = Mark::new("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", timeline.moments.len() - 1)
        .attr("step", "1")
        .attr("aria-label", "Time")
        .attr("aria-valuetext", &words)
        .attr("value", timeline.index(moment))
        .on(MOMENT, "");
    let now = button(Control::new(NOW, "Now").disabled(moment.is_none()), "quiet");
    let time = Mark::new("div").class("time").child(Mark::new("span").class("time-said").text(words)).child(track);
    vec![time.child(now)]
}
