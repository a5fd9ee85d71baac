//! What would happen: scores of every impression, and from them the true probabilities at the wanted rates.

use super::SynthSpec;
use super::delay::Delays;
use super::numeric::{Moments, log_odds, logit, mean, nearest, sigmoid_slope, sigmoids, solve, standardize};
use super::preferences::Preferences;
use super::selection::ClickScore;
use super::world::{DAY, Impressions, World, streams};
use crate::domain::random::Stream;

/// True probabilities of every impression.
#[derive(Debug, Clone)]
pub(super) struct Probabilities {
    pub click: Vec<f64>,
    pub action: Vec<f64>,
    pub buy_action: Vec<f64>,
    pub buy_other: Vec<f64>,
    /// What [`SynthSpec::correlation`] came out as; none where a logit does not vary.
    pub correlation: Option<f64>,
}

impl Probabilities {
    /// Click, DAction and purchase logits from their scores, with intercepts that give the wanted mean rates, and with as
    /// much of the click score in the other two as gives the wanted correlation.
    pub fn of(
        spec: &SynthSpec,
        world: &World,
        impressions: &Impressions,
        clicks: &ClickScore,
        delays: &Delays,
    ) -> Self {
        let funnel = Funnel::draw(spec, world, impressions, clicks, delays);
        let mut intercepts = [logit(spec.action_rate), logit(spec.cvr)];
        let correlation_at = |weight: f64| {
            let (correlation, found) = funnel.correlation(&funnel.after_click(weight), intercepts);
            intercepts = found;
            correlation.unwrap_or(0.0)
        };
        let weight = nearest(spec.correlation, [-1.0, 1.0], correlation_at);
        let logits = funnel.after_click(weight);
        funnel.probabilities(&logits, intercepts)
    }

    /// True P(purchase given click) of an impression.
    pub fn p_cvr(&self, row: usize) -> f64 {
        self.action[row] * self.buy_action[row] + (1.0 - self.action[row]) * self.buy_other[row]
    }

    /// Leaves each impression the share of its purchases that counts.
    pub fn keep(&mut self, delays: &Delays) {
        for buy in [&mut self.buy_action, &mut self.buy_other] {
            buy.iter_mut().enumerate().for_each(|(row, buy)| *buy *= delays.share_that_counts(row));
        }
    }
}

/// True P(return | purchase) of every impression from its score, with the wanted mean over `conversions`, each
/// impression's probability of one.
pub(super) fn p_return(spec: &SynthSpec, score: &[f64], conversions: &[f64]) -> Vec<f64> {
    let n = score.len();
    let rate = |a: f64| mean(n, |i| (conversions[i], sigmoid_slope(a + spec.return_signal * score[i])));
    let intercept = solve(logit(spec.return_rate), rate, spec.return_rate);
    score.iter().map(|score| sigmoids(intercept + spec.return_signal * score).0).collect()
}

/// What every impression's behaviour is made of.
struct Funnel<'a> {
    spec: &'a SynthSpec,
    clicks: &'a ClickScore,
    /// True P(click).
    p_click: Vec<f64>,
    /// What drives purchases beside what drives clicks: free of the click score.
    own_buy: Vec<f64>,
    /// What drives DActions beside both: free of the click score and of `own_buy`.
    own_action: Vec<f64>,
    /// What the hidden confounder and drift add to the purchase logit.
    on_top: Vec<f64>,
    delays: &'a Delays,
}

/// Logits of what follows a click, without their intercepts.
struct AfterClick {
    action: Vec<f64>,
    /// Without hidden confounder, drift and the DAction's lift.
    buy: Vec<f64>,
}

impl<'a> Funnel<'a> {
    fn draw(
        spec: &'a SynthSpec,
        world: &World,
        impressions: &Impressions,
        clicks: &'a ClickScore,
        delays: &'a Delays,
    ) -> Self {
        let scores = |stream| Preferences::draw(spec, stream).scores(spec, world, impressions);
        let own_buy = clicks.free(scores(streams::PURCHASE_PREFERENCES), None);
        let own_action = clicks.free(scores(streams::ACTION_PREFERENCES), Some(&own_buy));
        let mut stream = Stream::new(spec.seed, streams::HIDDEN);
        let hidden: Vec<f64> = (0..spec.rows).map(|_| spec.hidden_confounder * stream.normal()).collect();
        let click = |row: usize| spec.click_signal * clicks.score[row] + hidden[row];
        let rate = |a: f64| mean(spec.rows, |row| (1.0, sigmoid_slope(a + click(row))));
        let intercept = solve(logit(spec.ctr), rate, spec.ctr);
        let p_click = (0..spec.rows).map(|row| sigmoids(intercept + click(row)).0).collect();
        let seconds = spec.days * DAY;
        let drift = |row: usize| spec.drift * (impressions.time[row] as f64 / seconds - 0.5);
        let on_top = hidden.iter().enumerate().map(|(row, hidden)| hidden + drift(row)).collect();
        Self { spec, clicks, p_click, own_buy, own_action, on_top, delays }
    }

