//! Other ways in than a file: pasted text, and a gallery of logs to look at.

use crate::app::marks::{Act, Control, Mark, button, disclosure};
use crate::domain::spec::log_preset;
use crate::domain::synth::SynthSpec;

use super::generator::POINTS;

/// Rows of a log that is drawn for the gallery: enough to teach, few enough to train at once.
const GALLERY_ROWS: usize = 20_000;

const TEXT: &str = "pasted-text";
const OPEN: &str = "open-pasted";
const DRAW: &str = "gallery-draw";
const SAMPLE: &str = "gallery-sample";

/// Sample logs of the gallery: file, title, what it shows.
const SAMPLES: [(&str, &str, &str); 4] = [
    ("numbered.csv", text!(forms::ways_in::numbered), text!(forms::ways_in::numbered_shows)),
    ("search.csv", text!(forms::ways_in::search), text!(forms::ways_in::search_shows)),
    ("messy.csv", text!(forms::ways_in::messy), text!(forms::ways_in::messy_shows)),
    ("default.jsonl", text!(forms::ways_in::json), text!(forms::ways_in::json_shows)),
];

/// What a reader asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// The text as it stands in the field.
    Typed(String),
    /// Open that text.
    Open,
    /// Draw this log.
    Draw(Box<SynthSpec>),
    /// Open this sample.
    Sample(String),
}

/// The field to paste into; `serial` tells one empty field from the next.
pub fn paste(serial: usize) -> Mark {
    let field = Mark::new("textarea")
        .key(format!("field-{serial}"))
        .attr("rows", "4")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .on(TEXT, "");
    let label =
        Mark::new("label").class("paste").child(Mark::new("span").text(text!(forms::ways_in::rows_here))).child(field);
    let hint = text!(forms::ways_in::paste_hint);
    let body = [
        label,
        Mark::new("p").class("hint").text(hint),
        button(Control::new(OPEN, text!(forms::ways_in::open_pasted)), ""),
    ];
    disclosure("paste", text!(forms::ways_in::paste), body)
}

/// Logs that each make one point.
pub fn gallery() -> Mark {
    let entry = |what: &'static str, which: &str, title: &str, point: &str| {
        Mark::new("li")
            .key(which)
            .child(button(Control::new(what, title).of(which), ""))
            .child(Mark::new("p").class("hint").text(point))
    };
    let drawn = POINTS.iter().map(|(name, point)| entry(DRAW, name, &title_of(name), point));
    let samples = SAMPLES.iter().map(|(file, title, point)| entry(SAMPLE, file, title, point));
    let body = [
        Mark::new("h3").text(text!(forms::ways_in::drawn)),
        Mark::new("ul").class("gallery").children(drawn),
        Mark::new("h3").text(text!(forms::ways_in::files)),
        Mark::new("ul").class("gallery").children(samples),
    ];
    disclosure("gallery", text!(forms::ways_in::gallery), body)
}

/// What the reader asked for; `None` for another act.
pub fn asked(act: &Act) -> Option<Asked> {
    match act.name.as_str() {
        TEXT => Some(Asked::Typed(act.input.clone())),
        OPEN => Some(Asked::Open),
        DRAW => {
            let preset = log_preset(&act.value)?;
            Some(Asked::Draw(Box::new(SynthSpec { rows: preset.rows.min(GALLERY_ROWS), ..preset })))
        }
        SAMPLE => Some(Asked::Sample(act.value.clone())),
        _ => None,
    }
}

/// `late_conversions` → `Late conversions`
fn title_of(preset: &str) -> String {
    let words = preset.replace('_', " ");
    let (first, rest) = words.split_at(1);
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::sample_logs;

    #[test]
    fn every_entry_of_the_gallery_opens_and_says_what_it_shows() {
        let gallery = gallery();
        let buttons = gallery.with_tag("button");
        assert_eq!(buttons.len(), POINTS.len() + SAMPLES.len());
        for button in buttons {
            let name = button.get("data-on").unwrap().to_owned();
            let act = Act { name, value: button.get("data-value").unwrap().to_owned(), ..Act::default() };
            match asked(&act).expect("the gallery's own") {
                Asked::Draw(synth) => assert!(synth.validate().is_ok() && synth.rows <= GALLERY_ROWS),
                Asked::Sample(file) => assert!(sample_logs().iter().any(|sample| sample.file == file), "{file}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(title_of("late_conversions"), "Late conversions");
    }
}
