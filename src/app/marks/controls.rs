//! Controls: what a reader sets. Each says its change as an [`Act`] of kind `Change` (a button: `Press`).

use super::{Act, Mark, Text};
use crate::app::numbers::decimal;
use crate::app::range::{Range, TRACK};

/// What all controls have: a name for the act, a label for the reader, a hint in a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// [`Act::name`] of its changes.
    pub name: &'static str,
    /// [`Act::value`] of its changes: which of several alike.
    pub value: &'a str,
    pub label: &'a str,
    /// Empty for none.
    pub hint: &'a str,
    pub is_disabled: bool,
}

/// [`Act::value`] of a slider's track, whose input is a position and not a number.
const ON_TRACK: &str = "\u{1}track";

impl<'a> Control<'a> {
    pub fn new(name: &'static str, label: &'a str) -> Self {
        Self { name, value: "", label, hint: "", is_disabled: false }
    }

    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// Tells it from others of the same name.
    pub fn of(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    pub fn disabled(self, is_disabled: bool) -> Self {
        Self { is_disabled, ..self }
    }

    fn input(&self, kind: &'static str) -> Mark {
        Mark::new("input").attr("type", kind).on(self.name, self.value).flag("disabled", self.is_disabled)
    }

    fn hint_mark(&self) -> Option<Mark> {
        (!self.hint.is_empty()).then(|| Mark::new("p").class("hint").text(self.hint))
    }
}

impl Act {
    /// The number that a [`slider`] or [`number`] was set to; `None` when what was typed is none.
    pub fn number(&self, range: Range) -> Option<f64> {
        match self.value.ends_with(ON_TRACK) {
            true => self.input.parse().ok().map(|position| range.value(position)),
            false => range.parse(&self.input),
        }
    }

    /// [`Act::value`] as it was given to the control.
    pub fn which(&self) -> &str {
        self.value.trim_end_matches(ON_TRACK)
    }

    /// Whether a box was ticked.
    pub fn is_on(&self) -> bool {
        self.input == "true"
    }
}

/// A number: a track for the eye, a field for the hand.
pub fn slider(control: Control, range: Range, value: f64) -> Mark {
    let track = Mark::new("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", TRACK)
        .attr("step", "1")
        .attr("aria-label", text!(marks::controls::slider, label = control.label))
        .attr("aria-valuetext", decimal(value.to_string()))
        .attr("value", range.position(value))
        .flag("disabled", control.is_disabled)
        .on(control.name, format!("{}{ON_TRACK}", control.value));
    let field = number(Control { hint: "", ..control }, value);
    Mark::new("div").class("field slider").child(field).child(track).maybe(control.hint_mark())
}

/// A number to type. What is not a number is put back.
pub fn number(control: Control, value: f64) -> Mark {
    text_field(control, decimal(value.to_string()), "decimal")
}

/// A line of text to type; `mode` is the keyboard a phone shows: `text`, `numeric`, `decimal`.
pub fn text_field(control: Control, value: impl Into<Text>, mode: &'static str) -> Mark {
    let input = control.input("text").attr("inputmode", mode).attr("autocomplete", "off").attr("value", value);
    let label = Mark::new("label").class("entry").child(Mark::new("span").text(control.label)).child(input);
    match control.hint_mark() {
        Some(hint) => Mark::new("div").class("field").child(label).child(hint),
        None => label,
    }
}

/// A box to tick.
pub fn check(control: Control, is_on: bool) -> Mark {
    let input = control.input("checkbox").attr("checked", is_on);
    let label = Mark::new("label").class("check").child(input).child(Mark::new("span").text(control.label));
    match control.hint_mark() {
        Some(hint) => Mark::new("div").class("field").child(label).child(hint),
        None => label,
    }
}

/// One of many, in a list that opens. Options are `(value, words)`; the act's input is the value.
pub fn select<'a>(control: Control, options: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Mark {
    let options = options.into_iter().map(|(value, words)| Mark::new("option").attr("value", value).text(words));
    let list = Mark::new("select")
        .on(control.name, control.value)
        .flag("disabled", control.is_disabled)
        .children(options)
        .attr("value", chosen);
    let label = Mark::new("label").class("entry").child(Mark::new("span").text(control.label)).child(list);
    match control.hint_mark() {
        Some(hint) => Mark::new("div").class("field").child(label).child(hint),
        None => label,
    }
}

/// One of a few, as radio buttons in a row. Options are `(value, words, class)`; the act's value is the option's.
///
/// `group` is unique on the page.
pub fn choice<'a>(
    control: Control,
    group: &str,
    options: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    chosen: &str,
) -> Mark {
    let radios = options.into_iter().map(|(value, words, class)| {
        let input = Mark::new("input")
            .attr("type", "radio")
            .attr("name", group)
            .attr("checked", value == chosen)
            .flag("disabled", control.is_disabled)
            .on(control.name, value);
        Mark::new("label")
            .class("view-choice")
            .class(class)
            .key(value)
            .child(input)
            .child(Mark::new("span").text(words))
    });
    let legend = Mark::new("legend").text(control.label);
    Mark::new("fieldset").class("view-choices").child(legend).children(radios).maybe(control.hint_mark())
}

/// A button; its act is a `Press`.
pub fn button(control: Control, class: &'static str) -> Mark {
    Mark::new("button")
        .attr("type", "button")
        .class(class)
        .flag("disabled", control.is_disabled)
        .on(control.name, control.value)
        .text(control.label)
}

/// What is only wanted now and then, behind its title.
pub fn disclosure(key: &'static str, title: impl Into<Text>, body: impl IntoIterator<Item = Mark>) -> Mark {
    folded(key, title, Mark::new("div").class("controls").children(body))
}

/// The attribute of a `details` whose content is in the document only once it is opened.
pub const WHEN_OPEN: &str = "data-when-open";

/// The same around one mark.
pub fn folded(key: impl Into<Text>, title: impl Into<Text>, body: Mark) -> Mark {
    let summary = Mark::new("summary").text(title);
    Mark::new("details").key(key).class("disclosure").attr(WHEN_OPEN, "").child(summary).child(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::ActKind;

    fn change(mark: &Mark, kind: &str, input: &str) -> Act {
        let inputs = mark.with_tag("input");
        let control = inputs.into_iter().find(|input| input.get("type") == Some(kind)).unwrap();
        Act {
            kind: ActKind::Change,
            name: control.get("data-on").unwrap().to_owned(),
            value: control.get("data-value").unwrap().to_owned(),
            input: input.to_owned(),
            at: (0.0, 0.0),
        }
    }

    #[test]
    fn a_slider_and_its_field_set_the_same_number() {
        let range = Range::logarithmic(0.001, 0.9);
        let mark = slider(Control::new("rate", "CTR").of("ctr"), range, 0.06);
        let typed = change(&mark, "text", "0,06");
        let moved = change(&mark, "range", &range.position(0.06).to_string());
        assert_eq!(typed.number(range), Some(0.06));
        assert_eq!(moved.number(range), Some(0.06));
        assert_eq!((typed.which(), moved.which()), ("ctr", "ctr"));
        assert_eq!(change(&mark, "text", "many").number(range), None);
    }

    #[test]
    fn every_control_has_a_label() {
        let control = Control::new("x", "Hidden layers");
        let marks = [number(control, 1.0), check(control, true), select(control, [("a", "A")], "a")];
        for mark in marks {
            assert!(mark.said().contains("Hidden layers"), "{mark:?}");
            assert_eq!(mark.with_tag("label").len(), 1);
        }
    }
}
