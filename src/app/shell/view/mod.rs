//! The components of the frame.

mod bar;
mod drop;
mod header;
mod history;
mod late_view;
mod share;
mod tabs;
mod theme;

use leptos::prelude::*;

use crate::app::address::Embed;
use crate::app::modules::ViewName;
use crate::app::state::AppState;
use bar::Bar;
use drop::DropTarget;
use header::Header;
pub use history::follow_history;
use late_view::late_view;
use tabs::Tabs;
pub use theme::{remembered_theme, show_theme, watch_system_theme};

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
            <main class="views">
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
    if let Some(body) = document().body() {
        // The style sheet hides the parts named in the address. Valid names: neither fails.
        let _ = body.set_attribute("data-embed", crate::app::address::name(embed.view));
        let _ = body.set_attribute("data-hide", &hidden);
    }
    view! {
        <main class="views">
            <h1 class="visually-hidden">{text!(shell::title)}</h1>
            {late_view(move || ViewName::Tab(embed.view))}
        </main>
        <p class="open-whole"><a href=format!("#{whole}") target="_blank" rel="noopener">{text!(shell::open_whole)}</a></p>
        <Bar/>
    }
}
