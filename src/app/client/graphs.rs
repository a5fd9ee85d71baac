//! ONNX graphs, which the page makes of two of a run's files: a worker's module has no room for it.

use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::engines::Engines;
use crate::app::parts::WriteGraph;

impl Engines {
    /// Makes the graph that belongs to the weights called `weights_name`, and saves it.
    pub fn save_graph(&self, weights_name: &str, weights: Blob, sheet: Blob, write: WriteGraph) {
        let stem = weights_name.rsplit_once('.').map_or(weights_name, |(stem, _)| stem);
        let name = format!("{stem}.onnx");
        self.later(async move |engines| {
            let made = match (bytes(&weights).await, text(&sheet).await) {
                (Some(weights), Some(sheet)) => write(&weights, &sheet)
                    .map_err(|error| text!(client::files_out::no_graph, name = &name, error = error)),
                _ => Err(text!(client::files_out::not_arrived, name = &name)),
            };
            let engines = engines.borrow();
            match made {
                Ok(graph) => engines.save_bytes(&name, &graph),
                Err(sentence) => engines.say_export(sentence),
            }
        });
    }
}

async fn bytes(file: &Blob) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

async fn text(file: &Blob) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
}
