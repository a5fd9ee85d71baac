//! Features and network: how columns become inputs, and what the towers are made of.

use leptos::prelude::*;

use crate::app::range::Range;
use crate::app::state::AppState;
use crate::app::text::{layers_text, parse_layers};
use crate::app::widgets::{Choice, NumberField, Section};
use crate::domain::spec::{NumericalEncoding, Pooling, RunSpec};

const ENCODINGS: &[(NumericalEncoding, &str)] =
    &[(NumericalEncoding::Buckets, "quantile buckets"), (NumericalEncoding::Tanh, "tanh")];
const POOLINGS: &[(Pooling, &str)] = &[(Pooling::Concatenate, "every field"), (Pooling::SumByGroup, "summed by group")];

/// Encoding, embeddings, layers.
#[component]
pub fn FeaturesPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let summary = Memo::new(move |_| {
        state.spec.with(|spec| {
            let encoding = ENCODINGS.iter().find(|(e, _)| *e == spec.features.numerical).map_or("", |(_, words)| words);
            let RunSpec { network, .. } = spec;
            format!("{encoding}, embeddings of {}, layers {}", network.embedding_size, layers_text(&network.hidden))
        })
    });
    view! {
        <Section title="Features" summary is_open>
            <Encoding/>
            <Network/>
        </Section>
    }
}

#[component]
fn Encoding() -> impl IntoView {
    let state = AppState::get();
    let is_bucketed = Memo::new(move |_| state.spec.with(|s| s.features.numerical == NumericalEncoding::Buckets));
    view! {
        <Choice legend="Numbers as" options=ENCODINGS
            value=Signal::derive(move || state.spec.with(|s| s.features.numerical))
            on_change=move |v| state.spec.update(|s| s.features.numerical = v)/>
        <div class="field" hidden=move || !is_bucketed.get()>
            <NumberField label="Buckets" range=Range::linear(2.0, 256.0).whole()
                value=Signal::derive(move || state.spec.with(|s| s.features.buckets as f64))
                on_change=move |v| state.spec.update(|s| s.features.buckets = v as usize)/>
        </div>
        <label class="check">
            <input type="checkbox"
                prop:checked=move || state.spec.with(|s| s.features.log1p)
                on:change:target=move |e| state.spec.update(|s| s.features.log1p = e.target().checked())/>
            <span>"ln(1 + x) first, for heavy tails"</span>
        </label>
    }
}

#[component]
fn Network() -> impl IntoView {
    let state = AppState::get();
    view! {
        <div class="field">
            <NumberField label="Embedding size" range=Range::linear(1.0, 128.0).whole()
                value=Signal::derive(move || state.spec.with(|s| s.network.embedding_size as f64))
                on_change=move |v| state.spec.update(|s| s.network.embedding_size = v as usize)/>
        </div>
        <Choice legend="Tower input" options=POOLINGS
            value=Signal::derive(move || state.spec.with(|s| s.network.pooling))
            on_change=move |v| state.spec.update(|s| s.network.pooling = v)/>
        <div class="field">
            <label class="entry">
                <span>"Hidden layers"</span>
                <input type="text" inputmode="numeric" autocomplete="off" aria-describedby="layers-hint"
                    prop:value=move || state.spec.with(|s| layers_text(&s.network.hidden))
                    on:change:target=move |event| {
                        if let Some(hidden) = parse_layers(&event.target().value()) {
                            state.spec.update(|s| s.network.hidden = hidden);
                        }
                        event.target().set_value(&state.spec.with_untracked(|s| layers_text(&s.network.hidden)));
                    }/>
            </label>
            <p class="hint" id="layers-hint">"Widths of every tower's layers: up to six, each 1–1024"</p>
        </div>
    }
}
