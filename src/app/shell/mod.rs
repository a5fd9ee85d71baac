//! The page's frame: header, tabs, bar, drop target.

mod bar;
mod drop;
mod header;
mod runs;
mod share;
mod tabs;
mod theme;

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::panels::Rail;
use crate::app::state::AppState;
use bar::Bar;
use drop::DropTarget;
use header::Header;
use tabs::Tabs;
pub use theme::{remembered_theme, watch_system_theme};

/// The whole page.
#[component]
pub fn Page(state: AppState, client: Client) -> impl IntoView {
    provide_context(state);
    provide_context(client);
    view! {
        <Header/>
        <div class="body">
            <Rail/>
            <main class="views">
                <Tabs/>
            </main>
        </div>
        <Bar/>
        <DropTarget/>
    }
}
