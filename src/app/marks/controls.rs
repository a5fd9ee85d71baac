//! Form controls. Each takes a function from its new state to a message.

use super::{Handler, Input, Listens, Mark, Text, Touch};
use crate::app::numbers::{self, decimal};
use crate::domain::range::{Range, TRACK};

/// Properties of all controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    pub label: &'a str,
    /// Empty for none.
    pub hint: &'a str,
    pub is_disabled: bool,
    /// The label is for assistive technology only.
    pub is_unseen: bool,
}

impl Mark {
    /// Adds a handler whose message type is set by [`Mark::still`] right after, in this file.
    fn with_handler(mut self, handler: Handler) -> Self {
        self.element.add_handler(Listens::On, handler);
        self
    }
}

impl<'a> Control<'a> {
    pub fn new(label: &'a str) -> Self {
        Self { label, hint: "", is_disabled: false, is_unseen: false }
    }

    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    pub fn disabled(self, is_disabled: bool) -> Self {
        Self { is_disabled, ..self }
    }

    pub fn unseen(self) -> Self {
        Self { is_unseen: true, ..self }
    }

    fn input(&self, kind: &'static str) -> Mark {
        Mark::new("input").attr("type", kind).flag("disabled", self.is_disabled)
    }

    /// The control in its label, with the hint.
    fn labelled(&self, class: &'static str, marks: [Mark; 2]) -> Mark {
        let label = Mark::new("label").class(class).children(marks);
        match self.hint_mark() {
            Some(hint) => Mark::new("div").class("field").child(label).child(hint),
            None => label,
        }
    }

    fn words(&self) -> Mark {
        Mark::new("span").text(self.label)
    }

    fn hint_mark(&self) -> Option<Mark> {
        (!self.hint.is_empty()).then(|| Mark::new("p").class("hint").text(self.hint))
    }
}

// Each control is built by a function without a message type, compiled once, from a handler that a thin generic function
// makes.

/// A number as a track and a field.
pub fn slider<M: 'static>(
    control: Control,
    range: Range,
    value: f64,
    set: impl Fn(f64) -> M + Clone + 'static,
) -> Mark<M> {
    let on_track = set.clone();
    let moved = on_change(move |position| Some(on_track(range.value(position.parse().ok()?))));
    let typed = on_change(move |text| numbers::parse(text).map(|value| set(range.admit(value))));
    slider_of(control, range, value, moved, typed).still()
}

/// A slider that tells each move from the last one, when it is let go; its field is let go at once.
pub fn live_slider<M: 'static>(
    control: Control,
    range: Range,
    value: f64,
    set: impl Fn(f64, Touch) -> M + Clone + 'static,
) -> Mark<M> {
    let on_track = set.clone();
    let moved = Handler::new(move |input| {
        let (position, touch) = match input {
            Input::Change(position) => (position, Touch::Moving),
            Input::Release(position) => (position, Touch::Released),
            _ => return None,
        };
        Some(on_track(range.value(position.parse().ok()?), touch))
    });
    let typed = on_change(move |text| numbers::parse(text).map(|value| set(range.admit(value), Touch::Released)));
    slider_of(control, range, value, moved, typed).still()
}

fn slider_of(control: Control, range: Range, value: f64, moved: Handler, typed: Handler) -> Mark {
    let track = Mark::new("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", TRACK)
        .attr("step", "1")
        .attr("aria-label", text!(marks::controls::slider, label = control.label))
        .attr("aria-valuetext", decimal(value.to_string()))
        .attr("value", range.position(value))
        .flag("disabled", control.is_disabled)
        .with_handler(moved);
    let field = field_of(Control { hint: "", ..control }, decimal(value.to_string()), "decimal", typed);
    Mark::new("div").class("field slider").child(field).child(track).maybe(control.hint_mark())
}

/// A number field; other text is reset.
pub fn number<M: 'static>(control: Control, range: Range, value: f64, set: impl Fn(f64) -> M + 'static) -> Mark<M> {
    let typed = on_change(move |text| numbers::parse(text).map(|value| set(range.admit(value))));
    field_of(control, decimal(value.to_string()), "decimal", typed).still()
}

/// A text field; `mode` is a phone's keyboard: `text`, `numeric`, `decimal`.
pub fn text_field<M: 'static>(
    control: Control,
    value: impl Into<Text>,
    mode: &'static str,
    set: impl Fn(&str) -> M + 'static,
) -> Mark<M> {
    field_of(control, value.into().0, mode, on_change(move |text| Some(set(text)))).still()
}

/// A text field whose text may be refused and is reset then.
pub fn field<M: 'static>(
    control: Control,
    value: impl Into<Text>,
    mode: &'static str,
    set: impl Fn(&str) -> Option<M> + 'static,
) -> Mark<M> {
    field_of(control, value.into().0, mode, on_change(set)).still()
}

fn field_of(control: Control, value: String, mode: &'static str, typed: Handler) -> Mark {
    let input = control
        .input("text")
        .attr("inputmode", mode)
        .attr("autocomplete", "off")
        .attr("value", value)
        .with_handler(typed);
    control.labelled("entry", [control.words(), input])
}

pub fn check<M: 'static>(control: Control, is_on: bool, set: impl Fn(bool) -> M + 'static) -> Mark<M> {
    check_of(control, is_on, on_change(move |state| Some(set(state == "true")))).still()
}

fn check_of(control: Control, is_on: bool, ticked: Handler) -> Mark {
    let input = control.input("checkbox").attr("checked", is_on).with_handler(ticked);
    control.labelled("check", [input, control.words()])
}

