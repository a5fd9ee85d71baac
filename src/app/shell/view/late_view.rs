//! A view whose module is fetched when it is first shown.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser::wait;
use crate::app::modules::{MakeView, ModuleLost, ViewName, load};

/// Time for a module to arrive, before the user is told; it is shown whenever it comes.
const PATIENCE_MILLIS: u32 = 8_000;

/// Shows the view of `wanted`; the previous one until its module is loaded.
pub fn late_view(wanted: impl Fn() -> ViewName + 'static) -> AnyView {
    let shown = RwSignal::new(None::<(ViewName, Result<MakeView, ModuleLost>)>);
    let newest = StoredValue::new(None::<ViewName>);
    let again = RwSignal::new(());
    // A view that is shown stays, and the user may have chosen another one meanwhile.
    let show = move |name: ViewName, made: Result<MakeView, ModuleLost>| {
        let is_wanted = newest.try_get_value() == Some(Some(name));
        if is_wanted && !is_shown(shown, name) {
            shown.set(Some((name, made)));
        }
    };
    Effect::new(move |_| {
        again.get();
        let name = wanted();
        let is_there = is_shown(shown, name) && newest.get_value() == Some(name);
        if is_there {
            return;
        }
        newest.set_value(Some(name));
        spawn_local(async move {
            let made = load(name).await;
            // Builds a view whose module is loaded in another task than the press.
            wait(0).await;
            show(name, made);
        });
        spawn_local(async move {
            wait(PATIENCE_MILLIS).await;
            let is_told = shown.try_with_untracked(|shown| matches!(shown, Some((of, Err(_))) if *of == name));
            if is_told == Some(false) {
                show(name, Err(ModuleLost));
            }
        });
    });
    let view = move || match shown.get() {
        None => ().into_any(),
        Some((_, Ok(make))) => make(),
        Some((_, Err(ModuleLost))) => lost(again),
    };
    view.into_any()
}

fn is_shown(shown: RwSignal<Option<(ViewName, Result<MakeView, ModuleLost>)>>, name: ViewName) -> bool {
    let is_this =
        |shown: &Option<(ViewName, Result<MakeView, ModuleLost>)>| matches!(shown, Some((of, Ok(_))) if *of == name);
    shown.try_with_untracked(is_this).unwrap_or(true)
}

fn lost(again: RwSignal<()>) -> AnyView {
    view! {
        <p role="alert" class="trouble">
            {text!(shell::part::lost)}
            " "
            <button type="button" on:click=move |_| again.set(())>{text!(shell::part::again)}</button>
        </p>
    }
    .into_any()
}
