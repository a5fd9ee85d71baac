//! Clipping by the norm of all gradients together.
//!
//! ```text
//! g ← g · min(1, c / (‖g‖ + 1e-6))
//! ```
//! Source: Pascanu et al. 2013, in the form of `torch.nn.utils.clip_grad_norm_`. A gradient that is not finite makes the factor so too, and the loss of the next step tells.

/// Added to the norm, as torch does.
pub const CLIP_EPSILON: f64 = 1e-6;

/// What gradients are multiplied by whose squares' sum is `squared`; no number when that is none.
pub fn clip_factor(squared: f32, clip_norm: f64) -> f32 {
    let factor = clip_norm as f32 / (squared.sqrt() + CLIP_EPSILON as f32);
    if factor > 1.0 { 1.0 } else { factor }
}
