//! The components of the frame.

mod bar;
mod header;
mod late_view;
mod share;
mod tabs;
mod theme;

use leptos::prelude::*;

use crate::app::address::Embed;
use crate::app::browser::{DropTarget, show_embed};
use crate::app::modules::ViewName;
use crate::app::page::TrainingMode;
use crate::app::state::AppState;
use bar::Bar;
use header::Header;
use late_view::late_view;
use tabs::Tabs;

/// The whole page.
#[component]
pub fn Page(state: AppState) -> impl IntoView {
    provide_context(state);
    let embed = state.address().embed;
    if let Some(embed) = embed {
        return embedded(state, embed).into_any();
    }
    view! {
        <Header/>
        <div class="body">
            {late_view(|| ViewName::Rail)}
            <main class="views" class:is-training=is_training(state)>
                <Tabs/>
            </main>
        </div>
        <Bar/>
        <DropTarget/>
    }
    .into_any()
}

/// One view in another site's page, the bar, and a link to the whole page.
fn embedded(state: AppState, embed: Embed) -> impl IntoView {
    let (whole, hidden) = (state.address().opened().hash(), state.address().hide.join(" "));
    show_embed(embed, &hidden);
    view! {
        <main class="views" class:is-training=is_training(state)>
            <h1 class="visually-hidden">{text!(shell::title)}</h1>
            {late_view(move || ViewName::Tab(embed.view))}
        </main>
        <p class="open-whole"><a href=format!("#{whole}") target="_blank" rel="noopener">{text!(shell::open_whole)}</a></p>
        <Bar/>
    }
}

/// Whether runs go on by themselves, which tokens.css takes all glides away for.
fn is_training(state: AppState) -> Memo<bool> {
    Memo::new(move |_| {
        state.mode.get() == TrainingMode::Running && state.session.read().runs.iter().any(|run| !run.status.is_ended())
    })
}
