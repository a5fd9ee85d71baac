//! A place for a view whose module is fetched when it is first shown.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::modules::{MakeView, ModuleLost, ViewName, load};

/// Shows the view that is wanted now; until its module has come, the one before.
pub fn late_view(wanted: impl Fn() -> ViewName + 'static) -> AnyView {
    let shown = RwSignal::new(None::<Result<MakeView, ModuleLost>>);
    let newest = StoredValue::new(None::<ViewName>);
    let again = RwSignal::new(());
    Effect::new(move |_| {
        again.get();
        let name = wanted();
        // Turning to what is shown changes nothing.
        let is_there = shown.with_untracked(|shown| matches!(shown, Some(Ok(_)))) && newest.get_value() == Some(name);
        if is_there {
            return;
        }
        newest.set_value(Some(name));
        spawn_local(async move {
            let made = load(name).await;
            // A view whose module is there would be built in the task of the press that asked for it.
            TimeoutFuture::new(0).await;
            // Somebody may have turned on while it came.
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
