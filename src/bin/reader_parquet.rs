//! The Parquet reader's worker, loaded when a Parquet file is opened.

fn main() {
    #[cfg(target_arch = "wasm32")]
    esmm_playground::parquet::worker::start();
}
