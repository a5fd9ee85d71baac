//! The time scrubber: one track over the recorded evaluations, which every view follows.

use super::bar::Msg;
use crate::app::marks::{Control, Mark, button};
use crate::app::timeline::Timeline;

/// Track, text, and buttons to play and to show the newest state; nothing for fewer than two moments.
pub fn scrubber(timeline: &Timeline, moment: Option<f64>, is_playing: bool) -> Vec<Mark<Msg>> {
    if timeline.moments.len() < 2 {
        return Vec::new();
    }
    let words = timeline.words(moment);
    let moments = timeline.clone();
    let track = Mark::new("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", timeline.moments.len() - 1)
        .attr("step", "1")
        .attr("aria-label", text!(shell::time::name))
        .attr("aria-valuetext", &words)
        .attr("value", timeline.index(moment))
        .on_change(move |position| Some(Msg::LookBack(moments.moment(position.parse().ok()?))));
    let now = button(Control::new(text!(shell::time::now)).disabled(moment.is_none()), "quiet", Msg::LookBack(None));
    let time = Mark::new("div").class("time").child(Mark::new("span").class("time-said").text(words)).child(track);
    let label = if is_playing { text!(shell::time::hold) } else { text!(shell::time::play) };
    let play = Control::new(if is_playing { "❚❚" } else { "▶" });
    let play = button(play, "quiet", Msg::Play(!is_playing)).attr("aria-label", label);
    vec![time.child(Mark::new("span").class("time-buttons").children([play, now]))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(moments: &[f64]) -> Timeline {
        Timeline { moments: moments.to_vec(), epochs: 2 }
    }

    #[test]
    fn the_track_goes_over_the_moments_and_its_end_is_now() {
        let marks = Mark::new("div").children(scrubber(&timeline(&[0.0, 1.0, 2.0]), Some(1.0), false));
        assert_eq!(marks.slide("Time", 1.0), Some(Msg::LookBack(Some(1.0))));
        assert_eq!(marks.slide("Time", 2.0), Some(Msg::LookBack(None)));
        assert_eq!(marks.track("Time").unwrap().get("aria-valuetext"), Some("epoch 1 of 2"));
        assert_eq!(marks.press("Now"), Some(Msg::LookBack(None)));
    }

    #[test]
    fn what_plays_can_be_held_and_one_moment_has_no_track() {
        for (is_playing, label) in [(false, "Play the recording"), (true, "Hold the recording")] {
            let marks = Mark::new("div").children(scrubber(&timeline(&[0.0, 1.0]), None, is_playing));
            assert_eq!(marks.press(label), Some(Msg::Play(!is_playing)));
        }
        assert!(scrubber(&timeline(&[0.0]), None, false).is_empty());
    }
}