    /// Logits after the click where purchases are driven by the click score with `weight`, from −1 to 1. A DAction has
    /// of the click what the purchase has; of the rest, one half is the purchase's and one its own.
    fn after_click(&self, weight: f64) -> AfterClick {
        let (spec, click) = (self.spec, &self.clicks.score);
        let rest = libm::sqrt(1.0 - weight * weight);
        let buy: Vec<f64> = click.iter().zip(&self.own_buy).map(|(click, own)| weight * click + rest * own).collect();
        let mut action: Vec<f64> = buy.iter().zip(&self.own_action).map(|(buy, own)| buy + rest * own).collect();
        standardize(&mut action);
        let signal = (spec.click_signal + spec.conversion_signal) / 2.0;
        action.iter_mut().for_each(|score| *score *= signal);
        let mut buy = curve(buy, spec.nonlinearity);
        buy.iter_mut().for_each(|score| *score *= spec.conversion_signal);
        AfterClick { action, buy }
    }

    /// Intercepts of DAction and purchase that give the wanted rates, from guesses.
    fn intercepts(&self, logits: &AfterClick, [action, buy]: [f64; 2]) -> [f64; 2] {
        let (spec, n, lift) = (self.spec, self.spec.rows, libm::log(self.spec.action_lift));
        let rate = |a: f64| mean(n, |row| (self.p_click[row], sigmoid_slope(a + logits.action[row])));
        let action = solve(action, rate, spec.action_rate);
        let p_action: Vec<f64> = logits.action.iter().map(|z| sigmoids(action + z).0).collect();
        let rate = |a: f64| {
            mean(n, |row| {
                let z = a + logits.buy[row] + self.on_top[row];
                let ((after, slope_after), (other, slope_other)) = (sigmoid_slope(z + lift), sigmoid_slope(z));
                let y2 = p_action[row];
                (self.p_click[row], (y2 * after + (1.0 - y2) * other, y2 * slope_after + (1.0 - y2) * slope_other))
            })
        };
        [action, solve(buy, rate, spec.cvr)]
    }

    /// Correlation over the impressions of the logits of click and of purchase given click, as they come out but for the
    /// hidden confounder and drift; and the intercepts.
    fn correlation(&self, logits: &AfterClick, guesses: [f64; 2]) -> (Option<f64>, [f64; 2]) {
        let intercepts = self.intercepts(logits, guesses);
        if self.spec.click_signal == 0.0 {
            return (None, intercepts);
        }
        let lift = libm::log(self.spec.action_lift);
        let mut moments = Moments::default();
        for row in 0..self.spec.rows {
            let (y2, not_y2) = sigmoids(intercepts[0] + logits.action[row]);
            let z = intercepts[1] + logits.buy[row];
            let ((after, not_after), (other, not_other)) = (sigmoids(z + lift), sigmoids(z));
            let share = self.delays.share_that_counts(row);
            let buys = share * (y2 * after + not_y2 * other);
            let not = (1.0 - share) + share * (y2 * not_after + not_y2 * not_other);
            // The click logit is a line in its score.
            moments.add(self.clicks.score[row], log_odds(buys, not));
        }
        (moments.correlation(), intercepts)
    }

    fn probabilities(self, logits: &AfterClick, guesses: [f64; 2]) -> Probabilities {
        let (correlation, [action, buy]) = self.correlation(logits, guesses);
        let lift = libm::log(self.spec.action_lift);
        let buy_logit = |(z, on_top): (&f64, &f64)| buy + z + on_top;
        let buys = |lift: f64| {
            let logits = logits.buy.iter().zip(&self.on_top).map(buy_logit);
            logits.map(|z| sigmoids(z + lift).0).collect::<Vec<f64>>()
        };
        Probabilities {
            action: logits.action.iter().map(|z| sigmoids(action + z).0).collect(),
            buy_action: buys(lift),
            buy_other: buys(0.0),
            click: self.p_click,
            correlation,
        }
    }
}

/// Bends a standardised score into a parabola opening downwards and standardises it again.
fn curve(mut scores: Vec<f64>, curvature: f64) -> Vec<f64> {
    if curvature != 0.0 {
        scores.iter_mut().for_each(|x| *x -= curvature * (*x * *x - 1.0));
        standardize(&mut scores);
    }
    scores
}
