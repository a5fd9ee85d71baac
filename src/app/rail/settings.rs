//! Controls of single settings, from their [`Setting`].

use crate::app::marks::{Control, Mark, Touch, button, field, live_slider, number, slider};
use crate::app::numbers::{self, decimal};
use crate::domain::setting::Setting;

/// A change of one number of `S`.
#[derive(Debug)]
pub struct SettingChange<S: 'static> {
    pub setting: &'static Setting<S>,
    /// `None` leaves it open.
    pub value: Option<f64>,
}

impl<S> SettingChange<S> {
    /// A change to a number.
    pub fn to(setting: &'static Setting<S>, value: f64) -> Self {
        Self { setting, value: Some(value) }
    }

    pub fn apply(&self, to: &mut S) {
        match self.value {
            Some(value) => (self.setting.set)(to, value),
            None => (self.setting.open)(to),
        }
    }
}

impl<S> Clone for SettingChange<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for SettingChange<S> {}

impl<S> PartialEq for SettingChange<S> {
    fn eq(&self, other: &Self) -> bool {
        self.setting == other.setting && self.value == other.value
    }
}

/// A number field; `None` if the setting does not apply.
pub fn number_of<S>(setting: &'static Setting<S>, of: &S) -> Option<Mark<SettingChange<S>>> {
    let control = Control::new(setting.label).hint(setting.hint);
    number_with(control, setting, of)
}

/// As [`number_of`], with its own label.
pub fn number_with<S>(control: Control, setting: &'static Setting<S>, of: &S) -> Option<Mark<SettingChange<S>>> {
    let value = (setting.get)(of).unwrap_or(setting.offered.low);
    let mark = number(control, setting.offered, value, move |value| SettingChange::to(setting, value));
    (setting.applies)(of).then(|| mark.key(setting.key))
}

/// A slider and its field; an open number is shown as the highest of the range.
pub fn slider_of<S>(setting: &'static Setting<S>, of: &S) -> Mark<SettingChange<S>> {
    let value = (setting.get)(of).unwrap_or(setting.offered.high);
    let control = Control::new(setting.label).hint(setting.hint);
    slider(control, setting.offered, value, move |value| SettingChange::to(setting, value)).key(setting.key)
}

/// As [`slider_of`], for a change that is followed while the slider is held.
pub fn live_slider_of<S>(setting: &'static Setting<S>, of: &S) -> Mark<(SettingChange<S>, Touch)> {
    let value = (setting.get)(of).unwrap_or(setting.offered.high);
    let control = Control::new(setting.label).hint(setting.hint);
    let set = move |value, touch| (SettingChange::to(setting, value), touch);
    live_slider(control, setting.offered, value, set).key(setting.key)
}

/// A number that follows from the rows if it is open: fixed, with a reset button, or `follows`, as `written`. An emptied
/// field leaves it open too.
pub fn following<S>(
    setting: &'static Setting<S>,
    of: &S,
    follows: Option<f64>,
    written: fn(f64) -> String,
) -> Mark<SettingChange<S>> {
    let fixed = (setting.get)(of);
    let open = SettingChange { setting, value: None };
    let words = match follows {
        Some(value) => text!(training_form::let_follow_to, value = written(value)),
        None => text!(training_form::let_follow).to_owned(),
    };
    let back = fixed.map(|_| button(Control::new(&words), "quiet", open));
    let hint = if fixed.is_none() { text!(training_form::follows) } else { "" };
    let shown = match (fixed, follows) {
        (Some(value), _) => decimal(value.to_string()),
        (None, Some(value)) => written(value),
        (None, None) => String::new(),
    };
    let typed = move |text: &str| match text.trim() {
        "" => Some(open),
        text => numbers::parse(text).map(|value| SettingChange::to(setting, setting.offered.admit(value))),
    };
    let field = field(Control::new(setting.label).hint(hint), shown, "decimal", typed);
    Mark::new("div").class("field").key(setting.key).child(field).maybe(back)
}
