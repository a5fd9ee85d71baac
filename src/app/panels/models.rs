//! Which models are compared.

use leptos::prelude::*;

use crate::app::models::{description, display_name};
use crate::app::sentence;
use crate::app::state::AppState;
use crate::app::widgets::Section;
use crate::domain::spec::{ModelSpec, RunSpec, model_names, model_preset};

/// One box a model.
#[component]
pub fn ModelsPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let summary = Memo::new(move |_| {
        state.spec.with(|spec| {
            let names: Vec<&str> = spec.models.iter().map(|model| display_name(&model.name)).collect();
            if names.is_empty() { "none chosen".to_owned() } else { sentence::listed(&names) }
        })
    });
    // Presets first; then models that came with a link and are nobody's preset.
    let own = state.spec.with_untracked(|spec| {
        spec.models.iter().filter(|model| !model_names().contains(&model.name.as_str())).cloned().collect::<Vec<_>>()
    });
    let models = model_names().into_iter().filter_map(model_preset).chain(own);
    view! {
        <Section title="Models" summary is_open>
            {models.map(|model| view! { <ModelBox model/> }).collect_view()}
        </Section>
    }
}

#[component]
fn ModelBox(model: ModelSpec) -> impl IntoView {
    let state = AppState::get();
    let name = model.name.clone();
    let hint = format!("model-hint-{name}");
    let described_by = hint.clone();
    let lacking = lacking_label(state, &model);
    let is_chosen = {
        let name = name.clone();
        Memo::new(move |_| state.spec.with(|spec| spec.models.iter().any(|chosen| chosen.name == name)))
    };
    let says = {
        let name = name.clone();
        move || match lacking.get() {
            Some(label) => format!("needs the label “{label}”, which this log does not have"),
            None => description(&name).to_owned(),
        }
    };
    view! {
        <div class="model-box">
            <label class="check">
                <input type="checkbox" aria-describedby=described_by
                    prop:checked=move || is_chosen.get() && lacking.get().is_none()
                    disabled=move || lacking.get().is_some()
                    on:change:target=move |e| {
                        let on = e.target().checked();
                        state.spec.update(|spec| choose(spec, &model, on));
                    }/>
                <span class=format!("mark hue hue-{}", name.replace('_', "-")) aria-hidden="true"></span>
                <span>{display_name(&name).to_owned()}</span>
            </label>
            <p class="hint" id=hint>{says}</p>
        </div>
    }
}

/// The first label that the model asks for and the log lacks.
fn lacking_label(state: AppState, model: &ModelSpec) -> Memo<Option<String>> {
    let labels: Vec<String> = model.tree.labels().into_iter().map(str::to_owned).collect();
    Memo::new(move |_| {
        state.session.with(|session| {
            let log = session.log.as_ref()?;
            labels.iter().find(|label| !log.label_counts.iter().any(|(known, _)| known == *label)).cloned()
        })
    })
}

/// Keeps the order of the presets, whatever order the boxes are ticked in.
fn choose(spec: &mut RunSpec, model: &ModelSpec, on: bool) {
    spec.models.retain(|chosen| chosen.name != model.name);
    if on {
        spec.models.push(model.clone());
    }
    let names = model_names();
    spec.models.sort_by_key(|model| names.iter().position(|name| *name == model.name).unwrap_or(names.len()));
}
