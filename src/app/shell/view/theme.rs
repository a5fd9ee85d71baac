//! The choice of the colour theme: light, dark, or the system's.

use leptos::prelude::*;

use crate::app::address::Theme;
use crate::app::browser::choose_theme;
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::widgets::Choice;

const THEMES: &[(Theme, &str)] = &[
    (Theme::System, text!(shell::theme::system)),
    (Theme::Light, text!(shell::theme::light)),
    (Theme::Dark, text!(shell::theme::dark)),
];

/// Three radio buttons.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let state = AppState::get();
    let choose = move |theme| {
        choose_theme(theme);
        state.send(Message::SetTheme(theme));
    };
    view! { <Choice legend=text!(shell::theme::name) options=THEMES value=Signal::derive(move || state.theme.get()) on_change=choose is_quiet=true/> }
}
