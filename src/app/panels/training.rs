//! Training: device, optimiser, length, seeds.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::range::Range;
use crate::app::state::{AppState, DeviceChoice};
use crate::app::text::{parse_seeds, seeds_text};
use crate::app::widgets::{Choice, NumberField, Section, Slider};
use crate::domain::spec::TrainingSpec;

const DEVICES: &[(DeviceChoice, &str)] =
    &[(DeviceChoice::Auto, "auto"), (DeviceChoice::Cpu, "CPU"), (DeviceChoice::Webgpu, "WebGPU")];

/// How the models are trained.
#[component]
pub fn TrainingPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let summary = Memo::new(move |_| {
        state.spec.with(|spec| {
            let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
            format!("{epochs} epochs, batches of {batch_size}, learning rate {learning_rate}")
        })
    });
    let get = move |read: fn(&TrainingSpec) -> f64| Signal::derive(move || state.spec.with(|s| read(&s.training)));
    let set =
        move |write: fn(&mut TrainingSpec, f64)| move |value: f64| state.spec.update(|s| write(&mut s.training, value));
    view! {
        <Section title="Training" summary is_open>
            <Choice legend="Run on" options=DEVICES
                value=Signal::derive(move || state.device.with(|device| device.choice))
                on_change=move |choice| client.choose_device(choice)/>
            <Slider label="Learning rate" range=Range::logarithmic(1e-5, 0.1)
                value=get(|t| t.learning_rate) on_change=set(|t, v| t.learning_rate = v)/>
            <div class="field">
                <NumberField label="Batch size" range=Range::linear(1.0, 65_536.0).whole()
                    value=get(|t| t.batch_size as f64) on_change=set(|t, v| t.batch_size = v as usize)/>
            </div>
            <div class="field">
                <NumberField label="Epochs" range=Range::linear(1.0, 1000.0).whole()
                    value=get(|t| t.epochs as f64) on_change=set(|t, v| t.epochs = v as usize)/>
            </div>
            <Seeds/>
        </Section>
    }
}

#[component]
fn Seeds() -> impl IntoView {
    let state = AppState::get();
    view! {
        <div class="field">
            <label class="entry">
                <span>"Training seeds"</span>
                <input type="text" inputmode="numeric" autocomplete="off" aria-describedby="seeds-hint"
                    prop:value=move || state.spec.with(|s| seeds_text(&s.seeds))
                    on:change:target=move |event| {
                        if let Some(seeds) = parse_seeds(&event.target().value()) {
                            state.spec.update(|s| s.seeds = seeds);
                        }
                        event.target().set_value(&state.spec.with_untracked(|s| seeds_text(&s.seeds)));
                    }/>
            </label>
            <p class="hint" id="seeds-hint">"One run per model and seed; several show the spread"</p>
        </div>
    }
}
