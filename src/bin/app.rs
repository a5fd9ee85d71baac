//! The page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    esmm_playground::app::start();
}