/// A drop-down list. Options are values and their labels.
pub fn select<M: 'static, T: Clone + PartialEq + 'static, W: Into<Text>>(
    control: Control,
    options: impl IntoIterator<Item = (T, W)>,
    chosen: &T,
    set: impl Fn(T) -> M + 'static,
) -> Mark<M> {
    let (mut values, mut words) = (Vec::new(), Vec::new());
    for (value, label) in options {
        values.push(value);
        words.push(label.into().0);
    }
    let place = values.iter().position(|value| value == chosen);
    let changed = on_change(move |at| values.get(at.parse::<usize>().ok()?).cloned().map(&set));
    select_of(control, words, place, changed).still()
}

/// The list; an option's value in the document is its index.
fn select_of(control: Control, words: Vec<String>, place: Option<usize>, changed: Handler) -> Mark {
    let options = words.into_iter().enumerate().map(|(at, words)| Mark::new("option").attr("value", at).text(words));
    let list = Mark::new("select")
        .flag("disabled", control.is_disabled)
        .children(options)
        .attr("value", place.map_or(String::new(), |at| at.to_string()))
        .with_handler(changed);
    if control.is_unseen {
        return list.attr("aria-label", control.label);
    }
    control.labelled("entry", [control.words(), list])
}

/// Radio buttons in a row. Options are values, their labels and their class.
///
/// `group` is unique on the page.
pub fn choice<M: 'static, T: Clone + PartialEq + 'static, W: Into<Text>, C: Into<Text>>(
    control: Control,
    group: &str,
    options: impl IntoIterator<Item = (T, W, C)>,
    chosen: &T,
    set: impl Fn(T) -> M + Clone + 'static,
) -> Mark<M> {
    let mut radios = Vec::new();
    for (value, words, class) in options {
        let (is_chosen, set) = (value == *chosen, set.clone());
        let pressed = on_change(move |_| Some(set(value.clone())));
        radios.push(Radio { words: words.into().0, class: class.into().0, is_chosen, pressed });
    }
    choice_of(control, group, radios).still()
}

struct Radio {
    words: String,
    class: String,
    is_chosen: bool,
    pressed: Handler,
}

fn choice_of(control: Control, group: &str, radios: Vec<Radio>) -> Mark {
    let radios = radios.into_iter().enumerate().map(|(at, Radio { words, class, is_chosen, pressed })| {
        let input = control.input("radio").attr("name", group).attr("checked", is_chosen).with_handler(pressed);
        Mark::new("label").class("view-choice").class(class).key(at).child(input).child(Mark::new("span").text(words))
    });
    let legend = Mark::new("legend").text(control.label);
    Mark::new("fieldset").class("view-choices").child(legend).children(radios).maybe(control.hint_mark())
}

fn on_change<M: 'static>(message: impl Fn(&str) -> Option<M> + 'static) -> Handler {
    Handler::new(move |input| match input {
        Input::Change(state) => message(state),
        _ => None,
    })
}

pub fn button<M: Clone + 'static>(control: Control, class: impl Into<Text>, message: M) -> Mark<M> {
    button_of(control, class.into().0).still().on(message)
}

fn button_of(control: Control, class: String) -> Mark {
    Mark::new("button").attr("type", "button").class(class).flag("disabled", control.is_disabled).text(control.label)
}

/// A `details` with a title.
pub fn disclosure<M: 'static>(
    key: &'static str,
    title: impl Into<Text>,
    body: impl IntoIterator<Item = Mark<M>>,
) -> Mark<M> {
    folded(key, title, Mark::new("div").class("controls").children(body))
}

/// The attribute of a `details` whose content is in the document only while it is open.
pub const WHEN_OPEN: &str = "data-when-open";

/// A `details` around one mark.
pub fn folded<M: 'static>(key: impl Into<Text>, title: impl Into<Text>, body: Mark<M>) -> Mark<M> {
    let summary = Mark::new("summary").text(title);
    Mark::new("details").key(key).class("disclosure").attr(WHEN_OPEN, "").child(summary).child(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_and_its_field_set_the_same_number() {
        let range = Range::logarithmic(0.001, 0.9);
        let mark = slider(Control::new("CTR"), range, 0.06, |value| ("ctr", value));
        assert_eq!(mark.change("CTR", "0,06"), Some(("ctr", 0.06)));
        assert_eq!(mark.slide("CTR", range.position(0.06)), Some(("ctr", 0.06)));
        assert_eq!(mark.change("CTR", "many"), None);
    }

    #[test]
    fn lists_and_choices_give_the_value_and_not_its_words() {
        let list = select(Control::new("Optimiser"), [(1u8, "Adam"), (2, "SGD")], &1, |value| value);
        assert_eq!((list.change("Optimiser", "SGD"), list.change("Optimiser", "7")), (Some(2), None));
        let row = choice(Control::new("Scope"), "scope", [('a', "All", ""), ('b', "Clicked", "")], &'a', |value| value);
        assert_eq!(row.change("Clicked", "true"), Some('b'));
    }

    #[test]
    fn every_control_has_a_label() {
        let control = Control::new("Hidden layers");
        let marks = [
            number(control, Range::linear(0.0, 2.0), 1.0, |_| ()),
            check(control, true, |_| ()),
            select(control, [("a", "A")], &"a", |_| ()),
        ];
        for mark in marks {
            assert!(mark.all_text().contains("Hidden layers"), "{mark:?}");
            assert_eq!(mark.with_tag("label").len(), 1);
        }
    }
}
