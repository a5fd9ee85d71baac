//! A view whose module is fetched when it is first shown.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser::wait;
use crate::app::modules::{MakeView, ModuleLost, ViewName, load};

/// Shows the view of `wanted`; the previous one until its module is loaded.
pub fn late_view(wanted: impl Fn() -> ViewName + 'static) -> AnyView {
    let shown = RwSignal::new(None::<Result<MakeView, ModuleLost>>);
    let newest = StoredValue::new(None::<ViewName>);
    let again = RwSignal::new(());
    Effect::new(move |_| {
        again.get();
        let name = wanted();
        // The view is already shown.
        let is_there = shown.with_untracked(|shown| matches!(shown, Some(Ok(_)))) && newest.get_value() == Some(name);
        if is_there {
            return;
        }
        newest.set_value(Some(name));
        spawn_local(async move {
            let made = load(name).await;
            // Builds a view whose module is loaded in another task than the press.
            wait(0).await;
            // The user may have chosen another view meanwhile.
            if newest.try_get_value() == Some(Some(name)) {
                shown.set(Some(made));
            }
        });
    });
    let view = move || match shown.get() {
        None => ().into_any(),
        Some(Ok(make)) => make(),
        Some(Err(ModuleLost)) => lost(again),
    };
    view.into_any()
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
