//! The generator's main controls; a preset sets them all.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::range::Range;
use crate::app::state::AppState;
use crate::app::widgets::{NumberField, Select, Slider};
use crate::domain::spec::{log_preset, log_preset_names};
use crate::domain::synth::SynthSpec;

/// Rows of the log that the page draws first: enough to teach, few enough to train at once.
pub const FIRST_ROWS: usize = 20_000;

/// Draws a log with a known truth.
#[component]
pub fn Generator() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    view! {
        <form
            class="generator"
            on:submit=move |event| {
                event.prevent_default();
                client.generate(state.synth.get_untracked());
            }
        >
            <h3>"Or a log with a known truth"</h3>
            <Presets/>
            <Size/>
            <details>
                <summary>"Rates and selection"</summary>
                <div class="controls"><Rates/></div>
            </details>
            <button type="submit">"Generate"</button>
        </form>
    }
}

#[component]
fn Presets() -> impl IntoView {
    let state = AppState::get();
    let names = log_preset_names();
    let mut options: Vec<(String, String)> =
        names.iter().map(|name| (name.to_string(), name.replace('_', " "))).collect();
    options.push((String::new(), "own settings".to_owned()));
    // Rows and seed do not make another preset.
    let value = Memo::new(move |_| {
        state.synth.with(|synth| {
            let is_it = |name: &&&str| log_preset(name).is_some_and(|preset| same_regime(synth, &preset));
            names.iter().find(is_it).map(|name| name.to_string()).unwrap_or_default()
        })
    });
    let choose = move |name: String| {
        if let Some(preset) = log_preset(&name) {
            state.synth.update(|synth| *synth = SynthSpec { rows: synth.rows, seed: synth.seed, ..preset });
        }
    };
    view! { <Select label="Preset" options value on_change=choose/> }
}

fn same_regime(a: &SynthSpec, b: &SynthSpec) -> bool {
    SynthSpec { rows: b.rows, seed: b.seed, ..a.clone() } == *b
}

#[component]
fn Size() -> impl IntoView {
    let state = AppState::get();
    view! {
        <Slider label="Impressions" range=Range::logarithmic(100.0, 1e6).whole()
            value=Signal::derive(move || state.synth.with(|s| s.rows as f64))
            on_change=move |v| state.synth.update(|s| s.rows = v as usize)/>
        <div class="field">
            <NumberField label="Log seed" range=Range::linear(0.0, 9_007_199_254_740_991.0).whole()
                value=Signal::derive(move || state.synth.with(|s| s.seed as f64))
                on_change=move |v| state.synth.update(|s| s.seed = v as u64)/>
        </div>
    }
}

#[component]
fn Rates() -> impl IntoView {
    let state = AppState::get();
    let get = move |read: fn(&SynthSpec) -> f64| Signal::derive(move || state.synth.with(read));
    let set = move |write: fn(&mut SynthSpec, f64)| move |value: f64| state.synth.update(|synth| write(synth, value));
    view! {
        <Slider label="CTR" hint="mean probability of a click" range=Range::logarithmic(0.001, 0.9)
            value=get(|s| s.ctr) on_change=set(|s, v| s.ctr = v)/>
        <Slider label="CVR" hint="mean probability of a conversion, over clicks" range=Range::logarithmic(0.001, 0.9)
            value=get(|s| s.cvr) on_change=set(|s, v| s.cvr = v)/>
        <Slider label="DAction rate" hint="mean probability of a cart or wishlist action, over clicks"
            range=Range::logarithmic(0.001, 0.9)
            value=get(|s| s.action_rate) on_change=set(|s, v| s.action_rate = v)/>
        <Slider label="Click–purchase correlation" hint="how strongly clicks select the impressions that would convert"
            range=Range::linear(-0.95, 0.95)
            value=get(|s| s.correlation) on_change=set(|s, v| s.correlation = v)/>
        <Slider label="Hidden confounder" hint="a variable that drives click and purchase and is not a feature"
            range=Range::linear(0.0, 3.0)
            value=get(|s| s.hidden_confounder) on_change=set(|s, v| s.hidden_confounder = v)/>
    }
}
