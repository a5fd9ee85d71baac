//! Sources of a log other than a file: pasted text, and a gallery.

use crate::app::marks::{Control, Mark, button, disclosure};
use crate::domain::spec::log_preset;
use crate::domain::synth::SynthSpec;
use crate::domain::synth::gallery::Shape;

use super::generator::POINTS;

/// Rows of the gallery's generated logs: enough to train on, few enough to train at once.
const GALLERY_ROWS: usize = 20_000;

/// Sample logs of the gallery: files, title, what it shows.
const SAMPLES: [(&[&str], &str, &str); 4] = [
    (&["numbered.csv"], text!(forms::ways_in::numbered), text!(forms::ways_in::numbered_shows)),
    (&["search.csv"], text!(forms::ways_in::search), text!(forms::ways_in::search_shows)),
    (&["messy.csv"], text!(forms::ways_in::messy), text!(forms::ways_in::messy_shows)),
    (&["default.jsonl"], text!(forms::ways_in::json), text!(forms::ways_in::json_shows)),
];

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The text as it stands in the field.
    Typed(String),
    OpenTyped,
    /// Generate this log.
    Draw(Box<SynthSpec>),
    /// Open the sample log in these files.
    OpenSample(&'static [&'static str]),
}

/// The field to paste into; `serial` tells one empty field from the next.
pub fn paste(serial: usize) -> Mark<Msg> {
    let field = Mark::new("textarea")
        .key(format!("field-{serial}"))
        .attr("rows", "4")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .on_change(|text| Some(Msg::Typed(text.to_owned())));
    let label =
        Mark::new("label").class("paste").child(Mark::new("span").text(text!(forms::ways_in::rows_here))).child(field);
    let hint = text!(forms::ways_in::paste_hint);
    let body = [
        label,
        Mark::new("p").class("hint").text(hint),
        button(Control::new(text!(forms::ways_in::open_pasted)), "", Msg::OpenTyped),
    ];
    disclosure("paste", text!(forms::ways_in::paste), body)
}

/// The gallery: logs that each show one effect.
pub fn gallery() -> Mark<Msg> {
    let entry = |which: &str, title: &str, point: &str, opens: Msg| {
        Mark::new("li")
            .key(which)
            .child(button(Control::new(title), "", opens))
            .child(Mark::new("p").class("hint").text(point))
    };
    let drawn = POINTS.iter().filter_map(|(name, point)| {
        let preset = log_preset(name)?;
        let synth = SynthSpec { rows: preset.rows.min(GALLERY_ROWS), ..preset };
        Some(entry(name, &title_of(name), point, Msg::Draw(Box::new(synth))))
    });
    let shapes = Shape::ALL.iter().map(|shape| (shape.names(), shape.title(), shape.teaches()));
    let samples = SAMPLES.into_iter().chain(shapes);
    let samples = samples.map(|(files, title, point)| entry(files[0], title, point, Msg::OpenSample(files)));
    let body = [
        Mark::new("h3").text(text!(forms::ways_in::drawn)),
        Mark::new("ul").class("gallery").children(drawn),
        Mark::new("h3").text(text!(forms::ways_in::files)),
        Mark::new("ul").class("gallery").children(samples),
    ];
    disclosure("gallery", text!(forms::ways_in::gallery), body)
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
    use crate::domain::spec::sample_bytes;

    #[test]
    fn every_entry_of_the_gallery_opens_and_says_what_it_shows() {
        let gallery = gallery();
        let buttons = gallery.with_tag("button");
        assert_eq!(buttons.len(), POINTS.len() + SAMPLES.len() + Shape::ALL.len());
        for button in buttons {
            match gallery.press(&button.all_text()).expect("the gallery's own") {
                Msg::Draw(synth) => assert!(synth.validate().is_ok() && synth.rows <= GALLERY_ROWS),
                Msg::OpenSample(files) => assert!(files.iter().all(|file| sample_bytes(file).is_some()), "{files:?}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(title_of("late_conversions"), "Late conversions");
    }
}
