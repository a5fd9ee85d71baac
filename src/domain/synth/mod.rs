//! Seeded synthetic logs whose truth is known for every impression.
//!
//! Users, items and contexts are drawn as crossed segments with latent preferences; every impression gets its true
//! y1..y4, the *potential* action and purchase had it been clicked, and the observed labels. A purchase may come late,
//! fall out of the attribution window, and be returned later still; a log may be cut off before all of that is known.
//!
//! How clicks select: what drives purchases is the click's score with a weight, and a score of its own that is free of the
//! click's (the same mean and spread in every narrow stretch of it); a DAction's likewise, with the same weight. The weight
//! is the one at which the true logits have the wanted correlation. All are functions of the features.
//!
//! Invariant: the same [`SynthSpec`] gives the same bytes on every platform (ChaCha for randomness, `libm` for
//! functions, no platform float in a branch). The truth never leaks into a feature. Ranges are in `settings.rs`.

mod behavior;
mod delay;
pub mod gallery;
mod generate;
mod layout;
mod numeric;
mod preferences;
mod preview;
mod selection;
pub mod settings;
mod world;

pub use generate::{Generated, generate};
pub use layout::Layout;
pub use preview::{PREVIEW_SIDE, Preview, preview};

use serde::{Deserialize, Serialize};

/// Controls of the generator; each field states its range. Rates are realised within three standard errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SynthSpec {
    pub seed: u64,
    /// Impressions.
    pub rows: usize,
    /// Distinct users.
    pub users: usize,
    /// Distinct items.
    pub items: usize,
    /// Values of the two user segment fields.
    pub user_segments: [usize; 2],
    /// Values of the two item segment fields.
    pub item_segments: [usize; 2],
    /// Numerical features that drive behaviour too.
    pub numerical_features: usize,
    /// Latent dimensions of a segment's preference.
    pub latent_dimensions: usize,
    /// Base CTR: mean of the true P(click).
    pub ctr: f64,
    /// Base CVR: mean over clicks of the true P(purchase | click).
    pub cvr: f64,
    /// Mean over clicks of the true P(DAction | click).
    pub action_rate: f64,
    /// Odds ratio of a purchase after a DAction against without one.
    pub action_lift: f64,
    /// How strongly clicks select the impressions that would convert: the correlation over the impressions of the true
    /// logits of click and of purchase given click, as they come out, through DAction, curvature and attribution window.
    /// Hidden confounder and drift come on top. At 0 the true CVR is the same however likely the click: within some per
    /// cent in each tenth of the impressions by true CTR, and less exactly where a few users or items make most of the log
    /// (a tenth may then be one user). A value that curvature puts out of reach gives the nearest that can be reached;
    /// [`Generated::correlation`] tells which. Range −0.95–0.95.
    pub correlation: f64,
    /// Standard deviation of the click logit, without the hidden confounder.
    pub click_signal: f64,
    /// Standard deviation of the logit of a purchase without a DAction, without the hidden confounder and drift. The DAction
    /// logit has the mean of this and of the click's. It has as much of the click as the purchase has; the rest is half the
    /// purchase's and half its own.
    pub conversion_signal: f64,
    /// Share of the signal's variance that is an interaction of user and item segments (0 purely additive, 1 purely
    /// crossed).
    pub interaction: f64,
    /// Curvature of the purchase logit in its score: how misspecified a small tower is.
    pub nonlinearity: f64,
    /// Strength of a hidden variable that drives click and purchase and is not a feature: the standard deviation that
    /// it adds to both logits. The truth includes it.
    pub hidden_confounder: f64,
    /// Zipf exponent of item popularity, and of how items spread over their segments.
    pub popularity_skew: f64,
    /// Zipf exponent of user activity, and of how users spread over their segments.
    pub activity_skew: f64,
    /// Length of the log in days.
    pub days: f64,
    /// Shift of the purchase logit from the first to the last day. Range −3–3.
    pub drift: f64,
    /// How long after its click a purchase happens. `none`: at once, and the log has no conversion times.
    pub delay: DelayLaw,
    /// Mean delay of a purchase, in days.
    pub delay_days: f64,
    /// Standard deviation of the logarithm of a log-normal delay.
    pub delay_spread: f64,
    /// How much the mean delay differs between segments: the standard deviation of its logarithm.
    pub delay_variation: f64,
    /// Days after the click within which a purchase counts as this click's conversion. A later one is no conversion, in
    /// the truth too.
    pub attribution_days: f64,
    /// Days after the log's start at which it was taken: later impressions are not in it, and purchases and returns that
    /// were still to come look like none. Absent: everything is known.
    pub cutoff_days: Option<f64>,
    /// Mean over purchases of the true P(return | purchase). 0: the log has no returns.
    pub return_rate: f64,
    /// Standard deviation of the return logit.
    pub return_signal: f64,
    /// How long after its purchase a return happens.
    pub return_delay: DelayLaw,
    /// Mean delay of a return after the purchase, in days.
    pub return_delay_days: f64,
}

/// How a delay is distributed around its mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayLaw {
    /// At once.
    None,
    /// `P(delay > t) = exp(−t/mean)`: as likely now as later. The law that DFM assumes (Chapelle 2014).
    Exponential,
    /// Its logarithm is normal: most come soon, some very late.
    LogNormal,
}

impl Default for SynthSpec {
    /// The regime in which the papers' effect is there to be seen (`sample-data/presets/logs/default.toml`).
    fn default() -> Self {
        Self {
            seed: 1,
            rows: 60_000,
            users: 20_000,
            items: 5_000,
            user_segments: [200, 40],
            item_segments: [300, 50],
            numerical_features: 0,
            latent_dimensions: 4,
            ctr: 0.06,
            cvr: 0.06,
            action_rate: 0.2,
            action_lift: 6.0,
            correlation: 0.6,
            click_signal: 1.0,
            conversion_signal: 1.2,
            interaction: 0.5,
            nonlinearity: 0.0,
            hidden_confounder: 0.0,
            popularity_skew: 0.6,
            activity_skew: 0.6,
            days: 14.0,
            drift: 0.0,
            delay: DelayLaw::None,
            delay_days: 3.0,
            delay_spread: 1.0,
            delay_variation: 0.0,
            attribution_days: 30.0,
            cutoff_days: None,
            return_rate: 0.0,
            return_signal: 1.0,
            return_delay: DelayLaw::Exponential,
            return_delay_days: 7.0,
        }
    }
}
