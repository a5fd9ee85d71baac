//! ONNX graphs, which the page makes of two of a run's files: a worker's module has no room for it.

use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::engines::Engines;

/// Makes a graph of a run's weights and the sheet beside them, or says what is wrong with them. Handed in, since it comes
/// with the part of the page that offers it.
pub type WriteGraph = fn(&[u8], &[u8]) -> Result<Vec<u8>, String>;

impl Engines {
    /// Makes the graph that belongs to the weights called `weights_name`, and saves it.
    pub fn save_graph(&self, weights_name: &str, weights: Blob, sheet: Blob, write: WriteGraph) {
        let stem = weights_name.rsplit_once('.').map_or(weights_name, |(stem, _)| stem);
        let name = format!("{stem}.onnx");
        self.later(async move |engines| {
            let made = match (bytes(&weights).await, bytes(&sheet).await) {
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
